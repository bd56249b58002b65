// The part of the stand-in that kernels and launches need.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <tuple>
#include <utility>

#define __global__
#define __device__
#define __host__
// One block runs after the other, so that what its threads share may be shared by all.
#define __shared__ static

struct uint3 {
  unsigned x, y, z;
};

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
};

namespace emulation {

// Runs `thread` once for every thread of the grid.
cudaError_t run(const cudaLaunchConfig_t& config, const std::function<void()>& thread);

// Waits for all threads of the block; the sum of what they bring.
int meet(int vote);

}  // namespace emulation

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  const std::tuple<Parameters...> values(std::forward<Arguments>(arguments)...);
  return emulation::run(*config, [&] { std::apply(kernel, values); });
}

inline void __syncthreads() { emulation::meet(0); }
inline int __syncthreads_or(int vote) { return emulation::meet(vote != 0) > 0; }
inline int __syncthreads_count(int vote) { return emulation::meet(vote != 0); }

// Threads run one at a time, so that nothing needs to be locked.
template <class T>
T atomicAdd(T* at, T more) {
  const T before = *at;
  *at = static_cast<T>(before + more);
  return before;
}

template <class T>
T atomicMin(T* at, T value) {
  const T before = *at;
  if (value < before) *at = value;
  return before;
}

inline unsigned __dp4a(unsigned a, unsigned b, unsigned sum) {
  for (int i = 0; i < 4; ++i) sum += (a >> 8 * i & 255) * (b >> 8 * i & 255);
  return sum;
}

inline unsigned __byte_perm(unsigned a, unsigned b, unsigned selector) {
  const uint64_t bytes = a | static_cast<uint64_t>(b) << 32;
  unsigned picked = 0;
  for (int i = 0; i < 4; ++i) picked |= static_cast<unsigned>(bytes >> 8 * (selector >> 4 * i & 7) & 255) << 8 * i;
  return picked;
}
