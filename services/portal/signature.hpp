#pragma once
// A signature that came with a form: made in the page through NCALayer (hidden field "signature",
// Base64) or elsewhere and uploaded (file "cms"). The form is multipart with exactly these inputs.
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "services/portal/page.hpp"

namespace qyzmet::portal {

/// The CMS as it was sent, in any carrier. Errors: field "cms", "error.signature_missing",
/// "error.file_too_large".
boost::asio::awaitable<Result<std::string>> sent_signature(Context& context);
/// For a form that is signed in some cases only: "" when nothing was sent.
boost::asio::awaitable<Result<std::string>> optional_signature(Context& context);

/// What the parts of the pages need for signing: {data (Base64), ncalayer, download}.
boost::json::object signing_json(Context const& context, std::string_view bytes,
                                 std::string download);
/// The same of a PDF of ours, with "as_page", the link to its page of HTML.
boost::json::object paper_signing_json(Context const& context, std::string_view pdf,
                                       std::string url);

/// In its place, when the paper names another official: why it is not signed, and the form that
/// draws it up anew. `act` is the path of the task or message.
boost::json::object another_json(Context const& context, engine::Package const& package,
                                 Error const& error, std::string const& act);

}  // namespace qyzmet::portal
