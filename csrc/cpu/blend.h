// Puts a picture onto another one through a mask.
#pragma once

#include "core/image.h"

namespace pyanon {

// image = round((image * (255 - mask) + patch * mask) / 255) where the patch, its top-left pixel at (x, y), touches it.
void blend(const ImageView& image, const ConstImageView& patch, const ConstImageView& mask, int64_t x, int64_t y);

// One pixel's worth of it, exact for all bytes: with t <= 255 * 255 + 128, t / 255 rounds to (t + (t >> 8)) >> 8.
inline uint8_t mix(int under, int over, int mask) {
  const int t = under * (255 - mask) + over * mask + 128;
  return static_cast<uint8_t>((t + (t >> 8)) >> 8);
}

// Puts `count` crops of size x size pixels back where their matrices (frame to crop) took them from, through their
// masks; touches only the rectangles around them. A crop is nothing (mask 0) outside of its pixels.
void paste(const ImageView& image, const ConstImageView* crops, const ConstImageView* masks, const float* matrices,
           int64_t count);

}  // namespace pyanon
