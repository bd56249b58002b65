#include "cpu/exponential.h"

#include <cmath>

#include "checks.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

struct Scene {
  int64_t count, groups;
  std::vector<double> utilities;
  std::vector<int64_t> sizes, draws;
  std::vector<uint64_t> keys;

  Scene(int64_t count_, int64_t groups_, Random& random) : count(count_), groups(groups_) {
    for (int64_t i = 0; i < count * groups; ++i) utilities.push_back(static_cast<double>(up_to(random, 40)) / 4 - 5);
    for (int64_t i = 0; i < groups; ++i) sizes.push_back(1 + up_to(random, 9));
    for (int64_t i = 0; i < count; ++i) draws.push_back(up_to(random, 99)), keys.push_back(random());
  }

  std::vector<int64_t> run(const ExponentialSetup& setup) const {
    std::vector<int64_t> chosen(static_cast<size_t>(2 * count));
    exponential(utilities.data(), count, groups, sizes.data(), keys.data(), draws.data(), setup, chosen.data(),
                chosen.data() + count);
    return chosen;
  }
};

void chooses_alike_on_every_target() {
  Random random(1);
  for (int64_t round = 0; round < 80; ++round) {
    const Scene scene(up_to(random, 5), 1 + up_to(random, 40), random);
    const ExponentialSetup setup{0.5, 1 + up_to(random, scene.groups - 1), scene.groups};
    const Target target = active_target();
    const std::vector<int64_t> chosen = scene.run(setup);
    force_target("portable");
    CHECK(chosen == scene.run(setup));
    force_target(name(target));
    for (int64_t i = 0; i < scene.count; ++i) {
      CHECK(chosen[i] >= 0 && chosen[i] < scene.groups);
      CHECK(chosen[scene.count + i] >= 0 && chosen[scene.count + i] < scene.sizes[chosen[i]]);
    }
  }
}

// Two groups whose probabilities are e : 1.
void chooses_as_often_as_it_should() {
  const int64_t count = 20000;
  std::vector<double> utilities;
  std::vector<int64_t> draws, chosen(count), members(count);
  std::vector<uint64_t> keys(count, 5);
  for (int64_t i = 0; i < count; ++i) utilities.push_back(1e6 + 1), utilities.push_back(1e6), draws.push_back(i);
  const int64_t sizes[] = {1, 1};
  exponential(utilities.data(), count, 2, sizes, keys.data(), draws.data(), {1.0, 1, 2}, chosen.data(), members.data());
  double second = 0;
  for (int64_t group : chosen) second += static_cast<double>(group);
  CHECK(std::abs(second / count - 1 / (1 + std::exp(1.0))) < 5 * 0.45 / std::sqrt(static_cast<double>(count)));
}

void bounds_leave_out_the_best_and_the_worst() {
  const double utilities[] = {3, 9, 1, 2};
  const int64_t sizes[] = {1, 1, 1, 1};
  for (int64_t draw = 0; draw < 100; ++draw) {
    const uint64_t key = 8;
    int64_t chosen, member;
    exponential(utilities, 1, 4, sizes, &key, &draw, {1.0, 2, 2}, &chosen, &member);
    CHECK(chosen == 0 && member == 0);
  }
}

}  // namespace

int main() {
  on_every_target(chooses_alike_on_every_target);
  on_every_target(chooses_as_often_as_it_should);
  on_every_target(bounds_leave_out_the_best_and_the_worst);
}
