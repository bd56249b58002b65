// Standard normals from the random bits of philox: 15 bits choose one of a table, one more is the sign.
#pragma once

#include <cstdint>

#include "core/both.h"
#include "core/target.h"

namespace pyanon {

constexpr int kNormalBits = 12;            // a normal counts 1/4096
constexpr int64_t kNormalTable = 1 << 15;  // quantiles of the upper half

PYANON_BOTH PYANON_INLINE int16_t normal(const int16_t* table, uint32_t piece) {
  const int sign = -static_cast<int>(piece >> 15 & 1);
  return static_cast<int16_t>((table[piece & (kNormalTable - 1)] ^ sign) - sign);
}

}  // namespace pyanon
