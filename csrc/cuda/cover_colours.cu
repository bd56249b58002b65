#include "cuda/cover_parts.h"
#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 256;
constexpr int64_t kMostSide = kMostCells + 2;

struct Scene {
  ConstImageView image;
  const Region* regions;
  int64_t count;
};

__device__ bool visible(const Scene& scene, int64_t x, int64_t y) {
  if (x < 0 || y < 0 || x >= scene.image.width || y >= scene.image.height) return false;
  for (int64_t i = 0; i < scene.count; ++i)
    if (scene.regions[i].contains(x, y)) return false;
  return true;
}

// What one cell of the border sees.
__device__ RingSums look_around(const Scene& scene, const Region& own, int64_t i, int64_t j, int64_t cells) {
  RingSums sums{};
  for (int64_t k = 0; k < kReads * kReads; ++k) {
    const int64_t x = sample_position(own.x, cells, (i - 1) * kReads + k % kReads);
    const int64_t y = sample_position(own.y, cells, (j - 1) * kReads + k / kReads);
    if (visible(scene, x, y)) sums.add(scene.image.at(y, x), scene.image.channel_stride);
  }
  return sums;
}

// Sums of whole numbers: in whatever order.
__device__ void add_to(RingSums& all, const RingSums& some) {
  for (int c = 0; c < 3; ++c) atomicAdd(&all.skin[c], some.skin[c]);
  atomicAdd(&all.count, some.count);
  atomicAdd(&all.luma, some.luma);
  atomicAdd(&all.skin_count, some.skin_count);
}

// The mean of a cell's four neighbours; beyond the border it is repeated.
__device__ int32_t settled(const int32_t* grid, int64_t n, int64_t j, int64_t i, int c) {
  const auto at = [&](int64_t y, int64_t x) { return grid[3 * (y * n + x) + c]; };
  const int64_t up = j > 0 ? j - 1 : 0, down = j + 1 < n ? j + 1 : j;
  const int64_t left = i > 0 ? i - 1 : 0, right = i + 1 < n ? i + 1 : i;
  return (at(up, i) + at(down, i) + at(j, left) + at(j, right) + 2) >> 2;
}

// One block for each region: its grid of colours.
__global__ void colour_cells(Scene scene, CoverLook look, CoverTables tables) {
  __shared__ int32_t grids[2][3 * kMostSide * kMostSide];
  __shared__ uint8_t known[kMostSide * kMostSide];
  __shared__ RingSums ring;
  const int64_t n = tables.side, cells = n - 2, values = tables.grid_values();
  if (threadIdx.x == 0) ring = RingSums{};
  __syncthreads();
  for (int64_t cell = threadIdx.x; cell < n * n; cell += blockDim.x) {
    const int64_t i = cell % n, j = cell / n;
    known[cell] = 0;
    if (i > 0 && j > 0 && i < n - 1 && j < n - 1) continue;
    const RingSums seen = look_around(scene, scene.regions[blockIdx.x], i, j, cells);
    if (seen.count == 0) continue;
    add_to(ring, seen);
    known[cell] = 1;
    for (int c = 0; c < 3; ++c) grids[0][3 * cell + c] = (seen.sum[c] << kLevelBits) / seen.count;
  }
  __syncthreads();
  for (int64_t k = threadIdx.x; k < values; k += blockDim.x)
    if (!known[k / 3]) grids[0][k] = anchor_tone(ring, static_cast<int>(k % 3));
  __syncthreads();
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    const int32_t* now = grids[sweep % 2];
    int32_t* next = grids[1 - sweep % 2];
    for (int64_t k = threadIdx.x; k < values; k += blockDim.x)
      next[k] = known[k / 3] ? now[k] : settled(now, n, k / 3 / n, k / 3 % n, static_cast<int>(k % 3));
    __syncthreads();
  }
  static_assert(kSweeps % 2 == 0, "the last sweep writes the first grid");
  for (int64_t k = threadIdx.x; k < values; k += blockDim.x) {
    const int64_t i = k / 3 % n, j = k / 3 / n;
    int32_t colour = grids[0][k];
    if (i > 0 && j > 0 && i < n - 1 && j < n - 1)
      colour = anchored(colour, anchor_tone(ring, static_cast<int>(k % 3)), anchor_share(i - 1, j - 1, cells));
    if (look.style == CoverStyle::mosaic) colour = jittered(colour, k / 3, look.seed);
    tables.grid(blockIdx.x)[k] = colour;
  }
}

// A column or a row of the frame each, for every region.
__global__ void fall_off(const Region* regions, CoverTables tables) {
  const int64_t at = thread_number();
  if (at >= tables.width + tables.height) return;
  const Region& region = regions[blockIdx.y];
  const bool column = at < tables.width;
  const Side& side = column ? region.x : region.y;
  tables.columns(blockIdx.y)[at] = falloff(side, region.opaque, column ? at : at - tables.width);
}

// A value of a grid of one colour each.
__global__ void fill_cells(CoverLook look, CoverTables tables, int64_t values) {
  const int64_t at = thread_number();
  if (at < values) tables.grids[at] = look.colour[at % 3] << kLevelBits;
}

}  // namespace

void cover_colours(const ConstImageView& image, const Region* regions, int64_t count, const CoverLook& look,
                   const CoverTables& tables, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(count);
  if (look.style == CoverStyle::solid) {
    const int64_t values = count * tables.grid_values();
    launch({"cover", stream, blocks_of(values, kThreads), kThreads}, fill_cells, look, tables, values);
  } else {
    launch({"cover", stream, blocks, kThreads}, colour_cells, Scene{image, regions, count}, look, tables);
  }
  const dim3 lines(blocks_of(tables.width + tables.height, kThreads), blocks);
  launch({"cover", stream, lines, kThreads}, fall_off, regions, tables);
}

}  // namespace pyanon::cuda
