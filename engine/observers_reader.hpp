#pragma once
// Reads and checks observers.xml; internal to engine/. The public entry is load_package().
#include <vector>

#include "engine/package.hpp"

namespace qyzmet::engine {

/// Fills package.observers from the file when the package has it; everything it names must exist.
std::vector<Violation> read_observers(Package& package);

}  // namespace qyzmet::engine
