#include "cpu/nms.h"

#include "bind/arrays.h"

namespace pyanon::bind {
namespace {

py::array_t<int64_t> nms_arrays(const py::object& boxes, const py::object& scores, float iou, const py::object& groups,
                                int64_t limit) {
  const std::vector<float> corners = values<float>(boxes, "boxes", {kAny, 4});
  const int64_t count = static_cast<int64_t>(corners.size() / 4);
  const std::vector<float> ranks = values<float>(scores, "scores", {count});
  std::vector<int64_t> classes;
  if (!groups.is_none()) classes = values<int64_t>(groups, "groups", {count});
  std::vector<int64_t> kept;
  {
    const py::gil_scoped_release free;
    kept = nms(corners.data(), ranks.data(), groups.is_none() ? nullptr : classes.data(), count, iou, limit);
  }
  return py::array_t<int64_t>(static_cast<py::ssize_t>(kept.size()), kept.data());
}

}  // namespace

void register_nms(py::module_& module) {
  module.def("nms", &nms_arrays, py::arg("boxes"), py::arg("scores"), py::arg("iou"), py::arg("groups"),
             py::arg("limit"));
}

}  // namespace pyanon::bind
