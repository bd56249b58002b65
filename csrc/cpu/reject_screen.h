// Finds the rows whose inner product with a vector reaches a limit, by bounds that can only err towards finding more.
//
// Rows and vectors are turned so that most of their length lies in their first values. Level by level the sum over the
// first values, in 16-bit integers, plus the product of the lengths of the rest (Cauchy and Schwarz) and of what was
// rounded away bounds the whole inner product from above; sixteen rows are left once none of them can reach the limit.
// What is left at the last level is for the caller to decide exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/reject_exact.h"
#include "cpu/reject_rows.h"

namespace pyanon {

constexpr int64_t kMostVectors = 64;  // that are screened at once

struct ScreenSetup {
  int64_t count = 0, width = 0;
  std::vector<float> rotation;  // width x width, orthonormal; applied to vectors
  std::vector<float> rows;      // count x width, rotated, in the order in which they are screened
  std::vector<int64_t> order;   // which row of the caller each of them is
  std::vector<int64_t> levels;  // how many pairs of values have been summed at the end of each level, rising
};

// The vectors of one call, turned and rounded.
struct ScreenVectors {
  std::vector<int16_t> values;
  std::vector<double> base, slope;  // limit of a sum: base - slope * length of the rows' rest; slope per level
  std::vector<int32_t> active;
};

class Screen {
 public:
  Screen() = default;
  explicit Screen(ScreenSetup setup);

  int64_t count() const { return setup_.count; }
  int64_t width() const { return setup_.width; }

  // Calls done(vector, row) for every row that may reach limits[vector], until it says that this vector is done.
  // `vectors` holds count <= kMostVectors rows of width() doubles.
  template <class Done>
  void run(const double* vectors, const double* limits, int64_t count, Done done) const {
    ScreenVectors turned = turn(vectors, limits, count);
    std::vector<int32_t> sums(static_cast<size_t>(kMostVectors * kRowLanes)), which;
    const AddDots add = add_dots(active_target());
    for (int64_t g = 0; g < rows_.groups() && !turned.active.empty(); ++g) {
      which = turned.active;
      sift(add, g, turned, which, sums);
      for (int32_t vector : which)
        for (int64_t i = g * kRowLanes; i < setup_.count && i < (g + 1) * kRowLanes; ++i)
          if (sums[vector * kRowLanes + i % kRowLanes] >= turned.base[vector] && done(vector, setup_.order[i])) {
            drop(turned.active, vector);
            break;
          }
    }
  }

 private:
  ScreenVectors turn(const double* vectors, const double* limits, int64_t count) const;
  // Leaves in `which` the vectors that a row of this group may reach, and their inner products in `sums`.
  void sift(AddDots add, int64_t group, const ScreenVectors& turned, std::vector<int32_t>& which,
            std::vector<int32_t>& sums) const;
  static void drop(std::vector<int32_t>& active, int32_t vector);

  ScreenSetup setup_;
  Linear rotation_;
  IntRows rows_;
  double scale_ = 1.0, longest_ = 0.0, rounded_ = 0.0;
  std::vector<double> rest_;  // groups x levels: the greatest length of a row after that level
};

}  // namespace pyanon
