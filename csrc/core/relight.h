// A painted face in the light and the grain of what is around it; pyanon/ops/reference/relight.py defines it and says
// where it is from. Levels, and what is added to them, are whole numbers of 1/64.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/both.h"

namespace pyanon {

// What is known of a pixel.
enum Region : uint8_t { kVisible = 1, kRing = 2, kInside = 4 };

constexpr int kFineBits = 6;
constexpr double kFineWhite = 255 << kFineBits;
constexpr int32_t kMostShift = 6 << kFineBits;
constexpr double kMostGrain = 8 << kFineBits;
constexpr int kGrainBits = 12;
constexpr int64_t kEnoughPixels = 64;
constexpr double kStiffness = 0.02;
constexpr double kNoiseScale = 3 * 6.0 * 0.6745;
// Roughness is 0 to 8 x 3 x 255 levels. Its median is found by counting twice: what it is without its last bits, then
// those.
constexpr int kRoughBits = 9;
constexpr int32_t kRoughBuckets = (8 * 3 * (255 << kFineBits) >> kRoughBits) + 1;
constexpr int32_t kRoughRest = (1 << kRoughBits) - 1;

template <class T>
PYANON_BOTH constexpr T within(T value, T least, T most) {
  const T raised = value > least ? value : least;  // least where it is not a number
  return raised < most ? raised : most;
}

// Neither infinite nor not a number.
PYANON_BOTH inline bool is_finite(float value) { return value - value == 0.0f; }

PYANON_BOTH inline int32_t fine_level(float share) {
  return static_cast<int32_t>(static_cast<double>(within(share, 0.0f, 1.0f)) * kFineWhite + 0.5);
}

PYANON_BOTH inline int32_t fine_level(uint8_t level) { return level << kFineBits; }

// How far a column lies from the middle, in half pixels; rows alike.
PYANON_BOTH inline int64_t from_middle(int64_t index, int64_t size) { return 2 * index + 1 - size; }

// What the real picture's level is above the painted one.
PYANON_BOTH inline int32_t difference(uint8_t real, int32_t painted) {
  return within(fine_level(real) - painted, -2 * kMostShift, 2 * kMostShift);
}

// Sums over the ring: all that a fit needs of it. Without a constructor, so that threads can share some.
struct RingSums {
  int64_t count, x, y, xx, xy, yy, d[3], dx[3], dy[3];

  PYANON_BOTH void add(int64_t column, int64_t row, const int32_t (&differences)[3]) {
    count += 1, x += column, y += row;
    xx += column * column, xy += column * row, yy += row * row;
    for (int c = 0; c < 3; ++c) {
      d[c] += differences[c], dx[c] += differences[c] * column, dy[c] += differences[c] * row;
    }
  }

  PYANON_BOTH void operator+=(const RingSums& more) {
    count += more.count, x += more.x, y += more.y, xx += more.xx, xy += more.xy, yy += more.yy;
    for (int c = 0; c < 3; ++c) d[c] += more.d[c], dx[c] += more.dx[c], dy[c] += more.dy[c];
  }
};

// What is added to a face: a plane for each channel, its slopes for half a pixel; and the strength of the grain.
struct FaceLight {
  double middle[3], across[3], down[3];
  int32_t grain;
};

// Least squares with stiff slopes, by the adjugate of the symmetric matrix of the normal equations.
PYANON_BOTH inline void fit_planes(const RingSums& sums, int64_t size, FaceLight& to) {
  for (int c = 0; c < 3; ++c) to.middle[c] = to.across[c] = to.down[c] = 0.0;
  if (sums.count < kEnoughPixels) return;
  const double w = static_cast<double>(2 * size), n = static_cast<double>(sums.count);
  const double a = n, b = static_cast<double>(sums.x) / w, c = static_cast<double>(sums.y) / w;
  const double e = static_cast<double>(sums.xx) / (w * w) + n * kStiffness, f = static_cast<double>(sums.xy) / (w * w);
  const double g = static_cast<double>(sums.yy) / (w * w) + n * kStiffness;
  const double aa = e * g - f * f, ab = c * f - b * g, ac = b * f - c * e;
  const double bb = a * g - c * c, bc = b * c - a * f, cc = a * e - b * b;
  const double determinant = a * aa + b * ab + c * ac;
  for (int i = 0; i < 3; ++i) {
    const double p = static_cast<double>(sums.d[i]);
    const double q = static_cast<double>(sums.dx[i]) / w, r = static_cast<double>(sums.dy[i]) / w;
    to.middle[i] = (aa * p + ab * q + ac * r) / determinant;
    to.across[i] = (ab * p + bb * q + bc * r) / determinant / w;
    to.down[i] = (ac * p + bc * q + cc * r) / determinant / w;
  }
}

// The plane of a channel at the middle of the face's height, and how far it is above that in a row.
PYANON_BOTH inline double plane_across(const FaceLight& light, int channel, int64_t x) {
  return light.middle[channel] + light.across[channel] * static_cast<double>(x);
}
PYANON_BOTH inline double plane_down(const FaceLight& light, int channel, int64_t y) {
  return light.down[channel] * static_cast<double>(y);
}

PYANON_BOTH inline int32_t plane_level(double across, double down) {
  constexpr double kMost = kMostShift;
  const double level = within(across + down, -kMost, kMost) + 0.5;
  const int32_t whole = static_cast<int32_t>(level);
  return whole - (static_cast<double>(whole) > level);  // rounded down, of negative ones too
}

// How much two rows of second differences differ again: of grey levels around a pixel, three rows of three.
PYANON_BOTH inline int32_t roughness(const int32_t* upper, const int32_t* row, const int32_t* lower) {
  const int32_t corners = upper[-1] + upper[1] + lower[-1] + lower[1], sides = upper[0] + lower[0] + row[-1] + row[1];
  const int32_t rough = corners - 2 * sides + 4 * row[0];
  return rough < 0 ? -rough : rough;
}

// The deviation of noise whose roughness has this median.
PYANON_BOTH inline double noise_level(int32_t median) { return median / kNoiseScale; }

// Which of `count` values in rising order is their median; -1 where they are too few.
PYANON_BOTH inline int64_t median_rank(int64_t count) { return count < kEnoughPixels ? -1 : (count - 1) / 2; }

// The strength of the grain that a face of noise `have` lacks.
PYANON_BOTH inline int32_t missing_grain(double wanted, double have) {
  const double missing = within(wanted * wanted - have * have, 0.0, kMostGrain * kMostGrain);
  return static_cast<int32_t>(std::sqrt(missing) + 0.5);
}

PYANON_BOTH inline int32_t grain_level(int32_t strength, int16_t normal) {
  return (strength * normal + (1 << (kGrainBits - 1))) >> kGrainBits;
}

PYANON_BOTH inline uint8_t lit_byte(int32_t level, int32_t plane, int32_t grain) {
  const int32_t byte = (level + plane + grain + (1 << (kFineBits - 1))) >> kFineBits;
  return static_cast<uint8_t>(within(byte, 0, 255));
}

}  // namespace pyanon
