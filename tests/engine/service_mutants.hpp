#pragma once
// Small faults in the words of a package by fixed operators: an attribute or an element that is
// gone, a number by one too much or too little, a role, paper or citation in the place of another,
// a comparison, a connective, a negation, a variable of an expression. Plain values.
#include <string>
#include <string_view>
#include <vector>

namespace qyzmet::engine {

struct ServiceMutant {
  std::string id;  // "form sign > guard guard.refusal_early: require: 3 -> 4"; unique
  std::size_t begin = 0, end = 0;
  std::string with;  // stands there instead

  std::string apply(std::string_view xml) const;
};

/// Of service.xml.
std::vector<ServiceMutant> service_mutants(std::string_view xml);
/// Of a drawing: who does what, by which law (its wf: attributes; the paths of it are mutated by
/// tests/engine/mutants.hpp).
std::vector<ServiceMutant> drawing_mutants(std::string_view xml);
/// Of decision tables: a row, a test, an answer, a citation.
std::vector<ServiceMutant> table_mutants(std::string_view xml);
/// Of a paper: a language that lacks, another annex.
std::vector<ServiceMutant> paper_mutants(std::string_view xml);

}  // namespace qyzmet::engine
