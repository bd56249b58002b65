#include "core/border.h"
#include "core/mix.h"
#include "core/rectangle.h"
#include "cuda/blend.h"
#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 256;

struct Crop {
  ConstImageView pixels, mask;
  Affine to_crop;
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

// A pixel of the touched rectangle each.
__global__ void paste_pixels(ImageView image, Crop crop, Rectangle touched) {
  const int64_t at = thread_number(), width = touched.right - touched.left;
  const int64_t y = touched.top + at / width, x = at % width;
  if (y >= touched.bottom) return;
  const Line line = Line(crop.to_crop, touched.left, y).from(x);
  const int through = faded(crop.mask, line.u, line.v);
  if (through == 0) return;
  const Corners corners(crop.pixels, line.u, line.v);
  uint8_t* to = image.at(y, touched.left + x);
  for (int c = 0; c < 3; ++c) {
    uint8_t& under = to[c * image.channel_stride];
    const int over = corners.level(c * crop.pixels.channel_stride);
    under = mix(under, static_cast<uint8_t>(over), static_cast<uint8_t>(through));
  }
}

}  // namespace

void paste(const ImageView& image, const ConstImageView* crops, const ConstImageView* masks, const float* matrices,
           int64_t count, cudaStream_t stream) {
  for (int64_t i = 0; i < count; ++i) {
    const Crop crop{crops[i], masks[i], Affine::from(matrices + 6 * i)};
    const Rectangle touched(crop.to_crop.inverse(), static_cast<double>(crop.pixels.width), image.width, image.height);
    if (touched.empty()) continue;
    const int64_t pixels = (touched.right - touched.left) * (touched.bottom - touched.top);
    launch({"paste", stream, blocks_of(pixels, kThreads), kThreads}, paste_pixels, image, crop, touched);
  }
}

}  // namespace pyanon::cuda
