// The outline of a cover: a squircle around the whole box, opaque inside, fading to nothing outside.
//
// With half axes a, b and centre (cx, cy) a pixel is worth s = (|x - cx| / a)^3 + (|y - cy| / b)^3: opaque where s <=
// 1, untouched where s >= (1 + feather)^3. Both terms are tabulated per column and per row as integers, so that a pixel
// costs two saturating subtractions: alpha = clamp(255 + opaque - column - row, 0, 255).
#pragma once

#include <cstdint>
#include <vector>

#include "core/both.h"

namespace pyanon {

// One axis of a region, in pixels of the frame.
struct Side {
  double centre, half;          // of the squircle
  int64_t first, last;          // [first, last) holds every pixel that is not untouched
  int64_t box_first, box_last;  // [box_first, box_last) are the pixels that the box touches

  Side(double low, double high, double grow, double feather);
  PYANON_BOTH int64_t length() const { return last - first; }
};

struct Region {
  Side x, y;
  int32_t opaque;  // s = 1 in table units

  Region(const float* box, double grow, double feather);
  double area() const { return x.half * y.half; }
  PYANON_BOTH bool contains(int64_t px, int64_t py) const {
    return px >= x.first && px < x.last && py >= y.first && py < y.last;
  }
};

constexpr double kUntouched = 32767.0;

// The term of s for a pixel. At most half of `opaque` where the box touches it, so that two of them never exceed it:
// whatever the rounding, every pixel of the box is opaque.
PYANON_BOTH inline uint16_t falloff(const Side& side, int32_t opaque, int64_t pixel) {
  // The point of the pixel that is nearest to the centre: a pixel that the squircle touches at all is opaque.
  const double low = static_cast<double>(pixel) - side.centre, high = side.centre - static_cast<double>(pixel + 1);
  const double nearer = low < high ? high : low;
  const double away = (nearer < 0.0 ? 0.0 : nearer) / side.half;
  const double term = away * away * away * opaque;
  const bool boxed = pixel >= side.box_first && pixel < side.box_last;
  const double most = boxed ? opaque * 0.5 : kUntouched;
  return static_cast<uint16_t>(term < most ? term : most);
}

// The regions of boxes (count x 4) in the order in which they are painted: large ones last, in whatever order they were
// given. The order of detections must not make a picture flicker.
std::vector<Region> regions_of(const float* boxes, int64_t count, double grow, double feather);

// The terms of the pixels [from, from + count).
std::vector<uint16_t> falloff(const Side& side, int32_t opaque, int64_t from, int64_t count);

}  // namespace pyanon
