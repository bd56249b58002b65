#include "cpu/warp.h"

#include "core/sample.h"

namespace pyanon {

void warp(const ConstImageView& frame, const float* matrices, int64_t count, int64_t size, uint8_t* crops) {
  if (count == 0) return;
  const Packed packed(frame);
  const SampleColours sample = sample_colours(active_target());
  for (int64_t i = 0; i < count; ++i) {
    const Affine to_frame = Affine::from(matrices + 6 * i).inverse();
    for (int64_t y = 0; y < size; ++y, crops += 3 * size) sample(packed.view(), Line(to_frame, 0, y), size, crops);
  }
}

}  // namespace pyanon
