#include "services/portal/portal.hpp"

#include <charconv>

#include "db/error.hpp"
#include "services/casework/files.hpp"
#include "services/http/responses.hpp"
#include "services/portal/access.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;

namespace {

constexpr std::size_t k_form_bytes_max = 64 * 1024;

bool changes_something(http::Method method) {
  return method != http::Method::get && method != http::Method::head;
}

Context context_of(Portal& portal, http::Request& request) {
  // A target that cannot be taken apart has no path, but perhaps a language.
  auto const& path = request.path.empty() ? request.target : request.path;
  return {.portal = portal,
          .request = request,
          .visitor = visitor_of(request),
          .language = language_of(path)};
}

/// Small enough to be read from somebody who is not signed in.
bool is_small(http::Request const& request) {
  auto const text = request.headers.get("Content-Length");
  std::size_t size = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  return error == std::errc{} && end == text.data() + text.size() && size <= k_form_bytes_max;
}

/// To the login page, and back afterwards. A form that arrives without session cannot be saved:
/// that is said at once, so that nobody believes it was.
http::Response ask_to_sign_in(Context const& context) {
  if (changes_something(context.request.method))
    return problem(context, {.code = ErrorCode::forbidden, .text = "error.signed_out"});
  return go(context, "/login?next=" + context.request.path);
}

/// From memory only for a route that confirms it, and only to let in.
asio::awaitable<void> recognise(Portal& portal, http::Request& request, http::Route const& route) {
  if (route.confirms) {
    auto known = remembered_visitor(portal, request);
    if (known && entry(portal.demo, *known, route.access) == Entry::allowed) {
      remember_visitor(request, std::move(*known));
      co_return;
    }
  }
  auto visitor = co_await read_visitor(portal, request);
  remember_visitor(request, std::move(visitor));
}

asio::awaitable<std::optional<http::Response>> gate(Portal& portal, http::Request& request,
                                                    http::Route const& route) {
  auto const language = request.parameters.find("lang");
  if (language != request.parameters.end() && !is_language(language->second))
    co_return problem(context_of(portal, request), 404);
  if (route.access.empty()) co_return std::nullopt;
  if (changes_something(request.method) &&
      !same_origin(platform::is_https(portal.world.config), request))
    co_return problem(context_of(portal, request),
                      {.code = ErrorCode::forbidden, .text = "error.foreign_form"});
  co_await recognise(portal, request, route);
  auto const context = context_of(portal, request);
  switch (entry(portal.demo, context.visitor, route.access)) {
    case Entry::allowed:
      co_return std::nullopt;
    case Entry::sign_in:
      // The form's own handler refuses it, with what was typed in sight.
      if (changes_something(request.method) && is_small(request)) co_return std::nullopt;
      co_return ask_to_sign_in(context);
    case Entry::forbidden:
      co_return problem(context, 403);
    case Entry::absent:
      break;
  }
  co_return problem(context, 404);
}

/// What the server's last resort makes a page of: faults of the database that pass.
std::optional<http::Response> on_exception(Portal& portal, std::exception_ptr fault,
                                           http::Request const& request) {
  auto copy = request;
  auto const context = context_of(portal, copy);
  try {
    std::rethrow_exception(std::move(fault));
  } catch (db::OutcomeUnknown const&) {
    return problem(context, {.code = ErrorCode::unavailable, .text = "error.outcome_unknown"});
  } catch (db::Overloaded const&) {
    return problem(context, 503);
  } catch (db::Unavailable const&) {
    return problem(context, {.code = ErrorCode::unavailable, .text = "error.outcome_unknown"});
  } catch (db::Timeout const&) {
    return problem(context, 503);
  } catch (...) {
    return std::nullopt;
  }
}

http::Response error_page(Portal& portal, int status, http::Request const& request) {
  auto copy = request;
  return problem(context_of(portal, copy), status);
}

}  // namespace

void add_routes(http::Router& router, Portal& portal) {
  add_static_routes(router);
  add_public_routes(router, portal);
  add_log_routes(router, portal);
  add_verifier_routes(router, portal);
  add_signature_routes(router, portal);
  add_login_routes(router, portal);
  add_apply_routes(router, portal);
  add_cabinet_routes(router, portal);
  add_statement_routes(router, portal);
  add_registration_routes(router, portal);
  add_receipt_routes(router, portal);
  add_profile_routes(router, portal);
  add_blank_routes(router, portal);
  add_worklist_routes(router, portal);
  add_passed_on_routes(router, portal);
  add_registers_routes(router, portal);
  add_staff_case_routes(router, portal);
  add_staff_message_routes(router, portal);
  add_process_routes(router, portal);
  add_signing_routes(router, portal);
  add_mobile_routes(router, portal);
  add_admin_routes(router, portal);
  add_demo_routes(router, portal);
}

http::Hooks hooks(Portal& portal) {
  http::Hooks out;
  out.gate = [&portal](http::Request& request, http::Route const& route) {
    return gate(portal, request, route);
  };
  out.on_exception = [&portal](std::exception_ptr fault, http::Request const& request) {
    return on_exception(portal, std::move(fault), request);
  };
  out.error_page = [&portal](int status, http::Request const& request) {
    return error_page(portal, status, request);
  };
  out.upload_sink = casework::upload_sinks(portal.world);
  return out;
}

}  // namespace qyzmet::portal
