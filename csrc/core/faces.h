// Values of many faces at once, of any strides.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/both.h"

namespace pyanon {

// Strides are in bytes; `value` is the stride of the channels, where there are some.
template <class T>
struct Faces {
  T* data = nullptr;
  int64_t face = 0, row = 0, pixel = 0, value = 0;

  PYANON_BOTH T& at(int64_t index, int64_t y, int64_t x, int64_t channel = 0) const {
    using Byte = std::conditional_t<std::is_const_v<T>, const uint8_t, uint8_t>;
    return *reinterpret_cast<T*>(reinterpret_cast<Byte*>(data) + index * face + y * row + x * pixel + channel * value);
  }
};

// Which pixel of which face a thread, or a step of a loop, is for.
struct FacePixel {
  int64_t face, y, x;

  PYANON_BOTH FacePixel(int64_t number, int64_t size)
      : face(number / (size * size)), y(number / size % size), x(number % size) {}
};

}  // namespace pyanon
