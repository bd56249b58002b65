#include "cpu/reject_exact.h"

#include <algorithm>

namespace pyanon {
namespace {

constexpr int64_t kLanes = 32;

PYANON_INLINE void lanes(const float* PYANON_RESTRICT values, int64_t columns, int64_t stride,
                         const double* PYANON_RESTRICT from, double* PYANON_RESTRICT to) {
  double total[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) total[i] = to[i];
  for (int64_t j = 0; j < columns; ++j)
    for (int64_t i = 0; i < kLanes; ++i) total[i] += static_cast<double>(values[j * stride + i]) * from[j];
  for (int64_t i = 0; i < kLanes; ++i) to[i] = total[i];
}

PYANON_VERSIONS(lanes, (const float* values, int64_t columns, int64_t stride, const double* from, double* to),
                (values, columns, stride, from, to))

}  // namespace

Linear::Linear(const float* values, int64_t rows, int64_t columns)
    : rows_(rows), columns_(columns), padded_((rows + kLanes - 1) / kLanes * kLanes) {
  values_.assign(static_cast<size_t>(padded_ * columns), 0.0f);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) values_[j * padded_ + i] = values[i * columns + j];
}

void Linear::apply(const double* start, const double* from, double* to) const {
  const auto run = lanes_for(active_target());
  std::fill(to, to + padded_, 0.0);
  if (start != nullptr) std::copy(start, start + rows_, to);
  for (int64_t i = 0; i < padded_; i += kLanes) run(values_.data() + i, columns_, padded_, from, to + i);
}

double ordered_distance(const float* a, const float* b, int64_t count) {
  double total = 0.0;
  for (int64_t k = 0; k < count; ++k) {
    const double apart = static_cast<double>(a[k]) - static_cast<double>(b[k]);
    total = total + apart * apart;
  }
  return total;
}

}  // namespace pyanon
