#include "cpu/cover.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/target.h"
#include "cpu/blend.h"
#include "cpu/cover_grid.h"
#include "cpu/cover_region.h"

namespace pyanon {
namespace {

constexpr int kWeightBits = 15;
constexpr int64_t kTile = 64;  // side of the grain, pixels

// One row of one cover, as arrays over its interleaved bytes.
struct PaintRow {
  const int16_t* upper;  // the two grid rows around it
  const int16_t* lower;
  int16_t lower_share;      // 1/32768
  const int16_t* grain;     // 1/64 level
  const uint16_t* falloff;  // of the columns
  uint16_t reach;           // 255 + opaque - falloff of the row
};

PYANON_INLINE int painted(const PaintRow& row, int64_t i) {
  const int16_t step = static_cast<int16_t>(row.lower[i] - row.upper[i]);
  const int16_t part = static_cast<int16_t>((((step * row.lower_share) >> 14) + 1) >> 1);
  const int level = (row.upper[i] + part + row.grain[i] + (1 << (kLevelBits - 1))) >> kLevelBits;
  return std::min(std::max(level, 0), 255);
}

PYANON_INLINE void paint_opaque(const PaintRow& row, uint8_t* PYANON_RESTRICT to, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; ++i) to[i] = static_cast<uint8_t>(painted(row, i));
}
PYANON_VERSIONS(paint_opaque, (const PaintRow& row, uint8_t* to, int64_t first, int64_t last), (row, to, first, last))

PYANON_INLINE void paint_edge(const PaintRow& row, uint8_t* PYANON_RESTRICT to, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; ++i) {
    const int left = std::max(row.reach - row.falloff[i], 0);
    to[i] = mix(to[i], painted(row, i), std::min(left, 255));
  }
}
PYANON_VERSIONS(paint_edge, (const PaintRow& row, uint8_t* to, int64_t first, int64_t last), (row, to, first, last))

// Soft grain: sums of hashed bytes, smoothed over three pixels; a row of kTile pixels, each value three times.
using Tile = std::array<int8_t, kTile * kTile>;

Tile make_tile() {
  std::array<int, kTile * kTile> raw, wide;
  for (int64_t i = 0; i < kTile * kTile; ++i) {
    const uint32_t h = mixed(static_cast<uint32_t>(i % kTile), static_cast<uint32_t>(i / kTile), 0);
    raw[i] = static_cast<int>((h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24)) - 510;
  }
  const auto wrapped = [](int64_t y, int64_t x) { return ((y & (kTile - 1)) * kTile) + (x & (kTile - 1)); };
  for (int64_t y = 0; y < kTile; ++y)
    for (int64_t x = 0; x < kTile; ++x)
      wide[wrapped(y, x)] = raw[wrapped(y, x - 1)] + 2 * raw[wrapped(y, x)] + raw[wrapped(y, x + 1)];
  Tile tile;
  for (int64_t y = 0; y < kTile; ++y)
    for (int64_t x = 0; x < kTile; ++x) {
      const int sum = wide[wrapped(y - 1, x)] + 2 * wide[wrapped(y, x)] + wide[wrapped(y + 1, x)];
      tile[wrapped(y, x)] = static_cast<int8_t>(std::min(std::max(sum >> 4, -127), 127));
    }
  return tile;
}

// The grain of one call, scaled and shifted by its seed.
class Grain {
 public:
  explicit Grain(const CoverLook& look) : shift_(mixed(0, 0x67726e, look.seed)) {
    static const Tile tile = make_tile();
    const int scale = static_cast<int>(std::floor(look.grain * (1 << kLevelBits) + 0.5));
    for (int64_t i = 0; i < kTile * kTile; ++i) {
      const int16_t value = static_cast<int16_t>((tile[i] * scale + 64) >> 7);
      for (int c = 0; c < 3; ++c) levels_[3 * i + c] = value;
    }
  }

  // `count` pixels from (x, y) on, relative to the region, as interleaved bytes' worth of values.
  void row(int64_t x, int64_t y, int64_t count, int16_t* to) const {
    const int16_t* line = &levels_[3 * kTile * ((y + (shift_ >> 8)) & (kTile - 1))];
    int64_t at = (x + shift_) & (kTile - 1);
    while (count > 0) {
      const int64_t run = std::min(count, kTile - at);
      to = std::copy(line + 3 * at, line + 3 * (at + run), to);
      count -= run;
      at = 0;
    }
  }

 private:
  const uint32_t shift_;
  std::array<int16_t, 3 * kTile * kTile> levels_;
};

// Between which two cells of the grid a pixel lies, and how far along.
struct Between {
  int64_t cell;
  int16_t share;

  // Cell 0 of the grid lies before the side's first pixel, hence the half cell more.
  Between(const Side& side, int64_t cells, int64_t pixel, bool nearest) {
    const int64_t at =
        (((2 * (pixel - side.first) + 1) * cells) << (kWeightBits - 1)) / side.length() + (1 << (kWeightBits - 1));
    cell = nearest ? (at + (1 << (kWeightBits - 1))) >> kWeightBits : at >> kWeightBits;
    share = nearest ? 0 : static_cast<int16_t>(at & ((1 << kWeightBits) - 1));
  }
};

class Cover {
 public:
  Cover(const ImageView& image, const Region& region, const ColourGrid& grid, const CoverLook& look, const Grain& grain)
      : image_(image),
        region_(region),
        grid_(grid),
        grain_(grain),
        look_(look),
        left_(std::max<int64_t>(region.x.first, 0)),
        width_(std::min(region.x.last, image.width) - left_) {}

  void paint() {
    const int64_t top = std::max<int64_t>(region_.y.first, 0), bottom = std::min(region_.y.last, image_.height);
    if (width_ <= 0 || top >= bottom) return;
    widen();
    const std::vector<uint16_t> rows = falloff(region_.y, region_.opaque, top, bottom - top);
    grain_row_.assign(static_cast<size_t>(3 * width_), 0);
    for (int64_t y = top; y < bottom; ++y) paint_row(y, rows[y - top]);
  }

 private:
  // The grid rows at full width, and the column falloff once per byte.
  void widen() {
    const std::vector<uint16_t> columns = falloff(region_.x, region_.opaque, left_, width_);
    columns_.resize(static_cast<size_t>(3 * width_));
    rows_.resize(static_cast<size_t>(3 * width_ * grid_.side));
    for (int64_t x = 0; x < width_; ++x) {
      const Between at(region_.x, look_.cells, left_ + x, look_.style != CoverStyle::blur);
      for (int c = 0; c < 3; ++c) columns_[3 * x + c] = columns[x];
      for (int64_t j = 0; j < grid_.side; ++j)
        for (int c = 0; c < 3; ++c) {
          const int32_t* colour = &grid_.colour[3 * (j * grid_.side + at.cell) + c];
          const int32_t step = at.share == 0 ? 0 : colour[3] - colour[0];
          rows_[(j * width_ + x) * 3 + c] = static_cast<int16_t>(colour[0] + ((((step * at.share) >> 14) + 1) >> 1));
        }
    }
  }

  void paint_row(int64_t y, uint16_t term) {
    const int32_t reach = 255 + region_.opaque - term;
    if (reach <= 0) return;
    // The falloff rises away from the centre: what is touched is one run of columns, and so is what is opaque.
    const auto column = [this](int64_t x) { return static_cast<int32_t>(columns_[3 * x]); };
    int64_t first = 0, last = width_;
    while (first < last && column(first) >= reach) ++first;
    while (last > first && column(last - 1) >= reach) --last;
    if (first == last) return;
    int64_t solid_first = first, solid_last = last;
    while (solid_first < last && column(solid_first) > reach - 255) ++solid_first;
    while (solid_last > solid_first && column(solid_last - 1) > reach - 255) --solid_last;
    if (look_.style == CoverStyle::blur)
      grain_.row(left_ + first - region_.x.first, y - region_.y.first, last - first, grain_row_.data() + 3 * first);

    const Between at(region_.y, look_.cells, y, look_.style != CoverStyle::blur);
    const int16_t* upper = rows_.data() + 3 * width_ * at.cell;
    const PaintRow row{upper,           at.share == 0 ? upper : upper + 3 * width_,
                       at.share,        grain_row_.data(),
                       columns_.data(), static_cast<uint16_t>(reach)};
    uint8_t* to = packed_row(image_, y, left_, width_, room_);
    edge_(row, to, 3 * first, 3 * solid_first);
    opaque_(row, to, 3 * solid_first, 3 * solid_last);
    edge_(row, to, 3 * solid_last, 3 * last);
    scatter_row(image_, y, left_, width_, to);
  }

  const ImageView& image_;
  const Region& region_;
  const ColourGrid& grid_;
  const Grain& grain_;
  const CoverLook& look_;
  const int64_t left_, width_;
  std::vector<int16_t> rows_, grain_row_;
  std::vector<uint16_t> columns_;
  std::vector<uint8_t> room_;
  decltype(paint_edge_for(Target::portable)) edge_ = paint_edge_for(active_target());
  decltype(paint_opaque_for(Target::portable)) opaque_ = paint_opaque_for(active_target());
};

}  // namespace

void cover(const ImageView& image, const float* boxes, int64_t count, const CoverLook& look) {
  if (count == 0 || image.width == 0 || image.height == 0) return;
  const double feather = look.style == CoverStyle::solid ? 0.0 : look.feather;
  std::vector<Region> regions;
  for (int64_t i = 0; i < count; ++i) regions.emplace_back(boxes + 4 * i, look.grow, feather);
  // Large ones last, in whatever order they were given: the order of detections must not make a picture flicker.
  std::stable_sort(regions.begin(), regions.end(),
                   [](const Region& a, const Region& b) { return a.area() < b.area(); });
  // Every colour is taken before the first pixel is painted.
  std::vector<ColourGrid> grids;
  for (size_t i = 0; i < regions.size(); ++i) grids.push_back(colour_grid(image, regions, i, look));
  const Grain grain(look);
  for (size_t i = 0; i < regions.size(); ++i) Cover(image, regions[i], grids[i], look, grain).paint();
}

}  // namespace pyanon
