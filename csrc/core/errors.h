// The one exception the kernels raise: an argument that cannot be used. bind/ turns it into pyanon.errors.InputError.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace pyanon {

struct ArgumentError : std::runtime_error {
  ArgumentError(std::string what, std::string given_, std::string expected_, std::string todo_)
      : std::runtime_error(std::move(what)),
        given(std::move(given_)),
        expected(std::move(expected_)),
        todo(std::move(todo_)) {}
  std::string given, expected, todo;
};

}  // namespace pyanon
