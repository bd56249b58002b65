// One block for each face. Weights are whole numbers, so that they may be summed in any order.
#include "cuda/exponential.h"

#include "core/philox.h"
#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kDigits = 11;  // of eight bits: eight of a utility, three of its index

// Where a group stands when groups are ranked: by falling utility, then by index.
struct Standing {
  uint64_t utility;  // falls as the utility rises
  uint32_t index;

  __device__ static Standing of(double utility, int64_t index) {
    const double value = utility + 0.0;  // one zero, not two
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    const uint64_t rising = (bits >> 63) != 0 ? ~bits : bits | uint64_t{1} << 63;
    return {~rising, static_cast<uint32_t>(index)};
  }

  __device__ bool after(const Standing& other) const {
    return utility > other.utility || (utility == other.utility && index > other.index);
  }

  __device__ unsigned digit(int d) const {
    return d < 8 ? static_cast<unsigned>(utility >> (56 - 8 * d) & 255) : index >> (80 - 8 * d) & 255;
  }

  __device__ void set(int d, unsigned value) {
    if (d < 8)
      utility |= static_cast<uint64_t>(value) << (56 - 8 * d);
    else
      index |= value << (80 - 8 * d);
  }

  __device__ bool shares(const Standing& other, int digits) const {
    for (int d = 0; d < digits; ++d)
      if (digit(d) != other.digit(d)) return false;
    return true;
  }
};

struct Row {
  const Utilities& utilities;
  int64_t face;

  __device__ double at(int64_t group) const { return utilities.values.at(face, group); }
  __device__ Standing standing(int64_t group) const { return Standing::of(at(group), group); }
};

// All threads of a block: the group of a rank, from 1; digit by digit, by counting.
__device__ Standing ranked(const Row& row, int64_t rank) {
  __shared__ unsigned counts[256], digit;
  Standing found{0, 0};
  for (int d = 0; d < kDigits; ++d) {
    for (int i = threadIdx.x; i < 256; i += kThreads) counts[i] = 0;
    __syncthreads();
    for (int64_t group = threadIdx.x; group < row.utilities.groups; group += kThreads) {
      const Standing own = row.standing(group);
      if (own.shares(found, d)) atomicAdd(&counts[own.digit(d)], 1u);
    }
    __syncthreads();
    if (threadIdx.x == 0)
      for (digit = 0; digit < 255 && static_cast<int64_t>(counts[digit]) < rank; ++digit) rank -= counts[digit];
    __syncthreads();
    found.set(d, digit);
  }
  return found;
}

// All threads: the greatest utility; not finite where one of them is not.
__device__ double greatest(const Row& row) {
  __shared__ double most[kThreads];
  double own = row.at(0);
  int broken = 0;
  for (int64_t group = threadIdx.x; group < row.utilities.groups; group += kThreads) {
    const double value = row.at(group);
    broken |= !(value - value == 0.0);
    own = own < value ? value : own;
  }
  most[threadIdx.x] = own;
  if (__syncthreads_or(broken)) return HUGE_VAL;
  for (int i = 0; i < kThreads; ++i) own = own < most[i] ? most[i] : own;
  return own;
}

struct Weights {
  Row row;
  double most, scale;
  Standing best, worst;

  __device__ uint64_t at(int64_t group) const {
    const Standing own = row.standing(group);
    return best.after(own) || own.after(worst) ? 0 : exponential_weight((row.at(group) - most) * scale);
  }
};

// One thread: the group at which the weights, summed up from `first`, pass `left`.
__device__ int64_t walk(const Weights& weights, int64_t first, uint64_t left) {
  for (int64_t group = first;; ++group) {
    const uint64_t weight = weights.at(group);
    if (left < weight) return group;
    left -= weight;
  }
}

__global__ void choose(Utilities utilities, Draws draws, ExponentialSetup setup, int64_t* chosen) {
  __shared__ uint64_t sums[kThreads];
  const int64_t face = blockIdx.x, groups = utilities.groups;
  const Row row{utilities, face};
  const double most = greatest(row);
  if (most == HUGE_VAL) {
    if (threadIdx.x == 0) chosen[face] = chosen[utilities.count + face] = -1;
    return;
  }
  const bool all = setup.best == 1 && setup.worst == groups;
  const Standing best = all ? Standing{0, 0} : ranked(row, setup.best);
  const Standing worst = all ? Standing{~uint64_t{0}, ~0u} : ranked(row, setup.worst);
  const Weights weights{row, most, setup.scale, best, worst};
  const int64_t each = (groups + kThreads - 1) / kThreads, first = threadIdx.x * each;
  uint64_t sum = 0;
  for (int64_t group = first; group < first + each && group < groups; ++group) sum += weights.at(group);
  sums[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  uint32_t a[1] = {0}, b[1] = {static_cast<uint32_t>(draws.numbers[face])}, c[1] = {0};
  uint32_t d[1] = {static_cast<uint32_t>(Purpose::choices)};
  philox<1>(a, b, c, d, draws.keys[face]);
  uint64_t total = 0;
  for (int i = 0; i < kThreads; ++i) total += sums[i];
  uint64_t left = scaled(a[0] | static_cast<uint64_t>(b[0]) << 32, total);
  int64_t part = 0;
  while (left >= sums[part]) left -= sums[part++];
  const int64_t group = walk(weights, part * each, left);
  chosen[face] = group;
  const uint64_t member = c[0] | static_cast<uint64_t>(d[0]) << 32;
  chosen[utilities.count + face] = static_cast<int64_t>(scaled(member, static_cast<uint64_t>(draws.sizes[group])));
}

}  // namespace

void exponential(const Utilities& utilities, const Draws& draws, const ExponentialSetup& setup, int64_t* chosen,
                 cudaStream_t stream) {
  if (utilities.count == 0) return;
  const auto blocks = static_cast<unsigned>(utilities.count);
  launch({"exponential", stream, blocks, kThreads}, choose, utilities, draws, setup, chosen);
}

}  // namespace pyanon::cuda
