// The colours of a cover: a coarse grid, computed from visible pixels around the region and from a seed alone.
#pragma once

#include <cstdint>
#include <vector>

#include "core/image.h"
#include "cpu/cover.h"
#include "cpu/cover_region.h"

namespace pyanon {

constexpr int kLevelBits = 6;  // colours count 1/64 level

// side x side cells of RGB; the outermost ones lie around the region, the others tile it.
struct ColourGrid {
  int64_t side = 0;
  std::vector<int32_t> colour;
};

// The grid of regions[self]. Reads no pixel inside the bounding rectangle of any region.
ColourGrid colour_grid(const ConstImageView& image, const std::vector<Region>& regions, size_t self,
                       const CoverLook& look);

// A 32-bit integer mixed from two numbers and the seed (the finalizer of MurmurHash3).
uint32_t mixed(uint32_t a, uint32_t b, int64_t seed);

}  // namespace pyanon
