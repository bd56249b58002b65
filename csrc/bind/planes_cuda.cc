#include "cuda/planes.h"

#include "bind/device.h"

namespace pyanon::bind {
namespace {

py::object planes_device(const py::object& pixels) {
  Call call("planes");
  const OnDeviceArray from = call.array<uint8_t>(pixels, "pixels", {kAny, kAny, kAny, 3});
  const int64_t count = from.shape[0], size = from.shape[1];
  call.array<uint8_t>(pixels, "pixels", {count, size, size, 3});
  const OnDeviceArray made = call.empty<float>({count, 3, size, size});
  call.run(
      [&](cudaStream_t stream) { cuda::planes(faces_of<uint8_t>(from), count, size, made.data<float>(), stream); });
  return made.object;
}

}  // namespace

void register_planes(py::module_& module) { module.def("planes", &planes_device, py::arg("pixels")); }

}  // namespace pyanon::bind
