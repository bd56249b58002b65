#include "cpu/cover_grid.h"

#include <algorithm>

#include "core/target.h"

namespace pyanon {
namespace {

constexpr int64_t kReads = 4;  // samples along each side of a border cell
constexpr int kSweeps = 24;    // of the relaxation
constexpr int kTrust = 96;     // how many skin-like samples weigh as much as the prior tone
constexpr int kTone[3] = {172, 130, 106};
constexpr int kToneLuma = 140;
constexpr int kDarkest = 48, kLightest = 200;  // luma of the anchor
constexpr int kMosaicJitter = 12;              // levels

struct Ring {
  std::vector<uint8_t> known;  // per cell
  int64_t count = 0, luma = 0;
  int64_t skin_count = 0, skin[3] = {0, 0, 0};
};

int luma(int r, int g, int b) { return (77 * r + 150 * g + 29 * b) >> 8; }

// Skin of any shade has red over green over blue, in proportions that hardly change with the light: blue lacks 20 to
// 60 % of red, and green lies 15 to 60 % of the way from blue to red.
bool skin_like(int r, int g, int b, int y) {
  const int span = r - b, middle = g - b;
  return 5 * span >= r && 10 * span <= 6 * r && 20 * middle >= 3 * span && 10 * middle <= 6 * span && y >= 48 &&
         y <= 235;
}

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

// The pixels of the samples along a side, kReads per cell, from the cell before it to the cell after it.
std::vector<int64_t> sample_positions(const Side& side, int64_t cells) {
  std::vector<int64_t> positions;
  for (int64_t i = -kReads; i < (cells + 1) * kReads; ++i)
    positions.push_back(side.first + floor_divide((2 * i + 1) * side.length(), 2 * cells * kReads));
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
    int count = 0, shades = 0, skin_count = 0, sum[3] = {0, 0, 0}, skin_sum[3] = {0, 0, 0};
    for (int64_t k = 0; k < kReads * kReads; ++k) {
      const int64_t x = x_[i * kReads + k % kReads], y = y_[j * kReads + k / kReads];
      if (!visible(x, y)) continue;
      const uint8_t* p = image_.at(y, x);
      const int rgb[3] = {p[0], p[image_.channel_stride], p[2 * image_.channel_stride]};
      const int shade = luma(rgb[0], rgb[1], rgb[2]);
      const int skin = skin_like(rgb[0], rgb[1], rgb[2], shade);
      for (int c = 0; c < 3; ++c) {
        sum[c] += rgb[c];
        skin_sum[c] += rgb[c] * skin;
      }
      skin_count += skin;
      shades += shade;
      ++count;
    }
    ring.count += count;
    ring.luma += shades;
    ring.skin_count += skin_count;
    for (int c = 0; c < 3; ++c) ring.skin[c] += skin_sum[c];
    for (int c = 0; c < 3 && count > 0; ++c) colour[c] = (sum[c] << kLevelBits) / count;
    return count > 0;
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

// The tone in the middle: a plain skin tone at the light of the surroundings, drawn towards the skin that is visible
// there. A weighted mean and not a choice, so that it moves smoothly from frame to frame.
void anchor_tone(const Ring& ring, int32_t tone[3]) {
  const int64_t around = ring.count > 0 ? ring.luma / ring.count : kToneLuma;
  const int64_t shade = std::min<int64_t>(std::max<int64_t>((kToneLuma + around) / 2, kDarkest), kLightest);
  const int64_t weight = std::min<int64_t>(ring.skin_count, 2 * kTrust);
  for (int c = 0; c < 3; ++c) {
    const int64_t prior = (kTone[c] * shade << kLevelBits) / kToneLuma;
    const int64_t seen = ring.skin_count > 0 ? (ring.skin[c] << kLevelBits) / ring.skin_count : 0;
    tone[c] = static_cast<int32_t>((prior * kTrust + seen * weight) / (kTrust + weight));
    tone[c] = std::min(tone[c], 255 << kLevelBits);
  }
}

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

// Draws the inner cells towards the tone, most in the middle. Shares count 1/256.
void anchor(ColourGrid& grid, const int32_t tone[3]) {
  const int64_t n = grid.side, cells = n - 2;
  for (int64_t j = 0; j < cells; ++j)
    for (int64_t i = 0; i < cells; ++i) {
      const int64_t u = 2 * i + 1 - cells, v = 2 * j + 1 - cells;
      // 1/1024 of the squared distance from the middle to the middle of a side; from 1 down to 0 between 0.35 and 1.2.
      const int64_t away = 1024 * (u * u + v * v) / (cells * cells);
      const int64_t rise = std::min<int64_t>(std::max<int64_t>((1228 - away) * 256 / 870, 0), 256);
      const int64_t share = (rise * rise * (768 - 2 * rise)) >> 16;  // smoothstep
      int32_t* colour = &grid.colour[3 * ((j + 1) * n + i + 1)];
      for (int c = 0; c < 3; ++c) colour[c] += static_cast<int32_t>(((tone[c] - colour[c]) * share * 7 / 8) >> 8);
    }
}

void jitter(ColourGrid& grid, int64_t seed) {
  for (size_t cell = 0; cell < grid.colour.size() / 3; ++cell) {
    const int32_t shade = static_cast<int32_t>(mixed(static_cast<uint32_t>(cell), 0x6d6f7a61u, seed) >> 24) - 128;
    const int32_t more = shade * (kMosaicJitter << kLevelBits) / 128;
    for (int c = 0; c < 3; ++c) {
      int32_t& colour = grid.colour[3 * cell + c];
      colour = std::min(std::max(colour + more, 0), 255 << kLevelBits);
    }
  }
}

void fill(ColourGrid& grid, const int32_t tone[3], const std::vector<uint8_t>& known) {
  for (size_t cell = 0; cell < known.size(); ++cell)
    if (!known[cell]) std::copy(tone, tone + 3, &grid.colour[3 * cell]);
}

}  // namespace

uint32_t mixed(uint32_t a, uint32_t b, int64_t seed) {
  const uint64_t bits = static_cast<uint64_t>(seed);
  uint32_t h = a * 0x9e3779b1u ^ b * 0x85ebca77u ^ static_cast<uint32_t>(bits) * 0xc2b2ae3du ^
               static_cast<uint32_t>(bits >> 32) * 0x27d4eb2fu;
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

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
  anchor_tone(ring, tone);
  fill(grid, tone, ring.known);
  relax(grid, ring.known);
  anchor(grid, tone);
  if (look.style == CoverStyle::mosaic) jitter(grid, look.seed);
  return grid;
}

}  // namespace pyanon
