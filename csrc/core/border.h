// Bilinear samples of a picture that repeats its border, pixel by pixel; what a sample is, core/affine.h says.
#pragma once

#include "core/affine.h"
#include "core/image.h"

namespace pyanon {

// The four pixels around a position, and how much of the right and of the lower ones.
struct Corners {
  const uint8_t *p00, *p01, *p10, *p11;
  int wx, wy;

  PYANON_BOTH Corners(const ConstImageView& image, int64_t u, int64_t v) : wx(weight(u)), wy(weight(v)) {
    const int64_t left = clamp_index(whole(u), image.width), right = clamp_index(whole(u) + 1, image.width);
    const int64_t up = clamp_index(whole(v), image.height), down = clamp_index(whole(v) + 1, image.height);
    p00 = image.at(up, left), p01 = image.at(up, right);
    p10 = image.at(down, left), p11 = image.at(down, right);
  }

  // The level of the channel that lies `offset` bytes behind the first one.
  PYANON_BOTH int level(int64_t offset) const {
    return bilinear(p00[offset], p01[offset], p10[offset], p11[offset], wx, wy);
  }
};

constexpr int64_t kMostTimes = 16;  // samples along a side of a pixel, so that a sum of all fits uint16

// A mean of bytes, half-way cases to the even level; what float32 makes of it where the sum is exact.
PYANON_BOTH inline uint8_t rounded_mean(uint32_t sum, uint32_t count) {
  const uint32_t level = sum / count, rest = 2 * (sum % count);
  return static_cast<uint8_t>(level + (rest > count || (rest == count && level % 2 == 1)));
}

}  // namespace pyanon
