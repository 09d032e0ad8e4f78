#pragma once
// What the explorer found, for people.
#include "engine/explore.hpp"

namespace qyzmet::cli {

/// Each finding with the shortest way to it, then what was visited; to standard output.
void print_report(engine::ExploreReport const& report);

}  // namespace qyzmet::cli
