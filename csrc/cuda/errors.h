// What CUDA complains of, as an exception; bind/ turns it into pyanon.errors.RunnerError.
#pragma once

#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace pyanon::cuda {

struct CudaError : std::runtime_error {
  CudaError(const char* op_, cudaError_t status) : std::runtime_error(cudaGetErrorString(status)), op(op_) {}
  std::string op;
};

inline void check(const char* op, cudaError_t status) {
  if (status != cudaSuccess) throw CudaError(op, status);
}

// Makes a GPU the current one of this thread, and puts the one before back.
class OnDevice {
 public:
  OnDevice(const char* op, int device) : device_(device) {
    check(op, cudaGetDevice(&before_));
    if (before_ != device_) check(op, cudaSetDevice(device_));
  }
  ~OnDevice() {
    if (before_ != device_) (void)cudaSetDevice(before_);
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  int device_, before_ = 0;
};

}  // namespace pyanon::cuda
