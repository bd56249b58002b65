// The pixels of a frame that a crop can touch when it is pasted.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/affine.h"

namespace pyanon {

struct Rectangle {
  int64_t left = 0, top = 0, right = 0, bottom = 0;

  Rectangle() = default;
  // Of the square [0, size] x [0, size] of a crop, in a frame of width x height.
  Rectangle(const Affine& to_frame, double size, int64_t width, int64_t height) {
    const double xs[] = {to_frame.c, to_frame.c + to_frame.a * size, to_frame.c + to_frame.b * size,
                         to_frame.c + (to_frame.a + to_frame.b) * size};
    const double ys[] = {to_frame.f, to_frame.f + to_frame.d * size, to_frame.f + to_frame.e * size,
                         to_frame.f + (to_frame.d + to_frame.e) * size};
    // Half a crop pixel more on every side: there the mask still fades to nothing.
    const double more_x = 0.5 * (std::abs(to_frame.a) + std::abs(to_frame.b)) + 1.0;
    const double more_y = 0.5 * (std::abs(to_frame.d) + std::abs(to_frame.e)) + 1.0;
    left = bounded(*std::min_element(xs, xs + 4) - more_x, width);
    right = bounded(*std::max_element(xs, xs + 4) + more_x, width);
    top = bounded(*std::min_element(ys, ys + 4) - more_y, height);
    bottom = bounded(*std::max_element(ys, ys + 4) + more_y, height);
  }

  bool empty() const { return left >= right || top >= bottom; }

  static int64_t bounded(double value, int64_t length) {
    return static_cast<int64_t>(std::floor(std::min(std::max(value, 0.0), static_cast<double>(length))));
  }
};

}  // namespace pyanon
