#include "cpu/letterbox.h"

#include "bind/arrays.h"

namespace pyanon::bind {
namespace {

constexpr int64_t kLongestOutput = 1 << 15;

void check_size(int64_t width, int64_t height) {
  if (width >= 1 && height >= 1 && width <= kLongestOutput && height <= kLongestOutput) return;
  throw ArgumentError("size is not a width and a height", std::to_string(width) + " x " + std::to_string(height),
                      "1 .. " + std::to_string(kLongestOutput), "pass the network's input size as (width, height)");
}

py::tuple letterbox_arrays(const py::object& from, std::pair<int64_t, int64_t> size, float mean, float scale,
                           float fill, const py::object& out) {
  const ConstImageView frame = image(from, "image");
  const auto [width, height] = size;
  check_size(width, height);
  if (frame.width == 0 || frame.height == 0)
    throw ArgumentError("image holds no pixel", describe(py::array(from)), "H >= 1 and W >= 1", "skip empty frames");
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
