// One oracle's view of a draw: exactly, and by bounds that are cheap in the space of the normals.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/reject_exact.h"
#include "cpu/reject_rows.h"
#include "cpu/reject_screen.h"

namespace pyanon {

constexpr int64_t kStrong = kRowLanes;  // directions in which the length of an embedding is bounded first

struct OracleSetup {
  int64_t width = 0;              // d
  double threshold = 0.0;         // cosine
  std::vector<float> projection;  // d x D
  std::vector<float> gallery;     // m x d
  ScreenSetup screen;             // of the gallery's directions
  // The strongest singular directions of projection * factor, at most kStrong: left is strong x d, right strong x D.
  std::vector<double> left, right, values;
  double next = 0.0, weakest = 0.0;  // the greatest and the smallest of the others, over all other right directions
};

// What the oracles share: a code is mean + factor * n, normals are whole numbers.
struct Prior {
  int64_t size = 0;                 // D
  std::vector<int16_t> table;       // quantiles
  std::vector<float> mean, factor;  // D, D x D
  double radius = 0.0;

  double longest() const;    // of any n that may be accepted
  double row_limit() const;  // how long a row of integers may be, so that sums with any normals stay below 2^31
};

// Between which two numbers a length lies.
struct Range {
  double low, high;
};

class Oracle {
 public:
  Oracle(OracleSetup setup, const Prior& prior);

  int64_t width() const { return setup_.width; }
  double threshold() const { return setup_.threshold; }
  // Never less than what roundings take an embedding, or its inner product with a direction, away from the truth.
  double slack() const { return slack_; }
  bool has_gallery() const { return !lengths_.empty(); }
  const IntRows& strong() const { return strong_; }

  // The embedding's length by its inner products with the strong rows; `length` is that of n.
  Range rough_length(const int32_t* sums, double length) const;
  // The same by all of the embedding's values, to[which] for each listed draw: normals begin at normals + which *
  // stride.
  void close_lengths(const int16_t* normals, int64_t stride, const std::vector<int32_t>& which, const double* lengths,
                     Range* to) const;
  // direction (d) to the row of D values whose inner product with n, plus the result, is its with the embedding.
  double pull_back(const double* direction, double* row) const;

  // The embedding of a code; room for padded() values.
  std::vector<double> embed(const double* code) const;
  // Whether each of `count` <= kMostVectors embeddings, rows of width(), is too similar to one of the gallery.
  std::vector<uint8_t> known(const std::vector<double>& seen, int64_t count) const;

 private:
  OracleSetup setup_;
  Linear projection_;
  Screen screen_;
  std::vector<double> lengths_;             // of the gallery
  std::vector<double> joint_, joint_mean_;  // projection * factor, d x D, and projection * mean
  IntRows strong_, all_;
  std::vector<float> strong_unit_, strong_value_, strong_mean_;
  std::vector<double> all_unit_, all_mean_;
  double strong_error_ = 0.0, all_error_ = 0.0, rest_mean_ = 0.0, slack_ = 0.0;
};

// Whether cosine(a, b) >= threshold, without a division.
inline bool alike(double dot, double threshold, double length_a, double length_b) {
  return dot >= threshold * (length_a * length_b);
}

}  // namespace pyanon
