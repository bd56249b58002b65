#include "cuda/planes.h"

#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 256;

// A pixel each.
__global__ void divide(Faces<const uint8_t> crops, int64_t count, int64_t size, float* planes) {
  const int64_t number = thread_number(), each = size * size;
  if (number >= count * each) return;
  const FacePixel at(number, size);
  for (int64_t c = 0; c < 3; ++c)
    planes[number + (2 * at.face + c) * each] = static_cast<float>(crops.at(at.face, at.y, at.x, c)) / 255.0f;
}

}  // namespace

void planes(const Faces<const uint8_t>& crops, int64_t count, int64_t size, float* planes, cudaStream_t stream) {
  const int64_t pixels = count * size * size;
  if (pixels > 0) launch({"planes", stream, blocks_of(pixels, kThreads), kThreads}, divide, crops, count, size, planes);
}

}  // namespace pyanon::cuda
