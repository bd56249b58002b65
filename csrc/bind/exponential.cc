#include "cpu/exponential.h"

#include <algorithm>
#include <cmath>

#include "bind/arrays.h"

namespace pyanon::bind {
namespace {

void check_positive(const char* name, double value) {
  if (value > 0.0 && std::isfinite(value)) return;
  throw ArgumentError(std::string(name) + " is not a positive number", std::to_string(value), "more than 0, finite",
                      "see docs/sampler.md");
}

void check_all(bool good, const char* what, const char* expected, const char* todo) {
  if (!good) throw ArgumentError(what, "at least one that is not", expected, todo);
}

ExponentialSetup setup_of(double epsilon, double sensitivity, std::pair<int64_t, int64_t> ranks, int64_t groups) {
  check_positive("epsilon", epsilon);
  check_positive("sensitivity", sensitivity);
  const auto [best, worst] = ranks;
  if (1 <= best && best <= worst && worst <= groups) return {epsilon / (2.0 * sensitivity), best, worst};
  throw ArgumentError("ranks are not a range of the groups' ranks",
                      std::to_string(best) + " .. " + std::to_string(worst),
                      "1 <= best <= worst <= " + std::to_string(groups), "pass None to let every group be chosen");
}

py::tuple exponential_arrays(const py::object& utilities, const py::object& sizes, double epsilon, double sensitivity,
                             const py::object& keys, const py::object& ranks, const py::object& draws) {
  const std::vector<int64_t> members = values<int64_t>(sizes, "sizes", {kAny});
  const int64_t groups = static_cast<int64_t>(members.size());
  if (groups < 1 || groups > kMostGroups)
    throw ArgumentError("sizes has the wrong number of groups", std::to_string(groups),
                        "1 .. " + std::to_string(kMostGroups), "cluster the manifold into fewer groups");
  check_all(std::all_of(members.begin(), members.end(), [](int64_t size) { return size > 0; }),
            "sizes holds a group without a member", "every size at least 1", "drop empty groups");
  const std::vector<double> useful = values<double>(utilities, "utilities", {kAny, groups});
  check_all(std::all_of(useful.begin(), useful.end(), [](double u) { return std::isfinite(u); }),
            "utilities holds what is not finite", "finite numbers", "cover the face whose utilities are unknown");
  const int64_t count = static_cast<int64_t>(useful.size()) / groups;
  const std::vector<uint64_t> streams = values<uint64_t>(keys, "keys", {count});
  std::vector<int64_t> numbers(static_cast<size_t>(count), 0);
  if (!draws.is_none()) numbers = values<int64_t>(draws, "draws", {count});
  check_all(std::all_of(numbers.begin(), numbers.end(), [](int64_t n) { return n >= 0 && n < int64_t{1} << 31; }),
            "draws holds what is not the number of a draw", "0 .. 2147483647", "bound the draws");
  const auto wanted =
      ranks.is_none() ? std::pair<int64_t, int64_t>(1, groups) : ranks.cast<std::pair<int64_t, int64_t>>();
  const ExponentialSetup setup = setup_of(epsilon, sensitivity, wanted, groups);
  py::array_t<int64_t> chosen(count), inside(count);
  int64_t *to_group = chosen.mutable_data(), *to_member = inside.mutable_data();
  {
    const py::gil_scoped_release free;
    exponential(useful.data(), count, groups, members.data(), streams.data(), numbers.data(), setup, to_group,
                to_member);
  }
  return py::make_tuple(chosen, inside);
}

}  // namespace

void register_exponential(py::module_& module) {
  module.def("exponential", &exponential_arrays, py::arg("utilities"), py::arg("sizes"), py::arg("epsilon"),
             py::arg("sensitivity"), py::arg("keys"), py::arg("ranks"), py::arg("draws"));
}

}  // namespace pyanon::bind
