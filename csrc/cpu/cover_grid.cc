#include "cpu/cover_grid.h"

#include <algorithm>

#include "core/target.h"

namespace pyanon {
namespace {

struct Ring {
  std::vector<uint8_t> known;  // per cell
  RingSums sums{};
};

// The pixels of the samples along a side, kReads per cell, from the cell before it to the cell after it.
std::vector<int64_t> sample_positions(const Side& side, int64_t cells) {
  std::vector<int64_t> positions;
  for (int64_t i = -kReads; i < (cells + 1) * kReads; ++i) positions.push_back(sample_position(side, cells, i));
  return positions;
}

class Sampler {
 public:
  Sampler(const ConstImageView& image, const std::vector<Region>& regions, size_t self, int64_t cells)
      : image_(image), x_(sample_positions(regions[self].x, cells)), y_(sample_positions(regions[self].y, cells)) {
    // The samples lie outside of the own rectangle by construction; of the others only near ones can hide them.
    for (size_t i = 0; i < regions.size(); ++i) {
      const Region& other = regions[i];
      const bool near = other.x.first <= x_.back() && other.x.last > x_.front() && other.y.first <= y_.back() &&
                        other.y.last > y_.front();
      if (i != self && near) hidden_.push_back(&other);
    }
  }

  // Fills the border cells that see something; says which.
  Ring run(ColourGrid& grid) const {
    Ring ring;
    ring.known.assign(static_cast<size_t>(grid.side * grid.side), 0);
    for (int64_t j = 0; j < grid.side; ++j) {
      const bool edge = j == 0 || j == grid.side - 1;
      for (int64_t i = 0; i < grid.side; i += edge ? 1 : grid.side - 1) {
        const int64_t cell = j * grid.side + i;
        ring.known[cell] = average(i, j, ring, &grid.colour[3 * cell]);
      }
    }
    return ring;
  }

 private:
  bool average(int64_t i, int64_t j, Ring& ring, int32_t* colour) const {
    RingSums sums{};
    for (int64_t k = 0; k < kReads * kReads; ++k) {
      const int64_t x = x_[i * kReads + k % kReads], y = y_[j * kReads + k / kReads];
      if (visible(x, y)) sums.add(image_.at(y, x), image_.channel_stride);
    }
    ring.sums.add(sums);
    for (int c = 0; c < 3 && sums.count > 0; ++c) colour[c] = (sums.sum[c] << kLevelBits) / sums.count;
    return sums.count > 0;
  }

  bool visible(int64_t x, int64_t y) const {
    if (x < 0 || y < 0 || x >= image_.width || y >= image_.height) return false;
    for (const Region* region : hidden_)
      if (region->contains(x, y)) return false;
    return true;
  }

  const ConstImageView image_;
  const std::vector<int64_t> x_, y_;
  std::vector<const Region*> hidden_;
};

// One sweep over `count` values of a row: the mean of four neighbours where `keep` is 0, the old value where it is -1.
PYANON_INLINE void settle(const int32_t* PYANON_RESTRICT from, const int32_t* PYANON_RESTRICT keep,
                          int32_t* PYANON_RESTRICT to, int64_t stride, int64_t count) {
  for (int64_t k = 0; k < count; ++k) {
    const int32_t mean = (from[k - stride] + from[k + stride] + from[k - 3] + from[k + 3] + 2) >> 2;
    to[k] = (from[k] & keep[k]) | (mean & ~keep[k]);
  }
}
PYANON_VERSIONS(settle, (const int32_t* from, const int32_t* keep, int32_t* to, int64_t stride, int64_t count),
                (from, keep, to, stride, count))

// Lets the unknown cells settle between the known ones, as a soap film would.
void relax(ColourGrid& grid, const std::vector<uint8_t>& known) {
  // One ring of cells more, which repeats the border, so that every cell has four neighbours.
  const int64_t n = grid.side, stride = 3 * (n + 2);
  std::vector<int32_t> now(static_cast<size_t>(stride * (n + 2))), next(now), keep(now);
  for (int64_t j = 0; j < n; ++j)
    for (int64_t k = 0; k < 3 * n; ++k) {
      now[(j + 1) * stride + 3 + k] = grid.colour[3 * n * j + k];
      keep[(j + 1) * stride + 3 + k] = -static_cast<int32_t>(known[j * n + k / 3]);
    }
  const auto run = settle_for(active_target());
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (int64_t j = 1; j <= n; ++j) {
      int32_t* row = &now[j * stride];
      std::copy(row + 3, row + 6, row);
      std::copy(row + 3 * n, row + 3 * n + 3, row + 3 * n + 3);
    }
    std::copy(&now[stride], &now[2 * stride], &now[0]);
    std::copy(&now[n * stride], &now[(n + 1) * stride], &now[(n + 1) * stride]);
    for (int64_t j = 1; j <= n; ++j)
      run(&now[j * stride + 3], &keep[j * stride + 3], &next[j * stride + 3], stride, 3 * n);
    now.swap(next);
  }
  for (int64_t j = 0; j < n; ++j) std::copy_n(&now[(j + 1) * stride + 3], 3 * n, &grid.colour[3 * n * j]);
}

// Draws the inner cells towards the tone.
void anchor(ColourGrid& grid, const int32_t tone[3]) {
  const int64_t n = grid.side, cells = n - 2;
  for (int64_t j = 0; j < cells; ++j)
    for (int64_t i = 0; i < cells; ++i) {
      const int64_t share = anchor_share(i, j, cells);
      int32_t* colour = &grid.colour[3 * ((j + 1) * n + i + 1)];
      for (int c = 0; c < 3; ++c) colour[c] = anchored(colour[c], tone[c], share);
    }
}

void jitter(ColourGrid& grid, int64_t seed) {
  for (size_t k = 0; k < grid.colour.size(); ++k)
    grid.colour[k] = jittered(grid.colour[k], static_cast<int64_t>(k / 3), seed);
}

void fill(ColourGrid& grid, const int32_t tone[3], const std::vector<uint8_t>& known) {
  for (size_t cell = 0; cell < known.size(); ++cell)
    if (!known[cell]) std::copy(tone, tone + 3, &grid.colour[3 * cell]);
}

}  // namespace

ColourGrid colour_grid(const ConstImageView& image, const std::vector<Region>& regions, size_t self,
                       const CoverLook& look) {
  ColourGrid grid;
  grid.side = (look.style == CoverStyle::solid ? 1 : look.cells) + 2;
  grid.colour.assign(static_cast<size_t>(3 * grid.side * grid.side), 0);
  int32_t tone[3];
  if (look.style == CoverStyle::solid) {
    for (int c = 0; c < 3; ++c) tone[c] = look.colour[c] << kLevelBits;
    fill(grid, tone, std::vector<uint8_t>(static_cast<size_t>(grid.side * grid.side), 0));
    return grid;
  }
  const Ring ring = Sampler(image, regions, self, look.cells).run(grid);
  for (int c = 0; c < 3; ++c) tone[c] = anchor_tone(ring.sums, c);
  fill(grid, tone, ring.known);
  relax(grid, ring.known);
  anchor(grid, tone);
  if (look.style == CoverStyle::mosaic) jitter(grid, look.seed);
  return grid;
}

}  // namespace pyanon
