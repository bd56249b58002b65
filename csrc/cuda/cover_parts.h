// The two halves of `cover`: all colours are taken before the first pixel is painted.
#pragma once

#include <cuda_runtime_api.h>

#include "core/cover.h"
#include "core/image.h"

namespace pyanon::cuda {

// What a call knows of its regions, on the device: their grids of colours, and the falloff of the frame's columns and
// rows to each of them.
struct CoverTables {
  int32_t* grids;     // [region][row][column][channel], side x side
  uint16_t* falloff;  // [region][width + height]
  int64_t side, width, height;

  CoverTables(void* scratch, int64_t regions, const CoverLook& look, int64_t height_, int64_t width_)
      : side((look.style == CoverStyle::solid ? 1 : look.cells) + 2), width(width_), height(height_) {
    grids = static_cast<int32_t*>(scratch);
    falloff = reinterpret_cast<uint16_t*>(grids + regions * grid_values());
  }

  PYANON_BOTH int64_t grid_values() const { return 3 * side * side; }
  PYANON_BOTH int32_t* grid(int64_t region) const { return grids + region * grid_values(); }
  PYANON_BOTH uint16_t* columns(int64_t region) const { return falloff + region * (width + height); }
  PYANON_BOTH uint16_t* rows(int64_t region) const { return columns(region) + width; }
};

// Fills the tables; no pixel inside the bounding rectangle of any region is read.
void cover_colours(const ConstImageView& image, const Region* regions, int64_t count, const CoverLook& look,
                   const CoverTables& tables, cudaStream_t stream);

// Paints region `index`, of which the host has a copy.
void cover_paint(const ImageView& image, const Region& region, int64_t index, const CoverLook& look,
                 const CoverTables& tables, cudaStream_t stream);

}  // namespace pyanon::cuda
