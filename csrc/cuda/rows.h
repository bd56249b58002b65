// Positions along rows, for blocks that take a few rows of a picture: the start of a row is computed in float64, which
// is slow on most GPUs, so that one thread does it for all pixels of the block's part of that row.
#pragma once

#include "core/affine.h"
#include "cuda/launch.h"

namespace pyanon::cuda {

constexpr unsigned kRowThreads = 64, kRows = 4;  // of a block: 64 pixels of 4 rows

// A map and the steps that it makes from one pixel to the next, which are the same in every row.
struct Mapped {
  Affine map;
  int64_t du, dv;

  Mapped() = default;
  explicit Mapped(const Affine& map_) : map(map_), du(fixed(map_.a)), dv(fixed(map_.d)) {}
};

struct Start {
  int64_t u, v;
};

// Where row y of a mapped picture starts, at its pixel x.
__device__ inline Start start_of(const Mapped& mapped, int64_t x, int64_t y) {
  const Line line(mapped.map, x, y);
  return {line.u, line.v};
}

}  // namespace pyanon::cuda
