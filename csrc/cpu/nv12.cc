#include "cpu/nv12.h"

namespace pyanon {

void rgb_from_nv12(const Nv12View<const uint8_t>& frame, const Nv12Colours& by, const ImageView& rgb) {
  for (int64_t y = 0; y < rgb.height; ++y)
    for (int64_t x = 0; x < rgb.width; ++x) {
      uint8_t colour[3];
      read_nv12(frame, by, y, x, colour);
      uint8_t* to = rgb.at(y, x);
      for (int c = 0; c < 3; ++c) to[c * rgb.channel_stride] = colour[c];
    }
}

void nv12_from_rgb(const ConstImageView& rgb, const Nv12Colours& by, const Nv12View<uint8_t>& to) {
  for (int64_t j = 0; j < to.chroma.height; ++j)
    for (int64_t i = 0; i < to.chroma.width; ++i) write_nv12(rgb, by, j, i, to);
}

}  // namespace pyanon
