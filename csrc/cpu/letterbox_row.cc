#include "cpu/letterbox_row.h"

#include <algorithm>
#include <cmath>

#if defined(PYANON_X86)
#include <immintrin.h>
#endif

namespace pyanon {
namespace {

constexpr int64_t kGroup = 4;   // samples that a vector loop takes at a time
constexpr int32_t kWindow = 8;  // neighbours in one load of 16 bytes

int16_t fixed_share(double share) { return static_cast<int16_t>(share * (1 << kTapBits) + 0.5); }

// Fills the tables of the vector loop, or leaves them empty.
void group(Taps& taps) {
  const int64_t groups = taps.count() / kGroup;
  for (int64_t g = 0; g < groups; ++g)
    if (taps.second[kGroup * g + kGroup - 1] - taps.first[kGroup * g] >= kWindow) return;
  for (int64_t i = 0; i < kGroup * groups; ++i) {
    const int32_t base = taps.first[i / kGroup * kGroup];
    if (i % kGroup == 0) taps.base.push_back(base);
    for (int32_t neighbour : {taps.first[i] - base, taps.second[i] - base}) {
      taps.shuffle.push_back(static_cast<uint8_t>(2 * neighbour));
      taps.shuffle.push_back(static_cast<uint8_t>(2 * neighbour + 1));
    }
    const int16_t share = fixed_share(taps.share[i]);
    taps.pairs.push_back(static_cast<int16_t>((1 << kTapBits) - share));
    taps.pairs.push_back(share);
  }
}

PYANON_INLINE void add(const uint8_t* PYANON_RESTRICT from, uint16_t* PYANON_RESTRICT sums, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sums[i] = static_cast<uint16_t>(sums[i] + from[i]);
}
PYANON_VERSIONS(add, (const uint8_t* from, uint16_t* sums, int64_t count), (from, sums, count))

PYANON_INLINE void split(const uint16_t* PYANON_RESTRICT from, uint16_t* PYANON_RESTRICT planes, int64_t count) {
  for (int64_t i = 0; i < count; ++i) planes[i] = from[3 * i];
  for (int64_t i = 0; i < count; ++i) planes[count + i] = from[3 * i + 1];
  for (int64_t i = 0; i < count; ++i) planes[2 * count + i] = from[3 * i + 2];
}
PYANON_VERSIONS(split, (const uint16_t* from, uint16_t* planes, int64_t count), (from, planes, count))

// With k known to the compiler, where it is small, the loop over the neighbours vanishes.
template <int64_t kFixed>
PYANON_INLINE void fold_by(const uint16_t* PYANON_RESTRICT from, int64_t any, float unit,
                           int16_t* PYANON_RESTRICT means, int64_t count) {
  const int64_t k = kFixed > 0 ? kFixed : any;
  for (int64_t b = 0; b < count; ++b) {
    uint32_t sum = 0;
    for (int64_t i = 0; i < k; ++i) sum += from[k * b + i];
    means[b] = static_cast<int16_t>(static_cast<int32_t>(static_cast<float>(static_cast<int32_t>(sum)) * unit + 0.5f));
  }
}

PYANON_INLINE void fold(const uint16_t* from, int64_t k, float unit, int16_t* means, int64_t count) {
  switch (k) {
    case 1:
      return fold_by<1>(from, k, unit, means, count);
    case 2:
      return fold_by<2>(from, k, unit, means, count);
    case 3:
      return fold_by<3>(from, k, unit, means, count);
    case 4:
      return fold_by<4>(from, k, unit, means, count);
    default:
      return fold_by<0>(from, k, unit, means, count);
  }
}
PYANON_VERSIONS(fold, (const uint16_t* from, int64_t k, float unit, int16_t* means, int64_t count),
                (from, k, unit, means, count))

PYANON_INLINE float sample(const int16_t* means, const Taps& taps, int64_t i) {
  const int32_t share = fixed_share(taps.share[i]);
  return static_cast<float>(means[taps.first[i]] * ((1 << kTapBits) - share) + means[taps.second[i]] * share);
}

void resample_portable(const int16_t* means, const Taps& taps, float* to) {
  for (int64_t i = 0; i < taps.count(); ++i) to[i] = sample(means, taps, i);
}

#if defined(PYANON_X86)
PYANON_AVX2 void resample_avx2(const int16_t* means, const Taps& taps, float* to) {
  const int64_t groups = static_cast<int64_t>(taps.base.size());
  for (int64_t g = 0; g < groups; ++g) {
    const auto table = [g](const auto& values) { return reinterpret_cast<const __m128i*>(values.data()) + g; };
    const __m128i window = _mm_loadu_si128(reinterpret_cast<const __m128i*>(means + taps.base[g]));
    const __m128i pairs = _mm_shuffle_epi8(window, _mm_loadu_si128(table(taps.shuffle)));
    const __m128i sums = _mm_madd_epi16(pairs, _mm_loadu_si128(table(taps.pairs)));
    _mm_storeu_ps(to + kGroup * g, _mm_cvtepi32_ps(sums));
  }
  for (int64_t i = kGroup * groups; i < taps.count(); ++i) to[i] = sample(means, taps, i);
}
#endif

PYANON_INLINE void mix(const float* PYANON_RESTRICT upper, const float* PYANON_RESTRICT lower, float upper_share,
                       float lower_share, float bias, float* PYANON_RESTRICT to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = upper[i] * upper_share + lower[i] * lower_share + bias;
}
PYANON_VERSIONS(mix,
                (const float* upper, const float* lower, float upper_share, float lower_share, float bias, float* to,
                 int64_t count),
                (upper, lower, upper_share, lower_share, bias, to, count))

}  // namespace

Taps taps(int64_t count, double step, int64_t blocks) {
  Taps taps;
  const double last = static_cast<double>(blocks - 1);
  for (int64_t i = 0; i < count; ++i) {
    const double at = std::min(std::max((static_cast<double>(i) + 0.5) * step - 0.5, 0.0), last);
    const double first = std::floor(at);
    taps.first.push_back(static_cast<int32_t>(first));
    taps.second.push_back(static_cast<int32_t>(std::min(first + 1.0, last)));
    taps.share.push_back(at - first);
  }
  group(taps);
  return taps;
}

LetterboxLoops letterbox_loops(Target target, const Taps& across) {
  LetterboxLoops loops{add_for(target), split_for(target), fold_for(target), resample_portable, mix_for(target)};
#if defined(PYANON_X86)
  const bool grouped = !across.base.empty();
  if (grouped && (target == Target::avx2 || target == Target::avx512)) loops.resample = resample_avx2;
#else
  (void)across;
#endif
  return loops;
}

}  // namespace pyanon
