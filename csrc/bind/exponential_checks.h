// Checks of the arguments of `exponential` that live on the host, on every backend.
#pragma once

#include <algorithm>
#include <cmath>

#include "bind/arrays.h"
#include "core/exponential.h"

namespace pyanon::bind {

inline void check_positive(const char* name, double value) {
  if (value > 0.0 && std::isfinite(value)) return;
  throw ArgumentError(std::string(name) + " is not a positive number", std::to_string(value), "more than 0, finite",
                      "see docs/sampler.md");
}

inline void check_all(bool good, const char* what, const char* expected, const char* todo) {
  if (!good) throw ArgumentError(what, "at least one that is not", expected, todo);
}

inline void check_finite(bool finite) {
  check_all(finite, "utilities holds what is not finite", "finite numbers",
            "cover the face whose utilities are unknown");
}

inline std::vector<int64_t> group_sizes(const py::object& sizes) {
  std::vector<int64_t> members = values<int64_t>(sizes, "sizes", {kAny});
  const int64_t groups = static_cast<int64_t>(members.size());
  if (groups < 1 || groups > kMostGroups)
    throw ArgumentError("sizes has the wrong number of groups", std::to_string(groups),
                        "1 .. " + std::to_string(kMostGroups), "cluster the manifold into fewer groups");
  check_all(std::all_of(members.begin(), members.end(), [](int64_t size) { return size > 0; }),
            "sizes holds a group without a member", "every size at least 1", "drop empty groups");
  return members;
}

inline std::vector<int64_t> draw_numbers(const py::object& draws, int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count), 0);
  if (!draws.is_none()) numbers = values<int64_t>(draws, "draws", {count});
  check_all(std::all_of(numbers.begin(), numbers.end(), [](int64_t n) { return n >= 0 && n < int64_t{1} << 31; }),
            "draws holds what is not the number of a draw", "0 .. 2147483647", "bound the draws");
  return numbers;
}

inline ExponentialSetup setup_of(double epsilon, double sensitivity, const py::object& ranks, int64_t groups) {
  check_positive("epsilon", epsilon);
  check_positive("sensitivity", sensitivity);
  const auto [best, worst] =
      ranks.is_none() ? std::pair<int64_t, int64_t>(1, groups) : ranks.cast<std::pair<int64_t, int64_t>>();
  if (1 <= best && best <= worst && worst <= groups) return {epsilon / (2.0 * sensitivity), best, worst};
  throw ArgumentError("ranks are not a range of the groups' ranks",
                      std::to_string(best) + " .. " + std::to_string(worst),
                      "1 <= best <= worst <= " + std::to_string(groups), "pass None to let every group be chosen");
}

}  // namespace pyanon::bind
