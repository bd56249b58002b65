// Where letterbox puts a frame, on every backend.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace pyanon {

constexpr int64_t kLargestBlock = 256;  // pixels a side, so that a column's sum of bytes fits uint16

// crop = frame * ratio + offset, in outer-corner coordinates of both.
struct Placement {
  double ratio;
  int64_t left, top, width, height;
  int64_t shrink;  // whole pixels of the frame a pixel of the crop spans, 1 .. kLargestBlock
};

inline Placement place(int64_t frame_width, int64_t frame_height, int64_t width, int64_t height) {
  const double ratio = std::min(static_cast<double>(width) / static_cast<double>(frame_width),
                                static_cast<double>(height) / static_cast<double>(frame_height));
  const auto scaled = [ratio](int64_t length, int64_t most) {
    const auto rounded = static_cast<int64_t>(std::floor(static_cast<double>(length) * ratio + 0.5));
    return std::min(std::max<int64_t>(rounded, 1), most);
  };
  const int64_t w = scaled(frame_width, width), h = scaled(frame_height, height);
  const double spans = std::max(static_cast<double>(frame_width) / static_cast<double>(width),
                                static_cast<double>(frame_height) / static_cast<double>(height));
  const auto shrink = std::min(std::max<int64_t>(1, static_cast<int64_t>(spans)), kLargestBlock);
  return {ratio, (width - w) / 2, (height - h) / 2, w, h, shrink};
}

}  // namespace pyanon
