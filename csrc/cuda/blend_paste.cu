#include "core/border.h"
#include "core/mix.h"
#include "core/rectangle.h"
#include "cuda/blend.h"
#include "cuda/rows.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kMostBlocks = 65535;  // along y

struct Crop {
  ConstImageView pixels, mask;
  Mapped to_crop;
};

__device__ int mask_level(const ConstImageView& mask, int64_t y, int64_t x) {
  return x < 0 || y < 0 || x >= mask.width || y >= mask.height ? 0 : *mask.at(y, x);
}

// The mask at a position; outside of the crop it is 0.
__device__ int faded(const ConstImageView& mask, int64_t u, int64_t v) {
  const int64_t x = whole(u), y = whole(v);
  if (x < -1 || y < -1 || x >= mask.width || y >= mask.height) return 0;
  return bilinear(mask_level(mask, y, x), mask_level(mask, y, x + 1), mask_level(mask, y + 1, x),
                  mask_level(mask, y + 1, x + 1), weight(u), weight(v));
}

// One pixel of the frame, which the crop has at (u, v).
__device__ void paste_pixel(uint8_t* to, const ImageView& image, const Crop& crop, int64_t u, int64_t v) {
  const int through = faded(crop.mask, u, v);
  if (through == 0) return;
  const Corners corners(crop.pixels, u, v);
  for (int c = 0; c < 3; ++c) {
    uint8_t& under = to[c * image.channel_stride];
    const int over = corners.level(c * crop.pixels.channel_stride);
    under = mix(under, static_cast<uint8_t>(over), static_cast<uint8_t>(through));
  }
}

// Some rows of the touched rectangle, and then those that as many rows as there are blocks lie below.
__global__ void paste_rows(ImageView image, Crop crop, Rectangle touched) {
  __shared__ Start starts[kRows];
  const int64_t step = blockIdx.x * kRowThreads + threadIdx.x, x = touched.left + step;
  for (int64_t top = touched.top + blockIdx.y * kRows; top < touched.bottom; top += gridDim.y * kRows) {
    const int64_t y = top + threadIdx.y;
    if (threadIdx.x == 0) starts[threadIdx.y] = start_of(crop.to_crop, touched.left, y);
    __syncthreads();
    const Start start = starts[threadIdx.y];
    if (x < touched.right && y < touched.bottom)
      paste_pixel(image.at(y, x), image, crop, start.u + step * crop.to_crop.du, start.v + step * crop.to_crop.dv);
    __syncthreads();  // before the next rows' starts are written
  }
}

}  // namespace

void paste(const ImageView& image, const ConstImageView* crops, const ConstImageView* masks, const float* matrices,
           int64_t count, cudaStream_t stream) {
  for (int64_t i = 0; i < count; ++i) {
    const Affine to_crop = Affine::from(matrices + 6 * i);
    const auto size = static_cast<double>(crops[i].width);
    const Rectangle touched(to_crop.inverse(), size, image.width, image.height);
    if (touched.empty()) continue;
    const int64_t groups = blocks_of(touched.bottom - touched.top, kRows);
    const dim3 blocks(blocks_of(touched.right - touched.left, kRowThreads),
                      static_cast<unsigned>(std::min(groups, kMostBlocks)));
    launch({"paste", stream, blocks, {kRowThreads, kRows}}, paste_rows, image,
           Crop{crops[i], masks[i], Mapped(to_crop)}, touched);
  }
}

}  // namespace pyanon::cuda
