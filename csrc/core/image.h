// Views of pictures that somebody else owns: any strides, negative ones too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "core/both.h"

namespace pyanon {

// A height x width picture with `channels` interleaved bytes a pixel; strides are in bytes.
template <class Byte>
struct View {
  Byte* data = nullptr;
  int64_t height = 0, width = 0, channels = 3;
  int64_t row_stride = 0, pixel_stride = 3, channel_stride = 1;

  PYANON_BOTH Byte* at(int64_t y, int64_t x) const { return data + y * row_stride + x * pixel_stride; }

  // True where the pixels of a row follow each other without gaps, which is what the inner loops want.
  PYANON_BOTH bool packed() const { return pixel_stride == channels && (channels == 1 || channel_stride == 1); }

  // What can be written to can be read.
  template <class Read, class = std::enable_if_t<std::is_same_v<Read, const Byte> && !std::is_const_v<Byte>>>
  operator View<Read>() const {
    return {data, height, width, channels, row_stride, pixel_stride, channel_stride};
  }
};

using ImageView = View<uint8_t>;
using ConstImageView = View<const uint8_t>;

// Pixels [x, x + count) of row y as packed bytes: in place where they are, else gathered into `room`.
template <class Byte>
Byte* packed_row(const View<Byte>& view, int64_t y, int64_t x, int64_t count, std::vector<uint8_t>& room) {
  if (view.packed()) return view.at(y, x);
  room.resize(static_cast<size_t>(count * view.channels));
  uint8_t* to = room.data();
  for (int64_t i = 0; i < count; ++i) {
    const Byte* from = view.at(y, x + i);
    for (int64_t c = 0; c < view.channels; ++c) *to++ = from[c * view.channel_stride];
  }
  return room.data();
}

// Puts back what packed_row gathered; nothing to do where it worked in place.
inline void scatter_row(const ImageView& view, int64_t y, int64_t x, int64_t count, const uint8_t* from) {
  if (view.packed()) return;
  for (int64_t i = 0; i < count; ++i) {
    uint8_t* to = view.at(y, x + i);
    for (int64_t c = 0; c < view.channels; ++c) to[c * view.channel_stride] = *from++;
  }
}

// A picture with packed rows: the view itself where it has them, else a copy that this object owns.
class Packed {
 public:
  explicit Packed(const ConstImageView& view) : view_(view) {
    if (view.packed()) return;
    const int64_t row = view.width * view.channels;
    pixels_.reserve(static_cast<size_t>(row * view.height));
    std::vector<uint8_t> room;
    for (int64_t y = 0; y < view.height; ++y) {
      const uint8_t* from = packed_row(view, y, 0, view.width, room);
      pixels_.insert(pixels_.end(), from, from + row);
    }
    view_ = {pixels_.data(), view.height, view.width, view.channels, row, view.channels, 1};
  }
  Packed(const Packed&) = delete;
  Packed& operator=(const Packed&) = delete;
  const ConstImageView& view() const { return view_; }

 private:
  ConstImageView view_;
  std::vector<uint8_t> pixels_;
};

}  // namespace pyanon
