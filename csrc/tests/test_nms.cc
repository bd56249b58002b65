#include "cpu/nms.h"

#include <limits>

#include "checks.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

void keeps_alike_on_every_target() {
  Random random(1);
  for (int64_t count = 0; count < 70; ++count) {
    std::vector<float> boxes, scores;
    std::vector<int64_t> groups;
    for (int64_t i = 0; i < count; ++i) {
      const float x = static_cast<float>(up_to(random, 30)), y = static_cast<float>(up_to(random, 30));
      for (float edge : {x, y, x + static_cast<float>(up_to(random, 20)), y + static_cast<float>(up_to(random, 20))})
        boxes.push_back(up_to(random, 60) == 0 ? std::numeric_limits<float>::quiet_NaN() : edge);
      scores.push_back(static_cast<float>(up_to(random, 9)));
      groups.push_back(up_to(random, 2));
    }
    const Target target = active_target();
    const std::vector<int64_t> kept = nms(boxes.data(), scores.data(), groups.data(), count, 0.4f, count % 7);
    force_target("portable");
    const std::vector<int64_t> expected = nms(boxes.data(), scores.data(), groups.data(), count, 0.4f, count % 7);
    force_target(name(target));
    CHECK(kept == expected);
    for (size_t i = 1; i < kept.size(); ++i) CHECK(scores[kept[i - 1]] >= scores[kept[i]]);
  }
}

void drops_the_worse_of_two() {
  const float boxes[] = {0, 0, 10, 10, 0, 0, 10, 9, 20, 20, 30, 30}, scores[] = {1, 2, 3};
  const int64_t groups[] = {0, 1, 1};
  CHECK((nms(boxes, scores, nullptr, 3, 0.5f, 0) == std::vector<int64_t>{2, 1}));
  CHECK((nms(boxes, scores, groups, 3, 0.5f, 0) == std::vector<int64_t>{2, 1, 0}));
  CHECK((nms(boxes, scores, nullptr, 3, 0.5f, 1) == std::vector<int64_t>{2}));
}

}  // namespace

int main() {
  on_every_target(keeps_alike_on_every_target);
  on_every_target(drops_the_worse_of_two);
}
