// Values of an array of one or two axes, at steps of so many bytes.
#pragma once

#include <cstdint>

#include "core/both.h"

namespace pyanon::cuda {

template <class T>
struct Steps {
  const char* data = nullptr;
  int64_t row = 0, column = 0;

  PYANON_BOTH const T& at(int64_t y, int64_t x = 0) const {
    return *reinterpret_cast<const T*>(data + y * row + x * column);
  }
};

// Takes pieces of a scratch memory one after the other, each at a multiple of 16 bytes; without one it only counts.
class Pieces {
 public:
  explicit Pieces(void* scratch) : scratch_(static_cast<char*>(scratch)) {}

  template <class T>
  T* take(int64_t count) {
    const int64_t at = used_;
    used_ += (count * static_cast<int64_t>(sizeof(T)) + 15) / 16 * 16;
    return scratch_ == nullptr ? nullptr : reinterpret_cast<T*>(scratch_ + at);
  }

  int64_t bytes() const { return used_; }

 private:
  char* scratch_;
  int64_t used_ = 0;
};

}  // namespace pyanon::cuda
