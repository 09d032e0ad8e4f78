#pragma once
// The offices and branches of all regions, cities and districts, as they come with the program
// (services/cli/places): by the code of the classifier of territories (KATO).
#include <functional>
#include <string_view>
#include <vector>

#include "db/people.hpp"

namespace qyzmet::cli {

/// Rows of a file "name;name\nvalue;value\n": the first line names the columns.
std::vector<std::vector<std::string_view>> read_rows(std::string_view csv);

struct Loaded {
  int offices = 0, branches = 0;
};
/// Adds those that the registers do not have, with the departments of regions above the offices of
/// their territory; a known code is left as it is, but for the department above it where it names
/// none. `on_progress` hears
/// after each row how many rows there are, and answers whether to go on.
Loaded load_places(db::Connection& connection,
                   std::function<bool(std::size_t rows)> const& on_progress = {});

}  // namespace qyzmet::cli
