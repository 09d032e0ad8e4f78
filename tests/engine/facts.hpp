#pragma once
// What a definition package fixes, one fact a line, and the same stated a second time, from the
// text of the law and by hand (tests/engine/facts/*.txt), for the two to be held against each
// other. Plain values.
//
// A file of facts: an owner at the beginning of its line ("subtype lost_damaged"), what is fixed of
// it two blanks further ("paper loss_certificate, one of proof, a30.8.5"), four blanks further the
// conditions of that, each a word and an expression ("when subtype = ..."); a line that begins with
// six blanks goes on with the one above. "let office = R77-02" gives $office a meaning, "use
// common" reads another file in this place. Of citations only the ids stand there: what they say
// follows.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/package.hpp"
#include "tests/engine/meaning.hpp"

namespace qyzmet::engine {

struct PackageFact {
  std::string owner;
  std::string head;
  std::map<std::string, Expression, std::less<>> conditions;  // when, shown, needs, to, by, ...

  std::string name() const { return owner + ": " + head; }
};
using PackageFacts = std::vector<PackageFact>;

/// `service_xml`: what the package was read from, for what it keeps of it no more (settings, the
/// declared variables).
PackageFacts facts_of(Package const& package, std::string_view service_xml);
/// Who does what in the drawings: user tasks, service tasks, messages that are waited for.
PackageFacts drawn_facts_of(Package const& package);
/// The rows of the decision tables, in their order: the first that holds counts.
PackageFacts table_facts_of(Package const& package);
/// Every paper: its languages, the annexes that it bears, whether its form had to be drafted here.
PackageFacts paper_facts_of(Package const& package);
/// Throws std::runtime_error naming the line that is none.
PackageFacts stated_facts(std::string const& service);

/// What is missing, stated nowhere, or means something else; empty when both say the same.
std::vector<std::string> differences(PackageFacts const& stated, PackageFacts const& found,
                                     Package const& package, Known const& known);

/// As a file of facts, to be read by people.
std::string to_text(PackageFacts const& facts);
/// In the three languages: "a30.8.1" is "Annex 30, section 8, item 1)".
std::string citation_text(std::string_view id);

}  // namespace qyzmet::engine
