// The inner loops of covering: from the colour grid and the grain to bytes.
#pragma once

#include <cstdint>

#include "core/cover.h"
#include "core/target.h"

namespace pyanon {

constexpr int64_t kBlock = 32;  // bytes that the loops work on at a time

// Soft grain: sums of hashed bytes, smoothed over three pixels, in a tile that repeats and that a seed moves.
class Grain {
 public:
  static constexpr int64_t kTile = kGrainTile;
  static constexpr int64_t kPeriod = 3 * kTile;  // of a row, in values: one per byte of the picture
  static constexpr int64_t kRow = 2 * kPeriod;   // a row twice, so that any run of a period lies in one piece

  Grain(int64_t seed, double levels);

  int16_t scale() const { return scale_; }
  const int16_t* row(int64_t y) const;
  int64_t column(int64_t x) const { return 3 * ((x + shift_) & (kTile - 1)); }

 private:
  const uint32_t shift_;
  const int16_t scale_;
};

// One row of one cover, as arrays over its interleaved bytes; they go on for a block after its end.
struct PaintRow {
  const int16_t* upper;  // the two grid rows around it, 1/64 level
  const int16_t* lower;
  int16_t share;            // of the lower one, 1/32768
  const uint16_t* falloff;  // of the columns
  uint16_t reach;           // 255 + opaque - falloff of the row
  int16_t grain_scale;
  const int16_t* grain;  // a row of the tile
  int64_t grain_column;  // its value over byte 0
};

// Paints the bytes [first, last); first is a multiple of kBlock.
using PaintLoop = void (*)(const PaintRow& row, uint8_t* to, int64_t first, int64_t last);
PaintLoop paint_opaque(Target target);
PaintLoop paint_edge(Target target);

// The edge of a cover whose bytes are known: `over`, through the alpha that reach and falloff make. Both tables go on
// for a block after their end.
using MixLoop = void (*)(const uint8_t* over, const uint16_t* falloff, uint16_t reach, uint8_t* to, int64_t count);
MixLoop mix_edge(Target target);

}  // namespace pyanon
