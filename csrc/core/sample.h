// Bilinear samples along a line, shared by warp and paste. What a sample is, to the bit, core/affine.h says.
#pragma once

#include "core/affine.h"
#include "core/image.h"
#include "core/target.h"

namespace pyanon {

// `count` RGB samples of a picture with packed rows, repeating its border, as packed bytes.
using SampleColours = void (*)(const ConstImageView& image, Line at, int64_t count, uint8_t* to);
SampleColours sample_colours(Target target);

// `count` samples of a picture of four channels, colours and mask, of which every position and the pixels right of
// and below it lie inside: as packed colours, one byte more of them being written over, and packed mask bytes.
using SampleMasked = void (*)(const uint8_t* pixels, int64_t row_stride, Line at, int64_t count, uint8_t* colours,
                              uint8_t* mask);
SampleMasked sample_masked(Target target);

// The part of `count` samples whose position lies less than a pixel outside of a width x height picture.
struct Run {
  int64_t first, last;
};
Run touching(const Line& at, int64_t count, int64_t width, int64_t height);

}  // namespace pyanon
