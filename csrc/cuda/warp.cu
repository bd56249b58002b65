#include "cuda/warp.h"

#include <algorithm>

#include "core/border.h"
#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 128;
constexpr int64_t kMostMaps = 64;  // of a launch: its arguments have room for 4096 bytes

// From crops to the frame; arguments of a launch, so that nothing has to be copied to the device before it.
struct Maps {
  Affine map[kMostMaps];
};

struct Shape {
  int64_t size, times;
};

// One pixel of one crop each: the mean of times x times samples.
__global__ void warp_pixels(ConstImageView frame, Maps maps, Shape shape, uint8_t* crops) {
  const int64_t at = thread_number(), pixels = shape.size * shape.size;
  if (at >= pixels) return;
  const int64_t y = at / shape.size, x = at % shape.size;
  uint32_t sums[3] = {0, 0, 0};
  for (int64_t j = 0; j < shape.times; ++j) {
    Line line = Line(maps.map[blockIdx.y], 0, y * shape.times + j).from(x * shape.times);
    for (int64_t i = 0; i < shape.times; ++i, line.u += line.du, line.v += line.dv) {
      const Corners corners(frame, line.u, line.v);
      for (int c = 0; c < 3; ++c) sums[c] += static_cast<uint32_t>(corners.level(c * frame.channel_stride));
    }
  }
  uint8_t* to = crops + 3 * (blockIdx.y * pixels + at);
  for (int c = 0; c < 3; ++c) to[c] = rounded_mean(sums[c], static_cast<uint32_t>(shape.times * shape.times));
}

}  // namespace

void warp(const ConstImageView& frame, const float* matrices, int64_t count, int64_t size, int64_t times,
          uint8_t* crops, cudaStream_t stream) {
  for (int64_t first = 0; first < count; first += kMostMaps) {
    const int64_t some = std::min(kMostMaps, count - first);
    Maps maps;
    for (int64_t i = 0; i < some; ++i) maps.map[i] = Affine::finer(matrices + 6 * (first + i), times).inverse();
    const dim3 blocks(blocks_of(size * size, kThreads), static_cast<unsigned>(some));
    launch({"warp", stream, blocks, kThreads}, warp_pixels, frame, maps, Shape{size, times},
           crops + 3 * size * size * first);
  }
}

}  // namespace pyanon::cuda
