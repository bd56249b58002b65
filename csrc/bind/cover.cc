#include "cpu/cover.h"

#include "bind/cover_checks.h"

namespace pyanon::bind {
namespace {

void cover_arrays(const py::object& under, const py::object& boxes, const std::string& style,
                  const std::array<uint8_t, 3>& colour, int64_t seed, int64_t cells, double grow, double feather,
                  double grain) {
  const ImageView to = writable_image(under, "image");
  const std::vector<float> corners = checked_boxes(boxes);
  const CoverLook look =
      checked_look({style_of(style), {colour[0], colour[1], colour[2]}, seed, cells, grow, feather, grain});
  const py::gil_scoped_release free;
  cover(to, corners.data(), static_cast<int64_t>(corners.size() / 4), look);
}

}  // namespace

void register_cover(py::module_& module) {
  module.def("cover", &cover_arrays, py::arg("image"), py::arg("boxes"), py::arg("style"), py::arg("colour"),
             py::arg("seed"), py::arg("cells"), py::arg("grow"), py::arg("feather"), py::arg("grain"));
}

}  // namespace pyanon::bind
