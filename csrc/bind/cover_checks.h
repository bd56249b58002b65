// Checks of the arguments of `cover`, on every backend.
#pragma once

#include <array>
#include <cmath>

#include "bind/arrays.h"
#include "core/cover.h"

namespace pyanon::bind {

inline CoverStyle style_of(const std::string& name) {
  if (name == "blur") return CoverStyle::blur;
  if (name == "mosaic") return CoverStyle::mosaic;
  if (name == "solid") return CoverStyle::solid;
  throw ArgumentError("there is no such style of cover", name, "blur, mosaic or solid", "name one of those");
}

inline void check_share(const char* name, double value, double most) {
  if (value >= 0.0 && value <= most) return;
  throw ArgumentError(std::string(name) + " is out of range", std::to_string(value),
                      "0 .. " + std::to_string(static_cast<int64_t>(most)), "leave it at its default");
}

inline CoverLook checked_look(const CoverLook& look) {
  check_share("grow", look.grow, 4.0);
  check_share("feather", look.feather, 4.0);
  check_share("grain", look.grain, 64.0);
  if (look.cells >= 1 && look.cells <= kMostCells) return look;
  throw ArgumentError("cells is out of range", std::to_string(look.cells), "1 .. " + std::to_string(kMostCells),
                      "leave it at its default");
}

// All boxes are checked before the first pixel is painted: what cannot be covered must be heard of, not skipped.
inline std::vector<float> checked_boxes(const py::object& object) {
  std::vector<float> boxes = values<float>(object, "boxes", {kAny, 4});
  for (size_t i = 0; i < boxes.size(); i += 4) {
    const float* b = &boxes[i];
    const bool finite = std::isfinite(b[0]) && std::isfinite(b[1]) && std::isfinite(b[2]) && std::isfinite(b[3]);
    if (finite && b[0] <= b[2] && b[1] <= b[3]) continue;
    throw ArgumentError("a box cannot be covered",
                        "row " + std::to_string(i / 4) + ": " + std::to_string(b[0]) + ", " + std::to_string(b[1]) +
                            ", " + std::to_string(b[2]) + ", " + std::to_string(b[3]),
                        "finite numbers with x0 <= x1 and y0 <= y1",
                        "treat the frame as failed: nothing in it has been covered");
  }
  return boxes;
}

}  // namespace pyanon::bind
