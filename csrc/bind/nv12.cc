#include "cpu/nv12.h"

#include "bind/checks.h"

namespace pyanon::bind {
namespace {

py::array_t<uint8_t> rgb_arrays(const py::object& luma, const py::object& chroma, const std::string& standard,
                                bool full_range) {
  const Nv12Colours by(standard_of(standard), full_range);
  const ConstImageView light = view_of(require<uint8_t>(luma, "luma", {kAny, kAny}));
  const py::array colours = require<uint8_t>(chroma, "chroma", {half_of(light.height), half_of(light.width), 2});
  py::array_t<uint8_t> rgb({light.height, light.width, int64_t{3}});
  const ImageView to = writable_image(rgb, "rgb");
  const Nv12View<const uint8_t> frame{light, view_of(colours)};
  const py::gil_scoped_release free;
  rgb_from_nv12(frame, by, to);
  return rgb;
}

py::tuple nv12_arrays(const py::object& from, const std::string& standard, bool full_range) {
  const Nv12Colours by(standard_of(standard), full_range);
  const ConstImageView rgb = image(from, "image");
  py::array_t<uint8_t> luma({rgb.height, rgb.width}), chroma({half_of(rgb.height), half_of(rgb.width), int64_t{2}});
  const auto to = [](py::array_t<uint8_t>& array) {
    const ConstImageView view = view_of(array);
    return ImageView{array.mutable_data(), view.height,       view.width,         view.channels,
                     view.row_stride,      view.pixel_stride, view.channel_stride};
  };
  const Nv12View<uint8_t> frame{to(luma), to(chroma)};
  {
    const py::gil_scoped_release free;
    nv12_from_rgb(rgb, by, frame);
  }
  return py::make_tuple(luma, chroma);
}

}  // namespace

void register_nv12(py::module_& module) {
  module.def("rgb_from_nv12", &rgb_arrays, py::arg("luma"), py::arg("chroma"), py::arg("standard"),
             py::arg("full_range"));
  module.def("nv12_from_rgb", &nv12_arrays, py::arg("image"), py::arg("standard"), py::arg("full_range"));
}

}  // namespace pyanon::bind
