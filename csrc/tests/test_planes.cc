#include "cpu/planes.h"

#include "checks.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

void divides_every_level() {
  Random random(1);
  for (int round = 0; round < 60; ++round) {
    const Picture crop(up_to(random, 20), up_to(random, 70), 3, kLayouts[round % 6], random);
    const int64_t height = crop.view().height, width = crop.view().width;
    std::vector<float> made(static_cast<size_t>(3 * height * width), -1.0f);
    planes(crop.read(), made.data());
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x)
          CHECK(made[(c * height + y) * width + x] == static_cast<float>(crop.at(y, x, c)) / 255.0f);
  }
}

}  // namespace

int main() { on_every_target(divides_every_level); }
