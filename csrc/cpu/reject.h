// The rejection sampler: identity codes from a Gaussian prior, the first that is distinct and realistic.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/reject_crowd.h"
#include "cpu/reject_draw.h"
#include "cpu/reject_oracle.h"
#include "cpu/reject_screen.h"

namespace pyanon {

// Why a draw was refused; numbered as pyanon.ops.spec.Reason.
enum class Reason : uint8_t { accepted = 0, unlikely = 1, alike = 2, remote = 3, known = 4 };

struct SamplerSetup {
  Prior prior;
  std::vector<OracleSetup> oracles;
  std::vector<float> anchors;  // m x D
  int64_t neighbours = 0;      // how many of them must be within `reach`
  double reach = 0.0;
  // Rows (a - mean, (shift - |a - mean|^2 / 2) / weight): their inner product with (z - mean, weight) is at least
  // (|z - mean|^2 - reach^2) / 2 + shift where a is within reach of z.
  ScreenSetup anchor_screen;
  double shift = 0.0, weight = 1.0;
};

// Embeddings of the live originals: count rows for every oracle.
struct Live {
  int64_t count = 0;
  std::vector<std::vector<float>> embeddings;
};

// Prepared once, then constant: may be used from any thread.
class RejectSampler {
 public:
  explicit RejectSampler(SamplerSetup setup);

  int64_t size() const { return prior_.size; }
  const std::vector<Oracle>& oracles() const { return oracles_; }

  // The reason of each of `count` draws of a key.
  void judge(const Live& live, uint64_t key, int64_t first, int64_t count, uint8_t* reasons) const;

  // For each key the first accepted draw of first[i] .. first[i] + most - 1, and its code; -1 and no code where there
  // is none. Every accepted code joins the live ones for the keys after it.
  void reject(const Live& live, const uint64_t* keys, const int64_t* first, int64_t count, int64_t most, float* codes,
              int64_t* draws) const;

 private:
  struct Batch;
  void draw(uint64_t key, int64_t first, int64_t count, Batch& batch) const;
  void sort(const Crowd& crowd, Batch& batch) const;
  // The slow tests, for draws that passed the fast ones, some at a time; ends at the first accepted one if asked to.
  void test(Batch& batch, bool until_accepted) const;
  void test_remote(Batch& batch, const std::vector<int32_t>& which) const;
  void test_known(Batch& batch, const std::vector<int32_t>& which) const;
  std::vector<float> code(const int16_t* normals) const;
  std::vector<double> embed(size_t oracle, const std::vector<float>& code) const;
  int64_t first_accepted(const Crowd& crowd, uint64_t key, int64_t first, int64_t most, std::vector<float>& code) const;

  Prior prior_;
  std::vector<Oracle> oracles_;
  Linear factor_;
  std::vector<float> anchors_;
  int64_t neighbours_;
  double reach_, shift_, weight_, most_squares_;
  Screen anchor_screen_;
};

}  // namespace pyanon
