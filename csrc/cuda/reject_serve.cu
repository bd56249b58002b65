#include <limits>

#include "cuda/launch.h"
#include "cuda/reject_parts.h"

namespace pyanon::cuda {
namespace {

constexpr int kThreads = 128;

struct Walk {
  int64_t count, size, oracles;
  Face* faces;
  unsigned char *fresh, *taken;
  const float* codes;
  Progress progress;
};

// What the oracles see, as arguments of a launch.
struct Eyes {
  struct Eye {
    int64_t width;
    double threshold;
    const double *values, *lengths;
    double *taken_values, *taken_lengths;
  } of[kMostJudges];
};

// All threads: whether any oracle finds draw `at` like the code of a face before this one.
__device__ bool like_one_before(const Walk& walk, const Eyes& eyes, int64_t face, int64_t at) {
  int found = 0;
  for (int64_t pair = threadIdx.x; pair < face * walk.oracles; pair += kThreads) {
    const int64_t before = pair / walk.oracles;
    if (!walk.taken[before]) continue;
    const Eyes::Eye& eye = eyes.of[pair % walk.oracles];
    const double *own = eye.values + at * eye.width, *other = eye.taken_values + before * eye.width;
    double dot = 0.0;
    for (int64_t k = 0; k < eye.width; ++k) dot = dot + other[k] * own[k];
    found |= alike(dot, eye.threshold, eye.lengths[at], eye.taken_lengths[before]);
  }
  return __syncthreads_or(found) != 0;
}

// All threads: the first draw of a face's batch that may be taken, or -1.
__device__ int64_t first_fit(const Walk& walk, const Eyes& eyes, int64_t face) {
  for (int64_t c = 0; c < kBatch; ++c) {
    const int64_t at = face * kBatch + c;
    if (walk.progress.verdict[at] == kAccepted && !like_one_before(walk, eyes, face, at)) return c;
  }
  return -1;
}

__device__ void take(const Walk& walk, const Eyes& eyes, int64_t face, int64_t draw) {
  const int64_t at = face * kBatch + draw;
  for (int64_t i = threadIdx.x; i < walk.size; i += kThreads)
    walk.progress.codes[face * walk.size + i] = walk.codes[at * walk.size + i];
  for (int64_t o = 0; o < walk.oracles; ++o) {
    const Eyes::Eye& eye = eyes.of[o];
    for (int64_t i = threadIdx.x; i < eye.width; i += kThreads)
      eye.taken_values[face * eye.width + i] = eye.values[at * eye.width + i];
    if (threadIdx.x == 0) eye.taken_lengths[face] = eye.lengths[at];
  }
  if (threadIdx.x != 0) return;
  walk.progress.draws[face] = walk.faces[face].first + draw;
  walk.taken[face] = 1;
}

// One block, which serves the faces in their order as far as their batches go.
__global__ void serve(Walk walk, Eyes eyes) {
  int64_t face = *walk.progress.next;
  for (; face < walk.count; ++face) {
    const int64_t draw = first_fit(walk, eyes, face);
    const bool more = walk.faces[face].first + kBatch < walk.faces[face].last;
    if (draw >= 0) take(walk, eyes, face, draw);
    __syncthreads();
    if (draw < 0 && more) break;
  }
  // Nobody may change what others still read.
  __syncthreads();
  if (threadIdx.x != 0) return;
  *walk.progress.next = face;
  if (face == walk.count) return;
  walk.faces[face].first += kBatch;
  walk.fresh[face] = 1;
}

// A face each: from now on its batch has been judged.
__global__ void keep_batches(unsigned char* fresh, int64_t count) {
  const int64_t face = thread_number();
  if (face < count) fresh[face] = 0;
}

// A row each.
__global__ void measure_rows(Rows rows, double* lengths, long long* useless) {
  const int64_t row = thread_number();
  if (row >= rows.count) return;
  double squares = 0.0;
  bool finite = true, any = false;
  for (int64_t k = 0; k < rows.width; ++k) {
    const double value = rows.values.at(row, k);
    finite = finite && value - value == 0.0;
    any = any || value != 0.0;
    squares = squares + value * value;
  }
  lengths[row] = sqrt(squares);
  if (useless != nullptr && !(finite && any)) atomicMin(useless, static_cast<long long>(2 * row + finite));
}

// A value each: nobody is served.
__global__ void begin(Walk walk, const Face* asked, float no_code) {
  const int64_t at = thread_number();
  if (at == 0) *walk.progress.next = 0;
  if (at < walk.oracles) walk.progress.useless[at] = kAllUseful;
  if (at < walk.count) {
    walk.faces[at] = asked[at];
    walk.progress.draws[at] = -1;
    walk.fresh[at] = 1;
    walk.taken[at] = 0;
  }
  if (at < walk.count * walk.size) walk.progress.codes[at] = no_code;
}

Walk walk_of(const Sampler& sampler, int64_t count, const RejectScratch& scratch, const Progress& progress) {
  const auto oracles = static_cast<int64_t>(sampler.oracles.size());
  return {count, sampler.size, oracles, scratch.faces, scratch.fresh, scratch.taken, scratch.codes, progress};
}

}  // namespace

void reject_lengths(const Rows& rows, double* lengths, long long* useless, cudaStream_t stream) {
  if (rows.count > 0)
    launch({"reject", stream, blocks_of(rows.count, kThreads), kThreads}, measure_rows, rows, lengths, useless);
}

void reject_begin(const Sampler& sampler, const Face* faces, int64_t count, std::vector<Rows>& live,
                  const RejectScratch& scratch, const Progress& progress, cudaStream_t stream) {
  const Walk walk = walk_of(sampler, count, scratch, progress);
  const int64_t values = count * sampler.size + walk.oracles;
  launch({"reject", stream, blocks_of(values, kThreads), kThreads}, begin, walk, faces,
         std::numeric_limits<float>::quiet_NaN());
  for (size_t o = 0; o < live.size(); ++o) {
    live[o].lengths = scratch.seen[o].live_lengths;
    reject_lengths(live[o], scratch.seen[o].live_lengths, progress.useless + o, stream);
  }
}

void reject_serve(const Sampler& sampler, int64_t count, const RejectScratch& scratch, const Progress& progress,
                  cudaStream_t stream) {
  Eyes eyes{};
  for (size_t o = 0; o < sampler.oracles.size(); ++o) {
    const RejectScratch::Seen& seen = scratch.seen[o];
    eyes.of[o] = {sampler.oracles[o].width, sampler.oracles[o].threshold, seen.values, seen.lengths, seen.taken_values,
                  seen.taken_lengths};
  }
  launch({"reject", stream, blocks_of(count, kThreads), kThreads}, keep_batches, scratch.fresh, count);
  launch({"reject", stream, 1, kThreads}, serve, walk_of(sampler, count, scratch, progress), eyes);
}

}  // namespace pyanon::cuda
