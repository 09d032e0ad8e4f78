// The person's own contacts. A new phone counts only after a code that was sent to it came back:
// that phone opens the cabinet and certifies applications (R-GEN-06).
#include "engine/base/utf8.hpp"
#include "services/casework/draft.hpp"
#include "services/http/forms.hpp"
#include "services/platform/random.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_phone_cookie = "phone";
constexpr std::chrono::seconds k_rate_window{60 * 60};
constexpr int k_codes_max = 5;
constexpr int k_tries_max = 20;

struct Contacts {
  std::string phone, email, address;
};

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

std::vector<Error> contact_errors(Contacts const& contacts) {
  std::vector<Error> out;
  if (!contacts.phone.empty() && casework::normal_phone(contacts.phone).empty())
    out.push_back({.code = ErrorCode::invalid, .text = "error.field_phone", .field = "phone"});
  if (!contacts.email.empty() && !casework::plausible_email(contacts.email))
    out.push_back({.code = ErrorCode::invalid, .text = "error.field_email", .field = "email"});
  if (utf8_length(contacts.address) > casework::k_address_size_max)
    out.push_back(casework::too_long("address", casework::k_address_size_max));
  return out;
}

/// Sends a code to the new phone; its id, or nothing when there were too many.
asio::awaitable<Result<std::string>> send_phone_code(Context& context, std::string phone) {
  db::NewOtp const otp{.id = platform::random_hex(16),
                       .code = platform::random_code(),
                       .purpose = "phone",
                       .bound = {},
                       .phone = phone,
                       .person = context.visitor.person};
  auto const allowed = co_await context.world().database.run([otp](db::Connection& connection) {
    auto const key = "phone:" + std::to_string(otp.person->value);
    auto const answer = db::hit(connection, key, k_rate_window, k_codes_max);
    if (answer.allowed) db::create_otp(connection, otp);
    return answer.allowed;
  });
  if (!allowed) co_return fail(ErrorCode::conflict, "error.too_many_codes", "phone");
  auto const sent = co_await context.world().sms.send(
      {.id = "phone-" + otp.id,
       .to = platform::Pii{phone},
       .text = platform::Pii{context.text("sms.phone", {{"code", otp.code}})}});
  if (!sent) co_return std::unexpected(sent.error());
  co_return otp.id;
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
  auto errors = contact_errors(typed);
  if (!errors.empty()) co_return profile_page(context, *person, typed, errors);
  co_await context.world().database.run(
      [typed, id = person->id, phone = person->phone](db::Connection& connection) {
        db::update_contacts(connection, id, phone, typed.email, typed.address);
      });
  auto const phone = casework::normal_phone(typed.phone);
  if (phone.empty() || phone == person->phone) co_return go(context, "/cabinet/profile", "saved");
  auto code = co_await send_phone_code(context, phone);
  if (!code) {
    errors.push_back(code.error());
    co_return profile_page(context, *person, typed, errors);
  }
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

/// The phone becomes the person's only when the code that was sent to it comes back.
db::OtpAnswer confirm_phone(db::Connection& connection, db::PersonId person, std::string const& id,
                            std::string const& code) {
  auto const key = "phone-try:" + std::to_string(person.value);
  if (!db::hit(connection, key, k_rate_window, k_tries_max).allowed)
    return {.verdict = db::OtpVerdict::too_many_tries,
            .sent = {},
            .confirmed = {},
            .phone = {},
            .person = {}};
  auto answer = db::check_otp(connection, id, code, "phone", "");
  if (answer.verdict != db::OtpVerdict::right) return answer;
  auto const known = db::find_person(connection, person);
  if (!known || answer.person != person)
    return {
        .verdict = db::OtpVerdict::unknown, .sent = {}, .confirmed = {}, .phone = {}, .person = {}};
  db::update_contacts(connection, person, answer.phone, known->email, known->address);
  return answer;
}

asio::awaitable<http::Response> post_phone(Context& context) {
  auto const answer = co_await context.world().database.run(
      [person = context.visitor.person, id = code_id(context), code = context.field("code")](
          db::Connection& connection) { return confirm_phone(connection, person, id, code); });
  if (answer.verdict != db::OtpVerdict::right) {
    Error error{.code = ErrorCode::invalid, .text = "error.code_expired", .field = "code"};
    if (answer.verdict == db::OtpVerdict::too_many_tries) error.text = "error.code_tries";
    if (answer.verdict == db::OtpVerdict::wrong) {
      error.text = "error.code_wrong";
      error.arguments["left"] = std::to_string(answer.tries_left);
    }
    co_return phone_page(context, {error});
  }
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
