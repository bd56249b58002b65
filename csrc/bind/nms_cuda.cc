#include "cuda/nms.h"

#include "bind/device.h"

namespace pyanon::bind {
namespace {

py::array nms_device(const py::object& boxes, const py::object& scores, float iou, const py::object& groups,
                     int64_t limit) {
  Call call("nms");
  const OnDeviceArray corners = call.array<float>(boxes, "boxes", {kAny, 4});
  const int64_t count = corners.shape[0];
  const OnDeviceArray ranks = call.array<float>(scores, "scores", {count});
  if (count > cuda::kMostBoxes)
    throw ArgumentError("there are too many boxes", std::to_string(count),
                        "at most " + std::to_string(cuda::kMostBoxes), "leave out those with low scores first");
  cuda::NmsBoxes given{count, steps<float>(corners), steps<float>(ranks), {}};
  if (!groups.is_none()) given.groups = steps<int64_t>(call.array<int64_t>(groups, "groups", {count}));
  const OnDeviceArray scratch = call.empty<uint8_t>({cuda::nms_scratch_bytes(count)});
  const OnDeviceArray kept = call.empty<int64_t>({count + 1});
  call.run(
      [&](cudaStream_t stream) { cuda::nms(given, iou, limit, scratch.data<void>(), kept.data<int64_t>(), stream); });
  const py::array_t<int64_t> found = call.download(kept);
  return py::array_t<int64_t>(*found.data(), found.data() + 1);
}

}  // namespace

void register_nms(py::module_& module) {
  module.def("nms", &nms_device, py::arg("boxes"), py::arg("scores"), py::arg("iou"), py::arg("groups"),
             py::arg("limit"));
}

}  // namespace pyanon::bind
