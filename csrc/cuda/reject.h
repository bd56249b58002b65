// `reject` and `judge` on a GPU; pyanon/ops/reference/reject.py defines them, csrc/cpu/reject.h says what they do.
//
// A batch of kBatch draws of every face is judged at once, against the originals, the anchors and the gallery. Then one
// block goes over the faces in their order and takes for each the first draw of its batch that nobody refused and that
// is unlike those taken for the faces before it. A face whose batch is used up stops that walk: it gets its next batch,
// those after it keep theirs, and the walk goes on where it stopped. So results do not depend on the size of a batch,
// and with luck one round serves all faces. Who calls looks after a round whether all are served: launchers do not
// wait.
//
// Sums that decide run in float64 in the order of their index. Most of them are decided by a sum in float32 whose error
// is bounded (reject_compare.cu); only what it leaves open is summed again.
#pragma once

#include <cuda_runtime_api.h>

#include <vector>

#include "cuda/steps.h"

namespace pyanon::cuda {

constexpr int64_t kBatch = 64;
constexpr int64_t kLongestCode = 4096;
constexpr int64_t kMostFaces = 1024;  // of a call
constexpr int64_t kMostJudges = 16;   // oracles, whose tables fit into the arguments of a launch

// Why a draw is refused: the first of these tests that it fails, as in pyanon.ops.spec.Reason; the last is "not at
// all".
enum Verdict : unsigned { kBeyond = 0, kUnlikely = 1, kAlike = 2, kRemote = 3, kKnown = 4, kAccepted = 5 };

// Rows that a draw is compared with, and their lengths.
struct Rows {
  Steps<float> values;
  const double* lengths;
  int64_t count, width;
};

// A sampler in the memory of a GPU; matrices column by column.
struct Sampler {
  struct Oracle {
    int64_t width;
    double threshold;
    const float* projection;  // [D][width]
    Rows gallery;
  };
  int64_t size;  // D
  double most_squares;
  const float *mean, *factor;  // [D], [D][D]
  const int16_t* table;
  std::vector<Oracle> oracles;
  Rows anchors;  // without lengths
  int64_t neighbours;
  double reach;
};

// What is asked for each face: the draws first .. last - 1 of a key.
struct Face {
  uint64_t key;
  int64_t first, last;
};

constexpr long long kAllUseful = INT64_MAX;

// Where a walk over the faces stands. `next` is the first face that is not served; draws holds -1 where there was none.
struct Progress {
  int64_t* next;
  int64_t* draws;  // [face]
  // [oracle]: the first of the live rows that has no direction, as 2 row + (1 where it is finite), or kAllUseful.
  long long* useless;
  float* codes;       // [face][D]
  unsigned* verdict;  // [face][kBatch]
};

int64_t reject_scratch_bytes(const Sampler& sampler, int64_t faces, int64_t live);

// A call's scratch memory; begins at a multiple of 16 bytes.
struct RejectScratch {
  Face* faces;
  unsigned char *fresh, *taken;  // [face]: whether its batch is to be judged; whether it has been served with a code
  unsigned* near;                // [face][kBatch]
  float* codes;                  // [face][kBatch][D]
  struct Seen {
    double *values, *lengths;              // [face][kBatch][width], [face][kBatch]
    double *taken_values, *taken_lengths;  // [face][width], [face]: of the code that it was served with
    double* live_lengths;
  };
  std::vector<Seen> seen;  // by each oracle
  int64_t bytes;

  RejectScratch(void* scratch, const Sampler& sampler, int64_t count, int64_t live);
};

// The lengths of rows; `useless` may be null.
void reject_lengths(const Rows& rows, double* lengths, long long* useless, cudaStream_t stream);

// Before the first round: nobody is served, the live ones are measured. `faces` is of the device, live[o] the rows of
// oracle o, whose lengths this sets.
void reject_begin(const Sampler& sampler, const Face* faces, int64_t count, std::vector<Rows>& live,
                  const RejectScratch& scratch, const Progress& progress, cudaStream_t stream);

// Judges the batches that have not been: progress.verdict.
void reject_judge(const Sampler& sampler, int64_t count, const std::vector<Rows>& live, const RejectScratch& scratch,
                  const Progress& progress, cudaStream_t stream);

// Walks over the faces in their order.
void reject_serve(const Sampler& sampler, int64_t count, const RejectScratch& scratch, const Progress& progress,
                  cudaStream_t stream);

}  // namespace pyanon::cuda
