// A stand-in for CUDA's header of the same name, for tests on machines without a GPU: the same .cu files are compiled
// by an ordinary C++ compiler, device memory is memory, streams are ignored, and a launch has run when it returns.
// Only what the kernels use is here, with the checks that CUDA makes and some that it does not (grid.cc).
#pragma once

#include <cstddef>
#include <cstdint>

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400
};

using cudaStream_t = struct CUstream_st*;

// A stream that does not exist; launches on it fail.
inline const cudaStream_t kNoStream = reinterpret_cast<cudaStream_t>(uintptr_t{0xBAD});

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

const char* cudaGetErrorString(cudaError_t status);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaMemsetAsync(void* to, int value, size_t count, cudaStream_t stream);
