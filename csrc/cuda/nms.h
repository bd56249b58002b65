// `nms` on a GPU; csrc/cpu/nms.h says what it does.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "cuda/steps.h"

namespace pyanon::cuda {

constexpr int64_t kMostBoxes = 1 << 15;  // whose overlaps, a bit for each pair, take 128 MiB

struct NmsBoxes {
  int64_t count;
  Steps<float> corners, scores;  // count x 4, count
  Steps<int64_t> groups;         // count; without data, all boxes are in one
};

int64_t nms_scratch_bytes(int64_t count);

// kept[0]: how many; then their indices, best first, room for all. Scratch begins at a multiple of 16 bytes.
void nms(const NmsBoxes& boxes, float iou, int64_t limit, void* scratch, int64_t* kept, cudaStream_t stream);

}  // namespace pyanon::cuda
