// `relight` on a GPU; csrc/cpu/relight.h says what it does.
#pragma once

#include <cuda_runtime_api.h>

#include "core/faces.h"
#include "core/relight.h"

namespace pyanon::cuda {

// So many int32 of scratch memory a pixel: the levels of three channels, and two kinds of roughness.
constexpr int64_t kRelightPlanes = 5;

struct PaintedFaces {
  int64_t count, size;
  Faces<const float> painted;
  Faces<const uint8_t> around, regions;
  Faces<const int16_t> grain;
};

// Memory of the device, packed: `values` (count, kRelightPlanes, size, size) and `lights` (count,) are scratch.
struct RelitFaces {
  int32_t* values;
  FaceLight* lights;
  uint8_t *pixels, *finite;
};

void relight(const PaintedFaces& faces, const RelitFaces& to, cudaStream_t stream);

}  // namespace pyanon::cuda
