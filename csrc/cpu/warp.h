// Cuts similarity-aligned crops out of a frame.
#pragma once

#include "core/image.h"

namespace pyanon {

// crops: (count, size, size, 3) packed. matrices: count x 6, frame to crop, invertible. A pixel of a crop is the mean
// of times x times samples.
void warp(const ConstImageView& frame, const float* matrices, int64_t count, int64_t size, int64_t times,
          uint8_t* crops);

}  // namespace pyanon
