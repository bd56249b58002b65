#include "cuda/cover.h"

#include "bind/cover_checks.h"
#include "bind/device.h"

namespace pyanon::bind {
namespace {

constexpr size_t kMostRegions = 65535;  // rows of a grid of blocks

void cover_device(const py::object& under, const py::object& boxes, const std::string& style,
                  const std::array<uint8_t, 3>& colour, int64_t seed, int64_t cells, double grow, double feather,
                  double grain) {
  Call call("cover");
  const ImageView to = writable(call.image(under, "image"));
  const std::vector<float> corners = checked_boxes(boxes);
  const CoverLook look =
      checked_look({style_of(style), {colour[0], colour[1], colour[2]}, seed, cells, grow, feather, grain});
  const std::vector<Region> regions =
      cuda::cover_regions(corners.data(), static_cast<int64_t>(corners.size() / 4), look);
  const auto count = static_cast<int64_t>(regions.size());
  if (regions.empty()) return;
  if (regions.size() > kMostRegions)
    throw ArgumentError("there are too many boxes", std::to_string(count), "at most " + std::to_string(kMostRegions),
                        "cover the whole frame");
  const auto* bytes = reinterpret_cast<const uint8_t*>(regions.data());
  const OnDeviceArray copy = call.upload(bytes, count * static_cast<int64_t>(sizeof(Region)));
  const OnDeviceArray scratch = call.empty<uint8_t>({cuda::cover_scratch_bytes(count, look, to.height, to.width)});
  call.run([&](cudaStream_t stream) {
    cuda::cover(to, regions, copy.data<const Region>(), look, scratch.data<void>(), stream);
  });
}

}  // namespace

void register_cover(py::module_& module) {
  module.def("cover", &cover_device, py::arg("image"), py::arg("boxes"), py::arg("style"), py::arg("colour"),
             py::arg("seed"), py::arg("cells"), py::arg("grow"), py::arg("feather"), py::arg("grain"));
}

}  // namespace pyanon::bind
