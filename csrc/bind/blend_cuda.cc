#include "bind/checks.h"
#include "bind/device.h"
#include "cuda/blend.h"

namespace pyanon::bind {
namespace {

void blend_device(const py::object& under, const py::object& patch, const py::object& mask,
                  std::pair<int64_t, int64_t> at) {
  Call call("blend");
  const ImageView to = writable(call.image(under, "image"));
  const ConstImageView over = call.image(patch, "patch");
  const ConstImageView through = Call::view(call.array<uint8_t>(mask, "mask", {over.height, over.width}), 0, 0);
  call.run([&](cudaStream_t stream) { cuda::blend(to, over, through, at.first, at.second, stream); });
}

void paste_device(const py::object& under, const py::object& pixels, const py::object& mask, const py::object& matrix) {
  Call call("paste");
  const ImageView to = writable(call.image(under, "image"));
  const OnDeviceArray over = call.array<uint8_t>(pixels, "pixels", {kAny, kAny, kAny, 3});
  const int64_t count = over.shape[0], size = over.shape[1];
  call.array<uint8_t>(pixels, "pixels", {count, size, size, 3});
  const OnDeviceArray through = call.array<uint8_t>(mask, "mask", {count, size, size});
  const std::vector<float> maps = matrices(matrix, count);
  if (size == 0) return;
  std::vector<ConstImageView> crops, masks;
  for (int64_t i = 0; i < count; ++i) {
    crops.push_back(Call::view(over, 1, i));
    masks.push_back(Call::view(through, 1, i));
  }
  call.run([&](cudaStream_t stream) { cuda::paste(to, crops.data(), masks.data(), maps.data(), count, stream); });
}

}  // namespace

void register_blend(py::module_& module) {
  module.def("blend", &blend_device, py::arg("image"), py::arg("patch"), py::arg("mask"), py::arg("at"));
  module.def("paste", &paste_device, py::arg("image"), py::arg("pixels"), py::arg("mask"), py::arg("matrix"));
}

}  // namespace pyanon::bind
