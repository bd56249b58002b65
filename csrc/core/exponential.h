// The weights and the choice of the exponential mechanism; pyanon/ops/reference/exponential.py defines the arithmetic.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "core/both.h"
#include "core/target.h"

namespace pyanon {

constexpr int64_t kMostGroups = (1 << 19) - 1;
constexpr int kWeightUnits = 44;  // a weight counts 2^-44; times kMostGroups it stays below 2^63

struct ExponentialSetup {
  double scale = 0.0;           // epsilon / (2 sensitivity)
  int64_t best = 1, worst = 1;  // ranks that may be chosen, from 1, best <= worst
};

// exp(x) for x <= 0 as a whole number of 2^-44, at least 1. Only products and sums: alike on every backend.
PYANON_BOTH PYANON_INLINE uint64_t exponential_weight(double x) {
  constexpr double kLog2E = 1.4426950408889634, kLn2High = 0.6931471803691238, kLn2Low = 1.9082149292705877e-10;
  // Beyond this a weight is 0, and becomes the least there is.
  constexpr double kFarthest = -64.0;
  // 1 / 13!, 1 / 12!, ... 1: exp on [-ln 2 / 2, ln 2 / 2] to the last bits of a double.
  constexpr double kTaylor[] = {1.6059043836821613e-10,
                                2.08767569878681e-09,
                                2.505210838544172e-08,
                                2.755731922398589e-07,
                                2.7557319223985893e-06,
                                2.48015873015873e-05,
                                0.0001984126984126984,
                                0.001388888888888889,
                                0.008333333333333333,
                                0.041666666666666664,
                                0.16666666666666666,
                                0.5,
                                1.0,
                                1.0};
  const double bounded = x < kFarthest ? kFarthest : x;
  const double whole = std::floor(bounded * kLog2E + 0.5);
  const double rest = (bounded - whole * kLn2High) - whole * kLn2Low;
  double value = kTaylor[0];
  for (int i = 1; i < 14; ++i) value = value * rest + kTaylor[i];
  // 2^(44 + whole), from -49 to 44, by its bits.
  const int64_t bits = (static_cast<int64_t>(whole) + kWeightUnits + 1023) << 52;
  double power;
  memcpy(&power, &bits, sizeof(power));
  const int64_t units = static_cast<int64_t>(value * power);
  return static_cast<uint64_t>(units < 1 ? 1 : units);
}

// floor(number * below / 2^64).
PYANON_BOTH inline uint64_t scaled(uint64_t number, uint64_t below) {
  const uint64_t low = (number & 0xFFFFFFFFu) * (below & 0xFFFFFFFFu), high = (number >> 32) * (below >> 32);
  const uint64_t cross = (number >> 32) * (below & 0xFFFFFFFFu) + (low >> 32);
  const uint64_t other = (number & 0xFFFFFFFFu) * (below >> 32) + (cross & 0xFFFFFFFFu);
  return high + (cross >> 32) + (other >> 32);
}

}  // namespace pyanon
