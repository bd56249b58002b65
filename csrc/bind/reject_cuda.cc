#include "cuda/reject.h"

#include <memory>

#include "bind/device.h"
#include "bind/reject_checks.h"
#include "core/normals.h"

namespace pyanon::bind {
namespace {

constexpr int64_t kBatchesAtOnce = 16;  // that `judge` judges

// A sampler whose tables lie in one place. Made once; keeps them there as long as it lives.
class DeviceSampler {
 public:
  DeviceSampler(const py::dict& from, const py::object& place) : call_("reject", place) {
    const std::vector<float> mean = field<float>(from, "mean", {kAny});
    const auto size = static_cast<int64_t>(mean.size());
    if (size > cuda::kLongestCode)
      throw ArgumentError("codes are too long for this GPU's kernels", std::to_string(size),
                          "at most " + std::to_string(cuda::kLongestCode), "use the CPU");
    const double most = number<double>(from, "radius") * (1 << kNormalBits);
    tables_.size = size;
    tables_.most_squares = most * most;
    tables_.mean = keep(mean);
    tables_.factor = keep(turned(field<float>(from, "factor", {size, size}), size));
    tables_.table = keep(field<int16_t>(from, "table", {kNormalTable}));
    tables_.neighbours = number<int64_t>(from, "neighbours");
    tables_.reach = number<double>(from, "reach");
    tables_.anchors = rows(field<float>(from, "anchors", {kAny, kAny}), size);
    const auto oracles = from["oracles"].cast<py::list>();
    if (py::len(oracles) > static_cast<size_t>(cuda::kMostJudges))
      throw ArgumentError("there are too many oracles", std::to_string(py::len(oracles)),
                          "at most " + std::to_string(cuda::kMostJudges), "use the CPU");
    for (const py::handle& oracle : oracles) tables_.oracles.push_back(oracle_of(oracle.cast<py::dict>()));
  }

  const cuda::Sampler& tables() const { return tables_; }
  // A call of its own, in the same place.
  Call call(const char* op) const { return {op, call_.place()}; }

 private:
  // Columns of a matrix one after the other, so that threads side by side read values side by side.
  static std::vector<float> turned(const std::vector<float>& matrix, int64_t width) {
    std::vector<float> columns(matrix.size());
    const int64_t rows = width > 0 ? static_cast<int64_t>(matrix.size()) / width : 0;
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < width; ++j) columns[j * rows + i] = matrix[i * width + j];
    return columns;
  }

  template <class T>
  const T* keep(const std::vector<T>& values) {
    kept_.push_back(call_.upload(values.data(), static_cast<int64_t>(values.size())));
    return kept_.back().template data<const T>();
  }

  cuda::Rows rows(const std::vector<float>& values, int64_t width) {
    const int64_t count = static_cast<int64_t>(values.size()) / width;
    const auto* data = reinterpret_cast<const char*>(keep(turned(values, width)));
    const auto step = static_cast<int64_t>(sizeof(float));
    return {{data, step, step * count}, nullptr, count, width};
  }

  cuda::Sampler::Oracle oracle_of(const py::dict& from) {
    const std::vector<float> projection = field<float>(from, "projection", {kAny, tables_.size});
    const int64_t width = static_cast<int64_t>(projection.size()) / tables_.size;
    cuda::Rows gallery = rows(field<float>(from, "gallery", {kAny, kAny}), width);
    kept_.push_back(call_.empty<double>({gallery.count}));
    auto* lengths = kept_.back().data<double>();
    call_.run([&](cudaStream_t stream) { cuda::reject_lengths(gallery, lengths, nullptr, stream); });
    gallery.lengths = lengths;
    return {width, number<double>(from, "threshold"), keep(turned(projection, tables_.size)), gallery};
  }

  Call call_;
  cuda::Sampler tables_{};
  std::vector<OnDeviceArray> kept_;
};

// One call: its arguments on the device, and the memory that it works in.
class Work {
 public:
  Work(const char* op, const DeviceSampler& sampler, const py::sequence& live, const std::vector<cuda::Face>& faces)
      : call_(sampler.call(op)),
        sampler_(sampler.tables()),
        count_(static_cast<int64_t>(faces.size())),
        oracles_(static_cast<int64_t>(sampler_.oracles.size())) {
    take_live(live);
    const int64_t people = live_.front().count;
    asked_ = call_.upload(reinterpret_cast<const uint8_t*>(faces.data()), count_ * int64_t{sizeof(cuda::Face)});
    memory_ = call_.empty<uint8_t>({cuda::reject_scratch_bytes(sampler_, count_, people)});
    scratch_ = std::make_unique<cuda::RejectScratch>(memory_.data<void>(), sampler_, count_, people);
    state_ = call_.empty<int64_t>({1 + count_ + oracles_});
    codes_ = call_.empty<float>({count_, sampler_.size});
    verdict_ = call_.empty<uint32_t>({count_, cuda::kBatch});
    auto* state = state_.data<int64_t>();
    progress_ = {state, state + 1, reinterpret_cast<long long*>(state + 1 + count_), codes_.data<float>(),
                 verdict_.data<unsigned>()};
    call_.run([&](cudaStream_t stream) {
      cuda::reject_begin(sampler_, asked_.data<const cuda::Face>(), count_, live_, *scratch_, progress_, stream);
    });
  }

  void judge() const {
    call_.run([&](cudaStream_t stream) { cuda::reject_judge(sampler_, count_, live_, *scratch_, progress_, stream); });
  }

  void serve() const {
    call_.run([&](cudaStream_t stream) { cuda::reject_serve(sampler_, count_, *scratch_, progress_, stream); });
  }

  // Waits: the draws of the faces, and whether all of them are served.
  bool served(int64_t* draws) const {
    const py::array_t<int64_t> state = call_.download(state_);
    for (int64_t o = 0; o < oracles_; ++o) {
      const int64_t useless = state.data()[1 + count_ + o];
      if (useless != cuda::kAllUseful) refuse_row(static_cast<size_t>(o), useless / 2, useless % 2 == 1);
    }
    std::copy_n(state.data() + 1, count_, draws);
    return *state.data() == count_;
  }

  py::array codes() const { return call_.download(codes_); }
  py::array_t<uint32_t> verdicts() const { return call_.download(verdict_); }

 private:
  void take_live(const py::sequence& live) {
    check_oracles(live, sampler_.oracles.size());
    for (int64_t o = 0; o < oracles_; ++o) {
      const std::string name = "live[" + std::to_string(o) + "]";
      const std::vector<int64_t> shape{o == 0 ? kAny : live_.front().count, sampler_.oracles[o].width};
      py::object rows = live[o];
      if (py::isinstance<py::array>(rows)) rows = call_.upload_array(require<float>(rows, name.c_str(), shape));
      arrays_.push_back(call_.array<float>(rows, name.c_str(), shape));
      const OnDeviceArray& array = arrays_.back();
      live_.push_back({steps<float>(array), nullptr, array.shape[0], array.shape[1]});
    }
  }

  Call call_;
  const cuda::Sampler& sampler_;
  const int64_t count_, oracles_;
  std::vector<OnDeviceArray> arrays_;
  std::vector<cuda::Rows> live_;
  OnDeviceArray asked_, memory_, state_, codes_, verdict_;
  std::unique_ptr<cuda::RejectScratch> scratch_;
  cuda::Progress progress_{};
};

py::array_t<uint8_t> judge_device(const DeviceSampler& sampler, const py::sequence& live, uint64_t key, int64_t count,
                                  int64_t first) {
  check_draws("first and count", first, count);
  check_oracles(live, sampler.tables().oracles.size());
  py::array_t<uint8_t> reasons(count);
  constexpr int64_t kAtOnce = kBatchesAtOnce * cuda::kBatch;
  for (int64_t done = 0; done < count; done += kAtOnce) {
    std::vector<cuda::Face> batches;
    for (int64_t at = done; at < std::min(count, done + kAtOnce); at += cuda::kBatch)
      batches.push_back({key, first + at, first + count});
    const Work work("judge", sampler, live, batches);
    work.judge();
    std::vector<int64_t> none(batches.size());
    work.served(none.data());
    const py::array_t<uint32_t> verdicts = work.verdicts();
    for (int64_t i = done; i < std::min(count, done + kAtOnce); ++i) {
      const uint32_t verdict = verdicts.data()[i - done];
      reasons.mutable_data()[i] = static_cast<uint8_t>(verdict == cuda::kAccepted ? 0 : verdict);
    }
  }
  return reasons;
}

py::tuple reject_device(const DeviceSampler& sampler, const py::sequence& live, const py::object& keys,
                        int64_t max_draws, const py::object& first) {
  const std::vector<uint64_t> streams = values<uint64_t>(keys, "keys", {kAny});
  const int64_t count = static_cast<int64_t>(streams.size());
  const std::vector<int64_t> starts = first_draws(first, count, max_draws);
  if (count > cuda::kMostFaces)
    throw ArgumentError("there are too many faces", std::to_string(count),
                        "at most " + std::to_string(cuda::kMostFaces), "use the CPU");
  std::vector<cuda::Face> faces;
  for (int64_t i = 0; i < count; ++i) faces.push_back({streams[i], starts[i], starts[i] + max_draws});
  const Work work("reject", sampler, live, faces);
  py::array_t<int64_t> draws(count);
  if (count == 0) return py::make_tuple(work.codes(), draws);
  do {
    work.judge();
    work.serve();
  } while (!work.served(draws.mutable_data()));
  return py::make_tuple(work.codes(), draws);
}

}  // namespace

void register_reject(py::module_& module) {
  py::class_<DeviceSampler>(module, "RejectSampler", py::module_local())
      .def(py::init<const py::dict&, const py::object&>(), py::arg("setup"), py::arg("place"));
  module.def("judge", &judge_device, py::arg("sampler"), py::arg("live"), py::arg("key"), py::arg("count"),
             py::arg("first"));
  module.def("reject", &reject_device, py::arg("sampler"), py::arg("live"), py::arg("keys"), py::arg("max_draws"),
             py::arg("first"));
}

}  // namespace pyanon::bind
