// The CUDA kernels, emulated, against those of the CPU: under the sanitizers, on memory of exactly its size, so that
// whatever a kernel reads or writes beside it is seen. What they compute, tests/ops hold to the definition.
#include <algorithm>

#include "checks.h"
#include "cpu/blend.h"
#include "cpu/cover.h"
#include "cpu/exponential.h"
#include "cpu/nms.h"
#include "cpu/nv12.h"
#include "cpu/warp.h"
#include "cuda/blend.h"
#include "cuda/cover.h"
#include "cuda/exponential.h"
#include "cuda/launch.h"
#include "cuda/letterbox.h"
#include "cuda/nms.h"
#include "cuda/nv12.h"
#include "cuda/reject.h"
#include "cuda/warp.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

// Two pictures of the same pixels.
struct Twins {
  Picture first, second;

  Twins(int64_t height, int64_t width, Layout layout, Random& random)
      : first(height, width, 3, layout, random), second(height, width, 3, layout, random) {
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t c = 0; c < 3; ++c) second.set(y, x, c, first.at(y, x, c));
  }
  bool alike() const { return first.values() == second.values(); }
};

float between(Random& random, double low, double high) {
  return static_cast<float>(low + (high - low) * static_cast<double>(up_to(random, 10000)) / 10000);
}

void blends() {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    const int64_t height = 1 + up_to(random, 12), width = 1 + up_to(random, 70);
    const Twins twins(height, width, kLayouts[round % 6], random);
    const bool whole = round % 2 == 0;  // in one piece: vectors
    const Picture patch(whole ? height : up_to(random, 9), whole ? width : up_to(random, 80), 3, Layout::packed,
                        random);
    const Picture mask(patch.view().height, patch.view().width, 1, Layout::packed, random);
    const int64_t x = whole ? 0 : up_to(random, 90) - 45, y = whole ? 0 : up_to(random, 20) - 10;
    blend(twins.first.view(), patch.read(), mask.read(), x, y);
    cuda::blend(twins.second.view(), patch.read(), mask.read(), x, y, nullptr);
    CHECK(twins.alike());
  }
}

void pastes_and_warps() {
  Random random(2);
  for (int round = 0; round < 100; ++round) {
    const Twins twins(1 + up_to(random, 30), 1 + up_to(random, 40), kLayouts[round % 6], random);
    const int64_t size = 1 + up_to(random, 20), times = 1 + round % 3;
    const float matrix[6] = {between(random, 0.3, 2),    between(random, -0.2, 0.2), between(random, -20, 20),
                             between(random, -0.2, 0.2), between(random, 0.3, 2),    between(random, -20, 20)};
    std::vector<uint8_t> crop(static_cast<size_t>(3 * size * size)), other(crop.size());
    warp(twins.first.read(), matrix, 1, size, times, crop.data());
    cuda::warp(twins.first.read(), matrix, 1, size, times, other.data(), nullptr);
    CHECK(crop == other);
    const Picture pixels(size, size, 3, kLayouts[round % 6], random), mask(size, size, 1, Layout::padded, random);
    const ConstImageView over = pixels.read(), through = mask.read();
    paste(twins.first.view(), &over, &through, matrix, 1);
    cuda::paste(twins.second.view(), &over, &through, matrix, 1, nullptr);
    CHECK(twins.alike());
  }
}

void covers() {
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    const Twins twins(1 + up_to(random, 50), 1 + up_to(random, 60), kLayouts[round % 6], random);
    CoverLook look;
    look.style = round % 3 == 0 ? CoverStyle::solid : (round % 3 == 1 ? CoverStyle::blur : CoverStyle::mosaic);
    look.cells = 1 + up_to(random, 31);
    std::vector<float> boxes;
    for (int64_t i = up_to(random, 3); i >= 0; --i) {
      const float x = between(random, -20, 60), y = between(random, -20, 60);
      boxes.insert(boxes.end(), {x, y, x + between(random, 0, 50), y + between(random, 0, 50)});
    }
    const auto count = static_cast<int64_t>(boxes.size() / 4);
    cover(twins.first.view(), boxes.data(), count, look);
    const std::vector<Region> regions = cuda::cover_regions(boxes.data(), count, look);
    const ImageView& image = twins.second.view();
    std::vector<char> scratch(static_cast<size_t>(cuda::cover_scratch_bytes(count, look, image.height, image.width)));
    cuda::cover(image, regions, regions.data(), look, scratch.data(), nullptr);
    CHECK(twins.alike());
  }
}

void letterboxes() {
  Random random(4);
  for (int round = 0; round < 100; ++round) {
    const Nv12Colours by(Standard::bt709, false);
    const int64_t height = 1 + up_to(random, 40), width = 1 + up_to(random, 40);
    const Picture luma(height, width, 1, Layout::padded, random);
    const Picture chroma((height + 1) / 2, (width + 1) / 2, 2, Layout::packed, random);
    const Picture rgb(height, width, 3, kLayouts[round % 6], random), other(height, width, 3, Layout::packed, random);
    rgb_from_nv12({luma.read(), chroma.read()}, by, rgb.view());
    cuda::rgb_from_nv12({luma.read(), chroma.read()}, by, other.view(), nullptr);
    CHECK(rgb.values() == other.values());
    cuda::nv12_from_rgb(rgb.read(), by, {luma.view(), chroma.view()}, nullptr);
    rgb_from_nv12({luma.read(), chroma.read()}, by, rgb.view());
    const cuda::LetterboxLook look{1 + up_to(random, 30), 1 + up_to(random, 30), 9.0f, 0.5f, 114.0f};
    std::vector<float> planes(static_cast<size_t>(3 * look.width * look.height)), fused(planes.size());
    cuda::letterbox(rgb.read(), look, planes.data(), nullptr);
    cuda::letterbox({luma.read(), chroma.read()}, by, look, fused.data(), nullptr);
    CHECK(planes == fused);
  }
}

void finds_the_best() {
  Random random(5);
  for (const int64_t count : {0, 1, 3, 63, 64, 65, 200, 300}) {
    std::vector<float> boxes, scores;
    std::vector<int64_t> groups;
    for (int64_t i = 0; i < count; ++i) {
      const float x = between(random, 0, 60), y = between(random, 0, 60);
      boxes.insert(boxes.end(), {x, y, x + between(random, 1, 20), y + between(random, 1, 20)});
      scores.push_back(between(random, 0, 1));
      groups.push_back(up_to(random, 2));
    }
    std::vector<char> scratch(static_cast<size_t>(cuda::nms_scratch_bytes(count)));
    std::vector<int64_t> kept(static_cast<size_t>(count + 1));
    const auto as_bytes = [](const auto& values) { return reinterpret_cast<const char*>(values.data()); };
    const cuda::NmsBoxes given{count, {as_bytes(boxes), 16, 4}, {as_bytes(scores), 4, 0}, {as_bytes(groups), 8, 0}};
    cuda::nms(given, 0.3f, 0, scratch.data(), kept.data(), nullptr);
    kept.erase(kept.begin() + 1 + kept[0], kept.end());
    kept.erase(kept.begin());
    CHECK(kept == nms(boxes.data(), scores.data(), count > 0 ? groups.data() : nullptr, count, 0.3f, 0));
  }
}

void chooses() {
  Random random(6);
  for (const int64_t groups : {1, 2, 127, 128, 129, 500}) {
    std::vector<double> utilities;
    for (int64_t i = 0; i < 3 * groups; ++i) utilities.push_back(static_cast<double>(up_to(random, 40)) - 20);
    const std::vector<int64_t> sizes(static_cast<size_t>(groups), 7), draws{0, 1, 2};
    const std::vector<uint64_t> keys{1, 2, 3};
    const ExponentialSetup setup{0.3, 1 + groups / 3, groups - groups / 4};
    std::vector<int64_t> chosen(3), members(3), both(6);
    exponential(utilities.data(), 3, groups, sizes.data(), keys.data(), draws.data(), setup, chosen.data(),
                members.data());
    cuda::exponential({{reinterpret_cast<const char*>(utilities.data()), 8 * groups, 8}, 3, groups},
                      {sizes.data(), keys.data(), draws.data()}, setup, both.data(), nullptr);
    CHECK(std::equal(chosen.begin(), chosen.end(), both.begin()));
    CHECK(std::equal(members.begin(), members.end(), both.begin() + 3));
  }
}

// Two oracles that see the code itself, live ones on the axes: what is served is unlike all of them and each other.
void rejects() {
  constexpr int64_t kSize = 13, kFaces = 5, kPeople = 3, kGallery = 130;
  Random random(7);
  const auto numbers = [&](int64_t count) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(between(random, -1, 1));
    return values;
  };
  std::vector<float> identity(kSize * kSize, 0.0f);
  for (int64_t i = 0; i < kSize; ++i) identity[i * kSize + i] = 1.0f;
  const std::vector<float> mean(kSize, 0.0f), gallery = numbers(kGallery * kSize), people = numbers(kPeople * kSize);
  std::vector<int16_t> table(1 << 15);
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<int16_t>(i / 4);
  const auto rows = [&](const std::vector<float>& values, int64_t count) {
    return cuda::Rows{{reinterpret_cast<const char*>(values.data()), 4 * kSize, 4}, nullptr, count, kSize};
  };
  cuda::Sampler sampler{kSize, 1e18, mean.data(), identity.data(), table.data(), {}, rows(gallery, kGallery), 1, 20.0};
  std::vector<double> lengths(kGallery);
  cuda::Rows others = rows(gallery, kGallery);
  cuda::reject_lengths(others, lengths.data(), nullptr, nullptr);
  others.lengths = lengths.data();
  for (int o = 0; o < 2; ++o) sampler.oracles.push_back({kSize, 0.75, identity.data(), others});
  std::vector<cuda::Face> faces;
  for (uint64_t face = 0; face < kFaces; ++face) faces.push_back({face % 2, 0, 500});  // with equal keys among them
  std::vector<char> memory(static_cast<size_t>(cuda::reject_scratch_bytes(sampler, kFaces, kPeople)));
  const cuda::RejectScratch scratch(memory.data(), sampler, kFaces, kPeople);
  std::vector<int64_t> state(1 + kFaces);
  std::vector<long long> useless(2);
  std::vector<float> codes(kFaces * kSize);
  std::vector<unsigned> verdicts(kFaces * cuda::kBatch);
  const cuda::Progress progress{state.data(), state.data() + 1, useless.data(), codes.data(), verdicts.data()};
  std::vector<cuda::Rows> live(2, rows(people, kPeople));
  cuda::reject_begin(sampler, faces.data(), kFaces, live, scratch, progress, nullptr);
  while (state[0] < kFaces) {
    cuda::reject_judge(sampler, kFaces, live, scratch, progress, nullptr);
    cuda::reject_serve(sampler, kFaces, scratch, progress, nullptr);
  }
  const auto cosine = [&](const float* a, const float* b) {
    double dot = 0, first = 0, second = 0;
    for (int64_t k = 0; k < kSize; ++k) dot += a[k] * b[k], first += a[k] * a[k], second += b[k] * b[k];
    return dot / std::sqrt(first * second);
  };
  for (int64_t face = 0; face < kFaces; ++face) {
    CHECK(state[1 + face] >= 0);
    const float* code = &codes[face * kSize];
    for (int64_t i = 0; i < kGallery; ++i) CHECK(cosine(code, &gallery[i * kSize]) < 0.75 + 1e-6);
    for (int64_t i = 0; i < kPeople; ++i) CHECK(cosine(code, &people[i * kSize]) < 0.75 + 1e-6);
    for (int64_t i = 0; i < face; ++i) CHECK(cosine(code, &codes[i * kSize]) < 0.75 + 1e-6);
  }
}

__global__ void count_threads(int* count) { atomicAdd(count, 1); }

// What CUDA refuses is thrown, once: the next launch runs.
void refuses_grids_that_are_none() {
  int count = 0;
  for (const unsigned threads : {0u, 1025u}) {
    bool refused = false;
    try {
      cuda::launch({"test", nullptr, 1, threads}, count_threads, &count);
    } catch (const cuda::CudaError& error) {
      refused = error.op == "test" && std::string(error.what()) == "invalid configuration argument";
    }
    CHECK(refused && count == 0);
  }
  cuda::launch({"test", nullptr, {2, 3}, {4, 5}}, count_threads, &count);
  CHECK(count == 2 * 3 * 4 * 5);
}

}  // namespace

int main() {
  refuses_grids_that_are_none();
  blends();
  pastes_and_warps();
  covers();
  letterboxes();
  finds_the_best();
  chooses();
  rejects();
}
