// Signing in: by the person's own key (a challenge of ours, signed through NCALayer or elsewhere),
// or by a one-time password sent to the phone that the portal knows. Whether a person is known
// cannot be told from the answer or its time. Signing out; the desk of a person with several roles.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>

#include "db/audit.hpp"
#include "engine/terms.hpp"
#include "services/casework/sign_in.hpp"
#include "services/http/forms.hpp"
#include "services/http/responses.hpp"
#include "services/platform/log.hpp"
#include "services/platform/random.hpp"
#include "services/portal/page.hpp"
#include "services/portal/routes.hpp"
#include "services/portal/signature.hpp"
#include "services/portal/typed.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using casework::k_sign_in_window;

constexpr int k_codes_per_address_max = 20;
constexpr int k_codes_per_person_max = 5;       // from one address
constexpr int k_codes_per_person_all_max = 20;  // from all: a stranger must not use them up
constexpr int k_code_tries_max = 40;  // per address and window; each code has its own five
constexpr std::string_view k_otp_cookie = "otp";

std::string with_next(std::string path, std::string const& next) {
  return next.empty() ? path : path + "?next=" + http::percent_encode(next);
}

http::Response arrived(Context const& context, std::string const& next) {
  auto const target = safe_target(next);
  auto response = http::redirect(target.empty() ? context.url("/home") : target);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

asio::awaitable<bool> allowed(Context& context, std::string key, int max) {
  auto const answer =
      co_await casework::count_hit(context.world(), std::move(key), k_sign_in_window, max);
  co_return answer.allowed;
}

// --- By the person's own key.

asio::awaitable<http::Response> login_page(Context& context, std::vector<Error> errors) {
  auto const permitted =
      co_await allowed(context, "challenge:" + context.request.client, casework::k_challenges_max);
  if (!permitted) co_return problem(context, 429);
  auto const challenge = co_await casework::new_challenge(context.world());
  auto const typed = context.field("next");
  auto const next = safe_target(typed.empty() ? context.query("next") : typed);
  auto const download = context.url("/login/challenge?id=" + challenge.id +
                                    "&at=" + http::percent_encode(challenge.at));
  json::object data{{"next", next},
                    {"iin", context.field("iin")},
                    {"challenge", challenge.id},
                    {"sign", signing_json(context, challenge.text, download)}};
  if (errors.empty()) co_return render(context, "login", std::move(data));
  co_return render_refused(context, "login", std::move(data), errors);
}

asio::awaitable<http::Response> get_login(Context& context) {
  if (context.visitor.signed_in()) co_return arrived(context, context.query("next"));
  auto response = co_await login_page(context, {});
  co_return response;
}

asio::awaitable<http::Response> get_challenge(Context& context) {
  auto const id = context.query("id"), at = context.query("at");
  bool const hex = id.size() == 32 && id.find_first_not_of("0123456789abcdef") == id.npos;
  if (!hex || !parse_instant(at)) co_return problem(context, 404);
  co_return http::download(casework::challenge_text(context.world(), id, at), "text/plain",
                           "qyzmet-login.txt");
}

asio::awaitable<http::Response> post_eds(Context& context) {
  auto const permitted =
      co_await allowed(context, "eds:" + context.request.client, casework::k_signed_logins_max);
  if (!permitted) co_return problem(context, 429);
  auto cms = co_await sent_signature(context);
  Result<UserId> user = std::unexpected(cms ? Error{} : cms.error());
  if (cms)
    user = co_await casework::sign_in_with_key(context.world(), context.field("challenge"),
                                               std::move(*cms), context.language);
  if (!user) {
    auto error = user.error();
    platform::log(platform::Level::warning, "login_refused",
                  {{"method", "eds"}, {"reason", error.text}, {"request_id", context.request.id}});
    std::vector<Error> errors{std::move(error)};
    auto response = co_await login_page(context, std::move(errors));
    co_return response;
  }
  auto response = arrived(context, context.field("next"));
  co_await sign_in(context.portal, context.visitor, *user, "eds", context.request.client, response);
  co_return response;
}

// --- By a one-time password.

struct Sending {
  db::NewOtp otp;
  bool known = false;
};

/// Writes a password for known and unknown people alike; only known ones get a message.
Sending prepare_code(db::Connection& connection, std::string const& iin, std::string const& client,
                     db::NewOtp otp) {
  auto const here =
      db::hit(connection, "code:" + iin + "|" + client, k_sign_in_window, k_codes_per_person_max);
  bool const allowed =
      here.allowed &&
      db::hit(connection, "code:" + iin, k_sign_in_window, k_codes_per_person_all_max).allowed;
  auto const person = db::find_person_by_iin(connection, iin);
  bool const known = allowed && person && !person->phone.empty();
  if (known) {
    otp.phone = person->phone;
    otp.person = person->id;
  }
  db::create_otp(connection, otp);
  return {.otp = std::move(otp), .known = known};
}

asio::awaitable<void> send_sms(casework::World& world, peers::Sms sms, std::string request_id) {
  auto const sent = co_await world.sms.send(std::move(sms));
  if (!sent)
    platform::log(platform::Level::warning, "login_code_not_sent",
                  {{"reason", sent.error().text}, {"request_id", request_id}});
}

asio::awaitable<http::Response> post_otp(Context& context) {
  auto const permitted =
      co_await allowed(context, "codes:" + context.request.client, k_codes_per_address_max);
  if (!permitted) co_return problem(context, 429);
  auto const iin = context.field("iin");
  if (!engine::valid_iin(iin)) {
    std::vector<Error> errors{{.code = ErrorCode::invalid, .text = "error.iin", .field = "iin"}};
    auto response = co_await login_page(context, std::move(errors));
    co_return response;
  }
  db::NewOtp const fresh{.id = platform::random_hex(16),
                         .code = platform::random_code(),
                         .purpose = "login",
                         .bound = {},
                         .phone = {},
                         .person = {}};
  auto const sending = co_await context.world().database.run(
      [iin, client = context.request.client, fresh](db::Connection& connection) {
        return prepare_code(connection, iin, client, fresh);
      });
  if (sending.known) {
    // Not waited for: the time of the answer must not tell who is known.
    auto const text = context.text("sms.login", {{"code", fresh.code}});
    auto const executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor,
                   send_sms(context.world(),
                            {.id = "login-" + fresh.id,
                             .to = platform::Pii{sending.otp.phone},
                             .text = platform::Pii{text}},
                            context.request.id),
                   asio::detached);
  }
  auto response = go(context, with_next("/login/otp", safe_target(context.field("next"))));
  http::set_cookie(response, {.name = std::string{k_otp_cookie},
                              .value = fresh.id,
                              .secure = platform::is_https(context.world().config),
                              .strict = true,
                              .max_age_s = fresh.lifetime.count()});
  co_return response;
}

std::string otp_of(Context const& context) {
  auto const name = http::cookie_name(k_otp_cookie, platform::is_https(context.world().config));
  auto const found = context.request.cookies.find(name);
  return found == context.request.cookies.end() ? std::string{} : found->second;
}

http::Response code_page(Context const& context, std::vector<Error> const& errors) {
  auto const typed = context.field("next");
  json::object data{{"next", safe_target(typed.empty() ? context.query("next") : typed)}};
  if (errors.empty()) return render(context, "login_code", std::move(data));
  return render_refused(context, "login_code", std::move(data), errors);
}

asio::awaitable<http::Response> get_otp(Context& context) {
  if (otp_of(context).empty()) co_return go(context, "/login");
  co_return code_page(context, {});
}

Error code_error(db::OtpAnswer const& answer) {
  Error out{.code = ErrorCode::invalid, .text = "error.code_expired", .field = "code"};
  if (answer.verdict == db::OtpVerdict::wrong) {
    out.text = "error.code_wrong";
    out.arguments["left"] = std::to_string(answer.tries_left);
  }
  if (answer.verdict == db::OtpVerdict::too_many_tries) out.text = "error.code_tries";
  return out;
}

asio::awaitable<http::Response> post_code(Context& context) {
  auto const permitted =
      co_await allowed(context, "tries:" + context.request.client, k_code_tries_max);
  if (!permitted) co_return problem(context, 429);
  struct Checked {
    db::OtpAnswer answer;
    std::optional<UserId> user;
  };
  auto const checked = co_await context.world().database.run(
      [id = otp_of(context), code = context.field("code")](db::Connection& connection) {
        Checked out{.answer = db::check_otp(connection, id, code, "login", ""), .user = {}};
        if (out.answer.verdict != db::OtpVerdict::right || !out.answer.person) return out;
        auto const user = db::ensure_user(connection, *out.answer.person);
        auto const found = db::find_user(connection, user);
        if (found && found->active) out.user = user;
        return out;
      });
  if (!checked.user) {
    platform::log(platform::Level::warning, "login_refused",
                  {{"method", "otp"}, {"request_id", context.request.id}});
    co_return code_page(context, {code_error(checked.answer)});
  }
  auto response = arrived(context, context.field("next"));
  co_await sign_in(context.portal, context.visitor, *checked.user, "otp", context.request.client,
                   response);
  http::set_cookie(response, {.name = std::string{k_otp_cookie},
                              .value = "",
                              .secure = platform::is_https(context.world().config),
                              .strict = true,
                              .max_age_s = 0});
  co_return response;
}

// --- Afterwards.

std::string_view home_of(Visitor const& visitor) {
  if (!visitor.desk) return "/cabinet";
  auto const& role = visitor.desk->role;
  if (role == "branch_operator") return "/branch";
  if (role == "admin") return "/admin";
  if (role == "head") return "/sign";
  return "/work";
}

asio::awaitable<http::Response> get_home(Context& context) {
  co_return go(context, home_of(context.visitor));
}

asio::awaitable<http::Response> post_logout(Context& context) {
  auto response = go(context, "");
  co_await sign_out(context.portal, context.visitor, response);
  co_return response;
}

/// Takes another of the person's own roles; nothing else can be asked for.
asio::awaitable<http::Response> post_role(Context& context) {
  auto const chosen = context.field("desk");
  std::size_t index = 0;
  auto const [end, error] = std::from_chars(chosen.data(), chosen.data() + chosen.size(), index);
  bool const good = error == std::errc{} && end == chosen.data() + chosen.size() &&
                    index < context.visitor.grants.size();
  db::Grant const grant = good ? context.visitor.grants[index] : db::Grant{};
  co_await context.world().database.run(
      [token = context.visitor.token, grant](db::Connection& connection) {
        db::choose_role(connection, token, grant.role, grant.office, grant.branch);
      });
  co_return go(context, "/home");
}

}  // namespace

void add_login_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/login", "anyone", get_login);
  add_page(router, portal, "/{lang}/login/challenge", "anyone", get_challenge);
  add_form(router, portal,
           {.pattern = "/{lang}/login/eds",
            .access = "anyone",
            .fields = {"challenge", "signature", "cms", "next"},
            .body = http::Body::multipart},
           post_eds);
  add_form(router, portal,
           {.pattern = "/{lang}/login/otp", .access = "anyone", .fields = {"iin", "next"}},
           post_otp);
  add_page(router, portal, "/{lang}/login/otp", "anyone", get_otp);
  add_form(router, portal,
           {.pattern = "/{lang}/login/otp/confirm", .access = "anyone", .fields = {"code", "next"}},
           post_code);
  add_page(router, portal, "/{lang}/home", "visitor", get_home);
  add_form(router, portal, {.pattern = "/{lang}/logout", .access = "visitor"}, post_logout);
  add_form(router, portal, {.pattern = "/{lang}/role", .access = "visitor", .fields = {"desk"}},
           post_role);
}

}  // namespace qyzmet::portal
