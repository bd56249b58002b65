// `blend` and `paste` on a GPU; csrc/cpu/blend.h says what they do.
#pragma once

#include <cuda_runtime_api.h>

#include "core/image.h"

namespace pyanon::cuda {

// Blends `patch` onto `image` at column x and row y.
void blend(const ImageView& image, const ConstImageView& patch, const ConstImageView& mask, int64_t x, int64_t y,
           cudaStream_t stream);

// Pastes `count` crops, one after the other: where two meet, the later one lies above.
void paste(const ImageView& image, const ConstImageView* crops, const ConstImageView* masks, const float* matrices,
           int64_t count, cudaStream_t stream);

}  // namespace pyanon::cuda
