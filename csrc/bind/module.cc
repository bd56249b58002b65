#include "bind/arrays.h"
#include "bind/errors.h"
#include "core/target.h"

namespace pyanon::bind {
namespace {

void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const ArgumentError& error) {
    raise_as("InputError", error);
  }
}

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (Target target : available_targets()) names.emplace_back(name(target));
  return names;
}

}  // namespace
}  // namespace pyanon::bind

PYBIND11_MODULE(_ext, module) {
  namespace bind = pyanon::bind;
  pybind11::register_local_exception_translator(&bind::translate);
  module.doc() = "Native kernels of pyanon; called through pyanon.ops.";
  module.def("simd_targets", [] {
    pybind11::list names;
    for (const std::string& name : bind::simd_targets()) names.append(name);
    return names;
  });
  module.def("simd_target", [] { return std::string(pyanon::name(pyanon::active_target())); });
  module.def("force_simd", &pyanon::force_target, pybind11::arg("name"));
  bind::register_blend(module);
  bind::register_cover(module);
  bind::register_exponential(module);
  bind::register_letterbox(module);
  bind::register_nms(module);
  bind::register_nv12(module);
  bind::register_planes(module);
  bind::register_reject(module);
  bind::register_relight(module);
  bind::register_warp(module);
}
