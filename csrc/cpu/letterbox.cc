#include "cpu/letterbox.h"

#include <algorithm>
#include <cmath>

#include "core/target.h"

namespace pyanon {
namespace {

constexpr int kBlockBits = 7;    // a block mean counts 1/128 level: 255 * 128 fits int16
constexpr int kWeightBits = 14;  // horizontal weights, so that mean * weight fits int32

// Which two neighbours along one axis make each output sample, and how much of the second.
struct Taps {
  std::vector<int32_t> first;
  std::vector<double> second_share;
};

Taps taps(int64_t count, double step, int64_t blocks) {
  Taps taps;
  for (int64_t i = 0; i < count; ++i) {
    const double last = static_cast<double>(blocks - 1);
    const double at = std::min(std::max((static_cast<double>(i) + 0.5) * step - 0.5, 0.0), last);
    const double first = std::floor(at);
    taps.first.push_back(static_cast<int32_t>(first));
    taps.second_share.push_back(at - first);
  }
  return taps;
}

// Sums k rows of packed bytes.
PYANON_INLINE void add_row(const uint8_t* from, uint32_t* sums, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sums[i] += from[i];
}
PYANON_VERSIONS(add_row, (const uint8_t* from, uint32_t* sums, int64_t count), (from, sums, count))

// Two resampled rows to one output row.
PYANON_INLINE void lerp_rows(const float* PYANON_RESTRICT upper, const float* PYANON_RESTRICT lower, float upper_share,
                             float lower_share, float bias, float* PYANON_RESTRICT to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = upper[i] * upper_share + lower[i] * lower_share + bias;
}
PYANON_VERSIONS(lerp_rows,
                (const float* upper, const float* lower, float upper_share, float lower_share, float bias, float* to,
                 int64_t count),
                (upper, lower, upper_share, lower_share, bias, to, count))

class Resampler {
 public:
  Resampler(const ConstImageView& frame, const Placement& at)
      : frame_(frame),
        kx_(std::min<int64_t>(at.shrink, frame.width)),
        ky_(std::min<int64_t>(at.shrink, frame.height)),
        blocks_x_(frame.width / kx_),
        blocks_y_(frame.height / ky_),
        width_(at.width),
        x_(taps(at.width, 1.0 / (at.ratio * static_cast<double>(kx_)), blocks_x_)),
        y_(taps(at.height, 1.0 / (at.ratio * static_cast<double>(ky_)), blocks_y_)),
        sums_(static_cast<size_t>(frame.width * 3)),
        means_(static_cast<size_t>(blocks_x_ * 3)) {
    for (auto& row : rows_) row.resize(static_cast<size_t>(3 * width_));
  }

  // Output row y into the three planes that start at `to`.
  void run(int64_t y, float mean, float scale, float* to, int64_t plane) {
    const int64_t first = y_.first[y];
    const float* upper = row(first);
    const float* lower = row(std::min(first + 1, blocks_y_ - 1));
    const double unit = scale / static_cast<double>(1 << (kBlockBits + kWeightBits));
    const float upper_share = static_cast<float>((1.0 - y_.second_share[y]) * unit);
    const float lower_share = static_cast<float>(y_.second_share[y] * unit);
    for (int c = 0; c < 3; ++c)
      lerp_(upper + c * width_, lower + c * width_, upper_share, lower_share, -mean * scale, to + c * plane, width_);
  }

 private:
  // Row `index` of the block means, resampled horizontally; the last two stay at hand.
  const float* row(int64_t index) {
    const int slot = static_cast<int>(index & 1);
    if (held_[slot] != index) {
      average(index);
      resample(rows_[slot].data());
      held_[slot] = index;
    }
    return rows_[slot].data();
  }

  void average(int64_t index) {
    std::fill(sums_.begin(), sums_.end(), 0);
    for (int64_t i = 0; i < ky_; ++i)
      add_(packed_row(frame_, index * ky_ + i, 0, frame_.width, room_), sums_.data(), 3 * frame_.width);
    const float unit = static_cast<float>(1 << kBlockBits) / static_cast<float>(kx_ * ky_);
    for (int64_t b = 0; b < blocks_x_; ++b)
      for (int c = 0; c < 3; ++c) {
        uint32_t sum = 0;
        for (int64_t i = 0; i < kx_; ++i) sum += sums_[(b * kx_ + i) * 3 + c];
        means_[c * blocks_x_ + b] = static_cast<int16_t>(std::nearbyint(static_cast<float>(sum) * unit));
      }
  }

  void resample(float* to) {
    for (int c = 0; c < 3; ++c) {
      const int16_t* from = means_.data() + c * blocks_x_;
      for (int64_t x = 0; x < width_; ++x) {
        const int32_t first = x_.first[x], second = std::min<int32_t>(first + 1, static_cast<int32_t>(blocks_x_ - 1));
        const int32_t share = static_cast<int32_t>(x_.second_share[x] * (1 << kWeightBits) + 0.5);
        to[c * width_ + x] = static_cast<float>(from[first] * ((1 << kWeightBits) - share) + from[second] * share);
      }
    }
  }

  const ConstImageView frame_;
  const int64_t kx_, ky_, blocks_x_, blocks_y_, width_;
  const Taps x_, y_;
  std::vector<uint32_t> sums_;
  std::vector<int16_t> means_;
  std::vector<uint8_t> room_;
  std::vector<float> rows_[2];
  int64_t held_[2] = {-1, -1};
  decltype(add_row_for(Target::portable)) add_ = add_row_for(active_target());
  decltype(lerp_rows_for(Target::portable)) lerp_ = lerp_rows_for(active_target());
};

}  // namespace

Placement place(int64_t frame_width, int64_t frame_height, int64_t width, int64_t height) {
  const double ratio = std::min(static_cast<double>(width) / static_cast<double>(frame_width),
                                static_cast<double>(height) / static_cast<double>(frame_height));
  const auto scaled = [ratio](int64_t length, int64_t most) {
    const auto rounded = static_cast<int64_t>(std::floor(static_cast<double>(length) * ratio + 0.5));
    return std::min(std::max<int64_t>(rounded, 1), most);
  };
  const int64_t w = scaled(frame_width, width), h = scaled(frame_height, height);
  const double spans = std::max(static_cast<double>(frame_width) / static_cast<double>(width),
                                static_cast<double>(frame_height) / static_cast<double>(height));
  return {ratio, (width - w) / 2, (height - h) / 2, w, h, std::max<int64_t>(1, static_cast<int64_t>(spans))};
}

Placement letterbox(const ConstImageView& frame, int64_t width, int64_t height, float mean, float scale, float fill,
                    float* planes) {
  const Placement at = place(frame.width, frame.height, width, height);
  const float border = (fill - mean) * scale;
  Resampler resampler(frame, at);
  for (int64_t y = 0; y < height; ++y) {
    const bool inside = y >= at.top && y < at.top + at.height;
    for (int c = 0; c < 3; ++c) {
      float* row = planes + (c * height + y) * width;
      std::fill(row, row + (inside ? at.left : width), border);
      if (inside) std::fill(row + at.left + at.width, row + width, border);
    }
    if (inside) resampler.run(y - at.top, mean, scale, planes + y * width + at.left, width * height);
  }
  return at;
}

}  // namespace pyanon
