#include "cpu/nms.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/overlap.h"
#include "core/target.h"

namespace pyanon {
namespace {

// The candidates, best first, one array per coordinate so that the inner loop runs on whole vectors.
struct Sorted {
  std::vector<float> x0, y0, x1, y1, area;
  std::vector<int64_t> group;
  std::vector<uint8_t> dead;
};

// Marks every candidate after `best` that overlaps it by more than `iou`.
PYANON_INLINE void suppress(const float* x0, const float* y0, const float* x1, const float* y1, const float* area,
                            const int64_t* group, uint8_t* dead, int64_t best, int64_t count, float iou) {
  const float bx0 = x0[best], by0 = y0[best], bx1 = x1[best], by1 = y1[best], barea = area[best];
  const int64_t bgroup = group[best];
  for (int64_t i = best + 1; i < count; ++i) {
    const float width = smaller(bx1, x1[i]) - larger(bx0, x0[i]);
    const float height = smaller(by1, y1[i]) - larger(by0, y0[i]);
    dead[i] = static_cast<uint8_t>(dead[i] | (overlap(width, height, barea, area[i], iou) & (group[i] == bgroup)));
  }
}

PYANON_VERSIONS(suppress,
                (const float* x0, const float* y0, const float* x1, const float* y1, const float* area,
                 const int64_t* group, uint8_t* dead, int64_t best, int64_t count, float iou),
                (x0, y0, x1, y1, area, group, dead, best, count, iou))

std::vector<int64_t> ranked(const float* boxes, const float* scores, int64_t count) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < count; ++i) {
    const float* box = boxes + 4 * i;
    const bool number = !(std::isnan(scores[i]) || std::isnan(box[0]) || std::isnan(box[1]) || std::isnan(box[2]) ||
                          std::isnan(box[3]));
    if (number) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  return order;
}

Sorted gather(const float* boxes, const int64_t* groups, const std::vector<int64_t>& order) {
  Sorted sorted;
  for (int64_t i : order) {
    const float* box = boxes + 4 * i;
    sorted.x0.push_back(box[0]);
    sorted.y0.push_back(box[1]);
    sorted.x1.push_back(box[2]);
    sorted.y1.push_back(box[3]);
    sorted.area.push_back(box_area(box[0], box[1], box[2], box[3]));
    sorted.group.push_back(groups != nullptr ? groups[i] : 0);
  }
  sorted.dead.assign(order.size(), 0);
  return sorted;
}

}  // namespace

std::vector<int64_t> nms(const float* boxes, const float* scores, const int64_t* groups, int64_t count, float iou,
                         int64_t limit) {
  const std::vector<int64_t> order = ranked(boxes, scores, count);
  Sorted s = gather(boxes, groups, order);
  const auto run = suppress_for(active_target());
  std::vector<int64_t> kept;
  const int64_t candidates = static_cast<int64_t>(order.size());
  for (int64_t i = 0; i < candidates; ++i) {
    if (s.dead[i]) continue;
    kept.push_back(order[i]);
    if (limit > 0 && static_cast<int64_t>(kept.size()) == limit) break;
    run(s.x0.data(), s.y0.data(), s.x1.data(), s.y1.data(), s.area.data(), s.group.data(), s.dead.data(), i, candidates,
        iou);
  }
  return kept;
}

}  // namespace pyanon
