#include "cpu/reject.h"

#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "bind/reject_checks.h"

namespace pyanon::bind {
namespace {

ScreenSetup screen_of(const py::dict& from) {
  ScreenSetup screen;
  screen.width = number<int64_t>(from, "width");
  screen.count = number<int64_t>(from, "count");
  screen.rotation = field<float>(from, "rotation", {screen.width, screen.width});
  screen.rows = field<float>(from, "rows", {screen.count, screen.width});
  screen.order = field<int64_t>(from, "order", {screen.count});
  screen.levels = field<int64_t>(from, "levels", {kAny});
  return screen;
}

OracleSetup oracle_of(const py::dict& from, int64_t size) {
  OracleSetup oracle;
  oracle.width = number<int64_t>(from, "width");
  oracle.threshold = number<double>(from, "threshold");
  oracle.projection = field<float>(from, "projection", {oracle.width, size});
  oracle.values = field<double>(from, "values", {kAny});
  const int64_t strong = static_cast<int64_t>(oracle.values.size());
  oracle.left = field<double>(from, "left", {strong, oracle.width});
  oracle.right = field<double>(from, "right", {strong, size});
  oracle.next = number<double>(from, "next");
  oracle.weakest = number<double>(from, "weakest");
  oracle.screen = screen_of(from["screen"].cast<py::dict>());
  oracle.gallery = field<float>(from, "gallery", {oracle.screen.count, kAny});
  return oracle;
}

// pyanon/ops/_prepare.py makes the dictionary from a SamplerSpec, which has checked what users gave.
std::unique_ptr<RejectSampler> sampler_of(const py::dict& from) {
  SamplerSetup setup;
  setup.prior.mean = field<float>(from, "mean", {kAny});
  const int64_t size = setup.prior.size = static_cast<int64_t>(setup.prior.mean.size());
  setup.prior.factor = field<float>(from, "factor", {size, size});
  setup.prior.table = field<int16_t>(from, "table", {kNormalTable});
  setup.prior.radius = number<double>(from, "radius");
  for (const py::handle& oracle : from["oracles"].cast<py::list>())
    setup.oracles.push_back(oracle_of(oracle.cast<py::dict>(), size));
  setup.neighbours = number<int64_t>(from, "neighbours");
  setup.reach = number<double>(from, "reach");
  setup.anchor_screen = screen_of(from["anchor_screen"].cast<py::dict>());
  setup.anchors = field<float>(from, "anchors", {setup.anchor_screen.count, kAny});
  setup.shift = number<double>(from, "shift");
  setup.weight = number<double>(from, "weight");
  const py::gil_scoped_release free;
  return std::make_unique<RejectSampler>(std::move(setup));
}

void check_row(const float* row, int64_t width, size_t oracle, int64_t index) {
  bool finite = true, any = false;
  for (int64_t k = 0; k < width; ++k) finite = finite && std::isfinite(row[k]), any = any || row[k] != 0.0f;
  if (!finite || !any) refuse_row(oracle, index, finite);
}

Live live_of(const RejectSampler& sampler, const py::sequence& from) {
  const auto& oracles = sampler.oracles();
  check_oracles(from, oracles.size());
  Live live;
  for (size_t o = 0; o < oracles.size(); ++o) {
    const std::string name = "live[" + std::to_string(o) + "]";
    const int64_t width = oracles[o].width();
    live.embeddings.push_back(values<float>(py::object(from[o]), name.c_str(), {o == 0 ? kAny : live.count, width}));
    live.count = static_cast<int64_t>(live.embeddings[o].size()) / width;
    for (int64_t i = 0; i < live.count; ++i) check_row(&live.embeddings[o][i * width], width, o, i);
  }
  return live;
}

py::array_t<uint8_t> judge_arrays(const RejectSampler& sampler, const py::sequence& live, uint64_t key, int64_t count,
                                  int64_t first) {
  const Live known = live_of(sampler, live);
  check_draws("first and count", first, count);
  py::array_t<uint8_t> reasons(count);
  uint8_t* to = reasons.mutable_data();
  {
    const py::gil_scoped_release free;
    sampler.judge(known, key, first, count, to);
  }
  return reasons;
}

py::tuple reject_arrays(const RejectSampler& sampler, const py::sequence& live, const py::object& keys,
                        int64_t max_draws, const py::object& first) {
  const Live known = live_of(sampler, live);
  const std::vector<uint64_t> streams = values<uint64_t>(keys, "keys", {kAny});
  const int64_t count = static_cast<int64_t>(streams.size());
  const std::vector<int64_t> starts = first_draws(first, count, max_draws);
  py::array_t<float> codes({count, sampler.size()});
  py::array_t<int64_t> draws(count);
  float* code = codes.mutable_data();
  int64_t* draw = draws.mutable_data();
  {
    const py::gil_scoped_release free;
    std::fill(code, code + count * sampler.size(), std::numeric_limits<float>::quiet_NaN());
    sampler.reject(known, streams.data(), starts.data(), count, max_draws, code, draw);
  }
  return py::make_tuple(codes, draws);
}

}  // namespace

void register_reject(py::module_& module) {
  py::class_<RejectSampler>(module, "RejectSampler").def(py::init(&sampler_of), py::arg("setup"));
  module.def("judge", &judge_arrays, py::arg("sampler"), py::arg("live"), py::arg("key"), py::arg("count"),
             py::arg("first"));
  module.def("reject", &reject_arrays, py::arg("sampler"), py::arg("live"), py::arg("keys"), py::arg("max_draws"),
             py::arg("first"));
}

}  // namespace pyanon::bind
