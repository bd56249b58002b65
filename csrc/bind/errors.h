// Exceptions of the kernels as those of pyanon.errors.
#pragma once

#include <pybind11/pybind11.h>

#include "core/errors.h"

namespace pyanon::bind {

// Sets the Python error `type` of pyanon.errors with its four parts.
inline void raise_as(const char* type, const ArgumentError& error) {
  namespace py = pybind11;
  using namespace py::literals;
  try {
    const py::object raised =
        py::module_::import("pyanon.errors")
            .attr(type)(error.what(), "given"_a = error.given, "expected"_a = error.expected, "do"_a = error.todo);
    PyErr_SetObject(py::type::of(raised).ptr(), raised.ptr());
  } catch (py::error_already_set& failed) {
    failed.restore();
  }
}

}  // namespace pyanon::bind
