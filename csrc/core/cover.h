// The arithmetic of `cover`, cell by cell and pixel by pixel, for every backend. All of it is in whole numbers.
#pragma once

#include <cstdint>

#include "core/both.h"
#include "core/region.h"
#include "core/target.h"

namespace pyanon {

enum class CoverStyle { blur, mosaic, solid };

struct CoverLook {
  CoverStyle style = CoverStyle::blur;
  uint8_t colour[3] = {0, 0, 0};  // of style solid
  int64_t seed = 0;               // of the grain and of the mosaic's jitter
  int64_t cells = 8;              // of the colour grid, along each side
  double grow = 0.05;             // margin around the box, share of its half side
  double feather = 0.2;           // width of the soft edge, share of the region's half side
  double grain = 4.0;             // levels
};

constexpr int64_t kMostCells = 32;
constexpr int kLevelBits = 6;  // colours count 1/64 level
constexpr int kShareBits = 15;
constexpr int64_t kReads = 4;       // samples along each side of a border cell
constexpr int kSweeps = 24;         // of the relaxation
constexpr int64_t kGrainTile = 64;  // side of the grain, pixels

// value * share / 32768, rounded.
PYANON_BOTH PYANON_INLINE int32_t rounded_share(int32_t value, int32_t share) {
  return ((value * share >> (kShareBits - 1)) + 1) >> 1;
}

// A 32-bit integer mixed from two numbers and the seed (the finalizer of MurmurHash3).
PYANON_BOTH inline uint32_t mixed(uint32_t a, uint32_t b, int64_t seed) {
  const uint64_t bits = static_cast<uint64_t>(seed);
  uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca77u ^ static_cast<uint32_t>(bits) * 0xc2b2ae3du ^
               static_cast<uint32_t>(bits >> 32) * 0x27d4eb2fu;
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

// Pixel of sample `index` along a side, kReads per cell, negative ones before it.
PYANON_BOTH inline int64_t sample_position(const Side& side, int64_t cells, int64_t index) {
  const int64_t a = (2 * index + 1) * side.length(), b = 2 * cells * kReads;
  return side.first + a / b - (a % b < 0);
}

// Sums over visible samples: all of them, and those like skin. Plain, so that it can lie in memory that a block shares.
struct RingSums {
  int32_t count, luma, skin_count, sum[3], skin[3];

  // Skin of any shade has red over green over blue, in proportions that hardly change with the light: blue lacks 20 to
  // 60 % of red, and green lies 15 to 60 % of the way from blue to red.
  PYANON_BOTH static bool skin_like(int r, int g, int b, int shade) {
    const int span = r - b, middle = g - b;
    return 5 * span >= r && 10 * span <= 6 * r && 20 * middle >= 3 * span && 10 * middle <= 6 * span && shade >= 48 &&
           shade <= 235;
  }

  PYANON_BOTH void add(const uint8_t* pixel, int64_t channel_stride) {
    const int rgb[3] = {pixel[0], pixel[channel_stride], pixel[2 * channel_stride]};
    const int shade = (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) >> 8;
    const int like_skin = skin_like(rgb[0], rgb[1], rgb[2], shade);
    for (int c = 0; c < 3; ++c) {
      sum[c] += rgb[c];
      skin[c] += rgb[c] * like_skin;
    }
    skin_count += like_skin;
    luma += shade;
    ++count;
  }

  void add(const RingSums& more) {
    for (int c = 0; c < 3; ++c) sum[c] += more.sum[c], skin[c] += more.skin[c];
    count += more.count, luma += more.luma, skin_count += more.skin_count;
  }
};

// The tone in the middle, of one channel: a plain skin tone at the light of the surroundings, drawn towards the skin
// that is visible there. A weighted mean and not a choice, so that it moves smoothly from frame to frame.
PYANON_BOTH inline int32_t anchor_tone(const RingSums& ring, int c) {
  constexpr int kTrust = 96;                     // how many skin-like samples weigh as much as the prior tone
  constexpr int kDarkest = 48, kLightest = 200;  // luma of the anchor
  constexpr int kToneLuma = 140;
  const int64_t tone = c == 0 ? 172 : (c == 1 ? 130 : 106);
  const int64_t around = ring.count > 0 ? ring.luma / ring.count : kToneLuma;
  const int64_t wished = (kToneLuma + around) / 2;
  const int64_t shade = wished < kDarkest ? kDarkest : (wished > kLightest ? kLightest : wished);
  const int64_t weight = ring.skin_count < 2 * kTrust ? ring.skin_count : 2 * kTrust;
  const int64_t prior = (tone * shade << kLevelBits) / kToneLuma;
  const int64_t seen = ring.skin_count > 0 ? (static_cast<int64_t>(ring.skin[c]) << kLevelBits) / ring.skin_count : 0;
  const int64_t level = (prior * kTrust + seen * weight) / (kTrust + weight);
  return static_cast<int32_t>(level < 255 << kLevelBits ? level : 255 << kLevelBits);
}

// How much of the tone inner cell (i, j) takes, of 256: most in the middle.
PYANON_BOTH inline int64_t anchor_share(int64_t i, int64_t j, int64_t cells) {
  const int64_t u = 2 * i + 1 - cells, v = 2 * j + 1 - cells;
  // 1/1024 of the squared distance from the middle to the middle of a side; from 1 down to 0 between 0.35 and 1.2.
  const int64_t away = 1024 * (u * u + v * v) / (cells * cells);
  const int64_t wished = (1228 - away) * 256 / 870;
  const int64_t rise = wished < 0 ? 0 : (wished > 256 ? 256 : wished);
  return (rise * rise * (768 - 2 * rise)) >> 16;  // smoothstep
}

PYANON_BOTH inline int32_t anchored(int32_t colour, int32_t tone, int64_t share) {
  return colour + static_cast<int32_t>(((tone - colour) * share * 7 / 8) >> 8);
}

// The shade of a cell of a mosaic.
PYANON_BOTH inline int32_t jittered(int32_t colour, int64_t cell, int64_t seed) {
  constexpr int kMosaicJitter = 12;  // levels
  const int32_t shade = static_cast<int32_t>(mixed(static_cast<uint32_t>(cell), 0x6d6f7a61u, seed) >> 24) - 128;
  const int32_t level = colour + shade * (kMosaicJitter << kLevelBits) / 128;
  return level < 0 ? 0 : (level > 255 << kLevelBits ? 255 << kLevelBits : level);
}

// Between which two cells of the grid a pixel lies, and how far along.
struct Between {
  int64_t cell;
  int16_t share;

  // Cell 0 of the grid lies before the side's first pixel, hence the half cell more.
  PYANON_BOTH Between(const Side& side, int64_t cells, int64_t pixel, bool smooth) {
    const int64_t half = 1 << (kShareBits - 1);
    const int64_t at = (((2 * (pixel - side.first) + 1) * cells) << (kShareBits - 1)) / side.length() + half;
    cell = (smooth ? at : at + half) >> kShareBits;
    share = smooth ? static_cast<int16_t>(at & ((1 << kShareBits) - 1)) : 0;
  }
};

// Where a seed moves the grain to.
PYANON_BOTH inline uint32_t grain_shift(int64_t seed) { return mixed(0, 0x67726e, seed); }

// Hashed bytes, summed up.
PYANON_BOTH inline int grain_sum(int64_t x, int64_t y) {
  const uint32_t mask = kGrainTile - 1, h = mixed(static_cast<uint32_t>(x) & mask, static_cast<uint32_t>(y) & mask, 0);
  return static_cast<int>((h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24)) - 510;
}

// Soft grain of a tile that repeats, -127 .. 127: sums of hashed bytes, smoothed over three pixels either way.
PYANON_BOTH inline int grain_at(int64_t x, int64_t y) {
  int sum = 0;
  for (int j = -1; j <= 1; ++j)
    for (int i = -1; i <= 1; ++i) sum += (2 - j * j) * (2 - i * i) * grain_sum(x + i, y + j);
  const int level = sum >> 4;
  return level < -127 ? -127 : (level > 127 ? 127 : level);
}

}  // namespace pyanon
