#include "cpu/blend.h"

#include <cmath>

#include "checks.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

uint8_t rounded(int under, int over, int mask) {
  return static_cast<uint8_t>(std::lround((under * (255 - mask) + over * mask) / 255.0));
}

void blend_by_hand(const Picture& image, const Picture& patch, const Picture& mask, int64_t x, int64_t y) {
  for (int64_t j = 0; j < patch.view().height; ++j)
    for (int64_t i = 0; i < patch.view().width; ++i) {
      if (y + j < 0 || y + j >= image.view().height || x + i < 0 || x + i >= image.view().width) continue;
      for (int64_t c = 0; c < 3; ++c)
        image.set(y + j, x + i, c, rounded(image.at(y + j, x + i, c), patch.at(j, i, c), mask.at(j, i, 0)));
    }
}

// The same picture twice: the generator starts from the same seed.
Picture frame(uint32_t seed, int64_t height, int64_t width, Layout layout) {
  Random random(seed);
  return Picture(height, width, 3, layout, random);
}

void blends_as_by_hand() {
  Random random(1);
  for (uint32_t round = 0; round < 120; ++round) {
    const int64_t height = up_to(random, 12), width = up_to(random, 150);
    const Layout layout = kLayouts[round % 6];
    const Picture image = frame(round, height, width, layout), expected = frame(round, height, width, layout);
    const int64_t h = up_to(random, 12), w = up_to(random, 150);
    const Picture patch(h, w, 3, kLayouts[round / 6 % 6], random), mask(h, w, 1, kLayouts[round / 2 % 4], random);
    const int64_t x = up_to(random, 2 * width + 2) - width, y = up_to(random, 2 * height + 2) - height;
    blend(image.view(), patch.read(), mask.read(), x, y);
    blend_by_hand(expected, patch, mask, x, y);
    CHECK(image.values() == expected.values());
  }
}

void pastes_alike_on_every_target() {
  Random random(2);
  for (uint32_t round = 0; round < 60; ++round) {
    const int64_t height = up_to(random, 40), width = up_to(random, 60), size = 1 + up_to(random, 30);
    const Layout layout = kLayouts[round % 6];
    const Picture image = frame(round, height, width, layout), expected = frame(round, height, width, layout);
    const Picture pixels(size, size, 3, kLayouts[round / 6 % 6], random),
        mask(size, size, 1, kLayouts[round % 4], random);
    const auto number = [&](double most) { return static_cast<float>((up_to(random, 2000) - 1000) * most / 1000); };
    const float matrix[6] = {number(2), number(2), number(40), number(2), number(2), number(40)};
    if (std::abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]) < 1e-3f) continue;
    const ConstImageView crop = pixels.read(), through = mask.read();
    const Target target = active_target();
    paste(image.view(), &crop, &through, matrix, 1);
    force_target("portable");
    paste(expected.view(), &crop, &through, matrix, 1);
    force_target(name(target));
    CHECK(image.values() == expected.values());
  }
}

// With the identity, pasting is blending.
void pastes_whole_pixels() {
  Random random(3);
  const Picture image = frame(9, 20, 30, Layout::packed), expected = frame(9, 20, 30, Layout::packed);
  const Picture pixels(16, 16, 3, Layout::packed, random), mask(16, 16, 1, Layout::packed, random);
  const ConstImageView crop = pixels.read(), through = mask.read();
  const float matrix[6] = {1, 0, -7, 0, 1, 5};
  paste(image.view(), &crop, &through, matrix, 1);
  blend_by_hand(expected, pixels, mask, 7, -5);
  CHECK(image.values() == expected.values());
}

}  // namespace

int main() {
  on_every_target(blends_as_by_hand);
  on_every_target(pastes_alike_on_every_target);
  on_every_target(pastes_whole_pixels);
}
