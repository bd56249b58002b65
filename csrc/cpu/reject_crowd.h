// Those whom a draw must be unlike: live originals, and the replacements that were accepted before it.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/reject_oracle.h"

namespace pyanon {

enum class Alike : uint8_t { no, yes, unsure };

class Crowd {
 public:
  // `embeddings[o]` holds count rows for oracle o; `room` more may be added.
  Crowd(const std::vector<Oracle>& oracles, const std::vector<std::vector<float>>& embeddings, int64_t count,
        int64_t room, const Prior& prior);

  // Adds one with these embeddings, one per oracle.
  void add(const std::vector<std::vector<double>>& embeddings);

  // For the listed draws, whose normals begin at normals + which * stride, sets found[which]; lengths are those of n.
  // What is unsure is for `is_alike` to decide.
  void sort(const int16_t* normals, int64_t stride, const std::vector<int32_t>& which, const double* lengths,
            Alike* found) const;
  // Exactly, whether oracle `index` finds this embedding like anybody.
  bool is_alike(int64_t index, const std::vector<double>& seen) const;

 private:
  // Everybody as one oracle sees them.
  struct Side {
    std::vector<double> embeddings, lengths;
    IntRows rows;
    std::vector<float> unit, mean, error;
  };
  void add_row(int64_t oracle, const double* embedding);
  Alike compare(int64_t oracle, const int32_t* sums, double length, const Range& seen) const;

  const std::vector<Oracle>& oracles_;
  const Prior& prior_;
  std::vector<Side> sides_;
};

}  // namespace pyanon
