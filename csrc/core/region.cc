#include "core/region.h"

#include <algorithm>
#include <cmath>

namespace pyanon {
namespace {

// A squircle of exponent 3 through the corner of a box has half axes 2^(1/3) times the box's half sides.
constexpr double kCorner = 1.2599210498948732;
// A pixel of margin beyond the given one: a detector's box is no more exact than that.
constexpr double kMargin = 1.0;
constexpr int32_t kSharpest = 30000;
// Farther than any pixel that is addressable as a row of bytes; keeps the arithmetic on positions inside int64.
constexpr double kFarthest = 1 << 30;

double bounded(double value) { return std::min(std::max(value, -kFarthest), kFarthest); }

int32_t opaque_level(double feather) {
  const double edge = 1.0 + feather;
  const double rise = edge * edge * edge - 1.0;
  return rise * kSharpest <= 255.0 ? kSharpest : static_cast<int32_t>(255.0 / rise);
}

}  // namespace

Side::Side(double low, double high, double grow, double feather) {
  low = bounded(low);
  high = bounded(high);
  centre = (low + high) * 0.5;
  half = ((high - low) * 0.5 * (1.0 + grow) + kMargin) * kCorner;
  const double reach = half * (1.0 + feather);
  first = static_cast<int64_t>(std::floor(centre - reach));
  last = static_cast<int64_t>(std::ceil(centre + reach));
  box_first = static_cast<int64_t>(std::floor(low));
  box_last = std::max(static_cast<int64_t>(std::ceil(high)), box_first + 1);
}

Region::Region(const float* box, double grow, double feather)
    : x(box[0], box[2], grow, feather), y(box[1], box[3], grow, feather), opaque(opaque_level(feather)) {}

std::vector<Region> regions_of(const float* boxes, int64_t count, double grow, double feather) {
  std::vector<Region> regions;
  for (int64_t i = 0; i < count; ++i) regions.emplace_back(boxes + 4 * i, grow, feather);
  std::stable_sort(regions.begin(), regions.end(),
                   [](const Region& a, const Region& b) { return a.area() < b.area(); });
  return regions;
}

std::vector<uint16_t> falloff(const Side& side, int32_t opaque, int64_t from, int64_t count) {
  std::vector<uint16_t> terms(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) terms[i] = falloff(side, opaque, from + i);
  return terms;
}

}  // namespace pyanon
