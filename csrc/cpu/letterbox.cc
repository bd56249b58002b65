#include "cpu/letterbox.h"

#include <algorithm>

#include "cpu/letterbox_row.h"

namespace pyanon {
namespace {

class Resampler {
 public:
  Resampler(const ConstImageView& frame, const Placement& at, float mean, float scale)
      : frame_(frame),
        kx_(std::min<int64_t>(at.shrink, frame.width)),
        ky_(std::min<int64_t>(at.shrink, frame.height)),
        blocks_x_(frame.width / kx_),
        blocks_y_(frame.height / ky_),
        width_(at.width),
        scale_(scale),
        bias_(-mean * scale),
        x_(taps(at.width, 1.0 / (at.ratio * static_cast<double>(kx_)), blocks_x_)),
        y_(taps(at.height, 1.0 / (at.ratio * static_cast<double>(ky_)), blocks_y_)),
        loops_(letterbox_loops(active_target(), x_)),
        sums_(static_cast<size_t>(3 * frame.width)),
        planes_(static_cast<size_t>(3 * frame.width)),
        means_(static_cast<size_t>(3 * blocks_x_) + kSlack) {
    for (auto& row : rows_) row.resize(static_cast<size_t>(3 * width_));
  }

  // Output row y into the three planes that start at `to`.
  void run(int64_t y, float* to, int64_t plane) {
    const int64_t first = y_.first[y];
    const float* upper = row(first);
    const float* lower = row(std::min(first + 1, blocks_y_ - 1));
    const double unit = scale_ / static_cast<double>(1 << (kMeanBits + kTapBits));
    const float upper_share = static_cast<float>((1.0 - y_.share[y]) * unit);
    const float lower_share = static_cast<float>(y_.share[y] * unit);
    for (int c = 0; c < 3; ++c)
      loops_.mix(upper + c * width_, lower + c * width_, upper_share, lower_share, bias_, to + c * plane, width_);
  }

 private:
  // Row `index` of the block means, resampled horizontally; the last two stay at hand.
  const float* row(int64_t index) {
    const int slot = static_cast<int>(index & 1);
    if (held_[slot] != index) {
      average(index);
      for (int c = 0; c < 3; ++c) loops_.resample(&means_[c * blocks_x_], x_, &rows_[slot][c * width_]);
      held_[slot] = index;
    }
    return rows_[slot].data();
  }

  void average(int64_t index) {
    const int64_t used = kx_ * blocks_x_;
    std::fill(sums_.begin(), sums_.end(), uint16_t{0});
    for (int64_t i = 0; i < ky_; ++i)
      loops_.add(packed_row(frame_, index * ky_ + i, 0, used, room_), sums_.data(), 3 * used);
    loops_.split(sums_.data(), planes_.data(), used);
    const float unit = static_cast<float>(1 << kMeanBits) / static_cast<float>(kx_ * ky_);
    for (int c = 0; c < 3; ++c) loops_.fold(&planes_[c * used], kx_, unit, &means_[c * blocks_x_], blocks_x_);
  }

  static constexpr size_t kSlack = 8;  // a vector may read past the last mean

  const ConstImageView frame_;
  const int64_t kx_, ky_, blocks_x_, blocks_y_, width_;
  const float scale_, bias_;
  const Taps x_, y_;
  const LetterboxLoops loops_;
  std::vector<uint16_t> sums_, planes_;
  std::vector<int16_t> means_;
  std::vector<uint8_t> room_;
  std::vector<float> rows_[2];
  int64_t held_[2] = {-1, -1};
};

}  // namespace

Placement letterbox(const ConstImageView& frame, int64_t width, int64_t height, float mean, float scale, float fill,
                    float* planes) {
  const Placement at = place(frame.width, frame.height, width, height);
  const float border = (fill - mean) * scale;
  Resampler resampler(frame, at, mean, scale);
  for (int64_t y = 0; y < height; ++y) {
    const bool inside = y >= at.top && y < at.top + at.height;
    for (int c = 0; c < 3; ++c) {
      float* row = planes + (c * height + y) * width;
      std::fill(row, row + (inside ? at.left : width), border);
      if (inside) std::fill(row + at.left + at.width, row + width, border);
    }
    if (inside) resampler.run(y - at.top, planes + y * width + at.left, width * height);
  }
  return at;
}

}  // namespace pyanon
