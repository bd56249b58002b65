#include "cpu/blend.h"

#include <algorithm>
#include <cmath>

#include "core/sample.h"
#include "cpu/blend_row.h"

namespace pyanon {
namespace {

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

class Paster {
 public:
  explicit Paster(const ImageView& image) : image_(image) {}

  void run(const ConstImageView& pixels, const ConstImageView& mask, const Affine& to_crop) {
    const Rectangle touched(to_crop.inverse(), static_cast<double>(pixels.width), image_);
    if (touched.left >= touched.right) return;
    const Packed crop(pixels);
    for (int64_t y = touched.top; y < touched.bottom; ++y)
      row(crop.view(), mask, Line(to_crop, touched.left, y), touched.left, touched.right - touched.left, y);
  }

 private:
  void row(const ConstImageView& crop, const ConstImageView& mask, Line at, int64_t left, int64_t count, int64_t y) {
    const Run run = touching(at, count, crop.width, crop.height);
    if (run.first == run.last) return;
    mask_.resize(static_cast<size_t>(count));
    colours_.resize(static_cast<size_t>(3 * count));
    sample_mask(mask, at.from(run.first), run.last - run.first, mask_.data());
    // Colours only where the mask lets them through.
    int64_t first = 0, last = run.last - run.first;
    while (first < last && mask_[first] == 0) ++first;
    while (last > first && mask_[last - 1] == 0) --last;
    const int64_t visible = last - first;
    if (visible == 0) return;
    sample_(crop, at.from(run.first + first), visible, colours_.data());
    uint8_t* to = packed_row(image_, y, left + run.first + first, visible, room_);
    blend_(to, colours_.data(), mask_.data() + first, visible);
    scatter_row(image_, y, left + run.first + first, visible, to);
  }

  const ImageView& image_;
  const SampleColours sample_ = sample_colours(active_target());
  const BlendRow blend_ = blend_row(active_target());
  std::vector<uint8_t> mask_, colours_, room_;
};

}  // namespace

void blend(const ImageView& image, const ConstImageView& patch, const ConstImageView& mask, int64_t x, int64_t y) {
  const int64_t left = std::max<int64_t>(0, -x), right = std::min(patch.width, image.width - x);
  const int64_t top = std::max<int64_t>(0, -y), bottom = std::min(patch.height, image.height - y);
  if (left >= right) return;
  const BlendRow run = blend_row(active_target());
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
  Paster paster(image);
  for (int64_t i = 0; i < count; ++i) paster.run(crops[i], masks[i], Affine::from(matrices + 6 * i));
}

}  // namespace pyanon
