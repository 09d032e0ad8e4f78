#pragma once
// A case on the picture of its process. Pure: an open case and its history in, marks and texts of
// templates/diagram out.
#include <vector>

#include "db/cases.hpp"
#include "services/casework/act.hpp"
#include "services/portal/term_view.hpp"
#include "templates/diagram/diagram.hpp"

namespace qyzmet::portal {

/// Tokens rest where the case waits; done is what the history names and nothing waits at any more;
/// a missed term is marked at the step that recorded it.
diagram::Marks process_marks(casework::OpenCase const& open,
                             std::vector<db::HistoryEntry> const& history);

/// Names of the package in the reader's language ("diagram.<id>", else "task.<id>", else the file's
/// own) and its citations in words.
diagram::Dress process_dress(engine::Package const& package, Reader const& reader);

}  // namespace qyzmet::portal
