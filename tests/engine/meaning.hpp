#pragma once
// Whether two expressions mean the same, by trying: both are evaluated for the same values of the
// variables that either of them reads, days around each limit among them. A difference that is
// found is one; that none was found is no proof, but thousands of tries, the same in every run.
// Known keeps answers, so it serves one thread at a time.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/calendar.hpp"
#include "engine/package.hpp"

namespace qyzmet::engine {

/// Blanks in a row become one.
std::string without_breaks(std::string_view text);

/// What the tries are made of, beside what the expressions name.
struct Known {
  std::map<std::string, FieldType, std::less<>> types;  // of the declared variables
  std::set<std::string> texts;                          // that stand behind settings
  mutable std::map<std::string, bool> answers = {};     // of pairs that were tried before
  std::vector<Calendar> calendars;  // each try under each: one may know hours, another none
};

/// Of two conditions only whether they are true counts, of others the value. Of a variable that is
/// not declared the name tells the kind (".._on" is a day), or all kinds are tried.
bool same_meaning(Expression const& one, Expression const& other, bool condition,
                  Known const& known);

}  // namespace qyzmet::engine
