#include "cpu/blend.h"

#include <algorithm>
#include <cmath>

#include "core/affine.h"
#include "core/target.h"

namespace pyanon {
namespace {

PYANON_INLINE void row(uint8_t* image, const uint8_t* patch, const uint8_t* mask, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    for (int c = 0; c < 3; ++c) image[3 * i + c] = mix(image[3 * i + c], patch[3 * i + c], mask[i]);
}

PYANON_VERSIONS(row, (uint8_t* image, const uint8_t* patch, const uint8_t* mask, int64_t count),
                (image, patch, mask, count))

// The pixels of the frame that the square [0, size] x [0, size] of a crop can touch.
struct Rectangle {
  int64_t left, top, right, bottom;

  Rectangle(const Affine& to_frame, double size, const ImageView& image) {
    const double xs[] = {to_frame.c, to_frame.c + to_frame.a * size, to_frame.c + to_frame.b * size,
                         to_frame.c + (to_frame.a + to_frame.b) * size};
    const double ys[] = {to_frame.f, to_frame.f + to_frame.d * size, to_frame.f + to_frame.e * size,
                         to_frame.f + (to_frame.d + to_frame.e) * size};
    // Half a crop pixel more on every side: there the mask still fades to nothing.
    const double more_x = 0.5 * (std::abs(to_frame.a) + std::abs(to_frame.b)) + 1.0;
    const double more_y = 0.5 * (std::abs(to_frame.d) + std::abs(to_frame.e)) + 1.0;
    left = bounded(*std::min_element(xs, xs + 4) - more_x, image.width);
    right = bounded(*std::max_element(xs, xs + 4) + more_x, image.width);
    top = bounded(*std::min_element(ys, ys + 4) - more_y, image.height);
    bottom = bounded(*std::max_element(ys, ys + 4) + more_y, image.height);
  }

  static int64_t bounded(double value, int64_t length) {
    return static_cast<int64_t>(std::floor(std::min(std::max(value, 0.0), static_cast<double>(length))));
  }
};

int mask_at(const ConstImageView& mask, int64_t y, int64_t x) {
  return x < 0 || y < 0 || x >= mask.width || y >= mask.height ? 0 : *mask.at(y, x);
}

void paste_row(uint8_t* to, int64_t count, Line at, const ConstImageView& crop, const ConstImageView& mask) {
  for (int64_t i = 0; i < count; ++i, to += 3, at.u += at.du, at.v += at.dv) {
    const int64_t x = whole(at.u), y = whole(at.v);
    if (x < -1 || y < -1 || x >= crop.width || y >= crop.height) continue;
    const int wx = weight(at.u), wy = weight(at.v);
    const int m = bilinear(mask_at(mask, y, x), mask_at(mask, y, x + 1), mask_at(mask, y + 1, x),
                           mask_at(mask, y + 1, x + 1), wx, wy);
    if (m == 0) continue;
    const int64_t left = clamp_index(x, crop.width), right = clamp_index(x + 1, crop.width);
    const int64_t up = clamp_index(y, crop.height), down = clamp_index(y + 1, crop.height);
    for (int c = 0; c < 3; ++c) {
      const int64_t channel = c * crop.channel_stride;
      const int over = bilinear(crop.at(up, left)[channel], crop.at(up, right)[channel], crop.at(down, left)[channel],
                                crop.at(down, right)[channel], wx, wy);
      to[c] = mix(to[c], over, m);
    }
  }
}

}  // namespace

void blend(const ImageView& image, const ConstImageView& patch, const ConstImageView& mask, int64_t x, int64_t y) {
  const int64_t left = std::max<int64_t>(0, -x), right = std::min(patch.width, image.width - x);
  const int64_t top = std::max<int64_t>(0, -y), bottom = std::min(patch.height, image.height - y);
  if (left >= right) return;
  const auto run = row_for(active_target());
  std::vector<uint8_t> image_room, patch_room, mask_room;
  const int64_t count = right - left;
  for (int64_t j = top; j < bottom; ++j) {
    uint8_t* to = packed_row(image, y + j, x + left, count, image_room);
    run(to, packed_row(patch, j, left, count, patch_room), packed_row(mask, j, left, count, mask_room), count);
    scatter_row(image, y + j, x + left, count, to);
  }
}

void paste(const ImageView& image, const ConstImageView* crops, const ConstImageView* masks, const float* matrices,
           int64_t count) {
  std::vector<uint8_t> room;
  for (int64_t i = 0; i < count; ++i) {
    const Affine to_crop = Affine::from(matrices + 6 * i);
    const Rectangle touched(to_crop.inverse(), static_cast<double>(crops[i].width), image);
    const int64_t width = touched.right - touched.left;
    if (width <= 0) continue;
    for (int64_t y = touched.top; y < touched.bottom; ++y) {
      uint8_t* to = packed_row(image, y, touched.left, width, room);
      paste_row(to, width, Line(to_crop, touched.left, y), crops[i], masks[i]);
      scatter_row(image, y, touched.left, width, to);
    }
  }
}

}  // namespace pyanon
