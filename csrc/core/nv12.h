// RGB to NV12 and back in whole numbers of 2^-16; pyanon/ops/reference/nv12.py defines it and says where it is from.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/image.h"

namespace pyanon {

enum class Standard { bt601, bt709 };

constexpr int kColourBits = 16;

// Weights of red, green and blue in luma and chroma, and the way back; `black` is the luma of black.
struct Nv12Colours {
  int32_t black, luma[3], blue_difference[3], red_difference[3];
  int32_t gain, red, green[2], blue;

  Nv12Colours(Standard standard, bool full_range) {
    const double kr = standard == Standard::bt601 ? 0.299 : 0.2126, kb = standard == Standard::bt601 ? 0.114 : 0.0722;
    const double kg = 1.0 - kr - kb;
    const double light = full_range ? 1.0 : 219.0 / 255.0, colour = full_range ? 1.0 : 224.0 / 255.0;
    const int32_t half = fixed_weight(0.5 * colour);
    black = full_range ? 0 : 16;
    luma[0] = fixed_weight(kr * light);
    luma[2] = fixed_weight(kb * light);
    luma[1] = fixed_weight(light) - luma[0] - luma[2];  // what is left: greys stay grey
    blue_difference[0] = -fixed_weight(0.5 * kr / (1.0 - kb) * colour);
    blue_difference[1] = -half - blue_difference[0];
    blue_difference[2] = half;
    red_difference[0] = half;
    red_difference[2] = -fixed_weight(0.5 * kb / (1.0 - kr) * colour);
    red_difference[1] = -half - red_difference[2];
    gain = fixed_weight(1.0 / light);
    red = fixed_weight(2.0 * (1.0 - kr) / colour);
    green[0] = -fixed_weight(2.0 * kb * (1.0 - kb) / kg / colour);
    green[1] = -fixed_weight(2.0 * kr * (1.0 - kr) / kg / colour);
    blue = fixed_weight(2.0 * (1.0 - kb) / colour);
  }

 private:
  static int32_t fixed_weight(double value) {
    return static_cast<int32_t>(std::floor(value * (1 << kColourBits) + 0.5));
  }
};

// value / 2^bits, rounded, plus offset, as a byte.
PYANON_BOTH inline uint8_t level_of(int32_t value, int bits, int32_t offset) {
  const int32_t level = ((value + (1 << (bits - 1))) >> bits) + offset;
  return static_cast<uint8_t>(level < 0 ? 0 : (level > 255 ? 255 : level));
}

// A frame as two pictures: luma of one channel, and half as wide and high, rounded up, chroma of two.
template <class Byte>
struct Nv12View {
  View<Byte> luma, chroma;
};

// The colour of one pixel of an NV12 frame.
PYANON_BOTH inline void read_nv12(const Nv12View<const uint8_t>& frame, const Nv12Colours& by, int64_t y, int64_t x,
                                  uint8_t (&rgb)[3]) {
  const uint8_t* chroma = frame.chroma.at(y / 2, x / 2);
  const int32_t light = (*frame.luma.at(y, x) - by.black) * by.gain;
  const int32_t u = chroma[0] - 128, v = chroma[frame.chroma.channel_stride] - 128;
  rgb[0] = level_of(light + by.red * v, kColourBits, 0);
  rgb[1] = level_of(light + by.green[0] * u + by.green[1] * v, kColourBits, 0);
  rgb[2] = level_of(light + by.blue * u, kColourBits, 0);
}

PYANON_BOTH inline int32_t weighed(const int32_t (&weights)[3], const int32_t (&colour)[3]) {
  return weights[0] * colour[0] + weights[1] * colour[1] + weights[2] * colour[2];
}

// The up to four luma samples and the chroma sample of the pixels around row 2 j and column 2 i.
PYANON_BOTH inline void write_nv12(const ConstImageView& image, const Nv12Colours& by, int64_t j, int64_t i,
                                   const Nv12View<uint8_t>& to) {
  int32_t sums[3] = {0, 0, 0};
  for (int k = 0; k < 4; ++k) {
    const int64_t y = 2 * j + k / 2, x = 2 * i + k % 2;
    const bool inside = y < image.height && x < image.width;
    const uint8_t* from = image.at(y < image.height ? y : image.height - 1, x < image.width ? x : image.width - 1);
    const int32_t colour[3] = {from[0], from[image.channel_stride], from[2 * image.channel_stride]};
    for (int c = 0; c < 3; ++c) sums[c] += colour[c];
    if (inside) *to.luma.at(y, x) = level_of(weighed(by.luma, colour), kColourBits, by.black);
  }
  uint8_t* chroma = to.chroma.at(j, i);
  chroma[0] = level_of(weighed(by.blue_difference, sums), kColourBits + 2, 128);
  chroma[to.chroma.channel_stride] = level_of(weighed(by.red_difference, sums), kColourBits + 2, 128);
}

}  // namespace pyanon
