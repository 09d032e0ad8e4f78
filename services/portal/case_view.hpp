#pragma once
// A case as people read it: what is going on, until when, why, what is next. Pure: an open case and
// its registers in, JSON for the parts of the pages out (templates/pages/parts):
//
//   number, service, subtype, subtype_id, ended, filed, accepted (ISO), old_id,
//   result (what is issued, in words)
//   tag (parts/tag)            the public state
//   due, ribbon, why           the term; `due` is absent when the case has ended
//   place {text, days}, office {...}, branch {...} (office_json, branch_json)
//   branch.hours [text]        when it serves, see branch_hours
//   timeline (parts/timeline)  what happened; then, while open, what is awaited, each with "why"
//   tasks [{node, title, role, role_text, opened, cite}]
//   documents [{code, title, name, sha256, size, kind, direction, added, signatures}]
//   breaches [{text, cite}]    milestones that were missed
//   mode                       of the country when it was received, in words; where rules ask for
//   it tables, answers            lists that the case keeps, answers of the applicant:
//   case_tables.hpp said [{title, cite, pairs [{label, text}]}]  what was written beside the
//   process parts {rows [text], counts, cite}  the offices that passed the case on, absent when
//   none did v                          the variables of the case
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/cases.hpp"
#include "db/documents.hpp"
#include "db/people.hpp"
#include "services/casework/act.hpp"
#include "services/casework/case_registers.hpp"
#include "services/casework/happenings.hpp"
#include "services/portal/term_view.hpp"

namespace qyzmet::portal {

using casework::CaseRegisters;
using casework::read_registers;

boost::json::object case_view(casework::OpenCase const& open, CaseRegisters const& registers,
                              Reader const& reader);

/// Texts of the package and the portal for this reader; `package` must outlive them.
casework::Words words_of(Reader const& reader, engine::Package const& package);
Term term_of(casework::OpenCase const& open);
/// parts/tag of a public state or an outcome; for lists, too.
boost::json::object state_tag(engine::Package const& package, std::string_view state,
                              Reader const& reader);
/// [{"digest", "method", "name", "role", "at", "verdict", "phone" of a code}]: the signatures over
/// a document, the first one first; in which role somebody signed, and what was found when it came.
boost::json::array signatures_json(CaseRegisters const& registers, std::string const& sha256,
                                   Reader const& reader);
/// Title of a node for people.
std::string node_title(engine::Package const& package, std::string_view node, Reader const& reader);
boost::json::object office_json(db::Office const& office, std::string_view language);
boost::json::object branch_json(db::Branch const& branch, std::string_view language);
/// When a branch serves, a line each: the hours of today, those to come, closures not over yet.
std::vector<std::string> branch_hours(engine::Calendar const& calendar, db::Branch const& branch,
                                      Date today, Reader const& reader);

/// What a document is, by its code.
std::string document_title(engine::Package const& package, std::string const& code,
                           Reader const& reader);
/// Documents that this reader may have: citizens those that came from them or went to them.
bool may_read(db::CaseDocumentRow const& document, Reader const& reader);

}  // namespace qyzmet::portal
