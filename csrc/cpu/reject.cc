#include "cpu/reject.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pyanon {
namespace {

PYANON_INLINE void squares(const int16_t* values, int64_t count, int64_t* to) {
  int64_t total = 0;
  for (int64_t i = 0; i < count; ++i) total += static_cast<int32_t>(values[i]) * values[i];
  *to = total;
}
PYANON_VERSIONS(squares, (const int16_t* values, int64_t count, int64_t* to), (values, count, to))

constexpr int64_t kFirstBatch = 8;  // most faces are given one of their first draws

bool is(uint8_t reason, Reason wanted) { return reason == static_cast<uint8_t>(wanted); }

}  // namespace

// Draws under test, at most kMostVectors.
struct RejectSampler::Batch {
  int64_t count = 0, stride = 0;
  std::vector<int16_t> normals;
  std::vector<double> lengths;
  std::vector<uint8_t> reasons;
  std::vector<std::vector<float>> codes;  // of those that reached the slow tests

  void refuse(int64_t draw, Reason reason) { reasons[draw] = static_cast<uint8_t>(reason); }
  std::vector<int32_t> standing(int64_t from, int64_t to) const {
    std::vector<int32_t> which;
    for (int64_t i = from; i < to; ++i)
      if (is(reasons[i], Reason::accepted)) which.push_back(static_cast<int32_t>(i));
    return which;
  }
};

RejectSampler::RejectSampler(SamplerSetup setup)
    : prior_(std::move(setup.prior)),
      factor_(prior_.factor.data(), prior_.size, prior_.size),
      anchors_(std::move(setup.anchors)),
      neighbours_(setup.neighbours),
      reach_(setup.reach),
      shift_(setup.shift),
      weight_(setup.weight),
      most_squares_((prior_.radius * (1 << kNormalBits)) * (prior_.radius * (1 << kNormalBits))),
      anchor_screen_(std::move(setup.anchor_screen)) {
  for (OracleSetup& oracle : setup.oracles) oracles_.emplace_back(std::move(oracle), prior_);
}

void RejectSampler::draw(uint64_t key, int64_t first, int64_t count, Batch& batch) const {
  const auto run = draw_normals(active_target());
  const auto sum = squares_for(active_target());
  batch.count = count;
  batch.stride = 2 * pairs_of(prior_.size);
  batch.normals.assign(static_cast<size_t>(count * batch.stride), 0);
  batch.lengths.resize(static_cast<size_t>(count));
  batch.reasons.assign(static_cast<size_t>(count), 0);
  batch.codes.assign(static_cast<size_t>(count), {});
  for (int64_t i = 0; i < count; ++i) {
    int16_t* normals = &batch.normals[i * batch.stride];
    run(prior_.table.data(), key, static_cast<uint32_t>(first + i), prior_.size, normals);
    int64_t total = 0;
    sum(normals, prior_.size, &total);
    batch.lengths[i] = std::sqrt(static_cast<double>(total)) / (1 << kNormalBits);
    if (static_cast<double>(total) > most_squares_) batch.refuse(i, Reason::unlikely);
  }
}

void RejectSampler::sort(const Crowd& crowd, Batch& batch) const {
  std::vector<Alike> found(static_cast<size_t>(batch.count), Alike::no);
  const std::vector<int32_t> which = batch.standing(0, batch.count);
  crowd.sort(batch.normals.data(), batch.stride, which, batch.lengths.data(), found.data());
  for (int32_t i : which) {
    bool alike = found[i] == Alike::yes;
    if (found[i] == Alike::unsure) {
      const std::vector<float> z = code(&batch.normals[i * batch.stride]);
      for (size_t o = 0; o < oracles_.size() && !alike; ++o)
        alike = crowd.is_alike(static_cast<int64_t>(o), embed(o, z));
    }
    if (alike) batch.refuse(i, Reason::alike);
  }
}

void RejectSampler::test(Batch& batch, bool until_accepted) const {
  const bool known = std::any_of(oracles_.begin(), oracles_.end(), [](const Oracle& o) { return o.has_gallery(); });
  if (!until_accepted && neighbours_ == 0 && !known) return;
  int64_t step = until_accepted ? 1 : kMostVectors;
  for (int64_t from = 0; from < batch.count; from += step, step *= 2) {
    const int64_t to = std::min(from + step, batch.count);
    const auto standing = [&] { return batch.standing(from, to); };
    for (int32_t i : standing()) batch.codes[i] = code(&batch.normals[i * batch.stride]);
    test_remote(batch, standing());
    test_known(batch, standing());
    if (until_accepted && !standing().empty()) return;
  }
}

void RejectSampler::test_remote(Batch& batch, const std::vector<int32_t>& which) const {
  if (neighbours_ == 0 || which.empty()) return;
  const int64_t size = prior_.size;
  std::vector<double> vectors, limits;
  for (int32_t i : which) {
    double squared = 0.0;
    for (int64_t k = 0; k < size; ++k) {
      const double apart = static_cast<double>(batch.codes[i][k]) - prior_.mean[k];
      vectors.push_back(apart);
      squared += apart * apart;
    }
    vectors.push_back(weight_);
    limits.push_back((squared - reach_ * reach_) / 2 + shift_);
  }
  const int64_t count = static_cast<int64_t>(which.size());
  std::vector<int64_t> near(which.size(), 0);
  anchor_screen_.run(vectors.data(), limits.data(), count, [&](int64_t v, int64_t row) {
    const double apart = ordered_distance(batch.codes[which[v]].data(), &anchors_[row * size], size);
    near[v] += apart <= reach_ * reach_;
    return near[v] >= neighbours_;
  });
  for (int64_t v = 0; v < count; ++v)
    if (near[v] < neighbours_) batch.refuse(which[v], Reason::remote);
}

void RejectSampler::test_known(Batch& batch, const std::vector<int32_t>& which) const {
  std::vector<int32_t> left = which;
  for (size_t o = 0; o < oracles_.size() && !left.empty(); ++o) {
    if (!oracles_[o].has_gallery()) continue;
    std::vector<double> seen;
    for (int32_t i : left) {
      const std::vector<double> one = embed(o, batch.codes[i]);
      seen.insert(seen.end(), one.begin(), one.end());
    }
    const std::vector<uint8_t> known = oracles_[o].known(seen, static_cast<int64_t>(left.size()));
    std::vector<int32_t> unknown;
    for (size_t v = 0; v < left.size(); ++v)
      if (known[v])
        batch.refuse(left[v], Reason::known);
      else
        unknown.push_back(left[v]);
    left = unknown;
  }
}

std::vector<float> RejectSampler::code(const int16_t* normals) const {
  const int64_t size = prior_.size;
  std::vector<double> n(static_cast<size_t>(size)), mean(prior_.mean.begin(), prior_.mean.end());
  std::vector<double> z(static_cast<size_t>(factor_.padded()));
  for (int64_t i = 0; i < size; ++i) n[i] = static_cast<double>(normals[i]) / (1 << kNormalBits);
  factor_.apply(mean.data(), n.data(), z.data());
  std::vector<float> to(static_cast<size_t>(size));
  for (int64_t i = 0; i < size; ++i) to[i] = static_cast<float>(z[i]);
  return to;
}

std::vector<double> RejectSampler::embed(size_t oracle, const std::vector<float>& code) const {
  return oracles_[oracle].embed(std::vector<double>(code.begin(), code.end()).data());
}

void RejectSampler::judge(const Live& live, uint64_t key, int64_t first, int64_t count, uint8_t* reasons) const {
  const Crowd crowd(oracles_, live.embeddings, live.count, 0, prior_);
  Batch batch;
  for (int64_t from = 0; from < count; from += kMostVectors) {
    draw(key, first + from, std::min(kMostVectors, count - from), batch);
    sort(crowd, batch);
    test(batch, false);
    std::copy(batch.reasons.begin(), batch.reasons.end(), reasons + from);
  }
}

int64_t RejectSampler::first_accepted(const Crowd& crowd, uint64_t key, int64_t first, int64_t most,
                                      std::vector<float>& code) const {
  Batch batch;
  int64_t step = kFirstBatch;
  for (int64_t from = 0; from < most; from += step, step = std::min(2 * step, kMostVectors)) {
    draw(key, first + from, std::min(step, most - from), batch);
    sort(crowd, batch);
    test(batch, true);
    for (int64_t i = 0; i < batch.count; ++i)
      if (is(batch.reasons[i], Reason::accepted)) {
        code = batch.codes[i];
        return first + from + i;
      }
  }
  return -1;
}

void RejectSampler::reject(const Live& live, const uint64_t* keys, const int64_t* first, int64_t count, int64_t most,
                           float* codes, int64_t* draws) const {
  Crowd crowd(oracles_, live.embeddings, live.count, count, prior_);
  for (int64_t face = 0; face < count; ++face) {
    std::vector<float> z;
    draws[face] = first_accepted(crowd, keys[face], first[face], most, z);
    if (draws[face] < 0) continue;
    std::copy(z.begin(), z.end(), codes + face * prior_.size);
    std::vector<std::vector<double>> seen;
    for (size_t o = 0; o < oracles_.size(); ++o) seen.push_back(embed(o, z));
    crowd.add(seen);
  }
}

}  // namespace pyanon
