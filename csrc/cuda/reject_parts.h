// The steps of judging a batch, and what they share.
#pragma once

#include <cmath>

#include "cuda/reject.h"

namespace pyanon::cuda {

// Whether cosine(a, b) >= threshold, without a division.
PYANON_BOTH inline bool alike(double dot, double threshold, double length, double other) {
  return dot >= threshold * (length * other);
}

// Draws numbers, makes codes of them and refuses those too far from the mean.
void reject_draw(const Sampler& sampler, int64_t faces, const RejectScratch& scratch, unsigned* verdict,
                 cudaStream_t stream);

// Embeddings of the codes by oracle `index`.
void reject_embed(const Sampler& sampler, int64_t index, int64_t faces, const RejectScratch& scratch,
                  cudaStream_t stream);

// Refuses what oracle `index` finds like one of the rows, for this reason.
void reject_compare(const Sampler& sampler, int64_t index, const Rows& rows, unsigned reason, int64_t faces,
                    const RejectScratch& scratch, unsigned* verdict, cudaStream_t stream);

// Refuses what has too few anchors near it.
void reject_remote(const Sampler& sampler, int64_t faces, const RejectScratch& scratch, unsigned* verdict,
                   cudaStream_t stream);

}  // namespace pyanon::cuda
