#pragma once
// What an amendment changes: two definition packages of one service side by side. Pure.
#include <string>
#include <string_view>
#include <vector>

#include "engine/package.hpp"

namespace qyzmet::casework {

struct PackageChange {
  enum class Kind { added, removed, changed, needs_mapping };
  Kind kind = Kind::changed;
  std::string_view what;    // "file", "node", "term", "milestone", "wait"
  std::string name;         // file, id, code of a place or a milestone
  std::string detail = {};  // new working days of a term; why running cases cannot stay at a wait
};
/// Files, nodes, terms, milestones, and then the waits at which running cases need a mapping.
std::vector<PackageChange> package_changes(engine::Package const& before,
                                           engine::Package const& after);

}  // namespace qyzmet::casework
