#pragma once
// Mutants of a definition package by fixed operators: each a small fault that somebody could draw.
#include <memory>
#include <string>
#include <vector>

#include "engine/package.hpp"

namespace qyzmet::engine {

struct Mutant {
  std::string id;  // "drop Task_Review"
  std::shared_ptr<Package const> package;
};

/// Drop a node (what was drawn behind it alone goes with it); retarget a flow to the next node of
/// its scope; negate a condition; shift a timer, or the days that a guard counts, by one working
/// day, both ways; detach a boundary event; swap a gateway for one of the other kind. In the order
/// of the drawing; ids are unique.
std::vector<Mutant> mutants(Package const& package);
/// Rules of the drawing that a mutant breaks; empty when it could be deployed.
std::vector<Violation> refused_by_validation(Mutant const& mutant);

}  // namespace qyzmet::engine
