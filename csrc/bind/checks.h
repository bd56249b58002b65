// Checks of arguments that an op has on every backend; they live on the host, whatever the pictures do.
#pragma once

#include <array>
#include <cmath>

#include "bind/arrays.h"
#include "core/affine.h"
#include "core/nv12.h"

namespace pyanon::bind {

constexpr int64_t kLargestCrop = 1 << 14;
constexpr int64_t kLongestOutput = 1 << 15;

// n x 2 x 3 matrices, finite and invertible; kAny: however many there are.
inline std::vector<float> matrices(const py::object& object, int64_t count) {
  std::vector<float> maps = values<float>(object, "matrix", {count, 2, 3});
  for (size_t i = 0; i < maps.size() / 6; ++i) {
    bool usable = true;
    for (size_t k = 0; k < 6; ++k) usable = usable && std::isfinite(maps[6 * i + k]);
    const double determinant = std::abs(Affine::from(&maps[6 * i]).determinant());
    if (usable && determinant >= 1e-12 && determinant <= 1e12) continue;
    throw ArgumentError("a row of matrix is not an invertible map from frame to crop", "row " + std::to_string(i),
                        "finite numbers, a determinant between 1e-12 and 1e12", "drop rows without a valid alignment");
  }
  return maps;
}

inline void check_crop(int64_t size, int64_t times, int64_t most_times) {
  if (times < 1 || times > most_times)
    throw ArgumentError("times is not how often a pixel is sampled along each side", std::to_string(times),
                        "1 .. " + std::to_string(most_times), "pass 1 where crops are not smaller than what they show");
  if (size < 1 || size * times > kLargestCrop)
    throw ArgumentError("size is not the side of a crop", std::to_string(size),
                        "1 .. " + std::to_string(kLargestCrop / times), "pass the side of the network's input");
}

inline void check_output(int64_t width, int64_t height) {
  if (width >= 1 && height >= 1 && width <= kLongestOutput && height <= kLongestOutput) return;
  throw ArgumentError("size is not a width and a height", std::to_string(width) + " x " + std::to_string(height),
                      "1 .. " + std::to_string(kLongestOutput), "pass the network's input size as (width, height)");
}

inline Standard standard_of(const std::string& name) {
  if (name == "bt601") return Standard::bt601;
  if (name == "bt709") return Standard::bt709;
  throw ArgumentError("there is no such standard of colours", name, "bt601 or bt709", "name the one of the video");
}

// Samples of chroma along a side of so many pixels.
inline int64_t half_of(int64_t length) { return (length + 1) / 2; }

inline void check_not_empty(const ConstImageView& frame) {
  if (frame.width > 0 && frame.height > 0) return;
  throw ArgumentError("image holds no pixel", std::to_string(frame.height) + " x " + std::to_string(frame.width),
                      "H >= 1 and W >= 1", "skip empty frames");
}

}  // namespace pyanon::bind
