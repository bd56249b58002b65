// Crops as networks take them.
#pragma once

#include "core/image.h"

namespace pyanon {

// planes: (3, height, width) float32, contiguous: a level of the crop divided by 255.
void planes(const ConstImageView& crop, float* planes);

}  // namespace pyanon
