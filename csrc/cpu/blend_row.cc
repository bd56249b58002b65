#include "cpu/blend_row.h"

#include <cstring>

#if defined(PYANON_X86)
#include <immintrin.h>
#elif defined(PYANON_NEON)
#include <arm_neon.h>
#endif

namespace pyanon {
namespace {

void row_portable(uint8_t* image, const uint8_t* patch, const uint8_t* mask, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    for (int c = 0; c < 3; ++c) image[3 * i + c] = mix(image[3 * i + c], patch[3 * i + c], mask[i]);
}

#if defined(PYANON_X86)

// The sum under * (255 - mask) + over * mask of two bytes each in one multiply-add: the bytes are moved to -128..127,
// which takes 128 * 255 off every sum and keeps it inside int16. Adding 2^15 puts that and the rounding 128 back.
// Times 257 / 65536 is (t + (t >> 8)) >> 8.

PYANON_AVX2 inline __m256i mix_avx2(__m256i under, __m256i over, __m256i mask) {
  const __m256i flip = _mm256_set1_epi8(-128), rest = _mm256_xor_si256(mask, _mm256_set1_epi8(-1));
  under = _mm256_xor_si256(under, flip);
  over = _mm256_xor_si256(over, flip);
  const __m256i low = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(rest, mask), _mm256_unpacklo_epi8(under, over));
  const __m256i high = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(rest, mask), _mm256_unpackhi_epi8(under, over));
  const __m256i back = _mm256_set1_epi16(-32768), scale = _mm256_set1_epi16(257);
  return _mm256_packus_epi16(_mm256_mulhi_epu16(_mm256_xor_si256(low, back), scale),
                             _mm256_mulhi_epu16(_mm256_xor_si256(high, back), scale));
}

// 32 pixels: three vectors, whose six halves take their mask bytes from sixteen each.
PYANON_AVX2 inline void block_avx2(uint8_t* image, const uint8_t* patch, const uint8_t* mask) {
  const __m128i first = _mm_setr_epi8(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5);
  const __m128i second = _mm_setr_epi8(5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10);
  const __m128i third = _mm_setr_epi8(10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15);
  const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask));
  const __m256i masks[3] = {
      _mm256_shuffle_epi8(_mm256_permute2x128_si256(all, all, 0x00), _mm256_set_m128i(second, first)),
      _mm256_shuffle_epi8(all, _mm256_set_m128i(first, third)),
      _mm256_shuffle_epi8(_mm256_permute2x128_si256(all, all, 0x11), _mm256_set_m128i(third, second))};
  for (int k = 0; k < 3; ++k) {
    __m256i* to = reinterpret_cast<__m256i*>(image) + k;
    const __m256i over = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(patch) + k);
    _mm256_storeu_si256(to, mix_avx2(_mm256_loadu_si256(to), over, masks[k]));
  }
}

PYANON_AVX2 void row_avx2(uint8_t* image, const uint8_t* patch, const uint8_t* mask, int64_t count) {
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) block_avx2(image + 3 * i, patch + 3 * i, mask + i);
  if (i == count) return;
  // The rest through a block of its own, so that it costs one block and not up to 31 single pixels.
  uint8_t under[96] = {}, over[96] = {}, through[32] = {};
  const size_t rest = static_cast<size_t>(count - i);
  std::memcpy(under, image + 3 * i, 3 * rest);
  std::memcpy(over, patch + 3 * i, 3 * rest);
  std::memcpy(through, mask + i, rest);
  block_avx2(under, over, through);
  std::memcpy(image + 3 * i, under, 3 * rest);
}

#elif defined(PYANON_NEON)

inline uint8x16_t mix_neon(uint8x16_t under, uint8x16_t over, uint8x16_t mask) {
  const uint8x16_t rest = vmvnq_u8(mask);
  const uint16x8_t low =
      vmlal_u8(vmull_u8(vget_low_u8(under), vget_low_u8(rest)), vget_low_u8(over), vget_low_u8(mask));
  const uint16x8_t high = vmlal_high_u8(vmull_high_u8(under, rest), over, mask);
  // (t + ((t + 128) >> 8) + 128) >> 8, the same number as (u + (u >> 8)) >> 8 with u = t + 128.
  return vcombine_u8(vraddhn_u16(low, vrshrq_n_u16(low, 8)), vraddhn_u16(high, vrshrq_n_u16(high, 8)));
}

inline void block_neon(uint8_t* image, const uint8_t* patch, const uint8_t* mask) {
  const uint8x16_t through = vld1q_u8(mask);
  const uint8x16x3_t over = vld3q_u8(patch);
  uint8x16x3_t under = vld3q_u8(image);
  for (int c = 0; c < 3; ++c) under.val[c] = mix_neon(under.val[c], over.val[c], through);
  vst3q_u8(image, under);
}

void row_neon(uint8_t* image, const uint8_t* patch, const uint8_t* mask, int64_t count) {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) block_neon(image + 3 * i, patch + 3 * i, mask + i);
  row_portable(image + 3 * i, patch + 3 * i, mask + i, count - i);
}

#endif

}  // namespace

BlendRow blend_row(Target target) {
#if defined(PYANON_X86)
  // Memory is the limit: AVX-512 was measured to bring nothing over AVX2.
  if (target == Target::avx2 || target == Target::avx512) return row_avx2;
#elif defined(PYANON_NEON)
  if (target == Target::neon) return row_neon;
#endif
  (void)target;
  return row_portable;
}

}  // namespace pyanon
