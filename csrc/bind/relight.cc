#include "cpu/relight.h"

#include "bind/arrays.h"

namespace pyanon::bind {
namespace {

// The array itself where its values follow each other without gaps, else a copy.
template <class T>
py::array_t<T> packed(const py::object& object, const char* name, const std::vector<int64_t>& shape) {
  return py::array_t<T, py::array::c_style | py::array::forcecast>::ensure(require<T>(object, name, shape));
}

py::array pixels_to_write(const py::object& out, int64_t count, int64_t size) {
  if (out.is_none()) return py::array_t<uint8_t>({count, size, size, int64_t{3}});
  const py::array given = require<uint8_t>(out, "out", {count, size, size, 3});
  if (given.writeable() && (given.flags() & py::array::c_style)) return given;
  throw ArgumentError("out cannot be written to as pixels", describe(given), "a writable C-contiguous array",
                      "allocate it with numpy.empty");
}

py::tuple relight_arrays(const py::object& painted, const py::object& around, const py::object& regions,
                         const py::object& grain, const py::object& out) {
  const py::array face = require<float>(painted, "painted", {kAny, 3, kAny, kAny});
  const int64_t count = face.shape(0), size = face.shape(2), each = size * size;
  const auto faces = packed<float>(painted, "painted", {count, 3, size, size});
  const auto real = packed<uint8_t>(around, "around", {count, size, size, 3});
  const auto flags = packed<uint8_t>(regions, "regions", {count, size, size});
  const auto normals = packed<int16_t>(grain, "grain", {count, size, size});
  py::array pixels = pixels_to_write(out, count, size);
  py::array_t<uint8_t> finite(count);
  const PaintedFace first{faces.data(), real.data(), flags.data(), normals.data()};
  uint8_t *to = static_cast<uint8_t*>(pixels.mutable_data()), *finite_to = finite.mutable_data();
  {
    const py::gil_scoped_release free;
    for (int64_t i = 0; i < count; ++i) {
      const PaintedFace one{first.painted + 3 * each * i, first.around + 3 * each * i, first.regions + each * i,
                            first.grain + each * i};
      finite_to[i] = relight(one, size, to + 3 * each * i);
    }
  }
  return py::make_tuple(pixels, finite);
}

}  // namespace

void register_relight(py::module_& module) {
  module.def("relight", &relight_arrays, py::arg("painted"), py::arg("around"), py::arg("regions"), py::arg("grain"),
             py::arg("out"));
}

}  // namespace pyanon::bind
