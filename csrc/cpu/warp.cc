#include "cpu/warp.h"

#include "core/affine.h"

namespace pyanon {
namespace {

void warp_row(const ConstImageView& frame, Line at, int64_t size, uint8_t* to) {
  for (int64_t x = 0; x < size; ++x, to += 3, at.u += at.du, at.v += at.dv) {
    const int64_t left = clamp_index(whole(at.u), frame.width), right = clamp_index(whole(at.u) + 1, frame.width);
    const int64_t up = clamp_index(whole(at.v), frame.height), down = clamp_index(whole(at.v) + 1, frame.height);
    const uint8_t *p00 = frame.at(up, left), *p01 = frame.at(up, right);
    const uint8_t *p10 = frame.at(down, left), *p11 = frame.at(down, right);
    const int wx = weight(at.u), wy = weight(at.v);
    for (int c = 0; c < 3; ++c) to[c] = static_cast<uint8_t>(bilinear(p00[c], p01[c], p10[c], p11[c], wx, wy));
  }
}

}  // namespace

void warp(const ConstImageView& frame, const float* matrices, int64_t count, int64_t size, uint8_t* crops) {
  if (count == 0) return;
  const Packed packed(frame);
  for (int64_t i = 0; i < count; ++i) {
    const Affine to_frame = Affine::from(matrices + 6 * i).inverse();
    for (int64_t y = 0; y < size; ++y, crops += 3 * size) warp_row(packed.view(), Line(to_frame, 0, y), size, crops);
  }
}

}  // namespace pyanon
