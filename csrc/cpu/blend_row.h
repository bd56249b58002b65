// The inner loop of blending: packed RGB pixels under mask bytes.
#pragma once

#include <cstdint>

#include "core/target.h"

namespace pyanon {

// round((under * (255 - mask) + over * mask) / 255): with t <= 255 * 255 + 128, t / 255 rounds to (t + (t >> 8)) >> 8.
PYANON_INLINE uint8_t mix(int under, int over, int mask) {
  const int t = under * (255 - mask) + over * mask + 128;
  return static_cast<uint8_t>((t + (t >> 8)) >> 8);
}

// Mixes `count` pixels of `patch` into `image`, one mask byte each.
using BlendRow = void (*)(uint8_t* image, const uint8_t* patch, const uint8_t* mask, int64_t count);
BlendRow blend_row(Target target);

}  // namespace pyanon
