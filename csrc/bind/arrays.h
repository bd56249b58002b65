// Turns NumPy arrays into views, or raises an ArgumentError that says what is wrong with them.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "core/errors.h"
#include "core/image.h"

namespace pyanon::bind {

namespace py = pybind11;

constexpr int64_t kAny = -1;
constexpr int64_t kLongestSide = 1 << 24;

inline std::string describe(const py::array& array) {
  return py::str(array.dtype()).cast<std::string>() + " of shape " + py::str(array.attr("shape")).cast<std::string>();
}

// "numpy uint8 of shape (any, any, 3)".
template <class T>
std::string wanted(const char* where, const std::vector<int64_t>& shape) {
  std::string lengths;
  for (int64_t length : shape)
    lengths += (lengths.empty() ? "" : ", ") + (length == kAny ? "any" : std::to_string(length));
  return where + (" " + py::str(py::dtype::of<T>()).cast<std::string>()) + " of shape (" + lengths + ")";
}

// The array that `object` is; raises unless it is one of this dtype and shape (kAny: any length).
template <class T>
py::array require(const py::object& object, const char* name, const std::vector<int64_t>& shape) {
  const bool is_array = py::isinstance<py::array>(object);
  const py::array array = is_array ? py::reinterpret_borrow<py::array>(object) : py::array();
  bool fits =
      is_array && py::isinstance<py::array_t<T>>(array) && array.ndim() == static_cast<py::ssize_t>(shape.size());
  for (size_t i = 0; fits && i < shape.size(); ++i) fits = shape[i] == kAny || array.shape(i) == shape[i];
  if (fits) return array;
  throw ArgumentError(std::string(name) + " is not the array this op needs",
                      is_array ? describe(array) : py::str(py::type::of(object).attr("__name__")).cast<std::string>(),
                      wanted<T>("numpy", shape), "convert it with numpy.asarray(..., dtype=...) and check its axes");
}

inline ConstImageView view_of(const py::array& array, int64_t first_axis = 0, int64_t index = 0) {
  const auto stride = [&](int64_t axis) { return static_cast<int64_t>(array.strides(first_axis + axis)); };
  ConstImageView view;
  view.data = static_cast<const uint8_t*>(array.data()) + (first_axis > 0 ? index * array.strides(0) : 0);
  view.height = array.shape(first_axis);
  view.width = array.shape(first_axis + 1);
  view.row_stride = stride(0);
  view.pixel_stride = stride(1);
  const bool plane = array.ndim() == first_axis + 2;
  view.channels = plane ? 1 : array.shape(first_axis + 2);
  view.channel_stride = plane ? 1 : stride(2);
  return view;
}

// (H, W, 3) uint8.
inline ConstImageView image(const py::object& object, const char* name) {
  const py::array array = require<uint8_t>(object, name, {kAny, kAny, 3});
  if (array.shape(0) > kLongestSide || array.shape(1) > kLongestSide)
    throw ArgumentError(std::string(name) + " is too large", describe(array),
                        "sides of at most " + std::to_string(kLongestSide), "cut it into smaller pictures");
  return view_of(array);
}

// (H, W, 3) uint8 that will be written to.
inline ImageView writable_image(const py::object& object, const char* name) {
  const ConstImageView from = image(object, name);
  py::array array = py::reinterpret_borrow<py::array>(object);
  if (!array.writeable())
    throw ArgumentError(std::string(name) + " is read-only", describe(array), "a writable array", "pass a copy");
  return {static_cast<uint8_t*>(array.mutable_data()),
          from.height,
          from.width,
          from.channels,
          from.row_stride,
          from.pixel_stride,
          from.channel_stride};
}

// The values of an array of any strides, in order.
template <class T>
std::vector<T> values(const py::object& object, const char* name, const std::vector<int64_t>& shape) {
  const auto packed =
      py::array_t<T, py::array::c_style | py::array::forcecast>::ensure(require<T>(object, name, shape));
  return std::vector<T>(packed.data(), packed.data() + packed.size());
}

void register_blend(py::module_& module);
void register_cover(py::module_& module);
void register_exponential(py::module_& module);
void register_letterbox(py::module_& module);
void register_nms(py::module_& module);
void register_nv12(py::module_& module);
void register_planes(py::module_& module);
void register_reject(py::module_& module);
void register_relight(py::module_& module);
void register_warp(py::module_& module);

}  // namespace pyanon::bind
