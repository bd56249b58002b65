// Painted faces in the light and the grain of what is around them.
#pragma once

#include <cstdint>

namespace pyanon {

// One face and its surroundings, all packed: painted (3, size, size), around (size, size, 3), regions and grain
// (size, size).
struct PaintedFace {
  const float* painted;
  const uint8_t *around, *regions;
  const int16_t* grain;
};

// pixels: (size, size, 3) packed. True where every painted value is finite.
bool relight(const PaintedFace& face, int64_t size, uint8_t* pixels);

}  // namespace pyanon
