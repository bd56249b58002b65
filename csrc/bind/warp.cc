#include "cpu/warp.h"

#include "bind/checks.h"
#include "core/border.h"

namespace pyanon::bind {
namespace {

py::array_t<uint8_t> warp_arrays(const py::object& from, const py::object& matrix, int64_t size, int64_t times) {
  const ConstImageView frame = image(from, "image");
  const std::vector<float> maps = matrices(matrix, kAny);
  const int64_t count = static_cast<int64_t>(maps.size() / 6);
  check_crop(size, times, kMostTimes);
  check_not_empty(frame);
  py::array_t<uint8_t> crops({count, size, size, int64_t{3}});
  uint8_t* to = crops.mutable_data();
  {
    const py::gil_scoped_release free;
    warp(frame, maps.data(), count, size, times, to);
  }
  return crops;
}

}  // namespace

void register_warp(py::module_& module) {
  module.def("warp", &warp_arrays, py::arg("image"), py::arg("matrix"), py::arg("size"), py::arg("times"));
}

}  // namespace pyanon::bind
