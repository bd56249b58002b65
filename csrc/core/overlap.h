// When two boxes are one find: the float32 arithmetic of nms.
#pragma once

#include "core/both.h"
#include "core/target.h"

namespace pyanon {

// std::min and std::max, also for what is not a number, on every backend.
PYANON_BOTH PYANON_INLINE float smaller(float a, float b) { return b < a ? b : a; }
PYANON_BOTH PYANON_INLINE float larger(float a, float b) { return a < b ? b : a; }

PYANON_BOTH PYANON_INLINE float box_area(float x0, float y0, float x1, float y1) {
  return larger(x1 - x0, 0.0f) * larger(y1 - y0, 0.0f);
}

// Whether a part of two boxes is more than `iou` of all of both.
PYANON_BOTH PYANON_INLINE bool overlap(float width, float height, float area, float other, float iou) {
  const float both = larger(width, 0.0f) * larger(height, 0.0f);
  return both > iou * ((area + other) - both);
}

}  // namespace pyanon
