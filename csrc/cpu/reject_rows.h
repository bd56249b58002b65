// Rows of numbers as 16-bit integers, sixteen rows side by side, and their inner products with 16-bit vectors.
//
// The sums are exact (no product of lengths passes 2^31), so that every target gives the same; how far they are from
// the rows' own inner products, `error` bounds.
#pragma once

#include <cstdint>
#include <vector>

#include "core/target.h"

namespace pyanon {

constexpr int64_t kRowLanes = 16;

// An even number of values, in pairs.
inline int64_t pairs_of(int64_t width) { return (width + 1) / 2; }

class IntRows {
 public:
  IntRows() = default;
  // Room for `count` rows of `width` values, all 0.
  IntRows(int64_t count, int64_t width);

  // Puts value * scale, rounded, into a row; returns how far the row is from that, |row - rounded / scale|.
  double set(int64_t row, const double* values, double scale);

  int64_t groups() const { return groups_; }
  int64_t pairs() const { return pairs_; }
  // Sixteen rows: for each pair of values, the pair of each row.
  const int16_t* group(int64_t index) const { return values_.data() + index * pairs_ * 2 * kRowLanes; }

 private:
  int64_t width_ = 0, groups_ = 0, pairs_ = 0;
  std::vector<int16_t> values_;
};

// Adds, for each vector that `which` lists, its inner products with `pairs` pairs of sixteen rows to sums[16 * which];
// vector i begins at vectors + i * stride.
using AddDots = void (*)(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride,
                         const int32_t* which, int64_t count, int32_t* sums);
// `vnni`: with one instruction for multiply-add and sum where the processor has it; tests also run what others have.
AddDots add_dots(Target target, bool vnni = true);

}  // namespace pyanon
