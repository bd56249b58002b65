// Fits a frame into a fixed size, as the float planes a network wants.
#pragma once

#include "core/image.h"

namespace pyanon {

// Where the frame lands: crop = frame * ratio + offset, in outer-corner coordinates of both.
struct Placement {
  double ratio;
  int64_t left, top, width, height;
  int64_t shrink;  // whole pixels of the frame a pixel of the crop spans, 1 .. 256
};

Placement place(int64_t frame_width, int64_t frame_height, int64_t width, int64_t height);

// planes: (3, height, width) float32, rows and planes contiguous. Frame, width and height hold at least one pixel.
Placement letterbox(const ConstImageView& frame, int64_t width, int64_t height, float mean, float scale, float fill,
                    float* planes);

}  // namespace pyanon
