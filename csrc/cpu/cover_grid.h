// The colours of a cover: a coarse grid, computed from visible pixels around the region and from a seed alone.
#pragma once

#include <cstdint>
#include <vector>

#include "core/image.h"
#include "cpu/cover.h"

namespace pyanon {

// side x side cells of RGB; the outermost ones lie around the region, the others tile it.
struct ColourGrid {
  int64_t side = 0;
  std::vector<int32_t> colour;
};

// The grid of regions[self]. Reads no pixel inside the bounding rectangle of any region.
ColourGrid colour_grid(const ConstImageView& image, const std::vector<Region>& regions, size_t self,
                       const CoverLook& look);

}  // namespace pyanon
