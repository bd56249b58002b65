#include "cuda/reject.h"

#include "cuda/reject_parts.h"

namespace pyanon::cuda {

RejectScratch::RejectScratch(void* scratch, const Sampler& sampler, int64_t count, int64_t live) {
  Pieces pieces(scratch);
  const int64_t draws = count * kBatch;
  faces = pieces.take<Face>(count);
  fresh = pieces.take<unsigned char>(count);
  taken = pieces.take<unsigned char>(count);
  near = pieces.take<unsigned>(draws);
  codes = pieces.take<float>(draws * sampler.size);
  for (const Sampler::Oracle& oracle : sampler.oracles)
    seen.push_back({pieces.take<double>(draws * oracle.width), pieces.take<double>(draws),
                    pieces.take<double>(count * oracle.width), pieces.take<double>(count), pieces.take<double>(live)});
  bytes = pieces.bytes();
}

int64_t reject_scratch_bytes(const Sampler& sampler, int64_t faces, int64_t live) {
  return RejectScratch(nullptr, sampler, faces, live).bytes;
}

void reject_judge(const Sampler& sampler, int64_t count, const std::vector<Rows>& live, const RejectScratch& scratch,
                  const Progress& progress, cudaStream_t stream) {
  const auto oracles = static_cast<int64_t>(sampler.oracles.size());
  reject_draw(sampler, count, scratch, progress.verdict, stream);
  for (int64_t o = 0; o < oracles; ++o) {
    reject_embed(sampler, o, count, scratch, stream);
    reject_compare(sampler, o, live[o], kAlike, count, scratch, progress.verdict, stream);
  }
  reject_remote(sampler, count, scratch, progress.verdict, stream);
  // The gallery last: it is the longest, and most draws are refused by then.
  for (int64_t o = 0; o < oracles; ++o)
    reject_compare(sampler, o, sampler.oracles[o].gallery, kKnown, count, scratch, progress.verdict, stream);
}

}  // namespace pyanon::cuda
