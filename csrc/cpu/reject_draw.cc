#include "cpu/reject_draw.h"

#include <algorithm>

#include "core/philox.h"

namespace pyanon {
namespace {

constexpr int kLanes = 16;  // blocks of four words at a time: 128 normals

// The stream is all first words, then all second ones and so on: `plane` is the number of blocks.
PYANON_INLINE void place(const int16_t* table, const uint32_t (&words)[kLanes], int64_t at, int64_t count, int64_t size,
                         int16_t* to) {
  const int64_t whole = std::min(count, (size - at) / 2);
  for (int64_t i = 0; i < whole; ++i) {
    to[at + 2 * i] = normal(table, words[i]);
    to[at + 2 * i + 1] = normal(table, words[i] >> 16);
  }
  if (whole < count && at + 2 * whole < size) to[at + 2 * whole] = normal(table, words[std::max<int64_t>(whole, 0)]);
}

PYANON_INLINE void draw(const int16_t* table, uint64_t key, uint32_t number, int64_t size, int16_t* to) {
  const int64_t blocks = (size + 7) / 8;
  for (int64_t first = 0; first < blocks; first += kLanes) {
    uint32_t a[kLanes], b[kLanes], c[kLanes], d[kLanes];
    for (int i = 0; i < kLanes; ++i) {
      a[i] = static_cast<uint32_t>(first + i);
      b[i] = number;
      c[i] = 0;
      d[i] = static_cast<uint32_t>(Purpose::normals);
    }
    philox<kLanes>(a, b, c, d, key);
    const int64_t count = std::min<int64_t>(kLanes, blocks - first);
    place(table, a, 2 * first, count, size, to);
    place(table, b, 2 * (blocks + first), count, size, to);
    place(table, c, 2 * (2 * blocks + first), count, size, to);
    place(table, d, 2 * (3 * blocks + first), count, size, to);
  }
}

PYANON_VERSIONS(draw, (const int16_t* table, uint64_t key, uint32_t number, int64_t size, int16_t* to),
                (table, key, number, size, to))

}  // namespace

DrawNormals draw_normals(Target target) { return draw_for(target); }

}  // namespace pyanon
