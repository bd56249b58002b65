#include "cpu/cover.h"

#include <algorithm>
#include <cmath>

#include "cpu/cover_grid.h"
#include "cpu/cover_paint.h"

namespace pyanon {
namespace {

// A run [first, last) of columns that follows the outline from row to row.
struct Span {
  int64_t first = 0, last = 0;

  // Moves the ends to where `inside` holds. The falloff rises away from the centre, so that it holds for one run of
  // columns around `middle`, or for none.
  template <class Inside>
  void follow(int64_t middle, int64_t width, Inside inside) {
    if (first == last || !inside(middle)) first = last = middle;
    if (!inside(middle)) return;
    last = std::max(last, middle + 1);
    while (first > 0 && inside(first - 1)) --first;
    while (!inside(first)) ++first;
    while (last < width && inside(last)) ++last;
    while (!inside(last - 1)) --last;
  }
};

// The bytes of a row that are painted, by whole blocks: rounded outwards at the outer edge, where alpha is 0, and
// inwards around what is opaque. Without an edge there is nothing to round.
struct Blocks {
  int64_t first, middle, end, last;

  Blocks(const Span& touched, const Span& opaque, int64_t width)
      : first(3 * touched.first), middle(3 * opaque.first), end(3 * opaque.last), last(3 * touched.last) {
    if (first == middle && end == last) return;
    first = first / kBlock * kBlock;
    last = std::min((last + kBlock - 1) / kBlock * kBlock, 3 * width);
    middle = std::min((middle + kBlock - 1) / kBlock * kBlock, last);
    end = std::max(end / kBlock * kBlock, middle);
  }
};

class Cover {
 public:
  Cover(const ImageView& image, const Region& region, const ColourGrid& grid, const CoverLook& look)
      : image_(image),
        region_(region),
        grid_(grid),
        cells_(grid.side - 2),
        smooth_(look.style == CoverStyle::blur),
        hard_(look.style == CoverStyle::solid),
        grain_(look.seed, smooth_ ? look.grain : 0.0),
        left_(std::max<int64_t>(region.x.first, 0)),
        width_(std::min(region.x.last, image.width) - left_) {}

  void paint() {
    const int64_t top = std::max<int64_t>(region_.y.first, 0), bottom = std::min(region_.y.last, image_.height);
    if (width_ <= 0 || top >= bottom) return;
    widen();
    const std::vector<uint16_t> rows = falloff(region_.y, region_.opaque, top, bottom - top);
    const int64_t centre = static_cast<int64_t>(std::floor(region_.x.centre)) - left_;
    const int64_t middle = std::min(std::max<int64_t>(centre, 0), width_ - 1);
    Span touched, opaque;
    for (int64_t y = top; y < bottom; ++y) {
      const int32_t reach = 255 + region_.opaque - rows[y - top];
      opaque.follow(middle, width_, [&](int64_t x) { return columns_[3 * x] <= reach - 255; });
      if (!hard_) touched.follow(middle, width_, [&](int64_t x) { return columns_[3 * x] < reach; });
      const Span& all = hard_ ? opaque : touched;
      if (all.first < all.last) paint_row(y, reach, all, opaque);
    }
  }

 private:
  // The grid rows at full width, and the column falloff once per byte.
  void widen() {
    const std::vector<uint16_t> columns = falloff(region_.x, region_.opaque, left_, width_);
    std::vector<Between> between;
    between.reserve(columns.size());
    columns_.resize(3 * columns.size() + kBlock);
    for (int64_t x = 0; x < width_; ++x) {
      between.emplace_back(region_.x, cells_, left_ + x, smooth_);
      for (int c = 0; c < 3; ++c) columns_[3 * x + c] = columns[x];
    }
    rows_.resize(3 * columns.size() * static_cast<size_t>(grid_.side) + kBlock);
    for (int64_t j = 0; j < grid_.side; ++j)
      widen_row(&grid_.colour[3 * j * grid_.side], between, &rows_[3 * j * width_]);
  }

  static void widen_row(const int32_t* colours, const std::vector<Between>& between, int16_t* to) {
    for (const Between& at : between) {
      const int32_t* colour = colours + 3 * at.cell;
      // Where the share is 0 there may be no cell after this one.
      const int32_t* after = at.share == 0 ? colour : colour + 3;
      for (int c = 0; c < 3; ++c)
        *to++ = static_cast<int16_t>(colour[c] + rounded_share(after[c] - colour[c], at.share));
    }
  }

  void paint_row(int64_t y, int32_t reach, const Span& touched, const Span& opaque) {
    const Between at(region_.y, cells_, y, smooth_);
    const Blocks blocks(touched, opaque, width_);
    uint8_t* to = packed_row(image_, y, left_, width_, room_);
    if (smooth_)
      paint_smooth(y, static_cast<uint16_t>(reach), at, blocks, to);
    else
      paint_flat(static_cast<uint16_t>(reach), at.cell, blocks, to);
    scatter_row(image_, y, left_, width_, to);
  }

  void paint_smooth(int64_t y, uint16_t reach, const Between& at, const Blocks& blocks, uint8_t* to) {
    const int16_t* upper = rows_.data() + 3 * width_ * at.cell;
    const PaintRow row{upper,
                       at.share == 0 ? upper : upper + 3 * width_,
                       at.share,
                       columns_.data(),
                       reach,
                       grain_.scale(),
                       grain_.row(y - region_.y.first),
                       grain_.column(left_ - region_.x.first)};
    edge_(row, to, blocks.first, blocks.middle);
    opaque_(row, to, blocks.middle, blocks.end);
    edge_(row, to, blocks.end, blocks.last);
  }

  void paint_flat(uint16_t reach, int64_t cell, const Blocks& blocks, uint8_t* to) {
    if (cell != flat_cell_) flatten(cell);
    const auto mix = [&](int64_t first, int64_t last) {
      if (first < last) mix_(&flat_[first], &columns_[first], reach, to + first, last - first);
    };
    mix(blocks.first, blocks.middle);
    std::copy(flat_.begin() + blocks.middle, flat_.begin() + blocks.end, to + blocks.middle);
    mix(blocks.end, blocks.last);
  }

  // One grid row as bytes: they stay the same for a whole cell.
  void flatten(int64_t cell) {
    flat_.resize(static_cast<size_t>(3 * width_ + kBlock));
    const int16_t* row = rows_.data() + 3 * width_ * cell;
    for (int64_t i = 0; i < 3 * width_; ++i)
      flat_[i] = static_cast<uint8_t>((row[i] + (1 << (kLevelBits - 1))) >> kLevelBits);
    flat_cell_ = cell;
  }

  const ImageView& image_;
  const Region& region_;
  const ColourGrid& grid_;
  const int64_t cells_;
  const bool smooth_, hard_;
  const Grain grain_;
  const int64_t left_, width_;
  const MixLoop mix_ = mix_edge(active_target());
  const PaintLoop edge_ = paint_edge(active_target()), opaque_ = paint_opaque(active_target());
  std::vector<int16_t> rows_;
  std::vector<uint8_t> flat_, room_;
  int64_t flat_cell_ = -1;
  std::vector<uint16_t> columns_;
};

}  // namespace

void cover(const ImageView& image, const float* boxes, int64_t count, const CoverLook& look) {
  if (count == 0 || image.width == 0 || image.height == 0) return;
  const double feather = look.style == CoverStyle::solid ? 0.0 : look.feather;
  const std::vector<Region> regions = regions_of(boxes, count, look.grow, feather);
  // Every colour is taken before the first pixel is painted.
  std::vector<ColourGrid> grids;
  for (size_t i = 0; i < regions.size(); ++i) grids.push_back(colour_grid(image, regions, i, look));
  for (size_t i = 0; i < regions.size(); ++i) Cover(image, regions[i], grids[i], look).paint();
}

}  // namespace pyanon
