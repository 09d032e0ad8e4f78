// The person's own contacts. A new phone counts only after a code that was sent to it came back:
// that phone opens the cabinet and certifies applications (R-GEN-06).
#include "services/casework/contacts.hpp"
#include "services/http/forms.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_phone_cookie = "phone";

using casework::Contacts;

json::array crumbs_json(Context const& context) {
  return {{{"text", context.text("nav.cabinet")}, {"url", context.url("/cabinet")}},
          {{"text", context.text("profile.title")}}};
}

json::array desks_json(Context const& context) {
  json::array out;
  auto const& visitor = context.visitor;
  for (std::size_t i = 0; i < visitor.grants.size(); ++i) {
    auto const& grant = visitor.grants[i];
    out.push_back({{"value", std::to_string(i)},
                   {"label", context.text("role." + grant.role)},
                   {"selected", visitor.desk == grant}});
  }
  return out;
}

http::Response profile_page(Context const& context, db::Person const& person,
                            Contacts const& contacts, std::vector<Error> const& errors) {
  json::object data{{"name", person.name},
                    {"phone", contacts.phone},
                    {"email", contacts.email},
                    {"address", contacts.address},
                    {"desks", desks_json(context)},
                    {"action", context.url("/cabinet/profile")},
                    {"role_action", context.url("/role")},
                    {"readers", context.url("/cabinet/readers")},
                    {"crumbs", crumbs_json(context)}};
  if (errors.empty()) return render(context, "profile", std::move(data));
  return render_refused(context, "profile", std::move(data), errors);
}

asio::awaitable<std::optional<db::Person>> own_person(Context& context) {
  auto person = co_await context.world().database.run(
      [id = context.visitor.person](db::Connection& connection) {
        return db::find_person(connection, id);
      });
  co_return person;
}

asio::awaitable<http::Response> get_profile(Context& context) {
  auto const person = co_await own_person(context);
  if (!person) co_return problem(context, 404);
  co_return profile_page(
      context, *person,
      {.phone = person->phone, .email = person->email, .address = person->address}, {});
}

void remember_code(Context const& context, http::Response& response, std::string id,
                   std::int64_t age_s) {
  http::set_cookie(response, {.name = std::string{k_phone_cookie},
                              .value = std::move(id),
                              .secure = platform::is_https(context.world().config),
                              .strict = true,
                              .max_age_s = age_s});
}

asio::awaitable<http::Response> post_profile(Context& context) {
  auto const person = co_await own_person(context);
  if (!person) co_return problem(context, 404);
  Contacts const typed{.phone = context.field("phone"),
                       .email = context.field("email"),
                       .address = context.field("address")};
  auto errors = casework::contact_errors(typed);
  if (!errors.empty()) co_return profile_page(context, *person, typed, errors);
  auto code = co_await casework::keep_contacts(
      context.world(), *person, typed,
      [&context](std::string const& sent) { return context.text("sms.phone", {{"code", sent}}); });
  if (!code) {
    errors.push_back(code.error());
    co_return profile_page(context, *person, typed, errors);
  }
  if (code->empty()) co_return go(context, "/cabinet/profile", "saved");
  auto response = go(context, "/cabinet/profile/phone", "code_sent");
  remember_code(context, response, std::move(*code), db::NewOtp{}.lifetime.count());
  co_return response;
}

std::string code_id(Context const& context) {
  auto const name = http::cookie_name(k_phone_cookie, platform::is_https(context.world().config));
  auto const found = context.request.cookies.find(name);
  return found == context.request.cookies.end() ? std::string{} : found->second;
}

http::Response phone_page(Context const& context, std::vector<Error> const& errors) {
  json::object data{{"action", context.url("/cabinet/profile/phone")},
                    {"back", context.url("/cabinet/profile")},
                    {"crumbs", crumbs_json(context)}};
  if (errors.empty()) return render(context, "profile_phone", std::move(data));
  return render_refused(context, "profile_phone", std::move(data), errors);
}

asio::awaitable<http::Response> get_phone(Context& context) {
  if (code_id(context).empty()) co_return go(context, "/cabinet/profile");
  co_return phone_page(context, {});
}

asio::awaitable<http::Response> post_phone(Context& context) {
  auto const refused = co_await context.world().database.run(
      [person = context.visitor.person, id = code_id(context),
       code = context.field("code")](db::Connection& connection) {
        return casework::confirm_phone(connection, person, id, code);
      });
  if (refused) co_return phone_page(context, {*refused});
  auto response = go(context, "/cabinet/profile", "phone_saved");
  remember_code(context, response, "", 0);
  co_return response;
}

}  // namespace

void add_profile_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/cabinet/profile", "visitor", get_profile);
  add_form(router, portal,
           {.pattern = "/{lang}/cabinet/profile",
            .access = "visitor",
            .fields = {"phone", "email", "address"}},
           post_profile);
  add_page(router, portal, "/{lang}/cabinet/profile/phone", "visitor", get_phone);
  add_form(router, portal,
           {.pattern = "/{lang}/cabinet/profile/phone", .access = "visitor", .fields = {"code"}},
           post_phone);
}

}  // namespace qyzmet::portal
