// One byte over another one through a mask.
#pragma once

#include <cstdint>

#include "core/both.h"

namespace pyanon {

// round(sum / 255) for a sum of bytes times bytes whose factors add up to 255; none lies half-way.
PYANON_BOTH inline uint32_t over_255(uint32_t sum) {
  sum += 128;
  return (sum + (sum >> 8)) >> 8;
}

PYANON_BOTH inline uint8_t mix(uint8_t under, uint8_t over, uint8_t mask) {
  return static_cast<uint8_t>(over_255(under * (255u - mask) + over * uint32_t{mask}));
}

}  // namespace pyanon
