#include "cpu/nv12.h"

#include "checks.h"

using namespace pyanon;
using namespace pyanon::tests;

namespace {

constexpr Layout kPlain[] = {Layout::packed, Layout::padded, Layout::upside_down, Layout::mirrored};

// Every pixel of any size and stride, and none beside them: a flat colour comes back everywhere.
void flat_colours_come_back() {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    const int64_t height = up_to(random, 9), width = up_to(random, 9);
    const Nv12Colours by(round % 2 == 0 ? Standard::bt601 : Standard::bt709, round % 3 == 0);
    const Picture image(height, width, 3, kLayouts[round % 6], random);
    const Picture luma(height, width, 1, kPlain[round % 4], random);
    const Picture chroma((height + 1) / 2, (width + 1) / 2, 2, kPlain[round / 4 % 4], random);
    const Picture back(height, width, 3, kLayouts[round / 6 % 6], random);
    const uint8_t colour[3] = {static_cast<uint8_t>(random()), static_cast<uint8_t>(random()), 90};
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t c = 0; c < 3; ++c) image.set(y, x, c, colour[c]);
    nv12_from_rgb(image.read(), by, {luma.view(), chroma.view()});
    rgb_from_nv12({luma.read(), chroma.read()}, by, back.view());
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t c = 0; c < 3; ++c) CHECK(std::abs(back.at(y, x, c) - colour[c]) <= 2);
  }
}

}  // namespace

int main() { flat_colours_come_back(); }
