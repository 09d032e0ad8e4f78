#pragma once
// Assertions that stay in release builds: a false condition is a bug of ours and ends the process.
#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace qyzmet {

inline void check(bool condition, char const* what,
                  std::source_location where = std::source_location::current()) {
  if (condition) [[likely]]
    return;
  std::fprintf(stderr, "bug: %s (%s:%u)\n", what, where.file_name(), where.line());
  std::abort();
}

}  // namespace qyzmet
