#include "core/normals.h"
#include "core/philox.h"
#include "cuda/launch.h"
#include "cuda/reject_parts.h"

namespace pyanon::cuda {
namespace {

constexpr int kThreads = 64;

struct Prior {
  int64_t size;
  double most_squares;
  const float *mean, *factor;
  const int16_t* table;
};

struct Batches {
  const Face* faces;
  const unsigned char* fresh;
  unsigned *near, *verdict;
  float* codes;
};

// All threads of a block: the normals of a draw as whole numbers; the sum of their squares.
__device__ uint64_t draw_normals(const Prior& prior, uint64_t key, uint32_t number, double* normals) {
  __shared__ unsigned long long squares;
  if (threadIdx.x == 0) squares = 0;
  __syncthreads();
  const int64_t blocks = (prior.size + 7) / 8;
  unsigned long long own = 0;
  for (int64_t block = threadIdx.x; block < blocks; block += kThreads) {
    uint32_t a[1] = {static_cast<uint32_t>(block)}, b[1] = {number}, c[1] = {0};
    uint32_t d[1] = {static_cast<uint32_t>(Purpose::normals)};
    philox<1>(a, b, c, d, key);
    const uint32_t words[4] = {a[0], b[0], c[0], d[0]};
    // The stream is all first words, then all second ones and so on, each of two pieces.
    for (int64_t k = 0; k < 8; ++k) {
      const int64_t at = 2 * ((k / 2) * blocks + block) + k % 2;
      if (at >= prior.size) continue;
      const int64_t value = normal(prior.table, words[k / 2] >> (16 * (k % 2)));
      normals[at] = static_cast<double>(value) / (1 << kNormalBits);
      own += static_cast<unsigned long long>(value * value);
    }
  }
  atomicAdd(&squares, own);
  __syncthreads();
  return squares;
}

// A block for each draw of each batch that is to be judged.
__global__ void draw_codes(Prior prior, Batches batches) {
  __shared__ double normals[kLongestCode];
  const int64_t face = blockIdx.y, at = face * kBatch + blockIdx.x;
  if (!batches.fresh[face]) return;
  const int64_t number = batches.faces[face].first + blockIdx.x;
  const bool beyond = number >= batches.faces[face].last;
  const uint64_t key = batches.faces[face].key;
  const uint64_t squares = draw_normals(prior, key, static_cast<uint32_t>(number), normals);
  if (threadIdx.x == 0) {
    const bool unlikely = static_cast<double>(squares) > prior.most_squares;
    batches.verdict[at] = beyond ? kBeyond : (unlikely ? kUnlikely : kAccepted);
    batches.near[at] = 0;
  }
  for (int64_t i = threadIdx.x; i < prior.size; i += kThreads) {
    double total = prior.mean[i];
    for (int64_t j = 0; j < prior.size; ++j)
      total = total + static_cast<double>(prior.factor[j * prior.size + i]) * normals[j];
    batches.codes[at * prior.size + i] = static_cast<float>(total);
  }
}

struct Embedding {
  int64_t size, width;
  const float *projection, *codes;
  const unsigned char* fresh;
  double *values, *lengths;
};

// A block for each draw: what one oracle sees.
__global__ void embed_codes(Embedding seen) {
  const int64_t at = blockIdx.y * kBatch + blockIdx.x;
  if (!seen.fresh[blockIdx.y]) return;
  double* values = seen.values + at * seen.width;
  for (int64_t i = threadIdx.x; i < seen.width; i += kThreads) {
    double total = 0.0;
    for (int64_t k = 0; k < seen.size; ++k)
      total = total + static_cast<double>(seen.projection[k * seen.width + i]) *
                          static_cast<double>(seen.codes[at * seen.size + k]);
    values[i] = total;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  double squares = 0.0;
  for (int64_t i = 0; i < seen.width; ++i) squares = squares + values[i] * values[i];
  seen.lengths[at] = sqrt(squares);
}

dim3 a_block_for_each_draw(int64_t faces) { return {static_cast<unsigned>(kBatch), static_cast<unsigned>(faces)}; }

}  // namespace

void reject_draw(const Sampler& sampler, int64_t faces, const RejectScratch& scratch, unsigned* verdict,
                 cudaStream_t stream) {
  const Prior prior{sampler.size, sampler.most_squares, sampler.mean, sampler.factor, sampler.table};
  const Batches batches{scratch.faces, scratch.fresh, scratch.near, verdict, scratch.codes};
  launch({"reject", stream, a_block_for_each_draw(faces), kThreads}, draw_codes, prior, batches);
}

void reject_embed(const Sampler& sampler, int64_t index, int64_t faces, const RejectScratch& scratch,
                  cudaStream_t stream) {
  const Sampler::Oracle& oracle = sampler.oracles[index];
  const RejectScratch::Seen& seen = scratch.seen[index];
  const Embedding embedding{sampler.size,  oracle.width, oracle.projection, scratch.codes,
                            scratch.fresh, seen.values,  seen.lengths};
  launch({"reject", stream, a_block_for_each_draw(faces), kThreads}, embed_codes, embedding);
}

}  // namespace pyanon::cuda
