// `planes` on a GPU; csrc/cpu/planes.h says what it does.
#pragma once

#include <cuda_runtime_api.h>

#include "core/faces.h"

namespace pyanon::cuda {

// All crops in one launch; planes: (count, 3, size, size), contiguous.
void planes(const Faces<const uint8_t>& crops, int64_t count, int64_t size, float* planes, cudaStream_t stream);

}  // namespace pyanon::cuda
