#include "cpu/planes.h"

#include "bind/arrays.h"

namespace pyanon::bind {
namespace {

py::array_t<float> planes_array(const py::object& pixels) {
  const py::array from = require<uint8_t>(pixels, "pixels", {kAny, kAny, kAny, 3});
  const int64_t count = from.shape(0), size = from.shape(1);
  require<uint8_t>(pixels, "pixels", {count, size, size, 3});
  py::array_t<float> made({count, int64_t{3}, size, size});
  float* to = made.mutable_data();
  std::vector<ConstImageView> crops;
  for (int64_t i = 0; i < count; ++i) crops.push_back(view_of(from, 1, i));
  {
    const py::gil_scoped_release free;
    for (int64_t i = 0; i < count; ++i) planes(crops[i], to + 3 * size * size * i);
  }
  return made;
}

}  // namespace

void register_planes(py::module_& module) { module.def("planes", &planes_array, py::arg("pixels")); }

}  // namespace pyanon::bind
