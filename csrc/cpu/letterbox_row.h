// The inner loops of letterbox, each over a row.
#pragma once

#include <cstdint>
#include <vector>

#include "core/target.h"

namespace pyanon {

constexpr int kMeanBits = 7;  // a block mean counts 1/128 level: 255 * 128 fits int16
constexpr int kTapBits = 14;  // and times a share of 2^14 it fits int32

// Which two neighbours along one axis make each output sample, and how much of the second.
struct Taps {
  std::vector<int32_t> first, second;
  std::vector<double> share;
  // The same for a loop that takes four samples at a time from one load of eight neighbours: where the load starts,
  // which of its bytes go where, and the shares in pairs. Empty where a group of four spans more than that.
  std::vector<int32_t> base;
  std::vector<uint8_t> shuffle;
  std::vector<int16_t> pairs;

  int64_t count() const { return static_cast<int64_t>(first.size()); }
};

// The taps of `count` samples at (i + 1/2) * step - 1/2 among `blocks` values, repeating the ends.
Taps taps(int64_t count, double step, int64_t blocks);

struct LetterboxLoops {
  // sums += from.
  void (*add)(const uint8_t* from, uint16_t* sums, int64_t count);
  // `count` interleaved pixels to three planes, one behind the other.
  void (*split)(const uint16_t* from, uint16_t* planes, int64_t count);
  // Sums over k neighbours each, times `unit`, rounded.
  void (*fold)(const uint16_t* from, int64_t k, float unit, int16_t* means, int64_t count);
  // Two taps to each output sample, in units of 2^-(kMeanBits + kTapBits).
  void (*resample)(const int16_t* means, const Taps& taps, float* to);
  // upper * upper_share + lower * lower_share + bias.
  void (*mix)(const float* upper, const float* lower, float upper_share, float lower_share, float bias, float* to,
              int64_t count);
};

LetterboxLoops letterbox_loops(Target target, const Taps& across);

}  // namespace pyanon
