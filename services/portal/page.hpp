#pragma once
// The frame of every page: a handler gets a Context and gives a page with its data; the frame
// checks the form, adds what the layout prints (templates/pages/parts/layout.html: language switch,
// menu, who is signed in, demo clock, message of the last action) and sets the headers.
//
// In the data of a page: `crumbs` [{text, url}] and `notice` {tone, text, ...} go to the layout;
// after a refused form there are `errors` [{field, text, cite}], shown by the layout, and `wrong`
// {field: text}, for the fields. A Context belongs to one request.
#include <boost/asio/awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/package.hpp"
#include "services/http/message.hpp"
#include "services/http/router.hpp"
#include "services/portal/term_view.hpp"
#include "services/portal/visitor.hpp"

namespace qyzmet::portal {

inline constexpr std::string_view k_languages[] = {"kk", "ru", "en"};

struct Context {
  Portal& portal;
  http::Request& request;
  Visitor const& visitor;
  std::string language;

  casework::World& world() const { return portal.world; }
  /// "/kk" + path
  std::string url(std::string_view path) const;
  std::string text(std::string_view key, boost::json::object const& arguments = {},
                   engine::Package const* package = nullptr) const;
  /// A field of the form without blanks around it; "" when absent.
  std::string field(std::string_view name) const;
  /// A part of the path; "" when the pattern has none of that name.
  std::string parameter(std::string_view name) const;
  std::string query(std::string_view name) const;
};

using PageHandler = boost::asio::awaitable<http::Response> (*)(Context& context);

using AtOnceHandler = boost::asio::awaitable<std::optional<http::Response>> (*)(Context& context);

/// GET. `access` as in access.hpp.
void add_page(http::Router& router, Portal& portal, std::string pattern, std::string_view access,
              PageHandler handler);

/// POST. `fields` are the names that the form may carry beside "csrf": any other is answered with
/// 400. "*" leaves that to the handler: forms of packages, see parse_package_form in case_view.hpp.
struct FormRoute {
  std::string pattern;
  std::string_view access;
  std::vector<std::string> fields = {};
  http::Body body = http::Body::form;
  /// Tried first, on what this process remembers of session and case: everything it believes is
  /// proven by its one statement (db::SessionProof). nullopt: nothing was done, or not by us; the
  /// form then takes its normal way over fresh readings.
  AtOnceHandler at_once = nullptr;
};
void add_form(http::Router& router, Portal& portal, FormRoute route, PageHandler handler);

/// Renders templates/pages/<page>.html. Texts of `package` are looked up before the portal's.
http::Response render(Context const& context, std::string_view page, boost::json::object data,
                      int status = 200, engine::Package const* package = nullptr,
                      templates::Drawing const* drawing = nullptr);
/// The same for a refused form: 422, or 409, 403 ... by the first error.
http::Response render_refused(Context const& context, std::string_view page,
                              boost::json::object data, std::vector<Error> const& errors,
                              engine::Package const* package = nullptr);
/// A page that says what went wrong and what one can do now.
http::Response problem(Context const& context, Error const& error,
                       engine::Package const* package = nullptr);
http::Response problem(Context const& context, int status);

/// 303 to "/{lang}" + path; the next page shows the text "flash.<flash>" once.
http::Response go(Context const& context, std::string_view path, std::string_view flash = {});

/// The text of an error in the reader's language: the package's texts first.
std::string error_text(Context const& context, Error const& error,
                       engine::Package const* package = nullptr);
/// {text, source} of a citation; null for "" and for what the package does not have.
boost::json::value cite_json(std::string_view language, engine::Package const* package,
                             std::string_view id);

Reader reader_of(Context const& context, bool staff = false);

/// "?page=3" of a list, from 1.
int page_number(Context const& context);

/// The language of a path "/ru/..."; kk for anything else.
std::string language_of(std::string_view path);
bool is_language(std::string_view code);

}  // namespace qyzmet::portal
