#include "cpu/reject_crowd.h"

#include <algorithm>
#include <cmath>

#include "cpu/reject_draw.h"

namespace pyanon {
namespace {

// Whether any of the rows may reach `low`, and whether any reaches `high` for certain.
PYANON_INLINE void reach(const int32_t* sums, const float* unit, const float* mean, const float* error, float length,
                         float low, float high, int32_t* found) {
  int32_t may = 0, does = 0;
  for (int64_t i = 0; i < kRowLanes; ++i) {
    const float dot = mean[i] + static_cast<float>(sums[i]) * unit[i], off = error[i] * length;
    may |= dot + off >= low;
    does |= dot - off >= high;
  }
  found[0] |= may;
  found[1] |= does;
}
PYANON_VERSIONS(reach,
                (const int32_t* sums, const float* unit, const float* mean, const float* error, float length, float low,
                 float high, int32_t* found),
                (sums, unit, mean, error, length, low, high, found))

}  // namespace

Crowd::Crowd(const std::vector<Oracle>& oracles, const std::vector<std::vector<float>>& embeddings, int64_t count,
             int64_t room, const Prior& prior)
    : oracles_(oracles), prior_(prior), sides_(oracles.size()) {
  for (size_t o = 0; o < oracles.size(); ++o) {
    const int64_t d = oracles[o].width();
    sides_[o].rows = IntRows(count + room, prior.size);
    // A row that nobody fills is far below every limit.
    const size_t lanes = static_cast<size_t>(sides_[o].rows.groups() * kRowLanes);
    sides_[o].unit.assign(lanes, 0.0f);
    sides_[o].mean.assign(lanes, -1e30f);
    sides_[o].error.assign(lanes, 0.0f);
    for (int64_t i = 0; i < count; ++i) {
      const float* row = embeddings[o].data() + i * d;
      add_row(static_cast<int64_t>(o), std::vector<double>(row, row + d).data());
    }
  }
}

void Crowd::add(const std::vector<std::vector<double>>& embeddings) {
  for (size_t o = 0; o < sides_.size(); ++o) add_row(static_cast<int64_t>(o), embeddings[o].data());
}

void Crowd::add_row(int64_t oracle, const double* embedding) {
  Side& side = sides_[oracle];
  const int64_t d = oracles_[oracle].width(), at = static_cast<int64_t>(side.lengths.size());
  const double all = std::sqrt(ordered_dot(embedding, embedding, d));
  side.embeddings.insert(side.embeddings.end(), embedding, embedding + d);
  side.lengths.push_back(all);
  std::vector<double> direction(embedding, embedding + d), row(static_cast<size_t>(prior_.size), 0.0);
  for (double& value : direction) value = all > 0.0 ? value / all : 0.0;
  // Nothing is below the threshold against an embedding without a length.
  side.mean[at] = all > 0.0 ? static_cast<float>(oracles_[oracle].pull_back(direction.data(), row.data())) : 1e30f;
  const double pulled = std::sqrt(ordered_dot(row.data(), row.data(), prior_.size));
  const double scale = pulled > 0.0 ? prior_.row_limit() / pulled : 1.0;
  side.error[at] = static_cast<float>(side.rows.set(at, row.data(), scale) * (1.0 + 1e-6));
  side.unit[at] = static_cast<float>(1.0 / (scale * (1 << kNormalBits)));
}

Alike Crowd::compare(int64_t oracle, const int32_t* sums, double length, const Range& seen) const {
  const Side& side = sides_[oracle];
  const auto run = reach_for(active_target());
  const double t = oracles_[oracle].threshold(), slack = oracles_[oracle].slack();
  const float low = static_cast<float>(std::min(t * seen.low, t * seen.high) - slack);
  const float high = static_cast<float>(std::max(t * seen.low, t * seen.high) + slack);
  int32_t found[2] = {};
  for (int64_t g = 0; g < side.rows.groups(); ++g) {
    const int64_t lane = g * kRowLanes;
    run(sums + lane * kMostVectors, side.unit.data() + lane, side.mean.data() + lane, side.error.data() + lane,
        static_cast<float>(length), low, high, found);
  }
  return found[1] ? Alike::yes : (found[0] ? Alike::unsure : Alike::no);
}

void Crowd::sort(const int16_t* normals, int64_t stride, const std::vector<int32_t>& which, const double* lengths,
                 Alike* found) const {
  const AddDots add = add_dots(active_target());
  const int64_t count = static_cast<int64_t>(which.size());
  const auto block = [](std::vector<int32_t>& sums, int64_t g) { return sums.data() + g * kMostVectors * kRowLanes; };
  std::vector<int32_t> strong, sums;
  std::vector<Range> seen(kMostVectors);
  for (int32_t v : which) found[v] = Alike::no;
  for (size_t o = 0; o < sides_.size(); ++o) {
    const Oracle& oracle = oracles_[o];
    const IntRows& rows = sides_[o].rows;
    if (rows.groups() == 0) continue;
    strong.assign(static_cast<size_t>(kMostVectors * kRowLanes), 0);
    sums.assign(static_cast<size_t>(rows.groups() * kMostVectors * kRowLanes), 0);
    add(oracle.strong().group(0), rows.pairs(), normals, stride, which.data(), count, strong.data());
    for (int64_t g = 0; g < rows.groups(); ++g)
      add(rows.group(g), rows.pairs(), normals, stride, which.data(), count, block(sums, g));
    const auto by = [&](int32_t v, const Range& seen) {
      return compare(static_cast<int64_t>(o), sums.data() + v * kRowLanes, lengths[v], seen);
    };
    std::vector<int32_t> close;
    for (int32_t v : which) {
      if (found[v] == Alike::yes) continue;
      const Alike now = by(v, oracle.rough_length(strong.data() + v * kRowLanes, lengths[v]));
      if (now == Alike::yes) found[v] = now;
      if (now == Alike::unsure) close.push_back(v);
    }
    oracle.close_lengths(normals, stride, close, lengths, seen.data());
    for (int32_t v : close) {
      const Alike now = by(v, seen[v]);
      if (now != Alike::no) found[v] = now;
    }
  }
}

bool Crowd::is_alike(int64_t index, const std::vector<double>& seen) const {
  const Side& side = sides_[index];
  const int64_t d = oracles_[index].width();
  const double all = std::sqrt(ordered_dot(seen.data(), seen.data(), d));
  for (size_t i = 0; i < side.lengths.size(); ++i)
    if (alike(ordered_dot(&side.embeddings[i * d], seen.data(), d), oracles_[index].threshold(), all, side.lengths[i]))
      return true;
  return false;
}

}  // namespace pyanon
