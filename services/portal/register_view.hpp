#pragma once
// Entries of the journal and the cards as officials read them (R78-12, R78-45). Pure.
#include <boost/json/array.hpp>
#include <string>

#include "services/casework/register_entries.hpp"
#include "services/portal/term_view.hpp"

namespace qyzmet::portal {

/// "Column 18: to other departments", "Removed from the register"; the bare mark where no text is.
std::string entry_text(db::RegisterEntry const& entry, Reader const& reader);
/// Why it was written: the basis of the registration, or why it ends.
std::string entry_reason(db::RegisterEntry const& entry, Reader const& reader);
/// Whence or whither the person moved; "" where nobody did.
std::string entry_other(casework::EntryPage const& page, db::RegisterEntry const& entry,
                        Reader const& reader);
/// Of one person: [{day, office, paper, text, other, reason, number}].
boost::json::array entries_json(casework::EntryPage const& page, Reader const& reader);

/// The page on which an office reads its entries on such a paper, those of one person.
std::string entries_path(std::string const& paper, db::PersonId person);

}  // namespace qyzmet::portal
