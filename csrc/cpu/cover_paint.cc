#include "cpu/cover_paint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace pyanon {
namespace {

// Values of -32512 .. 32512, so that times a scale of 1/64 levels, over 32768, they are grain in 1/64 levels.
using Tile = std::array<int16_t, Grain::kTile * Grain::kRow>;

Tile make_tile() {
  Tile tile;
  for (int64_t y = 0; y < Grain::kTile; ++y)
    for (int64_t k = 0; k < Grain::kRow; ++k)
      tile[y * Grain::kRow + k] = static_cast<int16_t>(grain_at(k / 3, y) * 256);
  return tile;
}

const Tile& tile() {
  static const Tile made = make_tile();
  return made;
}

// Colour of byte i, of which the grain is given.
PYANON_INLINE int16_t painted(const PaintRow& row, int64_t i, int16_t grain) {
  const int16_t step = static_cast<int16_t>(row.lower[i] - row.upper[i]);
  const int16_t part = static_cast<int16_t>(rounded_share(step, row.share));
  const int16_t noise = static_cast<int16_t>(rounded_share(grain, row.grain_scale));
  const int16_t sum = static_cast<int16_t>(row.upper[i] + part + noise + (1 << (kLevelBits - 1)));
  const int16_t level = static_cast<int16_t>(sum >> kLevelBits);
  return std::min<int16_t>(std::max<int16_t>(level, 0), 255);
}

struct Opaque {
  PYANON_INLINE static uint8_t byte(const PaintRow& row, uint8_t, int64_t i, int16_t grain) {
    return static_cast<uint8_t>(painted(row, i, grain));
  }
};

// `over` through the alpha of one byte, in 16 bits.
PYANON_INLINE uint8_t mixed_edge(uint8_t under, uint16_t over, uint16_t falloff, uint16_t reach) {
  const uint16_t left = static_cast<uint16_t>(std::max(reach, falloff) - falloff);
  const uint16_t alpha = std::min<uint16_t>(left, 255);
  const uint16_t sum = static_cast<uint16_t>(under * (255 - alpha) + over * alpha + 128);
  return static_cast<uint8_t>(static_cast<uint16_t>(sum + (sum >> 8)) >> 8);
}

struct Edge {
  PYANON_INLINE static uint8_t byte(const PaintRow& row, uint8_t under, int64_t i, int16_t grain) {
    return mixed_edge(under, static_cast<uint16_t>(painted(row, i, grain)), row.falloff[i], row.reach);
  }
};

template <class Kind>
PYANON_INLINE void paint_block(const PaintRow& row, const uint8_t* under, uint8_t* to, int64_t i,
                               const int16_t* grain) {
  for (int64_t k = 0; k < kBlock; ++k) to[k] = Kind::byte(row, under[k], i + k, grain[k]);
}

template <class Kind>
PYANON_INLINE void paint(const PaintRow& by_reference, uint8_t* to, int64_t first, int64_t last) {
  const PaintRow row = by_reference;  // a copy of its own, which the bytes written cannot alias
  int64_t column = (row.grain_column + first) % Grain::kPeriod;
  uint8_t under[kBlock] = {}, block[kBlock];
  for (int64_t i = first; i < last; i += kBlock) {
    const size_t count = static_cast<size_t>(std::min(kBlock, last - i));
    if (count == static_cast<size_t>(kBlock)) {
      paint_block<Kind>(row, to + i, block, i, row.grain + column);
      std::memcpy(to + i, block, kBlock);
    } else {
      // The end of the widest rows: the tables go on for a block, the picture may not.
      std::memcpy(under, to + i, count);
      paint_block<Kind>(row, under, block, i, row.grain + column);
      std::memcpy(to + i, block, count);
    }
    column += column + kBlock >= Grain::kPeriod ? kBlock - Grain::kPeriod : kBlock;
  }
}

PYANON_INLINE void opaque(const PaintRow& row, uint8_t* to, int64_t first, int64_t last) {
  paint<Opaque>(row, to, first, last);
}
PYANON_VERSIONS(opaque, (const PaintRow& row, uint8_t* to, int64_t first, int64_t last), (row, to, first, last))

PYANON_INLINE void edge(const PaintRow& row, uint8_t* to, int64_t first, int64_t last) {
  paint<Edge>(row, to, first, last);
}
PYANON_VERSIONS(edge, (const PaintRow& row, uint8_t* to, int64_t first, int64_t last), (row, to, first, last))

PYANON_INLINE void flat_edge(const uint8_t* PYANON_RESTRICT over, const uint16_t* PYANON_RESTRICT falloff,
                             uint16_t reach, uint8_t* PYANON_RESTRICT to, int64_t count) {
  const int64_t whole = count / kBlock * kBlock;
  for (int64_t i = 0; i < whole; ++i) to[i] = mixed_edge(to[i], over[i], falloff[i], reach);
  if (whole == count) return;
  uint8_t block[kBlock] = {};
  const size_t rest = static_cast<size_t>(count - whole);
  std::memcpy(block, to + whole, rest);
  for (int64_t k = 0; k < kBlock; ++k) block[k] = mixed_edge(block[k], over[whole + k], falloff[whole + k], reach);
  std::memcpy(to + whole, block, rest);
}
PYANON_VERSIONS(flat_edge, (const uint8_t* over, const uint16_t* falloff, uint16_t reach, uint8_t* to, int64_t count),
                (over, falloff, reach, to, count))

}  // namespace

Grain::Grain(int64_t seed, double levels)
    : shift_(grain_shift(seed)), scale_(static_cast<int16_t>(std::floor(levels * (1 << kLevelBits) + 0.5))) {}

const int16_t* Grain::row(int64_t y) const { return &tile()[((y + (shift_ >> 8)) & (kTile - 1)) * kRow]; }

PaintLoop paint_opaque(Target target) { return opaque_for(target); }
PaintLoop paint_edge(Target target) { return edge_for(target); }
MixLoop mix_edge(Target target) { return flat_edge_for(target); }

}  // namespace pyanon
