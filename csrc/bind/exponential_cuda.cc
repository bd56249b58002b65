#include "cuda/exponential.h"

#include "bind/device.h"
#include "bind/exponential_checks.h"

namespace pyanon::bind {
namespace {

py::tuple exponential_device(const py::object& utilities, const py::object& sizes, double epsilon, double sensitivity,
                             const py::object& keys, const py::object& ranks, const py::object& draws) {
  Call call("exponential");
  std::vector<int64_t> numbers = group_sizes(sizes);
  const int64_t groups = static_cast<int64_t>(numbers.size());
  const OnDeviceArray useful = call.array<double>(utilities, "utilities", {kAny, groups});
  const int64_t count = useful.shape[0];
  const std::vector<uint64_t> streams = values<uint64_t>(keys, "keys", {count});
  const std::vector<int64_t> wanted = draw_numbers(draws, count);
  const ExponentialSetup setup = setup_of(epsilon, sensitivity, ranks, groups);
  // Sizes, keys and numbers as one array: one copy instead of three.
  for (uint64_t stream : streams) numbers.push_back(static_cast<int64_t>(stream));
  numbers.insert(numbers.end(), wanted.begin(), wanted.end());
  const OnDeviceArray copy = call.upload(numbers.data(), static_cast<int64_t>(numbers.size()));
  const auto* all = copy.data<const int64_t>();
  const cuda::Draws chances{all, reinterpret_cast<const uint64_t*>(all + groups), all + groups + count};
  const OnDeviceArray chosen = call.empty<int64_t>({2, count});
  call.run([&](cudaStream_t stream) {
    cuda::exponential({steps<double>(useful), count, groups}, chances, setup, chosen.data<int64_t>(), stream);
  });
  const py::array_t<int64_t> found = call.download(chosen);
  const int64_t* first = found.data();
  check_finite(std::all_of(first, first + count, [](int64_t group) { return group >= 0; }));
  return py::make_tuple(py::array_t<int64_t>(count, first), py::array_t<int64_t>(count, first + count));
}

}  // namespace

void register_exponential(py::module_& module) {
  module.def("exponential", &exponential_device, py::arg("utilities"), py::arg("sizes"), py::arg("epsilon"),
             py::arg("sensitivity"), py::arg("keys"), py::arg("ranks"), py::arg("draws"));
}

}  // namespace pyanon::bind
