// `cover` on a GPU; csrc/cpu/cover.h says what it does.
#pragma once

#include <cuda_runtime_api.h>

#include <vector>

#include "core/cover.h"
#include "core/image.h"

namespace pyanon::cuda {

// The regions of boxes in the order in which they are painted, made on the host; a copy of them goes to the device.
std::vector<Region> cover_regions(const float* boxes, int64_t count, const CoverLook& look);

// For a frame of this size.
int64_t cover_scratch_bytes(int64_t regions, const CoverLook& look, int64_t height, int64_t width);

// `on_device` holds the same regions; scratch begins at a multiple of 16 bytes.
void cover(const ImageView& image, const std::vector<Region>& regions, const Region* on_device, const CoverLook& look,
           void* scratch, cudaStream_t stream);

}  // namespace pyanon::cuda
