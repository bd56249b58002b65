#include "cpu/relight.h"

#include <array>
#include <vector>

#include "core/relight.h"
#include "cpu/relight_rows.h"

namespace pyanon {
namespace {

using Counts = std::array<uint32_t, kRoughBuckets>;

// The bucket with the value of this rank, which becomes its rank in that bucket.
int32_t bucket_of(const Counts& counts, int64_t& rank) {
  int32_t bucket = 0;
  for (; rank >= counts[bucket]; ++bucket) rank -= counts[bucket];
  return bucket;
}

// Among values of roughness the one of this rank.
int32_t ranked(const std::vector<int32_t>& values, int64_t rank) {
  Counts counts{};
  for (const int32_t value : values) ++counts[value >> kRoughBits];
  const int32_t upper = bucket_of(counts, rank);
  counts.fill(0);
  for (const int32_t value : values) counts[value & kRoughRest] += value >> kRoughBits == upper;
  return upper << kRoughBits | bucket_of(counts, rank);
}

// A face on its way from what was painted to bytes.
class Relighter {
 public:
  Relighter(const PaintedFace& face, int64_t size)
      : face_(face), size_(size), levels_(static_cast<size_t>(3 * size * size)) {
    loops_.levels(face.painted, levels_.data(), 3 * size * size, &wild_);
    fit_planes(ring(), size, light_);
    const double wanted = noise(
        kVisible, [&](int64_t y, int32_t* greys) { loops_.add_bytes(face_.around + 3 * y * size_, greys, size_); });
    const double have = noise(kInside, [&](int64_t y, int32_t* greys) {
      loops_.add_planes(levels_.data() + y * size_, size_ * size_, greys, size_);
    });
    light_.grain = missing_grain(wanted, have);
  }

  bool finite() const { return wild_ == 0; }

  void paint(uint8_t* pixels) const {
    std::vector<double> across(static_cast<size_t>(3 * size_));
    for (int c = 0; c < 3; ++c)
      for (int64_t x = 0; x < size_; ++x) across[c * size_ + x] = plane_across(light_, c, from_middle(x, size_));
    for (int64_t y = 0; y < size_; ++y) {
      RowLight row{across.data(), {}, face_.grain + y * size_, light_.grain};
      for (int c = 0; c < 3; ++c) row.down[c] = plane_down(light_, c, from_middle(y, size_));
      loops_.light(levels_.data() + y * size_, size_ * size_, row, pixels + 3 * y * size_, size_);
    }
  }

 private:
  RingSums ring() const {
    RingSums sums{};
    for (int64_t y = 0; y < size_; ++y)
      for (int64_t x = 0, at = y * size_; x < size_; ++x, ++at) {
        if ((face_.regions[at] & kRing) == 0) continue;
        int32_t differences[3];
        for (int64_t c = 0; c < 3; ++c)
          differences[c] = difference(face_.around[3 * at + c], levels_[c * size_ * size_ + at]);
        sums.add(from_middle(x, size_), from_middle(y, size_), differences);
      }
    return sums;
  }

  // Of a picture whose rows `grey(y, row)` gives, where all pixels around have the flag.
  template <class Grey>
  double noise(uint8_t flag, Grey grey) {
    if (size_ < 3) return 0.0;
    for (std::vector<int32_t>& row : greys_) row.resize(static_cast<size_t>(size_));
    values_.resize(static_cast<size_t>(size_ * size_));
    row_.resize(static_cast<size_t>(size_));
    size_t count = 0;
    for (int64_t y = 0; y < size_; ++y) {
      grey(y, greys_[y % 3].data());
      if (y < 2) continue;
      const int32_t* rows[3] = {greys_[(y - 2) % 3].data(), greys_[(y - 1) % 3].data(), greys_[y % 3].data()};
      loops_.rough(rows, face_.regions + (y - 1) * size_, flag, row_.data(), size_);
      for (int64_t x = 1; x < size_ - 1; ++x) {
        values_[count] = row_[x];
        count += row_[x] >= 0;
      }
    }
    values_.resize(count);
    const int64_t rank = median_rank(static_cast<int64_t>(count));
    return rank < 0 ? 0.0 : noise_level(ranked(values_, rank));
  }

  const PaintedFace face_;
  const int64_t size_;
  const RelightLoops loops_ = relight_loops(active_target());
  std::vector<int16_t> levels_;
  std::vector<int32_t> greys_[3], row_, values_;
  FaceLight light_{};
  int32_t wild_ = 0;
};

}  // namespace

bool relight(const PaintedFace& face, int64_t size, uint8_t* pixels) {
  const Relighter relighter(face, size);
  relighter.paint(pixels);
  return relighter.finite();
}

}  // namespace pyanon
