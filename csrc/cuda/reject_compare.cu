// Many draws against many rows. A thread holds one row and some draws, whose values the block shares piece by piece.
//
// The sums are first made in float32. Each value, each product and each sum is rounded by at most 2^-24 of itself, so
// that an inner product of n terms is off by at most (n + 2) 2^-24 times the product of the lengths (Cauchy, Schwarz),
// and a sum of n squares by (n + 4) 2^-24 of itself, to first order. With four times as much as slack, and lengths that
// stay clear of where float32 ends, a sum that is farther from the limit than that decides as the sum in float64 would.
// The others are summed in float64, in the order of their index.
#include "cuda/launch.h"
#include "cuda/reject_parts.h"

namespace pyanon::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kSome = 16;   // draws of a thread
constexpr int kPiece = 64;  // values at a time
constexpr double kShortest = 1e-12, kLongest = 1e12;

__device__ double slack(int64_t terms) { return static_cast<double>(terms + 8) * (1.0 / (1 << 22)); }

// The draws of a batch as rows of values.
template <class T>
struct Batch {
  const unsigned char* fresh;
  unsigned* verdict;
  const T* values;  // [face][kBatch][width]
  int64_t width;
};

// Whether any of the block's draws is still to be refused for a reason; the same for all its threads.
__device__ bool any_left(const unsigned* verdict, unsigned reason) {
  return __syncthreads_or(threadIdx.x < kSome && verdict[threadIdx.x] > reason) != 0;
}

// Adds one value of a row and one of each draw to the sums in float32.
struct AddProduct {
  __device__ static float term(float row, float draw) { return row * draw; }
};
struct AddSquare {
  __device__ static float term(float row, float draw) { return (draw - row) * (draw - row); }
};

// All threads of a block: the sums over all values of this thread's row (if it has one) with each of the draws.
template <class Add, class T>
__device__ void sum_up(const Rows& rows, int64_t row, const T* draws, float (&sums)[kSome]) {
  __shared__ float piece[kPiece][kSome];
  PYANON_UNROLL
  for (int c = 0; c < kSome; ++c) sums[c] = 0.0f;
  for (int64_t first = 0; first < rows.width; first += kPiece) {
    const int64_t count = rows.width - first < kPiece ? rows.width - first : kPiece;
    __syncthreads();
    for (int64_t i = threadIdx.x; i < kSome * count; i += kThreads)
      piece[i % count][i / count] = static_cast<float>(draws[i / count * rows.width + first + i % count]);
    __syncthreads();
    for (int64_t k = 0; k < count && row < rows.count; ++k) {
      const float value = rows.values.at(row, first + k);
      PYANON_UNROLL
      for (int c = 0; c < kSome; ++c) sums[c] += Add::term(value, piece[k][c]);
    }
  }
}

__device__ bool is_alike(const Rows& rows, int64_t row, const double* draw, double length, double threshold,
                         float rough) {
  const double other = rows.lengths[row], both = length * other, apart = rough - threshold * both;
  const bool plain = length > kShortest && length < kLongest && other > kShortest && other < kLongest;
  if (plain && apart > both * slack(rows.width)) return true;
  if (plain && apart < -both * slack(rows.width)) return false;
  double dot = 0.0;
  for (int64_t k = 0; k < rows.width; ++k) dot = dot + static_cast<double>(rows.values.at(row, k)) * draw[k];
  return alike(dot, threshold, length, other);
}

struct Comparison {
  Rows rows;
  const double* lengths;  // of the draws
  double threshold;
  unsigned reason;
};

// blockIdx: rows, draws of a batch, faces.
__global__ void compare_rows(Comparison with, Batch<double> batch) {
  const int64_t row = thread_number(), first = blockIdx.z * kBatch + blockIdx.y * kSome;
  unsigned* verdict = batch.verdict + first;
  if (!batch.fresh[blockIdx.z] || !any_left(verdict, with.reason)) return;
  const double* draws = batch.values + first * batch.width;
  float sums[kSome];
  sum_up<AddProduct>(with.rows, row, draws, sums);
  if (row >= with.rows.count) return;
  PYANON_UNROLL
  for (int c = 0; c < kSome; ++c)
    if (verdict[c] > with.reason &&
        is_alike(with.rows, row, draws + c * batch.width, with.lengths[first + c], with.threshold, sums[c]))
      atomicMin(&verdict[c], with.reason);
}

__device__ bool is_near(const Rows& rows, int64_t row, const float* draw, double most, float rough) {
  const double squares = rough, off = squares * slack(rows.width);
  const bool plain = squares > kShortest * kShortest && squares < kLongest * kLongest;
  if (plain && squares + off < most) return true;
  if (plain && squares - off > most) return false;
  double exact = 0.0;
  for (int64_t k = 0; k < rows.width; ++k) {
    const double apart = static_cast<double>(draw[k]) - static_cast<double>(rows.values.at(row, k));
    exact = exact + apart * apart;
  }
  return exact <= most;
}

// The same grid; `most` is the square of the reach.
__global__ void count_near(Rows anchors, double most, unsigned* near, Batch<float> batch) {
  const int64_t row = thread_number(), first = blockIdx.z * kBatch + blockIdx.y * kSome;
  if (!batch.fresh[blockIdx.z] || !any_left(batch.verdict + first, kRemote)) return;
  const float* draws = batch.values + first * batch.width;
  float sums[kSome];
  sum_up<AddSquare>(anchors, row, draws, sums);
  if (row >= anchors.count) return;
  PYANON_UNROLL
  for (int c = 0; c < kSome; ++c)
    if (is_near(anchors, row, draws + c * batch.width, most, sums[c])) atomicAdd(&near[first + c], 1u);
}

// A draw each.
__global__ void refuse_remote(int64_t neighbours, const unsigned* near, Batch<float> batch) {
  const int64_t at = blockIdx.x * kBatch + threadIdx.x;
  if (batch.fresh[blockIdx.x] && static_cast<int64_t>(near[at]) < neighbours && batch.verdict[at] > kRemote)
    batch.verdict[at] = kRemote;
}

dim3 grid(int64_t rows, int64_t faces) {
  return {blocks_of(rows, kThreads), static_cast<unsigned>(kBatch / kSome), static_cast<unsigned>(faces)};
}

}  // namespace

void reject_compare(const Sampler& sampler, int64_t index, const Rows& rows, unsigned reason, int64_t faces,
                    const RejectScratch& scratch, unsigned* verdict, cudaStream_t stream) {
  if (rows.count == 0) return;
  const RejectScratch::Seen& seen = scratch.seen[index];
  const Comparison with{rows, seen.lengths, sampler.oracles[index].threshold, reason};
  const Batch<double> batch{scratch.fresh, verdict, seen.values, rows.width};
  launch({"reject", stream, grid(rows.count, faces), kThreads}, compare_rows, with, batch);
}

void reject_remote(const Sampler& sampler, int64_t faces, const RejectScratch& scratch, unsigned* verdict,
                   cudaStream_t stream) {
  if (sampler.neighbours == 0) return;
  const Batch<float> batch{scratch.fresh, verdict, scratch.codes, sampler.size};
  const Rows& anchors = sampler.anchors;
  if (anchors.count > 0)
    launch({"reject", stream, grid(anchors.count, faces), kThreads}, count_near, anchors, sampler.reach * sampler.reach,
           scratch.near, batch);
  launch({"reject", stream, static_cast<unsigned>(faces), static_cast<unsigned>(kBatch)}, refuse_remote,
         sampler.neighbours, scratch.near, batch);
}

}  // namespace pyanon::cuda
