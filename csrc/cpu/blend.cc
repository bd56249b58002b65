#include "cpu/blend.h"

#include <algorithm>

#include "core/rectangle.h"
#include "core/sample.h"
#include "cpu/blend_row.h"

namespace pyanon {
namespace {

// A crop and its mask as pixels of four channels, with one pixel more on every side: there the crop's border is
// repeated and the mask is 0, so that no sample needs to ask where it is.
class MaskedCrop {
 public:
  void fill(const ConstImageView& pixels, const ConstImageView& mask) {
    const int64_t size = pixels.width;
    side_ = size + 2;
    bytes_.assign(static_cast<size_t>(4 * side_ * side_), 0);
    for (int64_t y = 0; y < size; ++y) {
      uint8_t* row = &bytes_[4 * ((y + 1) * side_ + 1)];
      const uint8_t *colours = packed_row(pixels, y, 0, size, colours_), *through = packed_row(mask, y, 0, size, mask_);
      for (int64_t x = 0; x < size; ++x) {
        for (int c = 0; c < 3; ++c) row[4 * x + c] = colours[3 * x + c];
        row[4 * x + 3] = through[x];
      }
      std::copy_n(row, 3, row - 4);
      std::copy_n(row + 4 * (size - 1), 3, row + 4 * size);
    }
    repeat_row(1, 0);
    repeat_row(size, size + 1);
  }

  // The pixel at (0, 0) of the crop itself.
  const uint8_t* origin() const { return &bytes_[4 * (side_ + 1)]; }
  int64_t row_stride() const { return 4 * side_; }

 private:
  // The colours of one row into another one, whose mask stays 0.
  void repeat_row(int64_t from, int64_t to) {
    for (int64_t x = 0; x < side_; ++x) std::copy_n(&bytes_[4 * (from * side_ + x)], 3, &bytes_[4 * (to * side_ + x)]);
  }

  int64_t side_ = 0;
  std::vector<uint8_t> bytes_, colours_, mask_;
};

class Paster {
 public:
  explicit Paster(const ImageView& image) : image_(image) {}

  void run(const ConstImageView& pixels, const ConstImageView& mask, const Affine& to_crop) {
    const Rectangle touched(to_crop.inverse(), static_cast<double>(pixels.width), image_.width, image_.height);
    if (touched.empty()) return;
    const int64_t width = touched.right - touched.left;
    crop_.fill(pixels, mask);
    mask_.resize(static_cast<size_t>(width));
    colours_.resize(static_cast<size_t>(3 * width + 1));
    for (int64_t y = touched.top; y < touched.bottom; ++y) {
      const Line at(to_crop, touched.left, y);
      const Run run = touching(at, width, pixels.width, pixels.height);
      if (run.first < run.last) row(at.from(run.first), touched.left + run.first, run.last - run.first, y);
    }
  }

 private:
  void row(const Line& at, int64_t x, int64_t count, int64_t y) {
    sample_(crop_.origin(), crop_.row_stride(), at, count, colours_.data(), mask_.data());
    uint8_t* to = packed_row(image_, y, x, count, room_);
    blend_(to, colours_.data(), mask_.data(), count);
    scatter_row(image_, y, x, count, to);
  }

  const ImageView& image_;
  const SampleMasked sample_ = sample_masked(active_target());
  const BlendRow blend_ = blend_row(active_target());
  MaskedCrop crop_;
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
