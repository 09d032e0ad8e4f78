#pragma once
// What the pages of one application share: the draft with its registers, read anew for each
// request.
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/casework/drafting.hpp"
#include "services/portal/page.hpp"
#include "services/portal/term_view.hpp"

namespace qyzmet::portal {

using casework::Answers;
using Apply = casework::Drafting;

/// The draft of the path, if it is the visitor's own and its service is in force.
boost::asio::awaitable<std::optional<Apply>> load_apply(Context& context);
boost::asio::awaitable<std::optional<Apply>> load_apply(Context& context, std::string id);
/// Where somebody goes whose draft is gone: to the case that came of it, else to the service.
boost::asio::awaitable<http::Response> draft_is_gone(Context& context);

/// "/apply/{service}/{draft}/{page}"
std::string apply_path(Apply const& apply, std::string_view page);
/// Data of every page of the application: number of the step, links, the action of the form.
boost::json::object apply_data(Context const& context, Apply const& apply, std::string_view page);
/// Writes the answers; false when another tab was first.
boost::asio::awaitable<bool> save_answers(Context& context, Apply const& apply);

/// The term if the application were filed now at `office`; nullopt for a place without a term.
std::optional<engine::Deadlines> term_if_filed_now(Context const& context,
                                                   engine::Package const& package,
                                                   db::Office const& office);
/// The last two pages (apply_submit.cpp).
boost::asio::awaitable<http::Response> get_check(Context& context, Apply apply);
boost::asio::awaitable<http::Response> post_check(Context& context, Apply apply);
boost::asio::awaitable<http::Response> get_certify(Context& context, Apply apply,
                                                   std::vector<Error> errors);
boost::asio::awaitable<http::Response> post_certify(Context& context, Apply apply);

}  // namespace qyzmet::portal
