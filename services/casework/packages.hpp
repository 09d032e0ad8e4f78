#pragma once
// Definition packages as administrators look at them: all that are deployed with the cases under
// each, and what an amendment changes: two of one service side by side. Pure but for the reading.
#include <string>
#include <string_view>
#include <vector>

#include "db/case_migrations.hpp"
#include "db/definitions.hpp"
#include "engine/package.hpp"

namespace qyzmet::casework {

struct Packages {
  std::vector<db::PackageRow> rows;
  std::vector<db::PackageUse> uses;

  /// Null when there is none.
  db::PackageRow const* find(std::string_view sha256) const;
  db::PackageUse use(std::string const& sha256) const;
  /// The package of the same service that was in force before it.
  db::PackageRow const* predecessor(db::PackageRow const& of) const;
  /// The one asked for, else the predecessor; null when it is unknown or of another service.
  db::PackageRow const* compared_with(db::PackageRow const& of, std::string_view asked) const;
};
/// Blocking.
Packages read_packages(db::Connection& connection);
/// "ahead", "in_force", "not_offered", "over": whether applications of `today` come under it.
std::string_view package_state(db::PackageRow const& row, bool offered, Date today);

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
