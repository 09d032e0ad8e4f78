#include "services/simulators/pki.hpp"

#include <algorithm>

#include "services/http/responses.hpp"
#include "services/simulators/page.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::hours k_stale_by{48};
constexpr std::chrono::hours k_revoked_before{1};
constexpr std::chrono::hours k_list_life{24};
constexpr int k_ocsp_internal_error = 2;
constexpr int k_ocsp_try_later = 3;
constexpr int k_reason_superseded = 4;

http::Response bytes(std::string body, char const* type) {
  return {.status = 200, .body = std::move(body), .content_type = type};
}

http::Response broken() {
  return http::json(R"({"error":"unavailable"})", 503);
}

constexpr int k_ocsp_unauthorized = 6;
constexpr std::string_view k_rsa = "-rsa", k_gost = "-gost";

/// An endpoint of one family serves that one's authority alone.
bool serves(std::string_view family, Hierarchy const& hierarchy) {
  return family.empty() || (family == k_gost) == !hierarchy.suffix.empty();
}

}  // namespace

PkiSimulator::PkiSimulator(Authority authority, Clock clock)
    : authority_(std::move(authority)),
      clock_(std::move(clock)),
      faults_({"unavailable", "ocsp_unavailable", "try_later", "stale", "wrong_nonce", "garbage",
               "revoked", "unknown"}),
      tsa_faults_({"unavailable", "stale", "wrong_nonce", "garbage"}) {}

signing::CertificateStatus PkiSimulator::status_of(std::string const& serial, Instant now) const {
  using Kind = signing::CertificateStatus::Kind;
  if (faults_.is("unknown")) return {.kind = Kind::unknown, .revoked_at = {}, .reason = 0};
  if (faults_.is("revoked"))
    return {
        .kind = Kind::revoked, .revoked_at = now - k_revoked_before, .reason = k_reason_superseded};
  std::lock_guard const lock{mutex_};
  auto const found = authority_.index.find(serial);
  return found == authority_.index.end() ? signing::never_issued() : found->second;
}

bool PkiSimulator::revoke(std::string const& serial, Instant at) {
  std::lock_guard const lock{mutex_};
  auto const found = authority_.index.find(serial);
  if (found == authority_.index.end()) return false;
  found->second = {.kind = signing::CertificateStatus::Kind::revoked,
                   .revoked_at = at,
                   .reason = k_reason_superseded};
  return true;
}

asio::awaitable<http::Response> PkiSimulator::ocsp(http::Request& request, std::string family) {
  constexpr auto k_type = "application/ocsp-response";
  co_await faults_.maybe_wait();
  auto const fault = faults_.current();
  if (fault == "unavailable" || fault == "ocsp_unavailable") co_return broken();
  if (fault == "garbage") co_return bytes("garbage", k_type);
  if (fault == "try_later") co_return bytes(signing::ocsp_error(k_ocsp_try_later), k_type);
  signing::OcspFaults faults;
  faults.wrong_nonce = fault == "wrong_nonce";
  if (fault == "stale") faults.age = k_stale_by;
  auto const now = co_await clock_.now();
  auto const status = [this, now](std::string const& serial) { return status_of(serial, now); };
  // A question is answered by the responder of the authority that it names.
  for (auto const& hierarchy : authority_.hierarchies) {
    if (!serves(family, hierarchy)) continue;
    auto const answer = signing::answer_ocsp(hierarchy.ocsp, request.body, status, now, faults);
    if (answer) co_return bytes(*answer, k_type);
  }
  co_return bytes(signing::ocsp_error(family.empty() ? k_ocsp_internal_error : k_ocsp_unauthorized),
                  k_type);
}

asio::awaitable<http::Response> PkiSimulator::tsa(http::Request& request, std::string family) {
  constexpr auto k_type = "application/timestamp-reply";
  auto const& faults = tsa_faults_.is("none") ? faults_ : tsa_faults_;
  co_await faults.maybe_wait();
  auto const fault = faults.current();
  if (fault == "unavailable") co_return broken();
  if (fault == "garbage") co_return bytes("garbage", k_type);
  auto now = co_await clock_.now();
  if (fault == "stale") now -= k_stale_by;
  signing::TspFaults const spoilt{.wrong_nonce = fault == "wrong_nonce", .wrong_imprint = false};
  // As the national TSA does: who asks under a GOST digest gets a GOST token.
  bool const gost = family.empty() ? signing::asks_for_gost(request.body) : family == k_gost;
  auto const& tsa = (gost ? authority_.hierarchies.back() : authority_.hierarchies.front()).tsa;
  auto const answer = signing::answer_tsp(tsa, request.body, now, spoilt);
  if (!answer) co_return http::json(R"({"error":"malformed"})", 400);
  co_return bytes(*answer, k_type);
}

PkiSimulator::Publication const* PkiSimulator::published(Hierarchy const& hierarchy, ListKind kind,
                                                         Instant now) {
  Publication const* base = nullptr;
  if (kind == ListKind::delta) {
    base = published(hierarchy, ListKind::complete, now);
    if (base == nullptr) return nullptr;
  }
  std::set<std::string, std::less<>> serials;
  std::vector<signing::RevokedEntry> entries;
  if (kind != ListKind::root)
    for (auto const& [serial, status] : authority_.index) {
      if (status.kind != signing::CertificateStatus::Kind::revoked) continue;
      if (base != nullptr && base->serials.contains(serial)) continue;
      serials.insert(serial);
      entries.push_back({.serial = serial, .at = status.revoked_at, .reason = status.reason});
    }
  auto& last = lists_[{hierarchy.suffix, kind}];
  bool const current = !last.der.empty() && last.at <= now && now < last.at + k_list_life / 2;
  bool const follows = base == nullptr || (last.number > base->number && last.serials == serials);
  if (current && follows) return &last;
  // Numbers grow over restarts, too.
  auto const since_2026 = now - Instant{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(since_2026).count();
  number_ = std::max(number_ + 1, static_cast<int>(seconds));
  signing::CrlSpec spec{.revoked = std::move(entries),
                        .number = number_,
                        .delta_of = {},
                        .this_update = now,
                        .next_update = now + k_list_life};
  if (base != nullptr) spec.delta_of = base->number;
  auto made = signing::make_crl(kind == ListKind::root ? hierarchy.root : hierarchy.ca, spec);
  if (!made) return nullptr;
  last = {.at = now, .number = number_, .serials = std::move(serials), .der = std::move(*made)};
  return &last;
}

asio::awaitable<http::Response> PkiSimulator::list(http::Request& request,
                                                   Hierarchy const& hierarchy, ListKind kind) {
  co_await faults_.maybe_wait();
  if (faults_.is("unavailable")) co_return broken();
  auto const now = co_await clock_.now();
  std::lock_guard const lock{mutex_};
  auto const* made = published(hierarchy, kind, now);
  if (made == nullptr) co_return broken();
  auto const tag = "\"" + std::to_string(made->number) + "\"";
  http::Response out = request.headers.get("If-None-Match") == tag
                           ? http::Response{.status = 304, .content_type = {}}
                           : bytes(made->der, "application/pkix-crl");
  out.headers.set("ETag", tag);
  co_return out;
}

asio::awaitable<http::Response> PkiSimulator::post_revoke(http::Request& request) {
  auto const now = co_await clock_.now();
  if (!revoke(parameter(request, "serial"), now))
    co_return http::json(R"({"error":"no such certificate"})", 404);
  co_return http::json(R"({"status":"revoked"})");
}

http::Response PkiSimulator::front_page() const {
  std::string rows;
  std::lock_guard const lock{mutex_};
  for (auto const& [serial, status] : authority_.index) {
    bool const good = status.kind == signing::CertificateStatus::Kind::good;
    rows += "<tr><td><code>" + escape(serial) + "</code></td><td>" +
            (good ? "good" : "revoked " + to_iso(status.revoked_at)) + "</td></tr>";
  }
  return page("Demo certification authority",
              "<p>OCSP: <code>/ocsp</code>. Timestamps: <code>/tsa</code>. Lists: "
              "<a href=\"/ca.crl\">ca.crl</a>, <a href=\"/ca-delta.crl\">ca-delta.crl</a>, "
              "<a href=\"/root.crl\">root.crl</a>, "
              "<a href=\"/ca-gost.crl\">ca-gost.crl</a>, "
              "<a href=\"/root-gost.crl\">root-gost.crl</a>. Faults: "
              "<a href=\"/control\">/control</a>.</p><table><thead><tr><th>Serial number</th>"
              "<th>Status</th></tr></thead><tbody>" +
                  rows + "</tbody></table>");
}

void PkiSimulator::add_routes(http::Router& router) {
  auto const add = [&](http::Method method, std::string const& pattern, http::Body body,
                       http::Handler handler) {
    router.add({.method = method,
                .pattern = pattern,
                .access = "anyone",
                .body = body,
                .handler = std::move(handler)});
  };
  using enum http::Method;
  for (auto const family : {std::string_view{}, k_rsa, k_gost}) {
    std::string const suffix{family};
    add(post, "/ocsp" + suffix, http::Body::bytes,
        [this, suffix](http::Request& request) { return ocsp(request, suffix); });
    add(post, "/tsa" + suffix, http::Body::bytes,
        [this, suffix](http::Request& request) { return tsa(request, suffix); });
  }
  add(post, "/revoke", http::Body::form,
      [this](http::Request& request) { return post_revoke(request); });
  auto const file = [&](std::string const& pattern, std::string const& der) {
    add(get, pattern, http::Body::none,
        [&der](http::Request&) { return ready(bytes(der, "application/pkix-cert")); });
  };
  for (auto const& each : authority_.hierarchies) {
    for (auto const& [name, kind] :
         {std::pair{"/ca", ListKind::complete}, std::pair{"/ca-delta", ListKind::delta},
          std::pair{"/root", ListKind::root}})
      add(get, name + each.suffix + ".crl", http::Body::none,
          [this, &each, kind](http::Request& request) { return list(request, each, kind); });
    file("/ca" + each.suffix + ".cer", each.ca_certificate);
    file("/root" + each.suffix + ".cer", each.root_certificate);
  }
  add(get, "/", http::Body::none, [this](http::Request&) { return ready(front_page()); });
  faults_.add_routes(router);
  tsa_faults_.add_routes(router, "/tsa");
}

}  // namespace qyzmet::simulators
