// `letterbox` on a GPU, of RGB and of NV12 frames; csrc/cpu/letterbox.h says what it does.
#pragma once

#include <cuda_runtime_api.h>

#include "core/image.h"
#include "core/nv12.h"
#include "core/placement.h"

namespace pyanon::cuda {

// Of the planes that are written: (3, height, width) float32, contiguous.
struct LetterboxLook {
  int64_t width, height;
  float mean, scale, fill;
};

// In one pass: blocks of pixels, interpolation, normalisation and planes.
Placement letterbox(const ConstImageView& frame, const LetterboxLook& look, float* planes, cudaStream_t stream);

// The same of the colours that rgb_from_nv12 makes, without a picture in between.
Placement letterbox(const Nv12View<const uint8_t>& frame, const Nv12Colours& by, const LetterboxLook& look,
                    float* planes, cudaStream_t stream);

}  // namespace pyanon::cuda
