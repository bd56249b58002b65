#include "cuda/blend.h"

#include <algorithm>

#include "core/mix.h"
#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 256;
constexpr int64_t kSpan = 16;  // pixels of a thread that moves vectors of 16 bytes: three of colours, one of the mask

// The part of the frame under the patch, the patch's part over the frame and its mask: of one size.
struct Layers {
  ImageView image;
  ConstImageView patch, mask;
};

// Four bytes of both layers through the factors of each; see `factor`.
__device__ uint32_t mixed_word(uint32_t under, uint32_t over, const uint32_t (&factors)[4]) {
  uint32_t sums[4];
  PYANON_UNROLL
  for (uint32_t i = 0; i < 4; ++i) {
    // Byte i of both, and two more that the factors leave out.
    const uint32_t sum = __dp4a(__byte_perm(under, over, i | (4 + i) << 4), factors[i], 128u);
    sums[i] = sum + (sum >> 8);  // its second byte is the sum over 255, as core/mix.h has it
  }
  return __byte_perm(__byte_perm(sums[0], sums[1], 0x51), __byte_perm(sums[2], sums[3], 0x51), 0x5410);
}

// 255 - mask and mask, as the two low bytes.
__device__ uint32_t factor(uint32_t mask) { return 255 * mask + 255; }

__device__ void blend_span(uint4* image, const uint4* patch, const uint4& mask) {
  const uint32_t masks[4] = {mask.x, mask.y, mask.z, mask.w};
  // One vector of colours after the other: 16 bytes of pixels that begin at byte 0, 1 and 2 of a pixel.
  PYANON_UNROLL
  for (int part = 0; part < 3; ++part) {
    const uint4 under = image[part], over = patch[part];
    const uint32_t from[4] = {under.x, under.y, under.z, under.w}, to[4] = {over.x, over.y, over.z, over.w};
    uint32_t mixed[4];
    PYANON_UNROLL
    for (int word = 0; word < 4; ++word) {
      uint32_t factors[4];
      PYANON_UNROLL
      for (int byte = 0; byte < 4; ++byte) {
        const int pixel = (16 * part + 4 * word + byte) / 3;
        factors[byte] = factor(masks[pixel / 4] >> (8 * (pixel % 4)) & 255);
      }
      mixed[word] = mixed_word(from[word], to[word], factors);
    }
    image[part] = {mixed[0], mixed[1], mixed[2], mixed[3]};
  }
}

__device__ void blend_pixel(const Layers& layers, int64_t y, int64_t x) {
  uint8_t* to = layers.image.at(y, x);
  const uint8_t* over = layers.patch.at(y, x);
  const uint8_t mask = *layers.mask.at(y, x);
  for (int c = 0; c < 3; ++c) {
    uint8_t& under = to[c * layers.image.channel_stride];
    under = mix(under, over[c * layers.patch.channel_stride], mask);
  }
}

// Any strides, a pixel each.
__global__ void blend_pixels(Layers layers) {
  const int64_t at = thread_number();
  if (at >= layers.image.height * layers.image.width) return;
  blend_pixel(layers, at / layers.image.width, at % layers.image.width);
}

// Rows that begin at multiples of 16 bytes, a span of 16 pixels each.
__global__ void blend_spans(Layers layers, uint32_t spans) {
  const uint32_t at = static_cast<uint32_t>(thread_number());
  const int64_t y = at / spans, x = kSpan * (at % spans);
  if (y >= layers.image.height) return;
  if (x + kSpan > layers.image.width) {
    for (int64_t i = x; i < layers.image.width; ++i) blend_pixel(layers, y, i);
    return;
  }
  const uint4 mask = *reinterpret_cast<const uint4*>(layers.mask.at(y, x));
  if ((mask.x | mask.y | mask.z | mask.w) == 0) return;
  blend_span(reinterpret_cast<uint4*>(layers.image.at(y, x)), reinterpret_cast<const uint4*>(layers.patch.at(y, x)),
             mask);
}

template <class Byte>
bool in_one_piece(const View<Byte>& view) {
  return view.packed() && view.row_stride == view.width * view.channels;
}

template <class Byte>
View<Byte> as_one_row(View<Byte> view) {
  view.width *= view.height;
  view.row_stride = view.width * view.channels;
  view.height = 1;
  return view;
}

template <class Byte>
bool aligned(const View<Byte>& view) {
  const bool rows = view.height == 1 || view.row_stride % 16 == 0;
  return view.packed() && rows && reinterpret_cast<uintptr_t>(view.data) % 16 == 0;
}

template <class Byte>
View<Byte> part(View<Byte> view, int64_t y, int64_t x, int64_t height, int64_t width) {
  view.data = view.at(y, x);
  view.height = height;
  view.width = width;
  return view;
}

}  // namespace

void blend(const ImageView& image, const ConstImageView& patch, const ConstImageView& mask, int64_t x, int64_t y,
           cudaStream_t stream) {
  const int64_t left = std::max<int64_t>(0, -x), right = std::min(patch.width, image.width - x);
  const int64_t top = std::max<int64_t>(0, -y), bottom = std::min(patch.height, image.height - y);
  if (left >= right || top >= bottom) return;
  const int64_t height = bottom - top, width = right - left;
  Layers layers{part(image, y + top, x + left, height, width), part(patch, top, left, height, width),
                part(mask, top, left, height, width)};
  if (in_one_piece(layers.image) && in_one_piece(layers.patch) && in_one_piece(layers.mask))
    layers = {as_one_row(layers.image), as_one_row(layers.patch), as_one_row(layers.mask)};
  if (aligned(layers.image) && aligned(layers.patch) && aligned(layers.mask)) {
    const uint32_t spans = blocks_of(layers.image.width, kSpan);
    const unsigned blocks = blocks_of(layers.image.height * spans, kThreads);
    launch({"blend", stream, blocks, kThreads}, blend_spans, layers, spans);
  } else {
    launch({"blend", stream, blocks_of(height * width, kThreads), kThreads}, blend_pixels, layers);
  }
}

}  // namespace pyanon::cuda
