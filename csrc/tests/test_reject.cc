#include "cpu/reject.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "checks.h"
#include "core/philox.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

float number(Random& random) { return static_cast<float>(up_to(random, 2000) - 1000) / 1000; }

std::vector<float> numbers(int64_t count, Random& random) {
  std::vector<float> all;
  for (int64_t i = 0; i < count; ++i) all.push_back(number(random));
  return all;
}

// A straight line in place of the normals' quantiles: what is tested here is not their shape.
std::vector<int16_t> table() {
  std::vector<int16_t> values;
  for (int64_t i = 0; i < kNormalTable; ++i) values.push_back(static_cast<int16_t>(i / 2));
  return values;
}

// Rows screened as they are: not turned, in their order.
ScreenSetup screen(const std::vector<float>& rows, int64_t width) {
  ScreenSetup setup;
  setup.width = width;
  setup.count = width > 0 ? static_cast<int64_t>(rows.size()) / width : 0;
  setup.rows = rows;
  setup.rotation.assign(static_cast<size_t>(width * width), 0.0f);
  for (int64_t i = 0; i < width; ++i) setup.rotation[i * width + i] = 1.0f;
  for (int64_t i = 0; i < setup.count; ++i) setup.order.push_back(i);
  if (pairs_of(width) > 3) setup.levels.push_back(3);
  setup.levels.push_back(pairs_of(width));
  return setup;
}

OracleSetup oracle(int64_t width, int64_t size, double threshold, int64_t gallery, Random& random) {
  OracleSetup setup;
  setup.width = width;
  setup.threshold = threshold;
  setup.projection = numbers(width * size, random);
  setup.gallery = numbers(gallery * width, random);
  std::vector<float> directions = setup.gallery;
  for (int64_t i = 0; i < gallery; ++i) {
    float* row = &directions[i * width];
    const double all = std::sqrt(ordered_dot(row, row, width));
    for (int64_t k = 0; k < width; ++k) row[k] = static_cast<float>(row[k] / all);
  }
  setup.screen = screen(directions, width);
  // No strong direction is known: the others may be as long as the whole matrix.
  setup.next = 1e3 * static_cast<double>(size);
  return setup;
}

SamplerSetup setup_of(int64_t size, double threshold, Random& random) {
  SamplerSetup setup;
  setup.prior.size = size;
  setup.prior.table = table();
  setup.prior.mean = numbers(size, random);
  setup.prior.factor = numbers(size * size, random);
  setup.prior.radius = 2.4 * std::sqrt(static_cast<double>(size));
  for (int64_t width : {size, 1 + up_to(random, 40)})
    setup.oracles.push_back(oracle(width, size, threshold, up_to(random, 40), random));
  const int64_t anchors = up_to(random, 40);
  setup.anchors = numbers(anchors * size, random);
  setup.neighbours = std::min<int64_t>(anchors, up_to(random, 3));
  setup.reach = 2.0 * static_cast<double>(size);
  std::vector<float> rows;
  for (int64_t i = 0; i < anchors; ++i) {
    double squared = 0.0;
    for (int64_t k = 0; k < size; ++k) {
      rows.push_back(setup.anchors[i * size + k] - setup.prior.mean[k]);
      squared += static_cast<double>(rows.back()) * rows.back();
    }
    rows.push_back(static_cast<float>(-squared / 2));
  }
  setup.anchor_screen = screen(rows, anchors > 0 ? size + 1 : 0);
  return setup;
}

Live live(const RejectSampler& sampler, int64_t count, Random& random) {
  Live all;
  all.count = count;
  for (const Oracle& oracle : sampler.oracles()) all.embeddings.push_back(numbers(count * oracle.width(), random));
  return all;
}

// By the definition alone: no bound, no integer row.
uint8_t by_hand(const SamplerSetup& setup, const Live& crowd, uint64_t key, int64_t draw) {
  const Prior& prior = setup.prior;
  const int64_t size = prior.size;
  std::vector<int16_t> n(static_cast<size_t>(size));
  draw_normals(Target::portable)(prior.table.data(), key, static_cast<uint32_t>(draw), size, n.data());
  double squared = 0.0;
  for (int16_t value : n) squared += static_cast<double>(value) * value;
  if (squared > (prior.radius * 4096) * (prior.radius * 4096)) return 1;
  std::vector<float> code;
  for (int64_t i = 0; i < size; ++i) {
    double z = prior.mean[i];
    for (int64_t j = 0; j < size; ++j) z = z + static_cast<double>(prior.factor[i * size + j]) * (n[j] / 4096.0);
    code.push_back(static_cast<float>(z));
  }
  std::vector<std::vector<double>> seen;
  const auto meets = [&](size_t o, const float* others, int64_t count) {
    const OracleSetup& oracle = setup.oracles[o];
    const int64_t d = oracle.width;
    for (int64_t i = 0; i < count; ++i) {
      const float* row = others + i * d;
      const double own = std::sqrt(ordered_dot(seen[o].data(), seen[o].data(), d));
      if (ordered_dot(row, seen[o].data(), d) >= oracle.threshold * (own * std::sqrt(ordered_dot(row, row, d))))
        return true;
    }
    return false;
  };
  for (const OracleSetup& oracle : setup.oracles) {
    seen.emplace_back();
    for (int64_t k = 0; k < oracle.width; ++k)
      seen.back().push_back(ordered_dot(&oracle.projection[k * size], code.data(), size));
  }
  for (size_t o = 0; o < seen.size(); ++o)
    if (meets(o, crowd.embeddings[o].data(), crowd.count)) return 2;
  int64_t near = 0;
  for (size_t i = 0; i < setup.anchors.size(); i += size)
    near += ordered_distance(code.data(), &setup.anchors[i], size) <= setup.reach * setup.reach;
  if (near < setup.neighbours) return 3;
  for (size_t o = 0; o < seen.size(); ++o)
    if (meets(o, setup.oracles[o].gallery.data(), setup.oracles[o].screen.count)) return 4;
  return 0;
}

void judges_as_by_hand() {
  Random random(1);
  for (int64_t round = 0; round < 25; ++round) {
    const SamplerSetup setup = setup_of(1 + up_to(random, 40), static_cast<double>(number(random)), random);
    const RejectSampler sampler(setup);
    const Live crowd = live(sampler, up_to(random, 20), random);
    const int64_t count = up_to(random, 90), first = up_to(random, 1000);
    std::vector<uint8_t> reasons(static_cast<size_t>(count));
    sampler.judge(crowd, 7, first, count, reasons.data());
    for (int64_t i = 0; i < count; ++i) CHECK(reasons[i] == by_hand(setup, crowd, 7, first + i));
  }
}

void rejects_until_it_accepts() {
  Random random(2);
  for (int64_t round = 0; round < 15; ++round) {
    const RejectSampler sampler(setup_of(1 + up_to(random, 30), 0.6, random));
    const Live crowd = live(sampler, up_to(random, 5), random);
    const uint64_t keys[] = {3, 4, 3};
    const int64_t first[] = {0, 5, 0};
    std::vector<float> codes(static_cast<size_t>(3 * sampler.size()));
    int64_t draws[3];
    sampler.reject(crowd, keys, first, 3, 50, codes.data(), draws);
    // Nobody has joined yet for the first face, so that its draw is the first one that judge accepts.
    std::vector<uint8_t> reasons(50);
    sampler.judge(crowd, 3, 0, 50, reasons.data());
    const auto found = std::find(reasons.begin(), reasons.end(), 0);
    CHECK(draws[0] == (found == reasons.end() ? -1 : found - reasons.begin()));
    CHECK(draws[0] < 0 || draws[2] != draws[0]);
  }
}

// Philox4x32-10 as in the kat_vectors file of the Random123 distribution.
void philox_gives_its_known_answer() {
  uint32_t a[1] = {0x243f6a88}, b[1] = {0x85a308d3}, c[1] = {0x13198a2e}, d[1] = {0x03707344};
  philox<1>(a, b, c, d, 0x299f31d0a4093822);
  CHECK(a[0] == 0xd16cfe09 && b[0] == 0x94fdcceb && c[0] == 0x5001e420 && d[0] == 0x24126ea1);
}

void adds_dots_alike_on_every_target() {
  Random random(3);
  for (int64_t count = 0; count < 20; ++count) {
    const int64_t width = 1 + up_to(random, 70), stride = 2 * pairs_of(width);
    IntRows rows(kRowLanes, width);
    std::vector<double> row(static_cast<size_t>(width));
    for (int64_t i = 0; i < kRowLanes; ++i) {
      for (double& value : row) value = static_cast<double>(number(random));
      CHECK(rows.set(i, row.data(), 2000.0) < 0.01);
    }
    std::vector<int16_t> vectors(static_cast<size_t>((count + 1) * stride));
    for (int16_t& value : vectors) value = static_cast<int16_t>(up_to(random, 4000) - 2000);
    std::vector<int32_t> which(static_cast<size_t>(count)), sums(static_cast<size_t>((count + 1) * kRowLanes), 5);
    std::iota(which.begin(), which.end(), 1);
    const std::vector<int32_t> before = sums;
    const auto run = [&](AddDots add) {
      sums = before;
      add(rows.group(0), rows.pairs(), vectors.data(), stride, which.data(), count, sums.data());
      return sums;
    };
    const std::vector<int32_t> expected = run(add_dots(Target::portable));
    CHECK(run(add_dots(active_target())) == expected);
    CHECK(run(add_dots(active_target(), false)) == expected);
  }
}

}  // namespace

int main() {
  philox_gives_its_known_answer();
  on_every_target(adds_dots_alike_on_every_target);
  on_every_target(judges_as_by_hand);
  on_every_target(rejects_until_it_accepts);
}
