// Positions and bilinear samples in fixed point, shared by warp and paste.
//
// Positions count 1/65536 pixel from the centre of the first pixel; weights keep 7 bits of the fraction, so that a
// sample is exact integer arithmetic: bytes times 128 stay below 2^15, times 128 again below 2^22.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/both.h"

namespace pyanon {

// x' = a x + b y + c, y' = d x + e y + f.
struct Affine {
  double a, b, c, d, e, f;

  PYANON_BOTH static Affine from(const float* m) { return {m[0], m[1], m[2], m[3], m[4], m[5]}; }

  // The same map into pictures that are `times` as fine, rounded to the matrix's own float32.
  PYANON_BOTH static Affine finer(const float* m, int64_t times) {
    const float by = static_cast<float>(times);
    return {m[0] * by, m[1] * by, m[2] * by, m[3] * by, m[4] * by, m[5] * by};
  }

  PYANON_BOTH double determinant() const { return a * e - b * d; }

  PYANON_BOTH Affine inverse() const {
    const double det = determinant();
    return {e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det};
  }
};

constexpr int kPositionBits = 16;
constexpr int kWeightBits = 7;
constexpr int kWeightOne = 1 << kWeightBits;
// Beyond this many pixels a position is clamped: it is outside every picture that fits into memory as rows.
constexpr double kFarthest = 1 << 24;

PYANON_BOTH inline int64_t fixed(double value) {
  const double bounded = value < -kFarthest ? -kFarthest : (value > kFarthest ? kFarthest : value);
  return static_cast<int64_t>(std::floor(bounded * (1 << kPositionBits) + 0.5));
}

// The positions along one row: (u, v) for its first pixel, (du, dv) from a pixel to the next.
struct Line {
  int64_t u, v, du, dv;

  // The centres of the pixels x, x + 1, ... of row y, mapped by m.
  PYANON_BOTH Line(const Affine& m, int64_t x, int64_t y) {
    const double px = static_cast<double>(x) + 0.5, py = static_cast<double>(y) + 0.5;
    u = fixed(m.a * px + m.b * py + m.c - 0.5);
    v = fixed(m.d * px + m.e * py + m.f - 0.5);
    du = fixed(m.a);
    dv = fixed(m.d);
  }

  PYANON_BOTH Line(int64_t u_, int64_t v_, int64_t du_, int64_t dv_) : u(u_), v(v_), du(du_), dv(dv_) {}

  // The same line from its pixel `i` on.
  PYANON_BOTH Line from(int64_t i) const { return {u + i * du, v + i * dv, du, dv}; }
};

PYANON_BOTH inline int64_t whole(int64_t position) { return position >> kPositionBits; }

PYANON_BOTH inline int weight(int64_t position) {
  return static_cast<int>(position >> (kPositionBits - kWeightBits)) & (kWeightOne - 1);
}

PYANON_BOTH inline int bilinear(int p00, int p01, int p10, int p11, int wx, int wy) {
  const int top = p00 * (kWeightOne - wx) + p01 * wx;
  const int bottom = p10 * (kWeightOne - wx) + p11 * wx;
  return (top * (kWeightOne - wy) + bottom * wy + (1 << (2 * kWeightBits - 1))) >> (2 * kWeightBits);
}

PYANON_BOTH inline int64_t clamp_index(int64_t index, int64_t length) {
  return index < 0 ? 0 : (index >= length ? length - 1 : index);
}

}  // namespace pyanon
