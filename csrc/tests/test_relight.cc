#include "cpu/relight.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "checks.h"
#include "core/relight.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

// A face in buffers of exactly its size.
struct Scene {
  int64_t size;
  std::vector<float> painted;
  std::vector<uint8_t> around, regions;
  std::vector<int16_t> grain;

  Scene(int64_t side, Random& random) : size(side) {
    for (int64_t i = 0; i < 3 * size * size; ++i) {
      painted.push_back(static_cast<float>(up_to(random, 1200)) / 1000.0f - 0.1f);
      around.push_back(static_cast<uint8_t>(random()));
    }
    for (int64_t i = 0; i < size * size; ++i) {
      regions.push_back(up_to(random, 9) == 0 ? static_cast<uint8_t>(random()) : kVisible | kRing | kInside);
      grain.push_back(static_cast<int16_t>(random()));
    }
  }

  std::vector<uint8_t> relit(bool* finite = nullptr) const {
    std::vector<uint8_t> pixels(painted.size());
    const bool known = relight({painted.data(), around.data(), regions.data(), grain.data()}, size, pixels.data());
    if (finite != nullptr) *finite = known;
    return pixels;
  }
};

void relights_alike_on_every_target() {
  Random random(1);
  for (int64_t size = 0; size < 60; ++size) {
    const Scene scene(size, random);
    const Target target = active_target();
    const std::vector<uint8_t> pixels = scene.relit();
    force_target("portable");
    const std::vector<uint8_t> expected = scene.relit();
    force_target(name(target));
    CHECK(pixels == expected);
  }
}

void says_what_is_not_finite() {
  Random random(2);
  bool finite = false;
  for (int64_t at : {0, 411, 3 * 13 * 13 - 1}) {
    Scene scene(13, random);
    (void)scene.relit(&finite);
    CHECK(finite);
    for (float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
      scene.painted[at] = bad;
      (void)scene.relit(&finite);
      CHECK(!finite);
    }
  }
}

void follows_the_ring_up_to_six_levels() {
  Random random(3);
  for (int level : {90, 97, 100, 103, 120}) {
    Scene scene(20, random);
    for (float& share : scene.painted) share = 100.0f / 255.0f;
    for (uint8_t& byte : scene.around) byte = static_cast<uint8_t>(level);
    for (uint8_t& flags : scene.regions) flags = kVisible | kRing;
    const int expected = std::min(std::max(level, 94), 106);
    for (uint8_t byte : scene.relit()) CHECK(byte == expected);
  }
}

void rounds_planes_down() {
  for (double level = -383.0; level <= 383.0; level += 0.125)
    CHECK(plane_level(level, 0.0) == static_cast<int32_t>(std::floor(level + 0.5)));
  CHECK(plane_level(1e9, 0.0) == kMostShift && plane_level(0.0, -1e9) == -kMostShift);
}

}  // namespace

int main() {
  on_every_target(relights_alike_on_every_target);
  on_every_target(says_what_is_not_finite);
  on_every_target(follows_the_ring_up_to_six_levels);
  rounds_planes_down();
}
