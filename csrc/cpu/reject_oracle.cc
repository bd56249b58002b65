#include "cpu/reject_oracle.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "cpu/reject_draw.h"

namespace pyanon {
namespace {

constexpr double kUnit = 1 << kNormalBits;

template <class T>
double length(const T* values, int64_t count) {
  return std::sqrt(ordered_dot(values, values, count));
}

double squared(double value) { return value * value; }
double at_least_0(double value) { return std::max(value, 0.0); }

// Sums of squares of the sixteen inner products, and of what they make of the embedding.
PYANON_INLINE void strengths(const int32_t* sums, const float* unit, const float* value, const float* mean, float* to) {
  float n[kStrong], y[kStrong];
  for (int64_t i = 0; i < kStrong; ++i) {
    n[i] = static_cast<float>(sums[i]) * unit[i];
    y[i] = mean[i] + value[i] * n[i];
    n[i] *= n[i];
    y[i] *= y[i];
  }
  for (int64_t half = kStrong / 2; half > 0; half /= 2)
    for (int64_t i = 0; i < half; ++i) {
      n[i] += n[i + half];
      y[i] += y[i + half];
    }
  to[0] = n[0];
  to[1] = y[0];
}
PYANON_VERSIONS(strengths, (const int32_t* sums, const float* unit, const float* value, const float* mean, float* to),
                (sums, unit, value, mean, to))

// Adds the squares of sixteen of the embedding's values to the totals of each listed draw.
PYANON_INLINE void squares(const int32_t* sums, const int32_t* which, int64_t count, const double* unit,
                           const double* mean, double* totals) {
  for (int64_t n = 0; n < count; ++n)
    for (int64_t i = 0; i < kRowLanes; ++i) {
      const double seen = mean[i] + static_cast<double>(sums[kRowLanes * which[n] + i]) * unit[i];
      totals[kRowLanes * which[n] + i] += seen * seen;
    }
}
PYANON_VERSIONS(squares,
                (const int32_t* sums, const int32_t* which, int64_t count, const double* unit, const double* mean,
                 double* totals),
                (sums, which, count, unit, mean, totals))

PYANON_INLINE void add_times(const double* PYANON_RESTRICT values, double times, int64_t count,
                             double* PYANON_RESTRICT to) {
  for (int64_t i = 0; i < count; ++i) to[i] += times * values[i];
}
PYANON_VERSIONS(add_times, (const double* values, double times, int64_t count, double* to), (values, times, count, to))

// Puts a row into `rows` as long as it may be; returns what an integer sum with normals is to be multiplied by.
float fill(IntRows& rows, int64_t index, const double* row, int64_t size, double limit, double& error) {
  const double all = length(row, size), scale = all > 0.0 ? limit / all : 1.0;
  error = rows.set(index, row, scale);
  return static_cast<float>(1.0 / (scale * kUnit));
}

}  // namespace

double Prior::longest() const {
  const double most = table.back() / kUnit * std::sqrt(static_cast<double>(size));
  return std::min(radius, most);
}

double Prior::row_limit() const {
  const double root = std::sqrt(static_cast<double>(size));
  return std::min(2147483000.0 / (table.back() * root) - root, 32000.0);
}

Oracle::Oracle(OracleSetup setup, const Prior& prior)
    : setup_(std::move(setup)),
      projection_(setup_.projection.data(), setup_.width, prior.size),
      screen_(setup_.screen),
      strong_(kStrong, prior.size),
      all_(setup_.width, prior.size),
      strong_unit_(kStrong),
      strong_value_(kStrong),
      strong_mean_(kStrong),
      all_unit_(static_cast<size_t>(all_.groups() * kRowLanes)),
      all_mean_(all_unit_.size()) {
  const int64_t d = setup_.width, size = prior.size;
  const auto& p = setup_.projection;
  const double limit = prior.row_limit();
  for (size_t i = 0; i < setup_.gallery.size(); i += d) lengths_.push_back(length(&setup_.gallery[i], d));
  joint_.assign(static_cast<size_t>(d * size), 0.0);
  for (int64_t k = 0; k < d; ++k) {
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j)
        joint_[k * size + j] += static_cast<double>(p[k * size + i]) * prior.factor[i * size + j];
    joint_mean_.push_back(ordered_dot(&p[k * size], prior.mean.data(), size));
    double error;
    all_unit_[k] = fill(all_, k, &joint_[k * size], size, limit, error);
    all_mean_[k] = joint_mean_[k];
    all_error_ += squared(error);
  }
  all_error_ = std::sqrt(all_error_);
  std::vector<double> rest = joint_mean_;
  for (size_t i = 0; i < setup_.values.size(); ++i) {
    double error;
    strong_unit_[i] = fill(strong_, static_cast<int64_t>(i), &setup_.right[i * size], size, limit, error);
    strong_error_ += squared(error);
    const double mean = ordered_dot(&setup_.left[i * d], joint_mean_.data(), d);
    for (int64_t k = 0; k < d; ++k) rest[k] -= mean * setup_.left[i * d + k];
    strong_value_[i] = static_cast<float>(setup_.values[i]);
    strong_mean_[i] = static_cast<float>(mean);
  }
  strong_error_ = std::sqrt(strong_error_);
  rest_mean_ = length(rest.data(), d);
  // A code is rounded to float32 once; the bounds' own arithmetic is in float32 too.
  const double all_p = length(p.data(), d * size), all_f = length(prior.factor.data(), size * size);
  const double code = length(prior.mean.data(), size) + all_f * prior.longest();
  const double seen = length(joint_mean_.data(), d) + length(joint_.data(), d * size) * prior.longest();
  slack_ = all_p * (code * 0x1p-22 + 1e-36) + seen * 4e-6;
}

Range Oracle::rough_length(const int32_t* sums, double n) const {
  float squares[2];
  strengths_for(active_target())(sums, strong_unit_.data(), strong_value_.data(), strong_mean_.data(), squares);
  const double inside = std::sqrt(squares[0]), seen = std::sqrt(squares[1]);
  const double off = strong_error_ * n + 1e-6 * n, top = setup_.values.empty() ? 0.0 : setup_.values[0];
  // What is left of n lies in the other directions; how much of it the oracle sees, their singular values bound.
  const double least = std::sqrt(at_least_0(n * n - squared(inside + off)));
  const double most = std::sqrt(at_least_0(n * n - squared(at_least_0(inside - off))));
  const double low =
      std::sqrt(squared(at_least_0(seen - top * off)) + squared(at_least_0(setup_.weakest * least - rest_mean_)));
  const double high = std::sqrt(squared(seen + top * off) + squared(setup_.next * most + rest_mean_));
  return {at_least_0(low - slack_), high + slack_};
}

void Oracle::close_lengths(const int16_t* normals, int64_t stride, const std::vector<int32_t>& which, const double* n,
                           Range* to) const {
  const AddDots add = add_dots(active_target());
  const auto square = squares_for(active_target());
  const int64_t count = static_cast<int64_t>(which.size());
  std::vector<double> totals(static_cast<size_t>(kMostVectors * kRowLanes), 0.0);
  std::vector<int32_t> sums(static_cast<size_t>(kMostVectors * kRowLanes));
  for (int64_t g = 0; g < all_.groups(); ++g) {
    std::fill(sums.begin(), sums.end(), 0);
    add(all_.group(g), all_.pairs(), normals, stride, which.data(), count, sums.data());
    square(sums.data(), which.data(), count, &all_unit_[g * kRowLanes], &all_mean_[g * kRowLanes], totals.data());
  }
  for (int32_t v : which) {
    const double* lanes = &totals[v * kRowLanes];
    const double seen = std::sqrt(std::accumulate(lanes, lanes + kRowLanes, 0.0)), off = all_error_ * n[v] + slack_;
    to[v] = {at_least_0(seen - off), seen + off};
  }
}

double Oracle::pull_back(const double* direction, double* row) const {
  const int64_t size = projection_.columns();
  std::fill(row, row + size, 0.0);
  const auto run = add_times_for(active_target());
  for (int64_t k = 0; k < setup_.width; ++k) run(&joint_[k * size], direction[k], size, row);
  return ordered_dot(direction, joint_mean_.data(), setup_.width);
}

std::vector<double> Oracle::embed(const double* code) const {
  std::vector<double> seen(static_cast<size_t>(projection_.padded()));
  projection_.apply(nullptr, code, seen.data());
  seen.resize(static_cast<size_t>(setup_.width));
  return seen;
}

std::vector<uint8_t> Oracle::known(const std::vector<double>& seen, int64_t count) const {
  std::vector<uint8_t> found(static_cast<size_t>(count), 0);
  if (lengths_.empty()) return found;
  const int64_t d = setup_.width;
  std::vector<double> directions(seen), seen_length;
  for (int64_t v = 0; v < count; ++v) {
    const double all = length(&seen[v * d], d);
    seen_length.push_back(all);
    if (all > 0.0)
      for (int64_t k = 0; k < d; ++k) directions[v * d + k] /= all;
    else
      found[v] = 1;  // 0 reaches any threshold times 0
  }
  const std::vector<double> limits(static_cast<size_t>(count), setup_.threshold);
  screen_.run(directions.data(), limits.data(), count, [&](int64_t v, int64_t row) {
    const double dot = ordered_dot(&setup_.gallery[row * d], &seen[v * d], d);
    if (alike(dot, setup_.threshold, seen_length[v], lengths_[row])) found[v] = 1;
    return found[v] != 0;
  });
  return found;
}

}  // namespace pyanon
