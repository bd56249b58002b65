// Covers boxes for good: what is painted comes from what stays visible around them, never from what they hide.
#pragma once

#include "core/image.h"

namespace pyanon {

enum class CoverStyle { blur, mosaic, solid };

struct CoverLook {
  CoverStyle style = CoverStyle::blur;
  uint8_t colour[3] = {0, 0, 0};  // of style solid
  int64_t seed = 0;               // of the grain and of the mosaic's jitter
  int64_t cells = 8;              // of the colour grid, along each side
  double grow = 0.05;             // margin around the box, share of its half side
  double feather = 0.2;           // width of the soft edge, share of the region's half side
  double grain = 4.0;             // levels
};

constexpr int64_t kMostCells = 32;

// boxes: count x 4, finite, x0 <= x1 and y0 <= y1. Paints every pixel that a box touches.
void cover(const ImageView& image, const float* boxes, int64_t count, const CoverLook& look);

}  // namespace pyanon
