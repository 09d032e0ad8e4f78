#pragma once
// Finds the functions of a C++ file by their braces, and checks their length. Lambdas count as part
// of the function around them. Works on code as clang-format leaves it, not on any C++.
#include "tests/tidy/source.hpp"

namespace qyzmet::tests::tidy {

inline constexpr std::size_t k_function_lines_max = 70;

struct Function {
  std::string name;
  std::size_t line = 0;   // where its head begins
  std::size_t lines = 0;  // head and body
};

std::vector<Function> functions_of(std::string_view source);
Complaints check_function_length(File const& file);

}  // namespace qyzmet::tests::tidy
