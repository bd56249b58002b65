#include "cpu/warp.h"

#include <cmath>

#include "bind/arrays.h"
#include "core/affine.h"

namespace pyanon::bind {
namespace {

constexpr int64_t kLargestCrop = 1 << 14;

py::array_t<uint8_t> warp_arrays(const py::object& from, const py::object& matrix, int64_t size) {
  const ConstImageView frame = image(from, "image");
  const std::vector<float> maps = matrices(matrix, kAny);
  const int64_t count = static_cast<int64_t>(maps.size() / 6);
  if (size < 1 || size > kLargestCrop)
    throw ArgumentError("size is not the side of a crop", std::to_string(size), "1 .. " + std::to_string(kLargestCrop),
                        "pass the side of the network's input");
  if (frame.width == 0 || frame.height == 0)
    throw ArgumentError("image holds no pixel", describe(py::array(from)), "H >= 1 and W >= 1", "skip empty frames");
  py::array_t<uint8_t> crops({count, size, size, int64_t{3}});
  uint8_t* to = crops.mutable_data();
  {
    const py::gil_scoped_release free;
    warp(frame, maps.data(), count, size, to);
  }
  return crops;
}

}  // namespace

std::vector<float> matrices(const py::object& object, int64_t count) {
  std::vector<float> maps = values<float>(object, "matrix", {count, 2, 3});
  for (size_t i = 0; i < maps.size() / 6; ++i) {
    bool usable = true;
    for (size_t k = 0; k < 6; ++k) usable = usable && std::isfinite(maps[6 * i + k]);
    const double determinant = std::abs(Affine::from(&maps[6 * i]).determinant());
    if (usable && determinant >= 1e-12 && determinant <= 1e12) continue;
    throw ArgumentError("a row of matrix is not an invertible map from frame to crop", "row " + std::to_string(i),
                        "finite numbers, a determinant between 1e-12 and 1e12", "drop rows without a valid alignment");
  }
  return maps;
}

void register_warp(py::module_& module) {
  module.def("warp", &warp_arrays, py::arg("image"), py::arg("matrix"), py::arg("size"));
}

}  // namespace pyanon::bind
