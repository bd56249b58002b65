#include "cpu/exponential.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "core/philox.h"

namespace pyanon {
namespace {

constexpr int kWeightBits = 44;  // times kMostGroups stays below 2^63
constexpr double kLog2E = 1.4426950408889634, kLn2High = 0.6931471803691238, kLn2Low = 1.9082149292705877e-10;
// Beyond this a weight is 0, and becomes the least there is.
constexpr double kFarthest = -64.0;
// 1 / 13!, 1 / 12!, ... 1: exp on [-ln 2 / 2, ln 2 / 2] to the last bits of a double.
constexpr double kTaylor[] = {1.6059043836821613e-10,
                              2.08767569878681e-09,
                              2.505210838544172e-08,
                              2.755731922398589e-07,
                              2.7557319223985893e-06,
                              2.48015873015873e-05,
                              0.0001984126984126984,
                              0.001388888888888889,
                              0.008333333333333333,
                              0.041666666666666664,
                              0.16666666666666666,
                              0.5,
                              1.0,
                              1.0};

// exp(x) for x <= 0 as a whole number of 2^-44, at least 1. Only products and sums: alike on every backend.
PYANON_INLINE uint64_t weight(double x) {
  const double bounded = x < kFarthest ? kFarthest : x;
  const double whole = std::floor(bounded * kLog2E + 0.5);
  const double rest = (bounded - whole * kLn2High) - whole * kLn2Low;
  double value = kTaylor[0];
  for (int i = 1; i < 14; ++i) value = value * rest + kTaylor[i];
  // 2^(44 + whole), from -49 to 44, by its bits.
  const int64_t bits = (static_cast<int64_t>(whole) + kWeightBits + 1023) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof(power));
  const int64_t units = static_cast<int64_t>(value * power);
  return static_cast<uint64_t>(units < 1 ? 1 : units);
}

PYANON_INLINE void weigh(const double* utilities, int64_t groups, double most, double scale, uint64_t* weights) {
  for (int64_t i = 0; i < groups; ++i) weights[i] = weight((utilities[i] - most) * scale);
}
PYANON_VERSIONS(weigh, (const double* utilities, int64_t groups, double most, double scale, uint64_t* weights),
                (utilities, groups, most, scale, weights))

// floor(number * below / 2^64).
uint64_t scaled(uint64_t number, uint64_t below) {
  const uint64_t low = (number & 0xFFFFFFFFu) * (below & 0xFFFFFFFFu), high = (number >> 32) * (below >> 32);
  const uint64_t cross = (number >> 32) * (below & 0xFFFFFFFFu) + (low >> 32);
  const uint64_t other = (number & 0xFFFFFFFFu) * (below >> 32) + (cross & 0xFFFFFFFFu);
  return high + (cross >> 32) + (other >> 32);
}

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
