#include "cuda/letterbox.h"

#include <cmath>

#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 128;

struct RgbFrame {
  ConstImageView image;

  int64_t height() const { return image.height; }
  int64_t width() const { return image.width; }
  __device__ void add(int64_t y, int64_t x, uint32_t (&sums)[3]) const {
    const uint8_t* from = image.at(y, x);
    for (int c = 0; c < 3; ++c) sums[c] += from[c * image.channel_stride];
  }
};

struct Nv12Frame {
  Nv12View<const uint8_t> planes;
  Nv12Colours by;

  int64_t height() const { return planes.luma.height; }
  int64_t width() const { return planes.luma.width; }
  __device__ void add(int64_t y, int64_t x, uint32_t (&sums)[3]) const {
    uint8_t rgb[3];
    read_nv12(planes, by, y, x, rgb);
    for (int c = 0; c < 3; ++c) sums[c] += rgb[c];
  }
};

constexpr int kPlaces =
    32;  // of a position along an axis: float64 would be slow on most GPUs, float32 not exact enough

// Along one axis: blocks of `size` pixels, their number, and how many of them a pixel of the result spans, in 2^-32.
struct Axis {
  int64_t size, blocks, step;

  Axis(int64_t length, const Placement& at)
      : size(std::min(at.shrink, length)),
        blocks(length / size),
        step(std::llround(std::ldexp(1.0 / (at.ratio * static_cast<double>(size)), kPlaces))) {}
};

// The two blocks that a pixel of the result lies between.
struct Tap {
  int64_t first, second;
  float share;

  __device__ Tap(const Axis& axis, int64_t index) {
    const int64_t one = int64_t{1} << kPlaces, last = (axis.blocks - 1) * one;
    const int64_t wished = ((2 * index + 1) * axis.step - one) >> 1;
    const int64_t at = wished < 0 ? 0 : (wished > last ? last : wished);
    first = at >> kPlaces;
    second = first + 1 < axis.blocks ? first + 1 : first;
    share = static_cast<float>(at - first * one) / static_cast<float>(one);
  }
};

struct Fit {
  Axis across, down;
  Placement at;
  LetterboxLook look;
};

// Adds `share` of the mean of a block.
template <class Frame>
__device__ void add_block(const Frame& frame, const Fit& fit, int64_t row, int64_t column, float share,
                          float (&levels)[3]) {
  if (share == 0.0f) return;
  uint32_t sums[3] = {0, 0, 0};
  for (int64_t j = 0; j < fit.down.size; ++j)
    for (int64_t i = 0; i < fit.across.size; ++i)
      frame.add(row * fit.down.size + j, column * fit.across.size + i, sums);
  const float count = static_cast<float>(fit.down.size * fit.across.size);
  for (int c = 0; c < 3; ++c) levels[c] += share * (static_cast<float>(sums[c]) / count);
}

// A pixel of the result each.
template <class Frame>
__global__ void fit_pixels(Frame frame, Fit fit, float* planes) {
  const LetterboxLook& look = fit.look;
  const int64_t at = thread_number(), plane = look.width * look.height;
  if (at >= plane) return;
  const int64_t y = at / look.width - fit.at.top, x = at % look.width - fit.at.left;
  float levels[3] = {look.fill, look.fill, look.fill};
  if (y >= 0 && x >= 0 && y < fit.at.height && x < fit.at.width) {
    for (float& level : levels) level = 0.0f;
    const Tap down(fit.down, y), across(fit.across, x);
    add_block(frame, fit, down.first, across.first, (1.0f - down.share) * (1.0f - across.share), levels);
    add_block(frame, fit, down.first, across.second, (1.0f - down.share) * across.share, levels);
    add_block(frame, fit, down.second, across.first, down.share * (1.0f - across.share), levels);
    add_block(frame, fit, down.second, across.second, down.share * across.share, levels);
  }
  for (int c = 0; c < 3; ++c) planes[c * plane + at] = (levels[c] - look.mean) * look.scale;
}

template <class Frame>
Placement run(const Frame& frame, const LetterboxLook& look, float* planes, cudaStream_t stream) {
  const Placement at = place(frame.width(), frame.height(), look.width, look.height);
  const Fit fit{Axis(frame.width(), at), Axis(frame.height(), at), at, look};
  const unsigned blocks = blocks_of(look.width * look.height, kThreads);
  launch({"letterbox", stream, blocks, kThreads}, fit_pixels<Frame>, frame, fit, planes);
  return at;
}

}  // namespace

Placement letterbox(const ConstImageView& frame, const LetterboxLook& look, float* planes, cudaStream_t stream) {
  return run(RgbFrame{frame}, look, planes, stream);
}

Placement letterbox(const Nv12View<const uint8_t>& frame, const Nv12Colours& by, const LetterboxLook& look,
                    float* planes, cudaStream_t stream) {
  return run(Nv12Frame{frame, by}, look, planes, stream);
}

}  // namespace pyanon::cuda
