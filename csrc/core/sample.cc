#include "core/sample.h"

#include <algorithm>
#include <cstring>

#include "core/border.h"

#if defined(PYANON_X86)
#include <immintrin.h>
#endif

namespace pyanon {
namespace {

PYANON_INLINE void sample_one(const ConstImageView& image, int64_t u, int64_t v, uint8_t* to) {
  const Corners corners(image, u, v);
  for (int c = 0; c < 3; ++c) to[c] = static_cast<uint8_t>(corners.level(c));
}

void colours_portable(const ConstImageView& image, Line at, int64_t count, uint8_t* to) {
  for (int64_t i = 0; i < count; ++i, at.u += at.du, at.v += at.dv) sample_one(image, at.u, at.v, to + 3 * i);
}

void masked_portable(const uint8_t* pixels, int64_t row_stride, Line at, int64_t count, uint8_t* colours,
                     uint8_t* mask) {
  for (int64_t i = 0; i < count; ++i, at.u += at.du, at.v += at.dv) {
    const uint8_t* p = pixels + whole(at.v) * row_stride + 4 * whole(at.u);
    const uint8_t* q = p + row_stride;
    for (int c = 0; c < 4; ++c) {
      const int level = bilinear(p[c], p[c + 4], q[c], q[c + 4], weight(at.u), weight(at.v));
      (c < 3 ? colours[3 * i + c] : mask[i]) = static_cast<uint8_t>(level);
    }
  }
}

#if defined(PYANON_X86)

// One sample of three or four channels, of which the two pixels of either row can be loaded as eight bytes; `pairs`
// puts them channel by channel, widened: R R' G G' B B' and a fourth pair.
PYANON_AVX2 inline uint32_t sample_inner(const uint8_t* upper, const uint8_t* lower, __m128i pairs, int wx, int wy) {
  const __m128i across = _mm_set1_epi32((kWeightOne - wx) | wx << 16);
  const __m128i down = _mm_set1_epi32((kWeightOne - wy) | wy << 16);
  const __m128i top = _mm_shuffle_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(upper)), pairs);
  const __m128i bottom = _mm_shuffle_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(lower)), pairs);
  const __m128i rows = _mm_packs_epi32(_mm_madd_epi16(top, across), _mm_madd_epi16(bottom, across));
  const __m128i columns = _mm_unpacklo_epi16(rows, _mm_unpackhi_epi64(rows, rows));
  const __m128i sums = _mm_add_epi32(_mm_madd_epi16(columns, down), _mm_set1_epi32(1 << (2 * kWeightBits - 1)));
  const __m128i levels = _mm_srli_epi32(sums, 2 * kWeightBits);
  const __m128i first_bytes = _mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  return static_cast<uint32_t>(_mm_cvtsi128_si32(_mm_shuffle_epi8(levels, first_bytes)));
}

PYANON_AVX2 void masked_avx2(const uint8_t* pixels, int64_t row_stride, Line at, int64_t count, uint8_t* colours,
                             uint8_t* mask) {
  const __m128i pairs = _mm_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1);
  for (int64_t i = 0; i < count; ++i, at.u += at.du, at.v += at.dv, colours += 3) {
    const uint8_t* upper = pixels + whole(at.v) * row_stride + 4 * whole(at.u);
    const uint32_t rgbm = sample_inner(upper, upper + row_stride, pairs, weight(at.u), weight(at.v));
    std::memcpy(colours, &rgbm, 4);
    mask[i] = static_cast<uint8_t>(rgbm >> 24);
  }
}

PYANON_AVX2 void colours_avx2(const ConstImageView& image, Line at, int64_t count, uint8_t* to) {
  const auto columns = static_cast<uint64_t>(std::max<int64_t>(image.width - 2, 0));
  const auto rows = static_cast<uint64_t>(std::max<int64_t>(image.height - 1, 0));
  const __m128i pairs = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  for (int64_t i = 0; i < count; ++i, at.u += at.du, at.v += at.dv, to += 3) {
    const int64_t x = whole(at.u), y = whole(at.v);
    // As unsigned numbers, negative ones are too large as well.
    if (static_cast<uint64_t>(x) < columns && static_cast<uint64_t>(y) < rows) {
      const uint8_t* upper = image.at(y, x);
      const uint32_t rgb = sample_inner(upper, upper + image.row_stride, pairs, weight(at.u), weight(at.v));
      std::memcpy(to, &rgb, 3);
    } else {
      sample_one(image, at.u, at.v, to);
    }
  }
}

#endif

int64_t divide_up(int64_t a, int64_t b) { return a / b + (a % b > 0); }

// The i in [0, count) with low <= start + i * step < high.
Run between(int64_t start, int64_t step, int64_t low, int64_t high, int64_t count) {
  if (step == 0) return start >= low && start < high ? Run{0, count} : Run{0, 0};
  // Walking backwards is walking forwards through the mirrored interval.
  if (step < 0) return between(-start, -step, 1 - high, 1 - low, count);
  return {std::min(std::max<int64_t>(divide_up(low - start, step), 0), count),
          std::min(std::max<int64_t>(divide_up(high - start, step), 0), count)};
}

}  // namespace

SampleColours sample_colours(Target target) {
#if defined(PYANON_X86)
  if (target == Target::avx2 || target == Target::avx512) return colours_avx2;
#endif
  (void)target;
  return colours_portable;
}

SampleMasked sample_masked(Target target) {
#if defined(PYANON_X86)
  if (target == Target::avx2 || target == Target::avx512) return masked_avx2;
#endif
  (void)target;
  return masked_portable;
}

Run touching(const Line& at, int64_t count, int64_t width, int64_t height) {
  const int64_t one = int64_t{1} << kPositionBits;
  const Run across = between(at.u, at.du, -one, width * one, count),
            down = between(at.v, at.dv, -one, height * one, count);
  const int64_t first = std::max(across.first, down.first);
  return {first, std::max(first, std::min(across.last, down.last))};
}

}  // namespace pyanon
