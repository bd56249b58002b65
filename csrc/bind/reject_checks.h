// Checks of the arguments of `reject` and `judge`, on every backend.
#pragma once

#include <algorithm>

#include "bind/arrays.h"

namespace pyanon::bind {

constexpr int64_t kMostDraws = int64_t{1} << 31;  // the number of a draw is one word of the counter

template <class T>
std::vector<T> field(const py::dict& from, const char* name, const std::vector<int64_t>& shape) {
  return values<T>(py::object(from[name]), name, shape);
}

template <class T>
T number(const py::dict& from, const char* name) {
  return from[name].cast<T>();
}

inline void check_oracles(const py::sequence& live, size_t oracles) {
  if (py::len(live) == oracles) return;
  throw ArgumentError("live does not speak of every oracle", std::to_string(py::len(live)) + " arrays",
                      std::to_string(oracles), "pass one array of embeddings per oracle, in their order");
}

[[noreturn]] inline void refuse_row(size_t oracle, int64_t row, bool finite) {
  throw ArgumentError("an embedding of live[" + std::to_string(oracle) + "] says nothing",
                      "row " + std::to_string(row) + (finite ? " of zeros" : " with NaN or infinity"),
                      "finite numbers, not all 0",
                      "cover the face whose embedding is unknown: nothing can be told distinct from it");
}

inline void check_draws(const char* name, int64_t first, int64_t count) {
  if (first >= 0 && count >= 0 && first <= kMostDraws && count <= kMostDraws - first) return;
  throw ArgumentError(std::string(name) + " leaves the numbers that draws can have",
                      std::to_string(first) + " and " + std::to_string(count) + " from there",
                      "0 .. " + std::to_string(kMostDraws), "bound the draws: an exhausted face is covered");
}

// The first draw of each of `count` faces.
inline std::vector<int64_t> first_draws(const py::object& first, int64_t count, int64_t max_draws) {
  std::vector<int64_t> starts(static_cast<size_t>(count), 0);
  if (!first.is_none()) starts = values<int64_t>(first, "first", {count});
  check_draws("max_draws", 0, max_draws);
  for (int64_t start : starts) check_draws("first and max_draws", start, max_draws);
  return starts;
}

}  // namespace pyanon::bind
