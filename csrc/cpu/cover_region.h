// The outline of a cover: a squircle around the whole box, opaque inside, fading to nothing outside.
//
// With half axes a, b and centre (cx, cy) a pixel is worth s = (|x - cx| / a)^3 + (|y - cy| / b)^3: opaque where s <=
// 1, untouched where s >= (1 + feather)^3. Both terms are tabulated per column and per row as integers, so that a pixel
// costs two saturating subtractions: alpha = clamp(255 + opaque - column - row, 0, 255).
#pragma once

#include <cstdint>
#include <vector>

namespace pyanon {

// One axis of a region, in pixels of the frame.
struct Side {
  double centre, half;          // of the squircle
  int64_t first, last;          // [first, last) holds every pixel that is not untouched
  int64_t box_first, box_last;  // [box_first, box_last) are the pixels that the box touches

  Side(double low, double high, double grow, double feather);
  int64_t length() const { return last - first; }
};

struct Region {
  Side x, y;
  int32_t opaque;  // s = 1 in table units

  Region(const float* box, double grow, double feather);
  double area() const { return x.half * y.half; }
  bool contains(int64_t px, int64_t py) const { return px >= x.first && px < x.last && py >= y.first && py < y.last; }
};

// The terms of s for the pixels [from, from + count). At most half of `opaque` where the box touches the pixel, so
// that two of them never exceed it: whatever the rounding, every pixel of the box is opaque.
std::vector<uint16_t> falloff(const Side& side, int32_t opaque, int64_t from, int64_t count);

}  // namespace pyanon
