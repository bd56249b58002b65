#include "cpu/letterbox.h"

#include <cmath>

#include "checks.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

std::vector<float> fitted(const Picture& image, int64_t width, int64_t height) {
  std::vector<float> planes(static_cast<size_t>(3 * width * height), -1e9f);
  letterbox(image.read(), width, height, 10, 0.5f, 114, planes.data());
  return planes;
}

void fits_alike_on_every_target() {
  Random random(1);
  for (int round = 0; round < 150; ++round) {
    const int64_t most = round % 3 == 0 ? 300 : 40;
    const Picture image(1 + up_to(random, most), 1 + up_to(random, most), 3, kLayouts[round % 6], random);
    const int64_t width = 1 + up_to(random, 70), height = 1 + up_to(random, 70);
    const Target target = active_target();
    const std::vector<float> planes = fitted(image, width, height);
    force_target("portable");
    const std::vector<float> expected = fitted(image, width, height);
    force_target(name(target));
    CHECK(planes == expected);
  }
}

// A flat picture stays flat, whatever the ratio, and the border has the fill's level.
void keeps_a_flat_colour() {
  Random random(2);
  for (int64_t side : {1, 2, 3, 7, 64, 200, 700}) {
    const Picture image(side, 2 * side, 3, Layout::packed, random);
    for (int64_t y = 0; y < side; ++y)
      for (int64_t x = 0; x < 2 * side; ++x)
        for (int64_t c = 0; c < 3; ++c) image.set(y, x, c, 200);
    for (float value : fitted(image, 32, 24)) CHECK(std::abs(value - 95) < 1e-3f || value == 52);
  }
}

void halves_by_averaging() {
  Random random(3);
  const Picture image(48, 64, 3, Layout::padded, random);
  const std::vector<float> planes = fitted(image, 32, 24);
  for (int64_t i = 0; i < 32 * 24 * 3; ++i) {
    const int64_t c = i / (32 * 24), y = i / 32 % 24, x = i % 32;
    const int sum = image.at(2 * y, 2 * x, c) + image.at(2 * y, 2 * x + 1, c) + image.at(2 * y + 1, 2 * x, c) +
                    image.at(2 * y + 1, 2 * x + 1, c);
    CHECK(std::abs(planes[i] - (sum / 4.0 - 10) / 2) < 1e-3);
  }
}

}  // namespace

int main() {
  on_every_target(fits_alike_on_every_target);
  on_every_target(keeps_a_flat_colour);
  on_every_target(halves_by_averaging);
}
