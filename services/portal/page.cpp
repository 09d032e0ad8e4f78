#include "services/portal/page.hpp"

#include <algorithm>

#include "services/http/forms.hpp"
#include "services/http/responses.hpp"
#include "services/portal/access.hpp"
#include "services/portal/typed.hpp"
#include "templates/assets.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_flash_cookie = "flash";
constexpr std::size_t k_flash_size_max = 40;
constexpr std::int64_t k_flash_age_s = 60;

std::string found(std::map<std::string, std::string, std::less<>> const& in,
                  std::string_view name) {
  auto const at = in.find(name);
  return at == in.end() ? std::string{} : at->second;
}

std::string trimmed(std::string text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto const last = text.find_last_not_of(blanks);
  if (last == text.npos) return {};
  text.resize(last + 1);
  text.erase(0, text.find_first_not_of(blanks));
  return text;
}

json::object argument_object(Error const& error) {
  json::object out;
  for (auto const& [name, value] : error.arguments) out[name] = value;
  return out;
}

templates::Texts const* texts_of(std::string_view language, engine::Package const* package) {
  if (package == nullptr) return nullptr;
  auto const at = package->texts.find(language);
  return at == package->texts.end() ? nullptr : &at->second;
}

/// What stands behind "/kk" in the target, for the language switch. A page that answered a form has
/// no address of its own: the switch leads to the page before it.
std::string rest_of_target(http::Request const& request) {
  auto const slash = request.target.find('/', 1);
  if (slash == std::string::npos || !is_language(request.target.substr(1, slash - 1))) return {};
  return request.target.substr(slash);
}

json::array languages_json(Context const& context) {
  auto const rest = rest_of_target(context.request);
  json::array out;
  for (auto const code : k_languages) {
    auto const key = std::string{code};
    out.push_back({{"code", code},
                   {"label", context.text("language.short." + key)},
                   {"name", context.text("language.name." + key)},
                   {"url", "/" + key + rest},
                   {"current", context.language == code}});
  }
  return out;
}

struct MenuItem {
  std::string_view access, key, path;
};
constexpr MenuItem k_menu[] = {{"anyone", "nav.services", ""},
                               {"visitor", "nav.cabinet", "/cabinet"},
                               {k_provider, "nav.work", "/work"},
                               {"head", "nav.sign", "/sign"},
                               {"registrar head", "nav.blanks", "/blanks"},
                               {"branch_operator", "nav.branch", "/branch"},
                               {"admin", "nav.admin", "/admin"}};

json::array menu_json(Context const& context) {
  json::array out;
  for (auto const& item : k_menu) {
    if (entry(context.portal.demo, context.visitor, item.access) != Entry::allowed) continue;
    auto const url = context.url(item.path);
    auto const& path = context.request.path;
    bool const current = path == url || (!item.path.empty() && path.starts_with(url + "/")) ||
                         (item.path.empty() && path.starts_with(url + "/services"));
    out.push_back({{"text", context.text(item.key)}, {"url", url}, {"current", current}});
  }
  return out;
}

bool is_flash(std::string_view text) {
  auto const allowed = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && text.size() <= k_flash_size_max && std::ranges::all_of(text, allowed);
}

std::string flash_of(Context const& context) {
  auto const secure = platform::is_https(context.world().config);
  auto const flash = found(context.request.cookies, http::cookie_name(k_flash_cookie, secure));
  if (!is_flash(flash)) return {};
  return context.portal.pages.catalogue().has(context.language, "flash." + flash) ? flash
                                                                                  : std::string{};
}

void set_flash(Context const& context, http::Response& response, std::string_view flash,
               std::int64_t age_s) {
  http::set_cookie(response, {.name = std::string{k_flash_cookie},
                              .value = std::string{flash},
                              .secure = platform::is_https(context.world().config),
                              .max_age_s = age_s});
}

json::object frame(Context const& context, json::object& data) {
  auto const& visitor = context.visitor;
  json::object page{{"home", context.url("")},
                    {"assets", templates::assets_version()},
                    {"languages", languages_json(context)},
                    {"nav", menu_json(context)},
                    {"csrf", visitor.csrf}};
  if (visitor.signed_in()) {
    page["user"] = {{"name", visitor.name}, {"logout", context.url("/logout")}};
    if (visitor.desk) page["user"].as_object()["role"] = context.text("role." + visitor.desk->role);
  } else {
    page["login"] = context.url("/login");
  }
  if (context.portal.demo)
    page["demo"] = {{"now", to_iso(context.world().clock.now())}, {"url", context.url("/demo")}};
  for (auto const name : {"crumbs", "notice"})
    if (auto* given = data.if_contains(name)) page[name] = std::move(*given);
  if (auto const flash = flash_of(context); !flash.empty() && !page.contains("notice"))
    page["notice"] = {
        {"tone", "ok"},
        {"text", context.text("flash." + flash, {{"number", context.parameter("number")}})}};
  return page;
}

/// The first field that the form should not have; "" when all are known.
std::string unknown_field(std::vector<std::string> const& fields, http::Request const& request) {
  if (std::ranges::find(fields, "*") != fields.end()) return {};
  auto const known = [&](std::string_view name) {
    return name == "csrf" || std::ranges::find(fields, name) != fields.end();
  };
  for (auto const& [name, value] : request.form)
    if (!known(name)) return name;
  for (auto const& upload : request.uploads)
    if (!known(upload.field)) return upload.field;
  return {};
}

struct Form {
  std::string access;
  std::vector<std::string> fields;
  AtOnceHandler at_once = nullptr;
};

/// Refused before anything is done; nullopt when the form may go to its handler.
std::optional<http::Response> refused_form(Context const& context, Form const& form) {
  // The gate lets small forms through, so that what was typed can be shown.
  auto const may = entry(context.portal.demo, context.visitor, form.access);
  if (may == Entry::sign_in)
    return problem(context, {.code = ErrorCode::forbidden, .text = "error.signed_out"});
  if (may == Entry::forbidden) return problem(context, 403);
  if (!token_matches(context.visitor, context.request))
    return problem(context, {.code = ErrorCode::forbidden, .text = "error.form_expired"});
  auto const unknown = unknown_field(form.fields, context.request);
  if (unknown.empty()) return std::nullopt;
  return problem(context, {.code = ErrorCode::invalid,
                           .text = "error.unknown_field",
                           .arguments = {{"field", unknown}}});
}

/// The attempt on what is remembered; without success the session is read as for any other form.
asio::awaitable<std::optional<http::Response>> try_at_once(Context& context, Form const& form) {
  if (form.at_once == nullptr) co_return std::nullopt;
  if (context.visitor.signed_in() && !refused_form(context, form)) {
    auto response = co_await form.at_once(context);
    if (response) co_return response;
  }
  if (!context.visitor.remembered) co_return std::nullopt;
  auto visitor = co_await read_visitor(context.portal, context.request);
  remember_visitor(context.request, std::move(visitor));
  co_return std::nullopt;
}

asio::awaitable<http::Response> serve(Portal& portal, http::Request& request,
                                      std::shared_ptr<Form const> form, PageHandler handler) {
  Context context{.portal = portal,
                  .request = request,
                  .visitor = visitor_of(request),
                  .language = language_of(request.path)};
  if (form) {
    auto done = co_await try_at_once(context, *form);
    if (done) co_return std::move(*done);
    if (auto refused = refused_form(context, *form)) co_return std::move(*refused);
  }
  auto response = co_await handler(context);
  if (!context.visitor.new_visit.empty() && !context.visitor.signed_in())
    http::set_cookie(response, {.name = std::string{k_visit_cookie},
                                .value = context.visitor.new_visit,
                                .secure = platform::is_https(portal.world.config)});
  co_return response;
}

void add(http::Router& router, Portal& portal, http::Route route, std::shared_ptr<Form const> form,
         PageHandler handler) {
  route.handler = [&portal, form, handler](http::Request& request) {
    return serve(portal, request, form, handler);
  };
  router.add(std::move(route));
}

json::object problem_data(Context const& context, int status, std::string title, std::string text) {
  auto const back = page_before(context);
  json::object data{{"status", status},
                    {"title", std::move(title)},
                    {"text", std::move(text)},
                    {"typed", typed_json(context)},
                    {"back", back},
                    {"request", context.request.id}};
  bool const sends = context.request.method == http::Method::post;
  if (sends && !back.empty() && !context.visitor.signed_in())
    data["sign_in"] = context.url("/login?next=" + http::percent_encode(back));
  return data;
}

http::Response problem_page(Context const& context, int status, json::object data,
                            engine::Package const* package) {
  auto response = render(context, "problem", std::move(data), status, package);
  if (status == 429 || status == 503) response.headers.set("Retry-After", "10");
  return response;
}

}  // namespace

std::string Context::url(std::string_view path) const {
  return "/" + language + std::string{path};
}

std::string Context::text(std::string_view key, json::object const& arguments,
                          engine::Package const* package) const {
  return portal.pages.catalogue().text(language, key, arguments, texts_of(language, package));
}

std::string Context::field(std::string_view name) const {
  return trimmed(found(request.form, name));
}
std::string Context::parameter(std::string_view name) const {
  return found(request.parameters, name);
}
std::string Context::query(std::string_view name) const {
  return found(request.query, name);
}

void add_page(http::Router& router, Portal& portal, std::string pattern, std::string_view access,
              PageHandler handler) {
  add(router, portal,
      {.method = http::Method::get,
       .pattern = std::move(pattern),
       .access = std::string{access},
       .body = http::Body::none,
       .handler = {}},
      nullptr, handler);
}

void add_form(http::Router& router, Portal& portal, FormRoute route, PageHandler handler) {
  std::string const access{route.access};
  add(router, portal,
      {.method = http::Method::post,
       .pattern = std::move(route.pattern),
       .access = access,
       .body = route.body,
       .handler = {},
       .confirms = route.at_once != nullptr},
      std::make_shared<Form const>(access, std::move(route.fields), route.at_once), handler);
}

http::Response render(Context const& context, std::string_view page, json::object data, int status,
                      engine::Package const* package, templates::Drawing const* drawing) {
  data["page"] = frame(context, data);
  auto response =
      http::page(context.portal.pages.render(page, context.language, data,
                                             texts_of(context.language, package), drawing),
                 status);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Content-Language", context.language);
  if (!flash_of(context).empty()) set_flash(context, response, "", 0);
  return response;
}

http::Response render_refused(Context const& context, std::string_view page, json::object data,
                              std::vector<Error> const& errors, engine::Package const* package) {
  json::array list;
  json::object wrong;
  for (auto const& error : errors) {
    auto const text = error_text(context, error, package);
    list.push_back({{"field", error.field},
                    {"text", text},
                    {"rule", error.rule},
                    {"cite", cite_json(context.language, package, error.cite)}});
    if (!error.field.empty() && !wrong.contains(error.field)) wrong[error.field] = text;
  }
  data["errors"] = std::move(list);
  data["wrong"] = std::move(wrong);
  int const status = errors.empty() ? 422 : http::status_of(errors.front().code);
  return render(context, page, std::move(data), status, package);
}

http::Response problem(Context const& context, Error const& error, engine::Package const* package) {
  int const status = error.text == "error.unknown_field" ? 400 : http::status_of(error.code);
  auto const title = context.text("problem.title." + std::to_string(status));
  auto data = problem_data(context, status, title, error_text(context, error, package));
  data["rule"] = error.rule;
  data["cite"] = cite_json(context.language, package, error.cite);
  return problem_page(context, status, std::move(data), package);
}

http::Response problem(Context const& context, int status) {
  auto const& catalogue = context.portal.pages.catalogue();
  auto const code = std::to_string(status);
  auto const known = catalogue.has(context.language, "problem.title." + code);
  auto const key = known ? code : std::string{status < 500 ? "400" : "500"};
  auto data = problem_data(context, status, context.text("problem.title." + key),
                           context.text("problem.text." + key));
  return problem_page(context, status, std::move(data), nullptr);
}

http::Response go(Context const& context, std::string_view path, std::string_view flash) {
  auto response = http::redirect(context.url(path));
  response.headers.set("Cache-Control", "no-store");
  if (!flash.empty()) set_flash(context, response, flash, k_flash_age_s);
  return response;
}

std::string error_text(Context const& context, Error const& error, engine::Package const* package) {
  return context.text(error.text, argument_object(error), package);
}

json::value cite_json(std::string_view language, engine::Package const* package,
                      std::string_view id) {
  if (package == nullptr || id.empty()) return nullptr;
  auto const cite = package->citations.find(id);
  if (cite == package->citations.end()) return nullptr;
  auto const text = cite->second.text.find(language);
  if (text == cite->second.text.end()) return nullptr;
  return {{"text", text->second}, {"source", cite->second.source}};
}

int page_number(Context const& context) {
  auto const text = context.query("page");
  int value = 0;
  for (char const c : text) {
    if (c < '0' || c > '9' || value > 10'000) return 1;
    value = value * 10 + (c - '0');
  }
  return std::max(value, 1);
}

Reader reader_of(Context const& context, bool staff) {
  return {.language = context.language, .texts = context.portal.pages.catalogue(), .staff = staff};
}

bool is_language(std::string_view code) {
  return std::ranges::find(k_languages, code) != std::end(k_languages);
}

std::string language_of(std::string_view path) {
  auto const code = path.size() < 3 ? std::string_view{} : path.substr(1, 2);
  if (is_language(code) && (path.size() == 3 || path[3] == '/')) return std::string{code};
  return std::string{k_languages[0]};
}

}  // namespace qyzmet::portal
