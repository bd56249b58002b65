// Puts a picture onto another one through a mask.
#pragma once

#include "core/image.h"

namespace pyanon {

// image = round((image * (255 - mask) + patch * mask) / 255) where the patch, its top-left pixel at (x, y), touches it.
void blend(const ImageView& image, const ConstImageView& patch, const ConstImageView& mask, int64_t x, int64_t y);

// Puts `count` crops of size x size pixels back where their matrices (frame to crop) took them from, through their
// masks; touches only the rectangles around them. A crop is nothing (mask 0) outside of its pixels.
void paste(const ImageView& image, const ConstImageView* crops, const ConstImageView* masks, const float* matrices,
           int64_t count);

}  // namespace pyanon
