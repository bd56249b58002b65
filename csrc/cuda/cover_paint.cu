#include <algorithm>
#include <cmath>

#include "core/mix.h"
#include "cuda/cover_parts.h"
#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 256;

// The part of the frame that a region touches.
struct Part {
  int64_t left, top, width, height;

  Part(const Region& region, const ConstImageView& image)
      : left(std::max<int64_t>(region.x.first, 0)),
        top(std::max<int64_t>(region.y.first, 0)),
        width(std::min(region.x.last, image.width) - left),
        height(std::min(region.y.last, image.height) - top) {}
};

struct Painter {
  Region region;
  CoverTables tables;
  int64_t index;   // of the region
  int32_t grain;   // its strength, 1/64 levels
  uint32_t shift;  // of the grain
  bool smooth, hard;

  __device__ int32_t alpha(int64_t y, int64_t x) const {
    const int32_t left = 255 + region.opaque - tables.rows(index)[y] - tables.columns(index)[x];
    if (hard) return left < 255 ? 0 : 255;
    return left < 0 ? 0 : (left > 255 ? 255 : left);
  }

  // Of one grid row, between two of its cells.
  __device__ int32_t across(int64_t row, const Between& at, int c) const {
    const int32_t* colour = tables.grid(index) + 3 * (row * tables.side + at.cell) + c;
    return at.share == 0 ? *colour : *colour + rounded_share(colour[3] - *colour, at.share);
  }

  __device__ uint8_t colour(const Between& across_at, const Between& down_at, int c, int32_t noise) const {
    const int32_t upper = across(down_at.cell, across_at, c);
    int32_t level = upper + noise + (1 << (kLevelBits - 1));
    if (down_at.share != 0) level += rounded_share(across(down_at.cell + 1, across_at, c) - upper, down_at.share);
    level >>= kLevelBits;
    return static_cast<uint8_t>(level < 0 ? 0 : (level > 255 ? 255 : level));
  }

  __device__ int32_t noise(int64_t y, int64_t x) const {
    if (grain == 0) return 0;
    const int value = grain_at(x - region.x.first + shift, y - region.y.first + (shift >> 8));
    return (value * grain + 64) >> 7;
  }
};

// A pixel of the part each.
__global__ void paint_pixels(ImageView image, Painter painter, Part part) {
  const int64_t at = thread_number();
  if (at >= part.width * part.height) return;
  const int64_t y = part.top + at / part.width, x = part.left + at % part.width;
  const auto alpha = static_cast<uint8_t>(painter.alpha(y, x));
  if (alpha == 0) return;
  const int64_t cells = painter.tables.side - 2;
  const Between across(painter.region.x, cells, x, painter.smooth), down(painter.region.y, cells, y, painter.smooth);
  const int32_t noise = painter.noise(y, x);
  uint8_t* to = image.at(y, x);
  for (int c = 0; c < 3; ++c) {
    uint8_t& under = to[c * image.channel_stride];
    under = mix(under, painter.colour(across, down, c, noise), alpha);
  }
}

}  // namespace

void cover_paint(const ImageView& image, const Region& region, int64_t index, const CoverLook& look,
                 const CoverTables& tables, cudaStream_t stream) {
  const Part part(region, image);
  if (part.width <= 0 || part.height <= 0) return;
  const bool smooth = look.style == CoverStyle::blur;
  const auto grain = static_cast<int32_t>(std::floor((smooth ? look.grain : 0.0) * (1 << kLevelBits) + 0.5));
  const Painter painter{region, tables, index, grain, grain_shift(look.seed), smooth, look.style == CoverStyle::solid};
  const unsigned blocks = blocks_of(part.width * part.height, kThreads);
  launch({"cover", stream, blocks, kThreads}, paint_pixels, image, painter, part);
}

}  // namespace pyanon::cuda
