#include "cpu/blend.h"

#include "bind/checks.h"

namespace pyanon::bind {
namespace {

void blend_arrays(const py::object& under, const py::object& patch, const py::object& mask,
                  std::pair<int64_t, int64_t> at) {
  const ImageView to = writable_image(under, "image");
  const ConstImageView over = image(patch, "patch");
  const ConstImageView through = view_of(require<uint8_t>(mask, "mask", {over.height, over.width}));
  const py::gil_scoped_release free;
  blend(to, over, through, at.first, at.second);
}

void paste_arrays(const py::object& under, const py::object& pixels, const py::object& mask, const py::object& matrix) {
  const ImageView to = writable_image(under, "image");
  const py::array over = require<uint8_t>(pixels, "pixels", {kAny, kAny, kAny, 3});
  const int64_t count = over.shape(0), size = over.shape(1);
  require<uint8_t>(pixels, "pixels", {count, size, size, 3});
  const py::array through = require<uint8_t>(mask, "mask", {count, size, size});
  const std::vector<float> maps = matrices(matrix, count);
  if (size == 0) return;
  std::vector<ConstImageView> crops, masks;
  for (int64_t i = 0; i < count; ++i) {
    crops.push_back(view_of(over, 1, i));
    masks.push_back(view_of(through, 1, i));
  }
  const py::gil_scoped_release free;
  paste(to, crops.data(), masks.data(), maps.data(), count);
}

}  // namespace

void register_blend(py::module_& module) {
  module.def("blend", &blend_arrays, py::arg("image"), py::arg("patch"), py::arg("mask"), py::arg("at"));
  module.def("paste", &paste_arrays, py::arg("image"), py::arg("pixels"), py::arg("mask"), py::arg("matrix"));
}

}  // namespace pyanon::bind
