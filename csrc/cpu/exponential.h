// The exponential mechanism over groups of identities, and a uniform draw inside the chosen one.
#pragma once

#include <cstdint>

#include "core/exponential.h"

namespace pyanon {

// For each of `count` keys: the group that its utilities (one row of `groups`) and its draw choose, and a member below
// the group's size. pyanon/ops/reference/exponential.py defines the arithmetic.
void exponential(const double* utilities, int64_t count, int64_t groups, const int64_t* sizes, const uint64_t* keys,
                 const int64_t* draws, const ExponentialSetup& setup, int64_t* chosen, int64_t* members);

}  // namespace pyanon
