// The inner loop of blending: packed RGB pixels under mask bytes.
#pragma once

#include <cstdint>

#include "core/mix.h"
#include "core/target.h"

namespace pyanon {

// Mixes `count` pixels of `patch` into `image`, one mask byte each.
using BlendRow = void (*)(uint8_t* image, const uint8_t* patch, const uint8_t* mask, int64_t count);
BlendRow blend_row(Target target);

}  // namespace pyanon
