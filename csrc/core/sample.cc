#include "core/sample.h"

#include <algorithm>
#include <cstring>

#if defined(PYANON_X86)
#include <immintrin.h>
#endif

namespace pyanon {
namespace {

PYANON_INLINE void sample_one(const ConstImageView& image, int64_t u, int64_t v, uint8_t* to) {
  const int64_t left = clamp_index(whole(u), image.width), right = clamp_index(whole(u) + 1, image.width);
  const int64_t up = clamp_index(whole(v), image.height), down = clamp_index(whole(v) + 1, image.height);
  const uint8_t *p00 = image.at(up, left), *p01 = image.at(up, right);
  const uint8_t *p10 = image.at(down, left), *p11 = image.at(down, right);
  for (int c = 0; c < 3; ++c)
    to[c] = static_cast<uint8_t>(bilinear(p00[c], p01[c], p10[c], p11[c], weight(u), weight(v)));
}

void colours_portable(const ConstImageView& image, Line at, int64_t count, uint8_t* to) {
  for (int64_t i = 0; i < count; ++i, at.u += at.du, at.v += at.dv) sample_one(image, at.u, at.v, to + 3 * i);
}

#if defined(PYANON_X86)

// One sample of which the two pixels of either row can be loaded as eight bytes.
PYANON_AVX2 inline uint32_t sample_inner(const uint8_t* upper, const uint8_t* lower, int wx, int wy) {
  // Both pixels of a row, channel by channel, widened: R R' G G' B B' 0 0.
  const __m128i pairs = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const __m128i across = _mm_set1_epi32((kWeightOne - wx) | wx << 16);
  const __m128i down = _mm_set1_epi32((kWeightOne - wy) | wy << 16);
  const __m128i top = _mm_shuffle_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(upper)), pairs);
  const __m128i bottom = _mm_shuffle_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(lower)), pairs);
  const __m128i rows = _mm_packs_epi32(_mm_madd_epi16(top, across), _mm_madd_epi16(bottom, across));
  const __m128i columns = _mm_unpacklo_epi16(rows, _mm_unpackhi_epi64(rows, rows));
  const __m128i sums = _mm_add_epi32(_mm_madd_epi16(columns, down), _mm_set1_epi32(1 << (2 * kWeightBits - 1)));
  const __m128i levels = _mm_srli_epi32(sums, 2 * kWeightBits);
  const __m128i bytes =
      _mm_shuffle_epi8(levels, _mm_setr_epi8(0, 4, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
  return static_cast<uint32_t>(_mm_cvtsi128_si32(bytes));
}

PYANON_AVX2 void colours_avx2(const ConstImageView& image, Line at, int64_t count, uint8_t* to) {
  const auto columns = static_cast<uint64_t>(std::max<int64_t>(image.width - 2, 0));
  const auto rows = static_cast<uint64_t>(std::max<int64_t>(image.height - 1, 0));
  for (int64_t i = 0; i < count; ++i, at.u += at.du, at.v += at.dv, to += 3) {
    const int64_t x = whole(at.u), y = whole(at.v);
    // As unsigned numbers, negative ones are too large as well.
    if (static_cast<uint64_t>(x) < columns && static_cast<uint64_t>(y) < rows) {
      const uint8_t* upper = image.at(y, x);
      const uint32_t rgb = sample_inner(upper, upper + image.row_stride, weight(at.u), weight(at.v));
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

int mask_at(const ConstImageView& mask, int64_t y, int64_t x) {
  return x < 0 || y < 0 || x >= mask.width || y >= mask.height ? 0 : *mask.at(y, x);
}

}  // namespace

SampleColours sample_colours(Target target) {
#if defined(PYANON_X86)
  if (target == Target::avx2 || target == Target::avx512) return colours_avx2;
#endif
  (void)target;
  return colours_portable;
}

void sample_mask(const ConstImageView& mask, Line at, int64_t count, uint8_t* to) {
  const auto columns = static_cast<uint64_t>(std::max<int64_t>(mask.width - 1, 0));
  const auto rows = static_cast<uint64_t>(std::max<int64_t>(mask.height - 1, 0));
  for (int64_t i = 0; i < count; ++i, at.u += at.du, at.v += at.dv) {
    const int64_t x = whole(at.u), y = whole(at.v);
    int p00, p01, p10, p11;
    if (static_cast<uint64_t>(x) < columns && static_cast<uint64_t>(y) < rows) {
      const uint8_t* p = mask.at(y, x);
      p00 = p[0], p01 = p[mask.pixel_stride], p10 = p[mask.row_stride], p11 = p[mask.row_stride + mask.pixel_stride];
    } else {
      p00 = mask_at(mask, y, x), p01 = mask_at(mask, y, x + 1);
      p10 = mask_at(mask, y + 1, x), p11 = mask_at(mask, y + 1, x + 1);
    }
    to[i] = static_cast<uint8_t>(bilinear(p00, p01, p10, p11, weight(at.u), weight(at.v)));
  }
}

Run touching(const Line& at, int64_t count, int64_t width, int64_t height) {
  const int64_t one = int64_t{1} << kPositionBits;
  const Run across = between(at.u, at.du, -one, width * one, count),
            down = between(at.v, at.dv, -one, height * one, count);
  const int64_t first = std::max(across.first, down.first);
  return {first, std::max(first, std::min(across.last, down.last))};
}

}  // namespace pyanon
