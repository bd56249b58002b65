#include "cpu/blend.h"

#include "bind/arrays.h"

namespace pyanon::bind {
namespace {

void blend_arrays(py::array under, const py::array& patch, const py::array& mask, std::pair<int64_t, int64_t> at) {
  const ImageView image = writable_image(under, "image");
  const ConstImageView over = bind::image(patch, "patch");
  require<uint8_t>(mask, "mask", {over.height, over.width});
  const ConstImageView through = plane(mask, "mask");
  const py::gil_scoped_release free;
  blend(image, over, through, at.first, at.second);
}

void paste_arrays(py::array under, const py::array& pixels, const py::array& mask, const py::array& matrix) {
  const ImageView image = writable_image(under, "image");
  require<uint8_t>(pixels, "pixels", {kAny, kAny, kAny, 3});
  const int64_t count = pixels.shape(0), size = pixels.shape(1);
  require<uint8_t>(pixels, "pixels", {count, size, size, 3});
  require<uint8_t>(mask, "mask", {count, size, size});
  const std::vector<float> maps = matrices(matrix, count);
  if (size == 0) return;
  std::vector<ConstImageView> crops, masks;
  for (int64_t i = 0; i < count; ++i) {
    crops.push_back(view_of(pixels, 1, i));
    masks.push_back(view_of(mask, 1, i));
  }
  const py::gil_scoped_release free;
  paste(image, crops.data(), masks.data(), maps.data(), count);
}

}  // namespace

void register_blend(py::module_& module) {
  module.def("blend", &blend_arrays, py::arg("image").noconvert(), py::arg("patch").noconvert(),
             py::arg("mask").noconvert(), py::arg("at"));
  module.def("paste", &paste_arrays, py::arg("image").noconvert(), py::arg("pixels").noconvert(),
             py::arg("mask").noconvert(), py::arg("matrix").noconvert());
}

}  // namespace pyanon::bind
