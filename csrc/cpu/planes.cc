#include "cpu/planes.h"

#include "core/target.h"

namespace pyanon {
namespace {

// A row of pixels to a row of each plane; a plane lies `plane` values behind the one before.
PYANON_INLINE void divide(const uint8_t* PYANON_RESTRICT from, int64_t count, float* PYANON_RESTRICT to,
                          int64_t plane) {
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t i = 0; i < count; ++i) to[c * plane + i] = static_cast<float>(from[3 * i + c]) / 255.0f;
}
PYANON_VERSIONS(divide, (const uint8_t* from, int64_t count, float* to, int64_t plane), (from, count, to, plane))

}  // namespace

void planes(const ConstImageView& crop, float* planes) {
  const auto divide = divide_for(active_target());
  std::vector<uint8_t> room;
  for (int64_t y = 0; y < crop.height; ++y)
    divide(packed_row(crop, y, 0, crop.width, room), crop.width, planes + y * crop.width, crop.height * crop.width);
}

}  // namespace pyanon
