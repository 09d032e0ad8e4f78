#pragma once
// The messages of a case as officials see them: when each was sent, by which channel its delivery
// is proven, when it was read, and what became of the e-mail (R-GEN-25). Pure.
#include <boost/json/array.hpp>
#include <vector>

#include "db/documents.hpp"
#include "db/mail.hpp"
#include "services/portal/term_view.hpp"

namespace qyzmet::portal {

/// [{text, sent, delivered, channel, read, mail}], in the order of sending.
boost::json::array sent_messages_json(std::vector<db::Notice> const& notices,
                                      std::vector<db::MailState> const& mail,
                                      engine::Package const& package, Reader const& reader);

}  // namespace qyzmet::portal
