#include "cpu/reject_screen.h"

#include <algorithm>
#include <cmath>
#include <utility>

#if defined(PYANON_X86)
#include <immintrin.h>
#endif
namespace pyanon {
namespace {

// Lengths in integers: their product stays below 2^31, rounding (at most half of sqrt(width) each) included.
constexpr double kLongest = 32000.0;
// Rotation and rotated rows are rounded to float32, sums are not exact: all of that together is less than this share
// of the product of the lengths, for up to 4096 values.
constexpr double kSlack = 2e-5;

double length(const double* values, int64_t count) { return std::sqrt(ordered_dot(values, values, count)); }

PYANON_INLINE int32_t least_of(double limit) {
  return static_cast<int32_t>(std::min(std::max(limit, -2147483647.0), 2147483647.0));
}

// Of the vectors that `which` lists keeps those one of whose sums reaches base - slope * rest, and returns how many;
// slopes lie `levels` apart.
using Keep = int64_t (*)(const int32_t* sums, const double* base, const double* slope, int64_t levels, double rest,
                         int32_t* which, int64_t count);

#define PYANON_KEEP(NAME, ATTRIBUTE, ANY)                                                                           \
  ATTRIBUTE int64_t NAME(const int32_t* sums, const double* base, const double* slope, int64_t levels, double rest, \
                         int32_t* which, int64_t count) {                                                           \
    int64_t left = 0;                                                                                               \
    for (int64_t n = 0; n < count; ++n) {                                                                           \
      const int32_t v = which[n];                                                                                   \
      which[left] = v;                                                                                              \
      left += ANY(sums + kRowLanes * v, least_of(base[v] - slope[v * levels] * rest));                              \
    }                                                                                                               \
    return left;                                                                                                    \
  }

PYANON_INLINE int any_portable(const int32_t* sums, int32_t least) {
  int32_t any = 0;
  for (int64_t i = 0; i < kRowLanes; ++i) any |= sums[i] >= least;
  return any;
}
PYANON_KEEP(keep_portable, , any_portable)

#if defined(PYANON_X86)
PYANON_AVX2 inline int any_avx2(const int32_t* sums, int32_t least) {
  const __m256i below = _mm256_set1_epi32(least - 1);
  const __m256i* halves = reinterpret_cast<const __m256i*>(sums);
  const __m256i any = _mm256_or_si256(_mm256_cmpgt_epi32(_mm256_loadu_si256(halves), below),
                                      _mm256_cmpgt_epi32(_mm256_loadu_si256(halves + 1), below));
  return !_mm256_testz_si256(any, any);
}
PYANON_KEEP(keep_avx2, PYANON_AVX2, any_avx2)

PYANON_AVX512 inline int any_avx512(const int32_t* sums, int32_t least) {
  return _mm512_cmpge_epi32_mask(_mm512_loadu_si512(sums), _mm512_set1_epi32(least)) != 0;
}
PYANON_KEEP(keep_avx512, PYANON_AVX512, any_avx512)
#endif

Keep keep(Target target) {
#if defined(PYANON_X86)
  if (target == Target::avx512) return keep_avx512;
  if (target == Target::avx2) return keep_avx2;
#endif
  (void)target;
  return keep_portable;
}

}  // namespace

Screen::Screen(ScreenSetup setup)
    : setup_(std::move(setup)),
      rotation_(setup_.rotation.data(), setup_.width, setup_.width),
      rows_(setup_.count, setup_.width) {
  const int64_t width = setup_.width, levels = static_cast<int64_t>(setup_.levels.size());
  std::vector<double> row(static_cast<size_t>(width));
  const auto load = [&](int64_t i) {
    std::copy_n(setup_.rows.data() + i * width, width, row.begin());
    return length(row.data(), width);
  };
  for (int64_t i = 0; i < setup_.count; ++i) longest_ = std::max(longest_, load(i));
  scale_ = longest_ > 0.0 ? kLongest / longest_ : 1.0;
  rest_.assign(static_cast<size_t>(rows_.groups() * levels), 0.0);
  for (int64_t i = 0; i < setup_.count; ++i) {
    load(i);
    rounded_ = std::max(rounded_, rows_.set(i, row.data(), scale_));
    for (int64_t level = 0; level < levels; ++level) {
      const int64_t summed = std::min(2 * setup_.levels[level], width);
      double& most = rest_[i / kRowLanes * levels + level];
      most = std::max(most, length(row.data() + summed, width - summed));
    }
  }
  setup_.rows.clear();
  setup_.rows.shrink_to_fit();
}

ScreenVectors Screen::turn(const double* vectors, const double* limits, int64_t count) const {
  const int64_t width = setup_.width, levels = static_cast<int64_t>(setup_.levels.size());
  ScreenVectors to;
  to.values.assign(static_cast<size_t>(count * 2 * rows_.pairs()), 0);
  std::vector<double> turned(static_cast<size_t>(rotation_.padded()));
  for (int64_t v = 0; v < count; ++v) {
    rotation_.apply(nullptr, vectors + v * width, turned.data());
    const double all = length(turned.data(), width), scale = all > 0.0 ? kLongest / all : 1.0;
    double off = 0.0;
    for (int64_t k = 0; k < width; ++k) {
      const double whole = std::floor(turned[k] * scale + 0.5), rest = turned[k] - whole / scale;
      to.values[v * 2 * rows_.pairs() + k] = static_cast<int16_t>(whole);
      off += rest * rest;
    }
    off = std::sqrt(off);
    const double error = off * longest_ + (all + off) * rounded_ + kSlack * all * longest_;
    to.base.push_back((limits[v] - error) * scale * scale_ - 2.0);
    for (int64_t level = 0; level < levels; ++level) {
      const int64_t summed = std::min(2 * setup_.levels[level], width);
      to.slope.push_back(length(turned.data() + summed, width - summed) * scale * scale_);
    }
    to.active.push_back(static_cast<int32_t>(v));
  }
  return to;
}

void Screen::sift(AddDots add, int64_t group, const ScreenVectors& turned, std::vector<int32_t>& which,
                  std::vector<int32_t>& sums) const {
  const Keep run = keep(active_target());
  const int64_t levels = static_cast<int64_t>(setup_.levels.size()), stride = 2 * rows_.pairs();
  std::fill(sums.begin(), sums.end(), 0);
  int64_t from = 0, count = static_cast<int64_t>(which.size());
  for (int64_t level = 0; level < levels && count > 0; ++level) {
    const int64_t to = setup_.levels[level];
    add(rows_.group(group) + from * 2 * kRowLanes, to - from, turned.values.data() + 2 * from, stride, which.data(),
        count, sums.data());
    count = run(sums.data(), turned.base.data(), turned.slope.data() + level, levels, rest_[group * levels + level],
                which.data(), count);
    from = to;
  }
  which.resize(static_cast<size_t>(count));
}

void Screen::drop(std::vector<int32_t>& active, int32_t vector) {
  active.erase(std::remove(active.begin(), active.end(), vector), active.end());
}

}  // namespace pyanon
