#include "cuda/warp.h"

#include <algorithm>

#include "core/border.h"
#include "cuda/rows.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kMostMaps = 48;  // of a launch: its arguments have room for 4096 bytes

// From crops to the frame; arguments of a launch, so that nothing has to be copied to the device before it.
struct Maps {
  Mapped of[kMostMaps];
};

struct Shape {
  int64_t size, times;
};

// One pixel each of a part of some rows of one crop (blockIdx: columns, rows, crops): the mean of times x times
// samples.
__global__ void warp_pixels(ConstImageView frame, Maps maps, Shape shape, uint8_t* crops) {
  __shared__ Start starts[kRows * kMostTimes];
  const Mapped& mapped = maps.of[blockIdx.z];
  const int64_t x = blockIdx.x * kRowThreads + threadIdx.x, y = blockIdx.y * kRows + threadIdx.y;
  Start* own = starts + threadIdx.y * shape.times;
  if (threadIdx.x < shape.times) own[threadIdx.x] = start_of(mapped, 0, y * shape.times + threadIdx.x);
  __syncthreads();
  if (x >= shape.size || y >= shape.size) return;
  uint32_t sums[3] = {0, 0, 0};
  for (int64_t j = 0; j < shape.times; ++j) {
    int64_t u = own[j].u + x * shape.times * mapped.du, v = own[j].v + x * shape.times * mapped.dv;
    for (int64_t i = 0; i < shape.times; ++i, u += mapped.du, v += mapped.dv) {
      const Corners corners(frame, u, v);
      for (int c = 0; c < 3; ++c) sums[c] += static_cast<uint32_t>(corners.level(c * frame.channel_stride));
    }
  }
  uint8_t* to = crops + 3 * ((blockIdx.z * shape.size + y) * shape.size + x);
  for (int c = 0; c < 3; ++c) to[c] = rounded_mean(sums[c], static_cast<uint32_t>(shape.times * shape.times));
}

}  // namespace

void warp(const ConstImageView& frame, const float* matrices, int64_t count, int64_t size, int64_t times,
          uint8_t* crops, cudaStream_t stream) {
  for (int64_t first = 0; first < count; first += kMostMaps) {
    const int64_t some = std::min(kMostMaps, count - first);
    Maps maps;
    for (int64_t i = 0; i < some; ++i) maps.of[i] = Mapped(Affine::finer(matrices + 6 * (first + i), times).inverse());
    const dim3 blocks(blocks_of(size, kRowThreads), blocks_of(size, kRows), static_cast<unsigned>(some));
    launch({"warp", stream, blocks, {kRowThreads, kRows}}, warp_pixels, frame, maps, Shape{size, times},
           crops + 3 * size * size * first);
  }
}

}  // namespace pyanon::cuda
