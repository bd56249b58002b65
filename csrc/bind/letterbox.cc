#include "cpu/letterbox.h"

#include "bind/checks.h"

namespace pyanon::bind {
namespace {

py::tuple letterbox_arrays(const py::object& from, std::pair<int64_t, int64_t> size, float mean, float scale,
                           float fill, const py::object& out) {
  const ConstImageView frame = image(from, "image");
  const auto [width, height] = size;
  check_output(width, height);
  check_not_empty(frame);
  const py::object given = out.is_none() ? py::object(py::array_t<float>({int64_t{3}, height, width})) : out;
  py::array tensor = require<float>(given, "out", {3, height, width});
  if (!tensor.writeable() || !(tensor.flags() & py::array::c_style))
    throw ArgumentError("out cannot be written to as planes", describe(tensor), "a writable C-contiguous array",
                        "allocate it with numpy.empty");
  float* planes = static_cast<float*>(tensor.mutable_data());
  Placement at;
  {
    const py::gil_scoped_release free;
    at = letterbox(frame, width, height, mean, scale, fill, planes);
  }
  return py::make_tuple(tensor, at.ratio, py::make_tuple(static_cast<double>(at.left), static_cast<double>(at.top)));
}

}  // namespace

void register_letterbox(py::module_& module) {
  module.def("letterbox", &letterbox_arrays, py::arg("image"), py::arg("size"), py::arg("mean"), py::arg("scale"),
             py::arg("fill"), py::arg("out"));
}

}  // namespace pyanon::bind
