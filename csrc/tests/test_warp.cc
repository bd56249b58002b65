#include "cpu/warp.h"

#include "checks.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

std::vector<uint8_t> warped(const Picture& image, const float* matrix, int64_t size, int64_t times = 1) {
  std::vector<uint8_t> crop(static_cast<size_t>(3 * size * size));
  warp(image.read(), matrix, 1, size, times, crop.data());
  return crop;
}

void warps_alike_on_every_target() {
  Random random(1);
  for (int round = 0; round < 120; ++round) {
    const Picture image(1 + up_to(random, 30), 1 + up_to(random, 50), 3, kLayouts[round % 6], random);
    const auto number = [&](double most) { return static_cast<float>((up_to(random, 2000) - 1000) * most / 1000); };
    const float matrix[6] = {number(2), number(2), number(60), number(2), number(2), number(60)};
    if (std::abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]) < 1e-3f) continue;
    const int64_t size = 1 + up_to(random, 40), times = 1 + round % 5;
    const Target target = active_target();
    const std::vector<uint8_t> crop = warped(image, matrix, size, times);
    force_target("portable");
    const std::vector<uint8_t> expected = warped(image, matrix, size, times);
    force_target(name(target));
    CHECK(crop == expected);
  }
}

// Moved by whole pixels, a crop is a copy that repeats the border.
void moves_whole_pixels() {
  Random random(2);
  const Picture image(11, 13, 3, Layout::upside_down, random);
  for (int64_t dx = -20; dx <= 20; dx += 5)
    for (int64_t dy = -20; dy <= 20; dy += 5) {
      const float matrix[6] = {1, 0, static_cast<float>(dx), 0, 1, static_cast<float>(dy)};
      const std::vector<uint8_t> crop = warped(image, matrix, 17);
      for (int64_t i = 0; i < 17 * 17 * 3; ++i) {
        const int64_t x = std::min<int64_t>(std::max<int64_t>(i / 3 % 17 - dx, 0), 12);
        const int64_t y = std::min<int64_t>(std::max<int64_t>(i / 51 - dy, 0), 10);
        CHECK(crop[i] == image.at(y, x, i % 3));
      }
    }
}

}  // namespace

int main() {
  on_every_target(warps_alike_on_every_target);
  on_every_target(moves_whole_pixels);
}
