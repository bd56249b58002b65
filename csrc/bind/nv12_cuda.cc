#include "cuda/nv12.h"

#include "bind/checks.h"
#include "bind/device.h"

namespace pyanon::bind {
namespace {

py::object rgb_device(const py::object& luma, const py::object& chroma, const std::string& standard, bool full_range) {
  Call call("rgb_from_nv12");
  const Nv12Colours by(standard_of(standard), full_range);
  const Nv12View<const uint8_t> frame = call.nv12(luma, chroma);
  const OnDeviceArray rgb = call.empty<uint8_t>({frame.luma.height, frame.luma.width, 3});
  const ImageView to = writable(Call::view(rgb, 0, 0));
  call.run([&](cudaStream_t stream) { cuda::rgb_from_nv12(frame, by, to, stream); });
  return rgb.object;
}

py::tuple nv12_device(const py::object& from, const std::string& standard, bool full_range) {
  Call call("nv12_from_rgb");
  const Nv12Colours by(standard_of(standard), full_range);
  const ConstImageView rgb = call.image(from, "image");
  const OnDeviceArray luma = call.empty<uint8_t>({rgb.height, rgb.width});
  const OnDeviceArray chroma = call.empty<uint8_t>({half_of(rgb.height), half_of(rgb.width), 2});
  const Nv12View<uint8_t> to{writable(Call::view(luma, 0, 0)), writable(Call::view(chroma, 0, 0))};
  call.run([&](cudaStream_t stream) { cuda::nv12_from_rgb(rgb, by, to, stream); });
  return py::make_tuple(luma.object, chroma.object);
}

}  // namespace

void register_nv12(py::module_& module) {
  module.def("rgb_from_nv12", &rgb_device, py::arg("luma"), py::arg("chroma"), py::arg("standard"),
             py::arg("full_range"));
  module.def("nv12_from_rgb", &nv12_device, py::arg("image"), py::arg("standard"), py::arg("full_range"));
}

}  // namespace pyanon::bind
