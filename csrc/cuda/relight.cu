#include "cuda/relight.h"

#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 256;
constexpr int32_t kEach = (kRoughBuckets + kThreads - 1) / kThreads;  // buckets of a thread
enum Plane { kAround = 3, kPainted = 4 };                             // of the roughness, behind the levels

// A plane of the scratch memory of a face.
__device__ int32_t* values_of(const PaintedFaces& faces, const RelitFaces& to, int64_t face, int64_t plane) {
  return to.values + (kRelightPlanes * face + plane) * faces.size * faces.size;
}

// A pixel each: its levels, and whether they are known.
__global__ void make_levels(PaintedFaces faces, RelitFaces to) {
  const int64_t number = thread_number();
  const FacePixel at(number, faces.size);
  if (at.face >= faces.count) return;
  bool finite = true;
  for (int64_t c = 0; c < 3; ++c) {
    const float share = faces.painted.at(at.face, at.y, at.x, c);
    finite = finite && is_finite(share);
    values_of(faces, to, at.face, c)[at.y * faces.size + at.x] = fine_level(share);
  }
  if (!finite) to.finite[at.face] = 0;  // it was set to 1 before this launch
}

// Whether all nine pixels around one have a flag.
__device__ bool whole(const PaintedFaces& faces, const FacePixel& at, uint8_t flag) {
  if (at.y < 1 || at.x < 1 || at.y > faces.size - 2 || at.x > faces.size - 2) return false;
  uint8_t common = flag;
  for (int64_t i = 0; i < 9; ++i) common &= faces.regions.at(at.face, at.y + i / 3 - 1, at.x + i % 3 - 1);
  return common != 0;
}

// The roughness around a pixel of a picture; -1 where it is not whole.
template <class Grey>
__device__ int32_t rough(const PaintedFaces& faces, const FacePixel& at, uint8_t flag, Grey grey) {
  if (!whole(faces, at, flag)) return -1;
  int32_t greys[3][3];
  for (int64_t i = 0; i < 9; ++i) greys[i / 3][i % 3] = grey(at.y + i / 3 - 1, at.x + i % 3 - 1);
  return roughness(&greys[0][1], &greys[1][1], &greys[2][1]);
}

// A pixel each: how rough what is around it is in the real picture, and in the painted one.
__global__ void make_roughness(PaintedFaces faces, RelitFaces to) {
  const FacePixel at(thread_number(), faces.size);
  if (at.face >= faces.count) return;
  const int64_t size = faces.size, pixel = at.y * size + at.x;
  const int32_t* levels = values_of(faces, to, at.face, 0);
  values_of(faces, to, at.face, kAround)[pixel] = rough(faces, at, kVisible, [&](int64_t y, int64_t x) {
    int32_t sum = 0;
    for (int64_t c = 0; c < 3; ++c) sum += fine_level(faces.around.at(at.face, y, x, c));
    return sum;
  });
  values_of(faces, to, at.face, kPainted)[pixel] = rough(faces, at, kInside, [&](int64_t y, int64_t x) {
    int32_t sum = 0;
    for (int64_t c = 0; c < 3; ++c) sum += levels[(c * size + y) * size + x];
    return sum;
  });
}

// What the threads of a block share.
struct Shared {
  RingSums sums[kThreads];
  uint32_t counts[kRoughBuckets], parts[kThreads];
  int32_t bucket;
  uint32_t rank;
};

// Sums over the ring of a face, as shared.sums[0], for the first thread.
__device__ void add_ring(const PaintedFaces& faces, const RelitFaces& to, int64_t face, Shared& shared) {
  const int64_t size = faces.size, each = size * size;
  const int32_t* levels = values_of(faces, to, face, 0);
  RingSums own{};
  for (int64_t at = threadIdx.x; at < each; at += kThreads) {
    const int64_t y = at / size, x = at % size;
    if ((faces.regions.at(face, y, x) & kRing) == 0) continue;
    int32_t differences[3];
    for (int64_t c = 0; c < 3; ++c) differences[c] = difference(faces.around.at(face, y, x, c), levels[c * each + at]);
    own.add(from_middle(x, size), from_middle(y, size), differences);
  }
  shared.sums[threadIdx.x] = own;
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) shared.sums[threadIdx.x] += shared.sums[threadIdx.x + half];
  }
}

// How many values fall into each bucket, and into the buckets of each thread; a bucket of -1 is none.
template <class Bucket>
__device__ void count_values(const int32_t* values, int64_t count, Shared& shared, Bucket bucket) {
  const int32_t thread = static_cast<int32_t>(threadIdx.x);
  for (int32_t i = thread; i < kRoughBuckets; i += kThreads) shared.counts[i] = 0;
  __syncthreads();
  for (int64_t i = thread; i < count; i += kThreads) {
    const int32_t found = bucket(values[i]);
    if (found >= 0) atomicAdd(&shared.counts[found], 1u);
  }
  __syncthreads();
  uint32_t own = 0;
  for (int32_t i = kEach * thread; i < kEach * (thread + 1) && i < kRoughBuckets; ++i) own += shared.counts[i];
  shared.parts[thread] = own;
  __syncthreads();
}

// Values that fall into the buckets of the threads before one.
__device__ uint32_t values_before(const Shared& shared, int64_t thread) {
  uint32_t sum = 0;
  for (int64_t i = 0; i < thread; ++i) sum += shared.parts[i];
  return sum;
}

// The bucket with the value of this rank, which becomes its rank in that bucket.
__device__ int32_t bucket_of(Shared& shared, uint32_t& rank) {
  const uint32_t before = values_before(shared, threadIdx.x);
  if (before <= rank && rank - before < shared.parts[threadIdx.x]) {
    uint32_t left = rank - before;
    int32_t bucket = kEach * static_cast<int32_t>(threadIdx.x);
    for (; left >= shared.counts[bucket]; ++bucket) left -= shared.counts[bucket];
    shared.bucket = bucket;
    shared.rank = left;
  }
  __syncthreads();
  rank = shared.rank;
  return shared.bucket;
}

// The noise of a picture of this roughness.
__device__ double noise(const int32_t* values, int64_t count, Shared& shared) {
  // -1, where a pixel is not whole, stays -1 without its last bits.
  count_values(values, count, shared, [](int32_t value) { return value >> kRoughBits; });
  const int64_t wanted = median_rank(values_before(shared, kThreads));
  if (wanted < 0) return 0.0;
  uint32_t rank = static_cast<uint32_t>(wanted);
  const int32_t upper = bucket_of(shared, rank);
  count_values(values, count, shared,
               [upper](int32_t value) { return value >> kRoughBits == upper ? value & kRoughRest : -1; });
  return noise_level(upper << kRoughBits | bucket_of(shared, rank));
}

// A block for each face: planes and grain.
__global__ void measure(PaintedFaces faces, RelitFaces to) {
  __shared__ Shared shared;
  const int64_t face = blockIdx.x, each = faces.size * faces.size;
  add_ring(faces, to, face, shared);
  const double wanted = noise(values_of(faces, to, face, kAround), each, shared);
  const double have = noise(values_of(faces, to, face, kPainted), each, shared);
  if (threadIdx.x != 0) return;
  FaceLight light{};
  fit_planes(shared.sums[0], faces.size, light);
  light.grain = missing_grain(wanted, have);
  to.lights[face] = light;
}

// A pixel each.
__global__ void add_light(PaintedFaces faces, RelitFaces to) {
  const int64_t number = thread_number(), size = faces.size;
  const FacePixel at(number, size);
  if (at.face >= faces.count) return;
  const FaceLight& light = to.lights[at.face];
  const int64_t x = from_middle(at.x, size), y = from_middle(at.y, size);
  const int32_t grain = grain_level(light.grain, faces.grain.at(at.face, at.y, at.x));
  for (int c = 0; c < 3; ++c) {
    const int32_t level = values_of(faces, to, at.face, c)[at.y * size + at.x];
    const int32_t plane = plane_level(plane_across(light, c, x), plane_down(light, c, y));
    to.pixels[3 * number + c] = lit_byte(level, plane, grain);
  }
}

}  // namespace

void relight(const PaintedFaces& faces, const RelitFaces& to, cudaStream_t stream) {
  const char* const op = "relight";
  const int64_t pixels = faces.count * faces.size * faces.size;
  if (faces.count > 0) check(op, cudaMemsetAsync(to.finite, 1, static_cast<size_t>(faces.count), stream));
  if (pixels == 0) return;
  const Launch for_pixels{op, stream, blocks_of(pixels, kThreads), kThreads};
  launch(for_pixels, make_levels, faces, to);
  launch(for_pixels, make_roughness, faces, to);
  launch({op, stream, static_cast<unsigned>(faces.count), kThreads}, measure, faces, to);
  launch(for_pixels, add_light, faces, to);
}

}  // namespace pyanon::cuda
