// Fits a frame into a fixed size, as the float planes a network wants.
#pragma once

#include "core/image.h"
#include "core/placement.h"

namespace pyanon {

// planes: (3, height, width) float32, rows and planes contiguous. Frame, width and height hold at least one pixel.
Placement letterbox(const ConstImageView& frame, int64_t width, int64_t height, float mean, float scale, float fill,
                    float* planes);

}  // namespace pyanon
