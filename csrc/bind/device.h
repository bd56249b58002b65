// Device arrays of Python (pyanon.arrays.DeviceArray) as views, and the place where a call runs.
#pragma once

#include <cuda_runtime_api.h>

#include <utility>

#include "bind/checks.h"
#include "core/faces.h"
#include "cuda/errors.h"
#include "cuda/steps.h"

namespace pyanon::bind {

// A device array: what it says of itself.
struct OnDeviceArray {
  py::object object;
  uintptr_t pointer = 0;
  std::vector<int64_t> shape, strides;

  template <class T>
  T* data() const {
    return reinterpret_cast<T*>(pointer);
  }
  int64_t size() const {
    int64_t count = 1;
    for (int64_t length : shape) count *= length;
    return count;
  }
  bool packed(int64_t itemsize) const {
    int64_t wanted = itemsize;
    for (size_t axis = shape.size(); axis-- > 0; wanted *= shape[axis])
      if (shape[axis] != 1 && strides[axis] != wanted) return size() == 0;
    return true;
  }
};

// One call of an op: all its arrays live in one place, whose stream it runs on, and which gives it memory.
//
// Memory that a call asked for is dropped when the call returns, before its work has run: a place gives it to nobody
// but work that runs after that.
class Call {
 public:
  explicit Call(const char* op) : op_(op), type_(py::module_::import("pyanon.arrays").attr("DeviceArray")) {}

  // In a place that is known before any array is.
  Call(const char* op, const py::object& place) : Call(op) { place_ = place; }

  const py::object& place() const { return place_; }

  // The device array that `object` is; raises unless it has this dtype and shape and lives where the others live.
  template <class T>
  OnDeviceArray array(const py::object& object, const char* name, const std::vector<int64_t>& shape) {
    if (!py::isinstance(object, type_)) refuse_host(object, name);
    OnDeviceArray found{object, object.attr("pointer").cast<uintptr_t>(),
                        object.attr("shape").cast<std::vector<int64_t>>(),
                        object.attr("strides").cast<std::vector<int64_t>>()};
    bool fits = py::object(object.attr("dtype")).equal(py::dtype::of<T>()) && found.shape.size() == shape.size();
    for (size_t i = 0; fits && i < shape.size(); ++i) fits = shape[i] == kAny || found.shape[i] == shape[i];
    if (!fits) refuse(name, describe_object(object), wanted<T>("device", shape));
    stay(object, name);
    return found;
  }

  // (H, W, 3) uint8, any strides.
  ConstImageView image(const py::object& object, const char* name) {
    const OnDeviceArray found = array<uint8_t>(object, name, {kAny, kAny, 3});
    if (found.shape[0] > kLongestSide || found.shape[1] > kLongestSide)
      throw ArgumentError(std::string(name) + " is too large", describe_object(object),
                          "sides of at most " + std::to_string(kLongestSide), "cut it into smaller pictures");
    return view(found, 0, 0);
  }

  // Luma (H, W) and chroma (H / 2, W / 2, 2), rounded up, any strides.
  Nv12View<const uint8_t> nv12(const py::object& luma, const py::object& chroma) {
    const ConstImageView light = view(array<uint8_t>(luma, "luma", {kAny, kAny}), 0, 0);
    const std::vector<int64_t> half{half_of(light.height), half_of(light.width), 2};
    return {light, view(array<uint8_t>(chroma, "chroma", half), 0, 0)};
  }

  // Memory of the device, whatever lies there.
  template <class T>
  OnDeviceArray empty(const std::vector<int64_t>& shape) {
    const py::object made = place_.attr("empty")(py::tuple(py::cast(shape)), py::dtype::of<T>());
    return array<T>(made, "memory", shape);
  }

  // A copy of values of the host.
  template <class T>
  OnDeviceArray upload(const T* values, int64_t count) {
    const py::object made = place_.attr("upload")(py::array_t<T>(count, values));
    return array<T>(made, "upload", {count});
  }

  py::object upload_array(const py::array& array) const { return place_.attr("upload")(array); }

  // A copy for NumPy; waits for it.
  py::array download(const OnDeviceArray& from) const { return place_.attr("download")(from.object); }

  // Launches, with the GPU of the place as the current one, on its stream.
  template <class Launchers>
  void run(Launchers launchers) const {
    const int device = place_.attr("device").cast<int>();
    const auto stream = reinterpret_cast<cudaStream_t>(place_.attr("stream").cast<uintptr_t>());
    const py::gil_scoped_release free;
    const cuda::OnDevice current(op_, device);
    launchers(stream);
  }

  // A picture among the last two or three axes.
  static ConstImageView view(const OnDeviceArray& from, size_t first_axis, int64_t index) {
    ConstImageView view;
    view.data = from.data<const uint8_t>() + (first_axis > 0 ? index * from.strides[0] : 0);
    view.height = from.shape[first_axis];
    view.width = from.shape[first_axis + 1];
    view.row_stride = from.strides[first_axis];
    view.pixel_stride = from.strides[first_axis + 1];
    const bool plane = from.shape.size() == first_axis + 2;
    view.channels = plane ? 1 : from.shape[first_axis + 2];
    view.channel_stride = plane ? 1 : from.strides[first_axis + 2];
    return view;
  }

 private:
  static std::string describe_object(const py::object& object) {
    return py::str(object.attr("dtype")).cast<std::string>() + " of shape " +
           py::str(object.attr("shape")).cast<std::string>();
  }

  [[noreturn]] static void refuse(const char* name, const std::string& given, const std::string& expected) {
    throw ArgumentError(std::string(name) + " is not the array this op needs", given, expected,
                        "check its dtype and its axes");
  }

  [[noreturn]] static void refuse_host(const py::object& object, const char* name) {
    if (!py::isinstance<py::array>(object))
      refuse(name, py::str(py::type::of(object).attr("__name__")).cast<std::string>(), "a device array");
    throw ArgumentError(std::string(name) + " is not where the other arrays are",
                        "a NumPy array, " + describe_object(object), "a device array of the same place",
                        "place.upload(array) copies it there");
  }

  // The first array says where the call runs.
  void stay(const py::object& array, const char* name) {
    const py::object place = array.attr("place");
    if (!place_) place_ = place;
    if (place_.is(place)) return;
    throw ArgumentError(std::string(name) + " is not where the other arrays are", py::str(place).cast<std::string>(),
                        py::str(place_).cast<std::string>(), "use one stream of one GPU for all arrays of a call");
  }

  const char* op_;
  py::object type_, place_;
};

// The values of an array of one or two axes.
template <class T>
cuda::Steps<T> steps(const OnDeviceArray& array) {
  return {array.data<const char>(), array.strides[0], array.strides.size() > 1 ? array.strides[1] : 0};
}

// The same view, to be written to; whether that is allowed, a device array does not say.
inline ImageView writable(const ConstImageView& from) {
  return {const_cast<uint8_t*>(from.data),
          from.height,
          from.width,
          from.channels,
          from.row_stride,
          from.pixel_stride,
          from.channel_stride};
}

// The faces (n, S, S) or (n, S, S, C) of an array; planar: (n, C, S, S).
template <class T>
Faces<const T> faces_of(const OnDeviceArray& from, bool planar = false) {
  const auto stride = [&](size_t axis) { return axis < from.strides.size() ? from.strides[axis] : 0; };
  if (planar) return {from.data<const T>(), stride(0), stride(2), stride(3), stride(1)};
  return {from.data<const T>(), stride(0), stride(1), stride(2), stride(3)};
}

}  // namespace pyanon::bind
