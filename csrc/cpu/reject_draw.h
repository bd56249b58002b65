// Standard normals from a key and the number of a draw.
#pragma once

#include <cstdint>

#include "core/normals.h"
#include "core/target.h"

namespace pyanon {

// Writes `size` normals of the draw; `table` has kNormalTable entries. Counters: (block, draw, 0, Purpose::normals).
using DrawNormals = void (*)(const int16_t* table, uint64_t key, uint32_t draw, int64_t size, int16_t* to);
DrawNormals draw_normals(Target target);

}  // namespace pyanon
