#include "cuda/letterbox.h"

#include "bind/checks.h"
#include "bind/device.h"

namespace pyanon::bind {
namespace {

using Size = std::pair<int64_t, int64_t>;

// Runs `letterbox(planes, stream)` on planes of this size, given or new.
template <class Letterbox>
py::tuple fitted(Call& call, const cuda::LetterboxLook& look, const py::object& out, Letterbox letterbox) {
  const OnDeviceArray planes = out.is_none() ? call.empty<float>({3, look.height, look.width})
                                             : call.array<float>(out, "out", {3, look.height, look.width});
  if (!planes.packed(sizeof(float)))
    throw ArgumentError("out cannot be written to as planes", "strides with gaps", "a C-contiguous array",
                        "allocate it with place.empty");
  Placement at;
  call.run([&](cudaStream_t stream) { at = letterbox(planes.data<float>(), stream); });
  return py::make_tuple(planes.object, at.ratio,
                        py::make_tuple(static_cast<double>(at.left), static_cast<double>(at.top)));
}

py::tuple letterbox_device(const py::object& from, const Size& size, float mean, float scale, float fill,
                           const py::object& out) {
  Call call("letterbox");
  const ConstImageView frame = call.image(from, "image");
  check_output(size.first, size.second);
  check_not_empty(frame);
  const cuda::LetterboxLook look{size.first, size.second, mean, scale, fill};
  return fitted(call, look, out,
                [&](float* planes, cudaStream_t stream) { return cuda::letterbox(frame, look, planes, stream); });
}

py::tuple letterbox_nv12_device(const py::object& luma, const py::object& chroma, const std::string& standard,
                                bool full_range, const Size& size, float mean, float scale, float fill,
                                const py::object& out) {
  Call call("letterbox");
  const Nv12Colours by(standard_of(standard), full_range);
  const Nv12View<const uint8_t> frame = call.nv12(luma, chroma);
  check_output(size.first, size.second);
  check_not_empty(frame.luma);
  const cuda::LetterboxLook look{size.first, size.second, mean, scale, fill};
  return fitted(call, look, out,
                [&](float* planes, cudaStream_t stream) { return cuda::letterbox(frame, by, look, planes, stream); });
}

}  // namespace

void register_letterbox(py::module_& module) {
  module.def("letterbox", &letterbox_device, py::arg("image"), py::arg("size"), py::arg("mean"), py::arg("scale"),
             py::arg("fill"), py::arg("out"));
  module.def("letterbox_nv12", &letterbox_nv12_device, py::arg("luma"), py::arg("chroma"), py::arg("standard"),
             py::arg("full_range"), py::arg("size"), py::arg("mean"), py::arg("scale"), py::arg("fill"),
             py::arg("out"));
}

}  // namespace pyanon::bind
