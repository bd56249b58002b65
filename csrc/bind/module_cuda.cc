#include <cuda_runtime_api.h>

#include "bind/arrays.h"
#include "bind/errors.h"
#include "cuda/errors.h"

namespace pyanon::bind {
namespace {

void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const ArgumentError& error) {
    raise_as("InputError", error);
  } catch (const cuda::CudaError& error) {
    raise_as("RunnerError", {"CUDA refused to run " + error.op, error.what(), "a launch without an error",
                             "see whether the GPU still answers (nvidia-smi), and whether pyanon was built for it"});
  }
}

}  // namespace
}  // namespace pyanon::bind

PYBIND11_MODULE(_cuda, module) {
  namespace bind = pyanon::bind;
  pybind11::register_local_exception_translator(&bind::translate);
  module.doc() = "CUDA kernels of pyanon; called through pyanon.ops.cuda.";
  bind::register_blend(module);
  bind::register_cover(module);
  bind::register_exponential(module);
  bind::register_letterbox(module);
  bind::register_nms(module);
  bind::register_nv12(module);
  bind::register_planes(module);
  bind::register_reject(module);
  bind::register_relight(module);
  bind::register_warp(module);
}
