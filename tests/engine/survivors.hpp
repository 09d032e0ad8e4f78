#pragma once
// What is common to the tests of tests: small faults are tried, each is found by something or
// stands in a reviewed list with the reason why that is right. For tests; expectations fail in
// here.
#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace qyzmet::engine {

/// QYZMET_MUTANTS is "all", as in soaks; otherwise each test takes a sample.
bool all_mutants_wanted();

/// The mutants of one service, held against the list of those that nothing finds.
class Survivors {
 public:
  /// `file` of tests/engine has lines "service: mutant // reason".
  Survivors(std::string const& file, std::string service);

  /// There is such a mutant, whether it is tried or not; ids are unique.
  void exists(std::string const& id);
  /// `by`: what found it, counted up to its first ':'; "" when nothing did.
  void tried(std::string const& id, std::string const& by);
  /// More than so many exist, those of the list among them; says how many were tried and found.
  void conclude(std::size_t mutants_min) const;

 private:
  std::string service_;
  std::map<std::string, std::string> reasons_;  // by mutant
  std::set<std::string> ids_;
  std::map<std::string, std::size_t> by_;
};

}  // namespace qyzmet::engine
