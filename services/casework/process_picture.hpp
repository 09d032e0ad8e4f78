#pragma once
// A process on the picture of its package, empty or with a case on it: what is done, where the case
// waits, which terms were missed. Pure: a package, an open case and its history in, what
// templates/diagram draws out. It shows no personal data. Errors: a package without a picture.
#include <string_view>
#include <vector>

#include "db/cases.hpp"
#include "services/casework/act.hpp"
#include "services/casework/happenings.hpp"
#include "templates/diagram/diagram.hpp"

namespace qyzmet::casework {

/// Tokens rest where the case waits; done is what the history names and nothing waits at any more;
/// a missed term is marked at the step that recorded it.
diagram::Marks process_marks(OpenCase const& open, std::vector<db::HistoryEntry> const& history);

/// Names of the package in the reader's language ("diagram.<id>", else "task.<id>", else the file's
/// own) and its citations in words.
diagram::Dress process_dress(engine::Package const& package, Words const& words,
                             std::string_view language);

/// What draw() and facts() of templates/diagram want.
struct ProcessPicture {
  diagram::Diagram drawing;
  diagram::Marks marks;
  diagram::Dress dress;
};
/// Errors: error.diagram_absent and those of diagram::read().
Result<ProcessPicture> process_picture(engine::Package const& package, diagram::Marks marks,
                                       Words const& words, std::string_view language);

/// Was the node reached at all?
inline bool is_reached(diagram::Mark const& mark) {
  return mark.tokens > 0 || mark.done || mark.breaches > 0;
}

}  // namespace qyzmet::casework
