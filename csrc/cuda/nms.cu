// Ranks by counting, then all overlaps as bits, then one block that walks the ranks, 64 at a time.
#include "cuda/nms.h"

#include "core/overlap.h"
#include "cuda/launch.h"

namespace pyanon::cuda {
namespace {

constexpr int64_t kThreads = 256;
constexpr int64_t kWord = 64;  // boxes to a word of bits

// The boxes that are numbers, best first, and which of them overlap: parts of the scratch memory.
struct Ranked {
  uint64_t* overlaps;  // [rank][word]: later boxes that this one suppresses
  uint64_t* dead;      // [word]
  int64_t *group, *index;
  uint4* corners;  // bits of four floats
  unsigned* count;

  Ranked(void* scratch, int64_t n) {
    corners = static_cast<uint4*>(scratch);
    overlaps = reinterpret_cast<uint64_t*>(corners + n);
    dead = overlaps + n * words(n);
    group = reinterpret_cast<int64_t*>(dead + words(n));
    index = group + n;
    count = reinterpret_cast<unsigned*>(index + n);
  }

  PYANON_BOTH static int64_t words(int64_t n) { return (n + kWord - 1) / kWord; }
  static int64_t bytes(int64_t n) { return n * 16 + 8 * (n * words(n) + words(n) + 2 * n) + 8; }
};

struct Corners4 {
  float x0, y0, x1, y1;
};

__device__ Corners4 corners_of(const Ranked& ranked, int64_t rank) {
  return *reinterpret_cast<const Corners4*>(ranked.corners + rank);
}

// Not a number in any coordinate, or in the score.
__device__ bool is_number(const NmsBoxes& boxes, int64_t i) {
  bool number = boxes.scores.at(i) == boxes.scores.at(i);
  for (int64_t k = 0; k < 4; ++k) number = number && boxes.corners.at(i, k) == boxes.corners.at(i, k);
  return number;
}

// A box each, to the place of its rank: equal scores in their given order.
__global__ void rank_boxes(NmsBoxes boxes, Ranked ranked) {
  const int64_t i = thread_number();
  if (i >= boxes.count || !is_number(boxes, i)) return;
  const float score = boxes.scores.at(i);
  int64_t rank = 0;
  for (int64_t j = 0; j < boxes.count; ++j) {
    const float other = boxes.scores.at(j);
    if ((other > score || (other == score && j < i)) && is_number(boxes, j)) ++rank;
  }
  const Steps<float>& from = boxes.corners;
  *reinterpret_cast<Corners4*>(ranked.corners + rank) = {from.at(i, 0), from.at(i, 1), from.at(i, 2), from.at(i, 3)};
  ranked.group[rank] = boxes.groups.data != nullptr ? boxes.groups.at(i) : 0;
  ranked.index[rank] = i;
  atomicAdd(ranked.count, 1u);
}

__device__ bool suppresses(const Ranked& ranked, const Corners4& best, int64_t group, int64_t rank, float iou) {
  if (ranked.group[rank] != group) return false;
  const Corners4 box = corners_of(ranked, rank);
  const float width = smaller(best.x1, box.x1) - larger(best.x0, box.x0);
  const float height = smaller(best.y1, box.y1) - larger(best.y0, box.y0);
  return overlap(width, height, box_area(best.x0, best.y0, best.x1, best.y1), box_area(box.x0, box.y0, box.x1, box.y1),
                 iou);
}

// A word of overlaps each: of one box with 64 that may come after it.
__global__ void find_overlaps(Ranked ranked, int64_t words, float iou) {
  const int64_t at = thread_number(), rank = at / words, word = at % words, count = *ranked.count;
  if (rank >= count) return;
  const Corners4 best = corners_of(ranked, rank);
  const int64_t group = ranked.group[rank];
  uint64_t bits = 0;
  for (int64_t i = 0; i < kWord; ++i) {
    const int64_t other = word * kWord + i;
    if (other > rank && other < count && suppresses(ranked, best, group, other, iou)) bits |= uint64_t{1} << i;
  }
  ranked.overlaps[at] = bits;
}

// One thread: which of 64 ranks are kept, as bits; their indices are written behind the `total` kept before them.
__device__ uint64_t keep_word(const Ranked& ranked, int64_t word, const uint64_t* overlaps, int64_t limit,
                              int64_t* kept) {
  uint64_t dead = ranked.dead[word], chosen = 0;
  for (int64_t i = 0; i < kWord && word * kWord + i < *ranked.count; ++i) {
    if ((dead >> i & 1) != 0 || (limit > 0 && kept[0] == limit)) continue;
    kept[++kept[0]] = ranked.index[word * kWord + i];
    chosen |= uint64_t{1} << i;
    dead |= overlaps[i];
  }
  return chosen;
}

// One block. `kept[0]` counts.
__global__ void keep_best(Ranked ranked, int64_t words, int64_t limit, int64_t* kept) {
  __shared__ uint64_t overlaps[kWord], chosen;
  const int64_t thread = threadIdx.x, count = *ranked.count;
  for (int64_t word = thread; word < words; word += blockDim.x) ranked.dead[word] = 0;
  if (thread == 0) kept[0] = 0;
  for (int64_t word = 0; word * kWord < count; ++word) {
    const int64_t rank = word * kWord + thread;
    if (thread < kWord) overlaps[thread] = rank < count ? ranked.overlaps[rank * words + word] : 0;
    __syncthreads();
    if (thread == 0) chosen = keep_word(ranked, word, overlaps, limit, kept);
    __syncthreads();
    for (int64_t later = word + 1 + thread; later < words; later += blockDim.x)
      for (int64_t i = 0; i < kWord; ++i)
        if ((chosen >> i & 1) != 0) ranked.dead[later] |= ranked.overlaps[(word * kWord + i) * words + later];
  }
}

}  // namespace

int64_t nms_scratch_bytes(int64_t count) { return Ranked::bytes(count); }

void nms(const NmsBoxes& boxes, float iou, int64_t limit, void* scratch, int64_t* kept, cudaStream_t stream) {
  const Ranked ranked(scratch, boxes.count);
  const int64_t words = Ranked::words(boxes.count);
  check("nms", cudaMemsetAsync(ranked.count, 0, sizeof(*ranked.count), stream));
  if (boxes.count > 0) {
    launch({"nms", stream, blocks_of(boxes.count, kThreads), kThreads}, rank_boxes, boxes, ranked);
    const unsigned blocks = blocks_of(boxes.count * words, kThreads);
    launch({"nms", stream, blocks, kThreads}, find_overlaps, ranked, words, iou);
  }
  launch({"nms", stream, 1, kThreads}, keep_best, ranked, words, limit, kept);
}

}  // namespace pyanon::cuda
