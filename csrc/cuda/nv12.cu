#include "cuda/nv12.h"

#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 256;

// A pixel each.
__global__ void to_rgb(Nv12View<const uint8_t> frame, Nv12Colours by, ImageView rgb) {
  const int64_t at = thread_number();
  if (at >= rgb.height * rgb.width) return;
  const int64_t y = at / rgb.width, x = at % rgb.width;
  uint8_t colour[3];
  read_nv12(frame, by, y, x, colour);
  uint8_t* to = rgb.at(y, x);
  for (int c = 0; c < 3; ++c) to[c * rgb.channel_stride] = colour[c];
}

// A chroma sample and its four pixels each.
__global__ void to_nv12(ConstImageView rgb, Nv12Colours by, Nv12View<uint8_t> to) {
  const int64_t at = thread_number();
  if (at < to.chroma.height * to.chroma.width) write_nv12(rgb, by, at / to.chroma.width, at % to.chroma.width, to);
}

}  // namespace

void rgb_from_nv12(const Nv12View<const uint8_t>& frame, const Nv12Colours& by, const ImageView& rgb,
                   cudaStream_t stream) {
  const int64_t pixels = rgb.height * rgb.width;
  if (pixels > 0) launch({"rgb_from_nv12", stream, blocks_of(pixels, kThreads), kThreads}, to_rgb, frame, by, rgb);
}

void nv12_from_rgb(const ConstImageView& rgb, const Nv12Colours& by, const Nv12View<uint8_t>& to, cudaStream_t stream) {
  const int64_t samples = to.chroma.height * to.chroma.width;
  if (samples > 0) launch({"nv12_from_rgb", stream, blocks_of(samples, kThreads), kThreads}, to_nv12, rgb, by, to);
}

}  // namespace pyanon::cuda
