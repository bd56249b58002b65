// Non-maximum suppression.
#pragma once

#include <cstdint>
#include <vector>

namespace pyanon {

// Indices of the kept boxes, by falling score, equal scores in their given order; groups may be null (all in one).
std::vector<int64_t> nms(const float* boxes, const float* scores, const int64_t* groups, int64_t count, float iou,
                         int64_t limit);

}  // namespace pyanon
