// What the tests of the kernels share: a check that names its place, pictures of every layout, and a loop over targets.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "core/image.h"
#include "core/target.h"

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      std::fprintf(stderr, "%s:%d: not true with %s: %s\n", __FILE__, __LINE__, \
                   ::pyanon::name(::pyanon::active_target()), #condition);      \
      std::exit(1);                                                             \
    }                                                                           \
  } while (false)

namespace pyanon::tests {

// How the pixels of a picture lie in memory.
enum class Layout { packed, padded, upside_down, mirrored, swapped, planes };
constexpr Layout kLayouts[] = {Layout::packed,   Layout::padded,  Layout::upside_down,
                               Layout::mirrored, Layout::swapped, Layout::planes};

using Random = std::mt19937;

inline int64_t up_to(Random& random, int64_t most) { return static_cast<int64_t>(random() % (most + 1)); }

// A picture in a buffer of exactly its size, so that the address sanitizer sees every byte read or written beside it.
class Picture {
 public:
  Picture(int64_t height, int64_t width, int64_t channels, Layout layout, Random& random) {
    const bool padded = layout == Layout::padded;
    const int64_t row = width * channels + (padded && height > 1 ? 5 : 0);
    size_ = height > 0 ? row * (height - 1) + width * channels : 0;
    bytes_ = std::make_unique<uint8_t[]>(static_cast<size_t>(size_));
    for (int64_t i = 0; i < size_; ++i) bytes_[i] = byte(random);
    view_ = {bytes_.get(), height, width, channels, row, channels, 1};
    if (layout == Layout::upside_down && height > 0) view_.data += row * (height - 1), view_.row_stride = -row;
    if (layout == Layout::mirrored && width > 0) view_.data += channels * (width - 1), view_.pixel_stride = -channels;
    if (layout == Layout::swapped && channels == 3 && size_ > 0) view_.data += 2, view_.channel_stride = -1;
    if (layout == Layout::planes && channels == 3)
      view_.row_stride = width, view_.pixel_stride = 1, view_.channel_stride = width * height;
  }

  const ImageView& view() const { return view_; }
  ConstImageView read() const { return view_; }
  uint8_t at(int64_t y, int64_t x, int64_t c) const { return view_.at(y, x)[c * view_.channel_stride]; }
  void set(int64_t y, int64_t x, int64_t c, uint8_t value) const { view_.at(y, x)[c * view_.channel_stride] = value; }

  // The values in order, whatever the layout.
  std::vector<uint8_t> values() const {
    std::vector<uint8_t> all;
    for (int64_t y = 0; y < view_.height; ++y)
      for (int64_t x = 0; x < view_.width; ++x)
        for (int64_t c = 0; c < view_.channels; ++c) all.push_back(at(y, x, c));
    return all;
  }

 private:
  static uint8_t byte(Random& random) {
    const uint32_t value = random();
    return value % 4 == 0 ? 0 : value % 4 == 1 ? 255 : static_cast<uint8_t>(value >> 8);
  }

  int64_t size_ = 0;
  std::unique_ptr<uint8_t[]> bytes_;
  ImageView view_;
};

// Runs one test with every target that this machine has.
template <class Test>
void on_every_target(Test test) {
  for (Target target : available_targets()) {
    force_target(name(target));
    test();
  }
}

}  // namespace pyanon::tests
