#pragma once
// Checks of the rules of law that tests name: LAW("R77-36").
#include <set>
#include <string>

#include "tests/tidy/source.hpp"

namespace qyzmet::tests::tidy {

using RuleIds = std::set<std::string, std::less<>>;

/// Every id of a rule, invariant, edge case or worked example that the law's text lists.
RuleIds rules_in(std::string_view law_text);
/// Each LAW("...") names a rule that exists.
Complaints check_law_ids(File const& file, RuleIds const& known);
/// One id per line, sorted, none twice.
Complaints check_covered_list(File const& file);

}  // namespace qyzmet::tests::tidy
