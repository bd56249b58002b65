#include "cpu/planes.h"

#include "core/target.h"

namespace pyanon {
namespace {

// A row of pixels to a row of each plane; a plane lies `plane` values behind the one before. First all levels in their
// order, in `shares`, then apart: floats are moved apart faster than bytes.
PYANON_INLINE void divide(const uint8_t* PYANON_RESTRICT from, int64_t count, float* PYANON_RESTRICT shares,
                          float* PYANON_RESTRICT to, int64_t plane) {
  for (int64_t i = 0; i < 3 * count; ++i) shares[i] = static_cast<float>(from[i]) / 255.0f;
  for (int64_t i = 0; i < count; ++i) {
    to[i] = shares[3 * i];
    to[plane + i] = shares[3 * i + 1];
    to[2 * plane + i] = shares[3 * i + 2];
  }
}
PYANON_VERSIONS(divide, (const uint8_t* from, int64_t count, float* shares, float* to, int64_t plane),
                (from, count, shares, to, plane))

}  // namespace

void planes(const ConstImageView& crop, float* planes) {
  const auto divide = divide_for(active_target());
  std::vector<uint8_t> room;
  std::vector<float> shares(static_cast<size_t>(3 * crop.width));
  for (int64_t y = 0; y < crop.height; ++y)
    divide(packed_row(crop, y, 0, crop.width, room), crop.width, shares.data(), planes + y * crop.width,
           crop.height * crop.width);
}

}  // namespace pyanon
