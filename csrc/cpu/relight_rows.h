// The inner loops of relight, each over a row or a plane.
#pragma once

#include <cstdint>

#include "core/relight.h"
#include "core/target.h"

namespace pyanon {

// What a row of a face is lit by: the planes along the row for each channel (three times `count`), what is above that
// in this row, and the grain.
struct RowLight {
  const double* across;
  double down[3];
  const int16_t* grain;
  int32_t strength;
};

struct RelightLoops {
  // Painted values as levels; `wild` becomes more than 0 where one is not finite.
  void (*levels)(const float* painted, int16_t* levels, int64_t count, int32_t* wild);
  // Sums of three planes, which lie `plane` values one behind the other; and of the bytes of pixels, as levels.
  void (*add_planes)(const int16_t* levels, int64_t plane, int32_t* greys, int64_t count);
  void (*add_bytes)(const uint8_t* pixels, int32_t* greys, int64_t count);
  // Roughness at all pixels of a row but the outer ones; -1 where a pixel of the nine around it, in this row of
  // `regions` and those before and after it, has not the flag.
  void (*rough)(const int32_t* const* greys, const uint8_t* regions, uint8_t flag, int32_t* values, int64_t count);
  // The bytes of a row.
  void (*light)(const int16_t* levels, int64_t plane, const RowLight& by, uint8_t* pixels, int64_t count);
};

RelightLoops relight_loops(Target target);

}  // namespace pyanon
