#include "cpu/exponential.h"

#include "bind/exponential_checks.h"

namespace pyanon::bind {
namespace {

py::tuple exponential_arrays(const py::object& utilities, const py::object& sizes, double epsilon, double sensitivity,
                             const py::object& keys, const py::object& ranks, const py::object& draws) {
  const std::vector<int64_t> members = group_sizes(sizes);
  const int64_t groups = static_cast<int64_t>(members.size());
  const std::vector<double> useful = values<double>(utilities, "utilities", {kAny, groups});
  check_finite(std::all_of(useful.begin(), useful.end(), [](double u) { return std::isfinite(u); }));
  const int64_t count = static_cast<int64_t>(useful.size()) / groups;
  const std::vector<uint64_t> streams = values<uint64_t>(keys, "keys", {count});
  const std::vector<int64_t> numbers = draw_numbers(draws, count);
  const ExponentialSetup setup = setup_of(epsilon, sensitivity, ranks, groups);
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
