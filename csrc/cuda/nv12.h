// `rgb_from_nv12` and `nv12_from_rgb` on a GPU; csrc/cpu/nv12.h says what they do.
#pragma once

#include <cuda_runtime_api.h>

#include "core/nv12.h"

namespace pyanon::cuda {

void rgb_from_nv12(const Nv12View<const uint8_t>& frame, const Nv12Colours& by, const ImageView& rgb,
                   cudaStream_t stream);

void nv12_from_rgb(const ConstImageView& rgb, const Nv12Colours& by, const Nv12View<uint8_t>& to, cudaStream_t stream);

}  // namespace pyanon::cuda
