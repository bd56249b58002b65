#include "bind/checks.h"
#include "bind/device.h"
#include "core/border.h"
#include "cuda/warp.h"

namespace pyanon::bind {
namespace {

py::object warp_device(const py::object& from, const py::object& matrix, int64_t size, int64_t times) {
  Call call("warp");
  const ConstImageView frame = call.image(from, "image");
  const std::vector<float> maps = matrices(matrix, kAny);
  const int64_t count = static_cast<int64_t>(maps.size() / 6);
  check_crop(size, times, kMostTimes);
  check_not_empty(frame);
  const OnDeviceArray crops = call.empty<uint8_t>({count, size, size, 3});
  call.run(
      [&](cudaStream_t stream) { cuda::warp(frame, maps.data(), count, size, times, crops.data<uint8_t>(), stream); });
  return crops.object;
}

}  // namespace

void register_warp(py::module_& module) {
  module.def("warp", &warp_device, py::arg("image"), py::arg("matrix"), py::arg("size"), py::arg("times"));
}

}  // namespace pyanon::bind
