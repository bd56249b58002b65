// `exponential` on a GPU; csrc/cpu/exponential.h says what it does.
#pragma once

#include <cuda_runtime_api.h>

#include "core/exponential.h"
#include "cuda/steps.h"

namespace pyanon::cuda {

struct Utilities {
  Steps<double> values;  // count x groups
  int64_t count, groups;
};

struct Draws {
  const int64_t* sizes;  // of the groups
  const uint64_t* keys;  // of the faces
  const int64_t* numbers;
};

// chosen: (2, count), groups and then members; -1 where a utility is not finite.
void exponential(const Utilities& utilities, const Draws& draws, const ExponentialSetup& setup, int64_t* chosen,
                 cudaStream_t stream);

}  // namespace pyanon::cuda
