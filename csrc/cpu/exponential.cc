#include "cpu/exponential.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/philox.h"

namespace pyanon {
namespace {

PYANON_INLINE void weigh(const double* utilities, int64_t groups, double most, double scale, uint64_t* weights) {
  for (int64_t i = 0; i < groups; ++i) weights[i] = exponential_weight((utilities[i] - most) * scale);
}
PYANON_VERSIONS(weigh, (const double* utilities, int64_t groups, double most, double scale, uint64_t* weights),
                (utilities, groups, most, scale, weights))

// Leaves a weight to the groups of the wanted ranks alone; equal utilities rank in their given order.
void bound(const double* utilities, int64_t groups, const ExponentialSetup& setup, std::vector<uint64_t>& weights) {
  if (setup.best == 1 && setup.worst == groups) return;
  std::vector<int64_t> order(static_cast<size_t>(groups));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return utilities[a] > utilities[b]; });
  for (int64_t rank = 1; rank <= groups; ++rank)
    if (rank < setup.best || rank > setup.worst) weights[order[rank - 1]] = 0;
}

}  // namespace

void exponential(const double* utilities, int64_t count, int64_t groups, const int64_t* sizes, const uint64_t* keys,
                 const int64_t* draws, const ExponentialSetup& setup, int64_t* chosen, int64_t* members) {
  const auto run = weigh_for(active_target());
  std::vector<uint64_t> weights(static_cast<size_t>(groups));
  for (int64_t n = 0; n < count; ++n) {
    const double* row = utilities + n * groups;
    run(row, groups, *std::max_element(row, row + groups), setup.scale, weights.data());
    bound(row, groups, setup, weights);
    uint32_t a[1] = {0}, b[1] = {static_cast<uint32_t>(draws[n])}, c[1] = {0};
    uint32_t d[1] = {static_cast<uint32_t>(Purpose::choices)};
    philox<1>(a, b, c, d, keys[n]);
    const uint64_t total = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
    uint64_t left = scaled(a[0] | static_cast<uint64_t>(b[0]) << 32, total);
    int64_t group = 0;
    while (left >= weights[group]) left -= weights[group++];
    chosen[n] = group;
    members[n] =
        static_cast<int64_t>(scaled(c[0] | static_cast<uint64_t>(d[0]) << 32, static_cast<uint64_t>(sizes[group])));
  }
}

}  // namespace pyanon
