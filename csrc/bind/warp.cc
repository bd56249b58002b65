#include "cpu/warp.h"

#include <cmath>

#include "bind/arrays.h"
#include "core/affine.h"

namespace pyanon::bind {
namespace {

constexpr int64_t kLargestCrop = 1 << 14;

py::array_t<uint8_t> warp_arrays(const py::array& from, const py::array& matrix, int64_t size) {
  const ConstImageView frame = image(from, "image");
  require<float>(matrix, "matrix", {kAny, 2, 3});
  const int64_t count = matrix.shape(0);
  const std::vector<float> maps = matrices(matrix, count);
  if (size < 1 || size > kLargestCrop)
    throw ArgumentError("size is not the side of a crop", std::to_string(size), "1 .. " + std::to_string(kLargestCrop),
                        "pass the side of the network's input");
  if (frame.width == 0 || frame.height == 0)
    throw ArgumentError("image holds no pixel", describe(from), "H >= 1 and W >= 1", "skip empty frames");
  py::array_t<uint8_t> crops({count, size, size, int64_t{3}});
  uint8_t* to = crops.mutable_data();
  {
    const py::gil_scoped_release free;
    warp(frame, maps.data(), count, size, to);
  }
  return crops;
}

}  // namespace

std::vector<float> matrices(const py::array& array, int64_t count) {
  std::vector<float> maps = values<float>(array, "matrix", {count, 2, 3});
  for (int64_t i = 0; i < count; ++i) {
    bool usable = true;
    for (int64_t k = 0; k < 6; ++k) usable = usable && std::isfinite(maps[6 * i + k]);
    const double determinant = std::abs(Affine::from(&maps[6 * i]).determinant());
    if (usable && determinant >= 1e-12 && determinant <= 1e12) continue;
    throw ArgumentError("a row of matrix is not an invertible map from frame to crop", "row " + std::to_string(i),
                        "finite numbers, a determinant between 1e-12 and 1e12", "drop rows without a valid alignment");
  }
  return maps;
}

void register_warp(py::module_& module) {
  module.def("warp", &warp_arrays, py::arg("image").noconvert(), py::arg("matrix").noconvert(), py::arg("size"));
}

}  // namespace pyanon::bind
