// Covers boxes for good: what is painted comes from what stays visible around them, never from what they hide.
#pragma once

#include "core/cover.h"
#include "core/image.h"

namespace pyanon {

// boxes: count x 4, finite, x0 <= x1 and y0 <= y1. Paints every pixel that a box touches.
void cover(const ImageView& image, const float* boxes, int64_t count, const CoverLook& look);

}  // namespace pyanon
