// `warp` on a GPU; csrc/cpu/warp.h says what it does.
#pragma once

#include <cuda_runtime_api.h>

#include "core/image.h"

namespace pyanon::cuda {

// All crops of a frame, up to 48 in one launch; crops: (count, size, size, 3) packed, of the device. The matrices are
// the host's, and may be gone when this returns.
void warp(const ConstImageView& frame, const float* matrices, int64_t count, int64_t size, int64_t times,
          uint8_t* crops, cudaStream_t stream);

}  // namespace pyanon::cuda
