#include "cuda/relight.h"

#include "bind/device.h"

namespace pyanon::bind {
namespace {

OnDeviceArray pixels_to_write(Call& call, const py::object& out, const std::vector<int64_t>& shape) {
  if (out.is_none()) return call.empty<uint8_t>(shape);
  const OnDeviceArray given = call.array<uint8_t>(out, "out", shape);
  if (given.packed(1)) return given;
  throw ArgumentError("out cannot be written to as pixels", "strides with gaps", "a C-contiguous array",
                      "allocate it with place.empty");
}

py::tuple relight_device(const py::object& painted, const py::object& around, const py::object& regions,
                         const py::object& grain, const py::object& out) {
  Call call("relight");
  const OnDeviceArray first = call.array<float>(painted, "painted", {kAny, 3, kAny, kAny});
  const int64_t count = first.shape[0], size = first.shape[2];
  const cuda::PaintedFaces faces{count,
                                 size,
                                 faces_of<float>(call.array<float>(painted, "painted", {count, 3, size, size}), true),
                                 faces_of<uint8_t>(call.array<uint8_t>(around, "around", {count, size, size, 3})),
                                 faces_of<uint8_t>(call.array<uint8_t>(regions, "regions", {count, size, size})),
                                 faces_of<int16_t>(call.array<int16_t>(grain, "grain", {count, size, size}))};
  const OnDeviceArray pixels = pixels_to_write(call, out, {count, size, size, 3});
  const OnDeviceArray finite = call.empty<uint8_t>({count});
  const OnDeviceArray values = call.empty<int32_t>({count, cuda::kRelightPlanes, size, size});
  static_assert(sizeof(FaceLight) % sizeof(double) == 0);
  const OnDeviceArray lights = call.empty<double>({count, sizeof(FaceLight) / sizeof(double)});
  const cuda::RelitFaces to{values.data<int32_t>(), lights.data<FaceLight>(), pixels.data<uint8_t>(),
                            finite.data<uint8_t>()};
  call.run([&](cudaStream_t stream) { cuda::relight(faces, to, stream); });
  return py::make_tuple(pixels.object, finite.object);
}

}  // namespace

void register_relight(py::module_& module) {
  module.def("relight", &relight_device, py::arg("painted"), py::arg("around"), py::arg("regions"), py::arg("grain"),
             py::arg("out"));
}

}  // namespace pyanon::bind
