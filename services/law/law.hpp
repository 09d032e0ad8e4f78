#pragma once
// The index of the law: what each rule demands, in one line of ours, with its source; where the
// product names it, and which tests hold it. Made when the product is built (places.awk), so it is
// true of this build. Texts live as long as the program; reading is safe from every thread.
#include <span>
#include <string_view>
#include <vector>

namespace qyzmet::law {

struct Rule {
  std::string_view id;      // "R77-36"
  std::string_view source;  // paragraphs and articles, "assumed" or "derived" where they are silent
  std::string_view wording;   // one sentence
  std::string_view left_out;  // why the product does not do it; empty for what it does
};

struct Place {
  std::string_view rule;
  std::string_view where;  // "services/military_id/service.xml:239", from the root of the sources
  std::string_view test;   // "Hearing.too_early_is_refused"; empty outside of a test
  bool is_test() const { return where.starts_with("tests/"); }
};

/// All rules, in the order of the law.
std::span<Rule const> rules();
/// The rule of that id, or null.
Rule const* find(std::string_view id);
/// Where it is named: first the product, then its tests.
std::vector<Place> places_of(std::string_view id);

}  // namespace qyzmet::law
