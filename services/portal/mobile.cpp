#include "services/portal/mobile.hpp"

#include "db/mobile_signings.hpp"
#include "db/sessions.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/random.hpp"
#include "services/portal/mobile_protocol.hpp"
#include "services/portal/routes.hpp"
#include "signing/signer.hpp"
#include "signing/verify.hpp"
#include "templates/qr.hpp"

namespace qyzmet::portal {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int k_refresh_s = 6;

std::string first_address(Portal const& portal, std::string const& id) {
  return portal.world.config.public_url + "/mobile/" + id;
}

std::string text_in(Portal const& portal, std::string_view language, std::string_view key) {
  return portal.pages.catalogue().text(language, key, {}, nullptr);
}

MobileNames names_of(Portal const& portal, std::string_view key) {
  return {.kk = text_in(portal, "kk", key),
          .ru = text_in(portal, "ru", key),
          .en = text_in(portal, "en", key)};
}

http::Response verdict(int code, std::string_view message) {
  return http::json(mobile_verdict(code, message), code);
}

asio::awaitable<std::optional<db::MobileSigning>> find(Portal& portal, std::string id) {
  auto const found = co_await portal.world.database.run(
      [id](db::Connection& connection) { return db::find_mobile_signing(connection, id); });
  co_return found;
}

// --- The phone's side.

asio::awaitable<http::Response> get_offer(Portal& portal, http::Request& request) {
  auto const id = request.parameters.at("id");
  auto const signing = co_await find(portal, id);
  if (!signing) co_return verdict(404, "expired");
  auto const token = co_await portal.world.database.run(
      [id](db::Connection& connection) { return db::mobile_token(connection, id); });
  auto const office = signing::read_certificate(portal.world.seal.certificate());
  auto const name = office ? office->organisation : std::string{};
  co_return http::json(mobile_offer({.organisation = {.kk = name, .ru = name, .en = name},
                                     .bin = office ? office->bin : std::string{},
                                     .description = text_in(portal, "kk", "mobile.description"),
                                     .expires = signing->expires,
                                     .uri = first_address(portal, id) + "/documents",
                                     .token = token}));
}

/// The document, if the application shows the token that API №1 has given it.
asio::awaitable<std::optional<db::MobileSigning>> authorized(Portal& portal,
                                                             http::Request const& request) {
  auto const id = request.parameters.at("id");
  auto const expected = co_await portal.world.database.run(
      [id](db::Connection& connection) { return db::mobile_token(connection, id); });
  if (!platform::equal_in_constant_time(request.headers.get("Authorization"), "Bearer " + expected))
    co_return std::nullopt;
  auto found = co_await find(portal, id);
  co_return found;
}

asio::awaitable<http::Response> get_documents(Portal& portal, http::Request& request) {
  auto const signing = co_await authorized(portal, request);
  if (!signing) co_return verdict(403, "forbidden");
  co_return http::json(mobile_documents(names_of(portal, "mobile.document"), signing->bytes));
}

/// The bytes that come back are never believed: the signature is checked over our own. Whether the
/// certificate is revoked is asked when the person sends it.
signing::Report judge(Portal const& portal, db::Person const& person, std::string_view cms,
                      std::string_view bytes) {
  auto const now = portal.world.clock.now();
  signing::Policy policy;
  policy.role = signing::Role::individual;
  policy.expected_iin = person.iin;
  policy.refuse_test_anchors = portal.world.mode == db::Mode::production;
  return signing::verify_cms_over(cms, bytes, portal.world.trust, policy, now, now, {});
}

asio::awaitable<http::Response> put_documents(Portal& portal, http::Request& request) {
  auto const signing = co_await authorized(portal, request);
  if (!signing) co_return verdict(403, "forbidden");
  auto const cms = mobile_signature(request.body);
  if (!cms) co_return verdict(400, "no signature");
  auto const person =
      co_await portal.world.database.run([id = signing->person](db::Connection& connection) {
        return db::find_person(connection, id);
      });
  if (!person) co_return verdict(403, "forbidden");
  auto const report = judge(portal, *person, *cms, signing->bytes);
  if (!report.passed() && !report.try_later())
    co_return verdict(403, text_in(portal, person->language, report.reason()));
  auto const first = co_await portal.world.database.run(
      [id = signing->id, cms = *cms](db::Connection& connection) {
        return db::answer_mobile_signing(connection, id, cms);
      });
  co_return first ? verdict(200, "success") : verdict(403, "signed already");
}

// --- The page.

json::object qr_json(std::string const& text) {
  auto const qr = templates::qr_path(text);
  if (!qr) return {};
  return {{"size", qr->size}, {"path", qr->path}};
}

asio::awaitable<http::Response> get_waiting(Context& context) {
  auto const signing = co_await find(context.portal, context.parameter("id"));
  if (!signing || signing->person != context.visitor.person)
    co_return problem(context, {.code = ErrorCode::gone, .text = "error.mobile_expired"});
  auto const url = first_address(context.portal, signing->id);
  json::object data{{"action", context.url(signing->action)},
                    {"back", context.url(signing->action)},
                    {"sha256", platform::sha256_hex(signing->bytes)},
                    {"signature", signing->cms},
                    {"link", mobile_link(url)},
                    {"address", mobile_qr(url)},
                    {"minutes", k_mobile_lifetime.count()}};
  if (!signing->cms.empty()) co_return render(context, "mobile", std::move(data));
  data["qr"] = qr_json(mobile_qr(url));
  auto response = render(context, "mobile", std::move(data));
  response.headers.set("Refresh", std::to_string(k_refresh_s));
  co_return response;
}

using PhoneHandler = asio::awaitable<http::Response> (*)(Portal&, http::Request&);

/// Without session and form token: the id and the bearer are what the phone has.
void add_phone_route(http::Router& router, Portal& portal, http::Method method,
                     std::string const& pattern, PhoneHandler handler) {
  router.add(
      {.method = method,
       .pattern = pattern,
       .access = {},
       .body = method == http::Method::put ? http::Body::json : http::Body::none,
       .handler = [&portal, handler](http::Request& request) { return handler(portal, request); }});
}

}  // namespace

asio::awaitable<http::Response> offer_to_mobile(Context& context, std::string bytes,
                                                std::string action) {
  db::MobileSigning const signing{.id = platform::random_hex(16),
                                  .person = context.visitor.person,
                                  .action = std::move(action),
                                  .bytes = std::move(bytes),
                                  .cms = {},
                                  .expires = {}};
  auto const allowed = co_await context.world().database.run([signing](db::Connection& connection) {
    auto const key = "mobile:" + std::to_string(signing.person.value);
    auto const rate = db::hit(connection, key, std::chrono::hours{1}, k_mobile_per_hour_max);
    if (rate.allowed) db::create_mobile_signing(connection, signing, k_mobile_lifetime);
    return rate.allowed;
  });
  if (!allowed) co_return problem(context, 429);
  co_return go(context, "/mobile/" + signing.id);
}

void add_mobile_routes(http::Router& router, Portal& portal) {
  add_page(router, portal, "/{lang}/mobile/{id}", "visitor", get_waiting);
  add_phone_route(router, portal, http::Method::get, "/mobile/{id}", get_offer);
  add_phone_route(router, portal, http::Method::get, "/mobile/{id}/documents", get_documents);
  add_phone_route(router, portal, http::Method::put, "/mobile/{id}/documents", put_documents);
}

}  // namespace qyzmet::portal
