// How every kernel is started, and what all kernels share.
//
// Launchers put work on the caller's stream and return: they never wait, and they never allocate memory of the device.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <utility>

#include "cuda/errors.h"

#if defined(__CUDACC__)
#define PYANON_UNROLL _Pragma("unroll")
#else
#define PYANON_UNROLL
#endif

namespace pyanon::cuda {

// What is launched, where, and in how many blocks of how many threads.
struct Launch {
  const char* op;
  cudaStream_t stream;
  dim3 blocks, threads;
};

// Not <<<>>>, so that the tests can compile the same file for the CPU (csrc/tests/emulation).
template <class... Parameters, class... Arguments>
void launch(const Launch& what, void (*kernel)(Parameters...), Arguments&&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = what.blocks;
  config.blockDim = what.threads;
  config.stream = what.stream;
  const cudaError_t status = cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
  const cudaError_t last = cudaGetLastError();  // read in any case: it would be taken for the next launch's
  check(what.op, status);
  check(what.op, last);
}

// How many blocks of `each` cover `count`.
inline unsigned blocks_of(int64_t count, int64_t each) { return static_cast<unsigned>((count + each - 1) / each); }

// The number of this thread among all of a launch along x.
__device__ inline int64_t thread_number() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + static_cast<int64_t>(threadIdx.x);
}

}  // namespace pyanon::cuda
