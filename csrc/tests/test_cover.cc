#include "cpu/cover.h"

#include <algorithm>
#include <cmath>

#include "checks.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

struct Scene {
  int64_t height, width;
  Layout layout;
  CoverLook look;
  std::vector<float> boxes;

  explicit Scene(Random& random)
      : height(1 + up_to(random, 60)), width(1 + up_to(random, 90)), layout(kLayouts[up_to(random, 5)]) {
    look.style = static_cast<CoverStyle>(up_to(random, 2));
    look.seed = static_cast<int64_t>(random());
    look.cells = 1 + up_to(random, kMostCells - 1);
    look.feather = static_cast<double>(up_to(random, 8)) / 4;
    look.grain = static_cast<double>(up_to(random, 64));
    for (int64_t n = up_to(random, 4); n > 0; --n) add_box(random);
  }

  void add_box(Random& random) {
    const auto edge = [&](int64_t extent) { return static_cast<float>(up_to(random, 20 * extent)) / 10 - extent / 2; };
    const float x = edge(width), y = edge(height);
    const float huge = up_to(random, 9) == 0 ? 1e30f : 1;
    const float w = static_cast<float>(up_to(random, width)) * huge, h = static_cast<float>(up_to(random, height));
    for (float value : {x, y, x + w, y + h}) boxes.push_back(value);
  }

  bool hidden(int64_t y, int64_t x) const {
    for (size_t i = 0; i < boxes.size(); i += 4) {
      const double x0 = boxes[i], y0 = boxes[i + 1], x1 = boxes[i + 2], y1 = boxes[i + 3];
      const double px = static_cast<double>(x), py = static_cast<double>(y);
      const bool across = (px + 1 > x0 && px < x1) || px == std::floor(x0);
      const bool down = (py + 1 > y0 && py < y1) || py == std::floor(y0);
      if (across && down) return true;
    }
    return false;
  }

  // The scene, covered; what lies under the boxes is set to `level` first.
  std::vector<uint8_t> covered(uint32_t seed, uint8_t level) const {
    Random random(seed);
    const Picture image(height, width, 3, layout, random);
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t c = 0; c < 3 && hidden(y, x); ++c) image.set(y, x, c, level);
    cover(image.view(), boxes.data(), static_cast<int64_t>(boxes.size() / 4), look);
    return image.values();
  }
};

void covers_alike_on_every_target() {
  Random random(1);
  for (uint32_t round = 0; round < 100; ++round) {
    const Scene scene(random);
    const Target target = active_target();
    const std::vector<uint8_t> image = scene.covered(round, 7);
    force_target("portable");
    const std::vector<uint8_t> expected = scene.covered(round, 7);
    force_target(name(target));
    CHECK(image == expected);
  }
}

void shows_nothing_of_what_it_hides() {
  Random random(2);
  for (uint32_t round = 0; round < 100; ++round) {
    const Scene scene(random);
    CHECK(scene.covered(round, 0) == scene.covered(round, 255));
  }
}

}  // namespace

int main() {
  on_every_target(covers_alike_on_every_target);
  on_every_target(shows_nothing_of_what_it_hides);
}
