#include "cpu/relight_rows.h"

namespace pyanon {
namespace {

PYANON_INLINE void levels(const float* PYANON_RESTRICT painted, int16_t* PYANON_RESTRICT levels, int64_t count,
                          int32_t* PYANON_RESTRICT wild) {
  int32_t found = 0;
  for (int64_t i = 0; i < count; ++i) {
    levels[i] = static_cast<int16_t>(fine_level(painted[i]));
    found |= !is_finite(painted[i]);
  }
  *wild |= found;
}
PYANON_VERSIONS(levels, (const float* painted, int16_t* to, int64_t count, int32_t* wild), (painted, to, count, wild))

PYANON_INLINE void add_planes(const int16_t* PYANON_RESTRICT levels, int64_t plane, int32_t* PYANON_RESTRICT greys,
                              int64_t count) {
  for (int64_t i = 0; i < count; ++i) greys[i] = levels[i] + levels[plane + i] + levels[2 * plane + i];
}
PYANON_VERSIONS(add_planes, (const int16_t* levels, int64_t plane, int32_t* greys, int64_t count),
                (levels, plane, greys, count))

PYANON_INLINE void add_bytes(const uint8_t* PYANON_RESTRICT pixels, int32_t* PYANON_RESTRICT greys, int64_t count) {
  for (int64_t i = 0; i < count; ++i) greys[i] = (pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2]) << kFineBits;
}
PYANON_VERSIONS(add_bytes, (const uint8_t* pixels, int32_t* greys, int64_t count), (pixels, greys, count))

PYANON_INLINE void rough(const int32_t* const* greys, const uint8_t* PYANON_RESTRICT regions, uint8_t flag,
                         int32_t* PYANON_RESTRICT values, int64_t count) {
  const int32_t* PYANON_RESTRICT upper = greys[0];
  const int32_t* PYANON_RESTRICT row = greys[1];
  const int32_t* PYANON_RESTRICT lower = greys[2];
  for (int64_t x = 1; x < count - 1; ++x) {
    uint8_t whole = flag;
    for (int64_t j = -1; j <= 1; ++j)
      for (int64_t i = -1; i <= 1; ++i) whole = static_cast<uint8_t>(whole & regions[x + j * count + i]);
    const int32_t value = roughness(upper + x, row + x, lower + x);
    values[x] = whole ? value : -1;
  }
}
PYANON_VERSIONS(rough,
                (const int32_t* const* greys, const uint8_t* regions, uint8_t flag, int32_t* values, int64_t count),
                (greys, regions, flag, values, count))

PYANON_INLINE void light(const int16_t* PYANON_RESTRICT levels, int64_t plane, const RowLight& by,
                         uint8_t* PYANON_RESTRICT pixels, int64_t count) {
  const int16_t* PYANON_RESTRICT grain = by.grain;
  const int32_t strength = by.strength;
  const double* PYANON_RESTRICT across = by.across;
  const double down[3] = {by.down[0], by.down[1], by.down[2]};
  for (int64_t x = 0; x < count; ++x) {
    const int32_t noise = grain_level(strength, grain[x]);
    for (int64_t c = 0; c < 3; ++c)
      pixels[3 * x + c] = lit_byte(levels[c * plane + x], plane_level(across[c * count + x], down[c]), noise);
  }
}
PYANON_VERSIONS(light, (const int16_t* levels, int64_t plane, const RowLight& by, uint8_t* pixels, int64_t count),
                (levels, plane, by, pixels, count))

}  // namespace

RelightLoops relight_loops(Target target) {
  return {levels_for(target), add_planes_for(target), add_bytes_for(target), rough_for(target), light_for(target)};
}

}  // namespace pyanon
