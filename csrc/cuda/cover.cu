#include "cuda/cover.h"

#include <algorithm>

#include "cuda/cover_parts.h"

namespace pyanon::cuda {

std::vector<Region> cover_regions(const float* boxes, int64_t count, const CoverLook& look) {
  const double feather = look.style == CoverStyle::solid ? 0.0 : look.feather;
  return regions_of(boxes, count, look.grow, feather);
}

int64_t cover_scratch_bytes(int64_t regions, const CoverLook& look, int64_t height, int64_t width) {
  const CoverTables tables(nullptr, regions, look, height, width);
  return regions * (4 * tables.grid_values() + 2 * (width + height));
}

void cover(const ImageView& image, const std::vector<Region>& regions, const Region* on_device, const CoverLook& look,
           void* scratch, cudaStream_t stream) {
  if (regions.empty() || image.width == 0 || image.height == 0) return;
  const auto count = static_cast<int64_t>(regions.size());
  const CoverTables tables(scratch, count, look, image.height, image.width);
  cover_colours(image, on_device, count, look, tables, stream);
  // One after the other: where two meet, the later one, which is larger, lies above.
  for (int64_t i = 0; i < count; ++i) cover_paint(image, regions[i], i, look, tables, stream);
}

}  // namespace pyanon::cuda
