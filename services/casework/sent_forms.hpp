#pragma once
// Forms as they come from people, the same for pages and programs: the files that came with one,
// and whether a message can come at all.
#include <boost/asio/awaitable.hpp>
#include <string_view>
#include <vector>

#include "services/casework/act.hpp"
#include "services/http/message.hpp"

namespace qyzmet::casework {

struct SentFiles {
  Fields fields;                        // document -> SHA-256 of its file
  std::vector<db::CaseDocument> files;  // belong to the case once the form is accepted
  std::vector<Error> errors;            // of files that cannot be taken
};
/// Scans and keeps the files of a request. `own`: inputs that are no part of the form. Fails for a
/// file that the form does not ask for. A document of the field a.b has the code "a.b" and the
/// title document.a.b of the package. Without `keep` files are named, not kept.
boost::asio::awaitable<Result<SentFiles>> take_files(World& world, engine::Form const& form,
                                                     http::Request const& request,
                                                     std::vector<std::string_view> own = {},
                                                     bool keep = true);

/// Why this message cannot come at all now, whatever may stand in it; nothing when it can. Asked
/// before its files are kept.
std::optional<Error> refusal_of_message(OpenCase const& open, engine::Form const& form,
                                        engine::Actor const& actor, std::string const& wait = {});

}  // namespace qyzmet::casework
