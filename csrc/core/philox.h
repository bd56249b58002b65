// Philox4x32-10, random numbers that depend on their key and counter alone (Salmon, Moraes, Dror, Shaw: "Parallel
// random numbers: as easy as 1, 2, 3", SC 2011). pyanon.ops.philox.py says what is drawn from it.
#pragma once

#include <cstdint>

#include "core/both.h"
#include "core/target.h"

namespace pyanon {

constexpr int kPhiloxRounds = 10;
constexpr uint32_t kPhiloxFirst = 0xD2511F53u, kPhiloxSecond = 0xCD9E8D57u;
constexpr uint32_t kWeylLow = 0x9E3779B9u, kWeylHigh = 0xBB67AE85u;

// The last word of the counter: what the numbers are for.
enum class Purpose : uint32_t { normals = 0, choices = 1 };

// `kLanes` counters at once, one array per word, in place. Written so that a compiler makes vectors of it.
template <int kLanes>
PYANON_BOTH PYANON_INLINE void philox(uint32_t (&a)[kLanes], uint32_t (&b)[kLanes], uint32_t (&c)[kLanes],
                                      uint32_t (&d)[kLanes], uint64_t key) {
  uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    for (int i = 0; i < kLanes; ++i) {
      const uint64_t first = static_cast<uint64_t>(a[i]) * kPhiloxFirst;
      const uint64_t second = static_cast<uint64_t>(c[i]) * kPhiloxSecond;
      a[i] = static_cast<uint32_t>(second >> 32) ^ b[i] ^ low;
      b[i] = static_cast<uint32_t>(second);
      c[i] = static_cast<uint32_t>(first >> 32) ^ d[i] ^ high;
      d[i] = static_cast<uint32_t>(first);
    }
    low += kWeylLow;
    high += kWeylHigh;
  }
}

}  // namespace pyanon
