// `nms` on a GPU; csrc/cpu/nms.h says what it does.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "core/both.h"

namespace pyanon::cuda {

constexpr int64_t kMostBoxes = 1 << 15;  // whose overlaps, a bit for each pair, take 128 MiB

// Values at steps of so many bytes.
template <class T>
struct Steps {
  const char* data = nullptr;
  int64_t row = 0, column = 0;

  PYANON_BOTH const T& at(int64_t y, int64_t x = 0) const {
    return *reinterpret_cast<const T*>(data + y * row + x * column);
  }
};

struct NmsBoxes {
  int64_t count;
  Steps<float> corners, scores;  // count x 4, count
  Steps<int64_t> groups;         // count; without data, all boxes are in one
};

int64_t nms_scratch_bytes(int64_t count);

// kept[0]: how many; then their indices, best first, room for all. Scratch begins at a multiple of 16 bytes.
void nms(const NmsBoxes& boxes, float iou, int64_t limit, void* scratch, int64_t* kept, cudaStream_t stream);

}  // namespace pyanon::cuda
