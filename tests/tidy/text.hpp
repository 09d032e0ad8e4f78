#pragma once
// Checks of any text: lengths, leftovers, what must never stand in the repository.
#include "tests/tidy/source.hpp"

namespace qyzmet::tests::tidy {

inline constexpr std::size_t k_file_lines_max = 800;
inline constexpr std::size_t k_columns_max = 100;

/// Width in characters, not bytes.
std::size_t columns_of(std::string_view line);

Complaints check_file_length(File const& file);
Complaints check_line_length(File const& file);
/// Notes to oneself, trailing blanks, tabs in code.
Complaints check_leftovers(File const& file);
/// Paths of one machine.
Complaints check_machine_paths(File const& file);
/// Hosts of package registries: packages are named, never their hosts.
Complaints check_registry_hosts(File const& file);

}  // namespace qyzmet::tests::tidy
