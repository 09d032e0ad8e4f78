#pragma once
// Registers that an executed assertion holds a rule of the law. Appends the id to the file named by
// QYZMET_LAW_LOG (one per line), from which ./test prints the coverage.
#include <cstdio>
#include <cstdlib>

namespace qyzmet::tests {

inline void law(char const* rule) {
  char const* log = std::getenv("QYZMET_LAW_LOG");
  if (log == nullptr) return;
  if (std::FILE* file = std::fopen(log, "a")) {
    std::fprintf(file, "%s\n", rule);
    std::fclose(file);
  }
}

}  // namespace qyzmet::tests

/// Stands beside the assertion that turns red when the rule is broken.
#define LAW(rule) ::qyzmet::tests::law(rule)
