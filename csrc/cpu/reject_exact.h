// The sums that decide: in float64, each in the order of its index, as pyanon/ops/reference/reject.py defines them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/target.h"

namespace pyanon {

// A matrix that maps vectors, every result summed in order; kept column by column so that results are lanes.
class Linear {
 public:
  Linear() = default;
  // From rows x columns values, row by row.
  Linear(const float* values, int64_t rows, int64_t columns);

  // to[i] = start[i] + sum over j of value[i][j] * from[j]; start may be null (0). `to` has room for padded() values.
  void apply(const double* start, const double* from, double* to) const;

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  int64_t padded() const { return padded_; }

 private:
  int64_t rows_ = 0, columns_ = 0, padded_ = 0;
  std::vector<float> values_;
};

template <class A, class B>
double ordered_dot(const A* a, const B* b, int64_t count) {
  double total = 0.0;
  for (int64_t k = 0; k < count; ++k) total = total + static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return total;
}

// The squared distance, in order.
double ordered_distance(const float* a, const float* b, int64_t count);

}  // namespace pyanon
