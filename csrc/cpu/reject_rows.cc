#include "cpu/reject_rows.h"

#include <cmath>
#include <cstring>

#if defined(PYANON_X86)
#include <immintrin.h>
#endif

namespace pyanon {
namespace {

PYANON_INLINE void add(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride, const int32_t* which,
                       int64_t count, int32_t* sums) {
  for (int64_t n = 0; n < count; ++n) {
    const int16_t* vector = vectors + which[n] * stride;
    int32_t total[kRowLanes];
    std::memcpy(total, sums + kRowLanes * which[n], sizeof(total));
    for (int64_t p = 0; p < pairs; ++p)
      for (int64_t i = 0; i < kRowLanes; ++i) {
        const int16_t* two = rows + 2 * (p * kRowLanes + i);
        total[i] += two[0] * vector[2 * p] + two[1] * vector[2 * p + 1];
      }
    std::memcpy(sums + kRowLanes * which[n], total, sizeof(total));
  }
}

void add_portable(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride, const int32_t* which,
                  int64_t count, int32_t* sums) {
  add(rows, pairs, vectors, stride, which, count, sums);
}

#if defined(PYANON_X86)

inline int32_t pair_at(const int16_t* vector, int64_t pair) {
  int32_t both;
  std::memcpy(&both, vector + 2 * pair, sizeof(both));
  return both;
}

// One multiply-add takes a pair of every lane. Four vectors share each load of the rows: then the two arithmetic ports
// are the limit, not the loads.
template <int kVectors>
PYANON_AVX512 inline void add_avx512_by(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride,
                                        const int32_t* which, int32_t* sums) {
  const int16_t* vector[kVectors];
  __m512i total[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    vector[v] = vectors + which[v] * stride;
    total[v] = _mm512_loadu_si512(sums + kRowLanes * which[v]);
  }
  for (int64_t p = 0; p < pairs; ++p) {
    const __m512i row = _mm512_loadu_si512(rows + 2 * kRowLanes * p);
    for (int v = 0; v < kVectors; ++v)
      total[v] = _mm512_add_epi32(total[v], _mm512_madd_epi16(row, _mm512_set1_epi32(pair_at(vector[v], p))));
  }
  for (int v = 0; v < kVectors; ++v) _mm512_storeu_si512(sums + kRowLanes * which[v], total[v]);
}

PYANON_AVX512 void add_avx512(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride,
                              const int32_t* which, int64_t count, int32_t* sums) {
  int64_t n = 0;
  for (; n + 4 <= count; n += 4) add_avx512_by<4>(rows, pairs, vectors, stride, which + n, sums);
  for (; n < count; ++n) add_avx512_by<1>(rows, pairs, vectors, stride, which + n, sums);
}

#if defined(__GNUC__) && (defined(__clang__) || __GNUC__ >= 8)
#define PYANON_VNNI __attribute__((target("avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vnni")))

// Where multiply-add and sum are one instruction, which takes five cycles: even and odd pairs have sums of their own,
// so that enough of them are under way at a time.
template <int kVectors>
PYANON_VNNI inline void add_vnni_by(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride,
                                    const int32_t* which, int32_t* sums) {
  const int16_t* vector[kVectors];
  __m512i even[kVectors], odd[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    vector[v] = vectors + which[v] * stride;
    even[v] = _mm512_loadu_si512(sums + kRowLanes * which[v]);
    odd[v] = _mm512_setzero_si512();
  }
  int64_t p = 0;
  for (; p + 2 <= pairs; p += 2) {
    const __m512i first = _mm512_loadu_si512(rows + 2 * kRowLanes * p);
    const __m512i second = _mm512_loadu_si512(rows + 2 * kRowLanes * (p + 1));
    for (int v = 0; v < kVectors; ++v) {
      even[v] = _mm512_dpwssd_epi32(even[v], first, _mm512_set1_epi32(pair_at(vector[v], p)));
      odd[v] = _mm512_dpwssd_epi32(odd[v], second, _mm512_set1_epi32(pair_at(vector[v], p + 1)));
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    if (p < pairs)
      even[v] = _mm512_dpwssd_epi32(even[v], _mm512_loadu_si512(rows + 2 * kRowLanes * p),
                                    _mm512_set1_epi32(pair_at(vector[v], p)));
    _mm512_storeu_si512(sums + kRowLanes * which[v], _mm512_add_epi32(even[v], odd[v]));
  }
}

PYANON_VNNI void add_vnni(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride,
                          const int32_t* which, int64_t count, int32_t* sums) {
  int64_t n = 0;
  for (; n + 8 <= count; n += 8) add_vnni_by<8>(rows, pairs, vectors, stride, which + n, sums);
  for (; n + 3 <= count; n += 3) add_vnni_by<3>(rows, pairs, vectors, stride, which + n, sums);
  for (; n < count; ++n) add_vnni_by<1>(rows, pairs, vectors, stride, which + n, sums);
}
#endif

template <int kVectors>
PYANON_AVX2 inline void add_avx2_by(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride,
                                    const int32_t* which, int32_t* sums) {
  const auto halves = [&](int v) { return reinterpret_cast<__m256i*>(sums + kRowLanes * which[v]); };
  const int16_t* vector[kVectors];
  __m256i low[kVectors], high[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    vector[v] = vectors + which[v] * stride;
    low[v] = _mm256_loadu_si256(halves(v));
    high[v] = _mm256_loadu_si256(halves(v) + 1);
  }
  for (int64_t p = 0; p < pairs; ++p) {
    const __m256i* row = reinterpret_cast<const __m256i*>(rows + 2 * kRowLanes * p);
    const __m256i first = _mm256_loadu_si256(row), second = _mm256_loadu_si256(row + 1);
    for (int v = 0; v < kVectors; ++v) {
      const __m256i both = _mm256_set1_epi32(pair_at(vector[v], p));
      low[v] = _mm256_add_epi32(low[v], _mm256_madd_epi16(first, both));
      high[v] = _mm256_add_epi32(high[v], _mm256_madd_epi16(second, both));
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    _mm256_storeu_si256(halves(v), low[v]);
    _mm256_storeu_si256(halves(v) + 1, high[v]);
  }
}

PYANON_AVX2 void add_avx2(const int16_t* rows, int64_t pairs, const int16_t* vectors, int64_t stride,
                          const int32_t* which, int64_t count, int32_t* sums) {
  int64_t n = 0;
  for (; n + 4 <= count; n += 4) add_avx2_by<4>(rows, pairs, vectors, stride, which + n, sums);
  for (; n < count; ++n) add_avx2_by<1>(rows, pairs, vectors, stride, which + n, sums);
}

#endif

}  // namespace

IntRows::IntRows(int64_t count, int64_t width)
    : width_(width), groups_((count + kRowLanes - 1) / kRowLanes), pairs_(pairs_of(width)) {
  values_.assign(static_cast<size_t>(groups_ * pairs_ * 2 * kRowLanes), 0);
}

double IntRows::set(int64_t row, const double* values, double scale) {
  int16_t* lane = values_.data() + row / kRowLanes * pairs_ * 2 * kRowLanes + 2 * (row % kRowLanes);
  double off = 0.0;
  for (int64_t k = 0; k < width_; ++k) {
    const double whole = std::floor(values[k] * scale + 0.5);
    lane[k / 2 * 2 * kRowLanes + k % 2] = static_cast<int16_t>(whole);
    const double rest = values[k] - whole / scale;
    off += rest * rest;
  }
  return std::sqrt(off);
}

AddDots add_dots(Target target, bool vnni) {
#if defined(PYANON_X86)
#if defined(PYANON_VNNI)
  static const bool has_vnni = __builtin_cpu_supports("avx512vnni");
  if (target == Target::avx512 && vnni && has_vnni) return add_vnni;
#endif
  if (target == Target::avx512) return add_avx512;
  if (target == Target::avx2) return add_avx2;
#endif
  (void)target;
  (void)vnni;
  return add_portable;
}

}  // namespace pyanon
