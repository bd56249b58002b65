#include "cpu/warp.h"

#include <algorithm>
#include <vector>

#include "core/border.h"
#include "core/sample.h"

namespace pyanon {
namespace {

// Crops row by row, each from `times` rows of finer samples.
class Warper {
 public:
  Warper(const ConstImageView& frame, int64_t size, int64_t times)
      : frame_(frame), size_(size), times_(times), fine_(static_cast<size_t>(3 * size * times)) {}

  void row(const Affine& to_frame, int64_t y, uint8_t* to) {
    if (times_ == 1) return sample_(frame_, Line(to_frame, 0, y), size_, to);
    sums_.assign(static_cast<size_t>(3 * size_), 0);
    for (int64_t j = 0; j < times_; ++j) {
      sample_(frame_, Line(to_frame, 0, y * times_ + j), size_ * times_, fine_.data());
      add();
    }
    const auto count = static_cast<uint32_t>(times_ * times_);
    for (size_t i = 0; i < sums_.size(); ++i) to[i] = rounded_mean(sums_[i], count);
  }

 private:
  void add() {
    const uint8_t* from = fine_.data();
    for (int64_t x = 0; x < size_; ++x)
      for (int64_t i = 0; i < times_; ++i, from += 3)
        for (int64_t c = 0; c < 3; ++c) sums_[3 * x + c] = static_cast<uint16_t>(sums_[3 * x + c] + from[c]);
  }

  const ConstImageView& frame_;
  const int64_t size_, times_;
  const SampleColours sample_ = sample_colours(active_target());
  std::vector<uint8_t> fine_;
  std::vector<uint16_t> sums_;
};

}  // namespace

void warp(const ConstImageView& frame, const float* matrices, int64_t count, int64_t size, int64_t times,
          uint8_t* crops) {
  if (count == 0) return;
  const Packed packed(frame);
  Warper warper(packed.view(), size, times);
  for (int64_t i = 0; i < count; ++i) {
    const Affine to_frame = Affine::finer(matrices + 6 * i, times).inverse();
    for (int64_t y = 0; y < size; ++y, crops += 3 * size) warper.row(to_frame, y, crops);
  }
}

}  // namespace pyanon
