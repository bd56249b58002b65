// Bilinear samples along a line, shared by warp and paste. What a sample is, to the bit, core/affine.h says.
#pragma once

#include "core/affine.h"
#include "core/image.h"
#include "core/target.h"

namespace pyanon {

// `count` RGB samples of a picture with packed rows, repeating its border, as packed bytes.
using SampleColours = void (*)(const ConstImageView& image, Line at, int64_t count, uint8_t* to);
SampleColours sample_colours(Target target);

// `count` samples of a one-channel picture, which is 0 outside of its pixels.
void sample_mask(const ConstImageView& mask, Line at, int64_t count, uint8_t* to);

// The part of `count` samples whose position lies less than a pixel outside of a width x height picture.
struct Run {
  int64_t first, last;
};
Run touching(const Line& at, int64_t count, int64_t width, int64_t height);

}  // namespace pyanon
