// The exponential mechanism over groups of identities, and a uniform draw inside the chosen one.
#pragma once

#include <cstdint>

namespace pyanon {

constexpr int64_t kMostGroups = (1 << 19) - 1;

struct ExponentialSetup {
  double scale = 0.0;           // epsilon / (2 sensitivity)
  int64_t best = 1, worst = 1;  // ranks that may be chosen, from 1, best <= worst
};

// For each of `count` keys: the group that its utilities (one row of `groups`) and its draw choose, and a member below
// the group's size. pyanon/ops/reference/exponential.py defines the arithmetic.
void exponential(const double* utilities, int64_t count, int64_t groups, const int64_t* sizes, const uint64_t* keys,
                 const int64_t* draws, const ExponentialSetup& setup, int64_t* chosen, int64_t* members);

}  // namespace pyanon
