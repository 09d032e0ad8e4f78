#include "services/simulators/egov_mobile.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "services/http/client.hpp"
#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"
#include "services/simulators/faults.hpp"
#include "services/simulators/page.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view k_scheme = "mobileSign:";

http::Response refuse(std::string_view why) {
  return http::json(json::serialize(json::object{{"code", "400"}, {"message", why}}), 400);
}

/// What the portal has said, as it is.
http::Response passed_on(Result<http::Response> const& answer) {
  if (!answer) return refuse("the portal does not answer");
  return http::json(answer->body, answer->status);
}

std::string text_at(json::value const& value, std::string_view pointer) {
  boost::system::error_code error;
  auto const* found = value.find_pointer(pointer, error);
  return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

http::ClientRequest authorized(http::Method method, std::string url, std::string const& token) {
  http::ClientRequest out{.method = method, .url = std::move(url)};
  out.headers.set("Authorization", "Bearer " + token);
  return out;
}

}  // namespace

EgovMobileSimulator::EgovMobileSimulator(std::vector<Person> people, Clock clock)
    : people_(std::move(people)), clock_(std::move(clock)) {}

signing::SigningKey const* EgovMobileSimulator::key_of(Scan const& scan) const {
  auto const person = std::ranges::find(people_, scan.person, &Person::id);
  if (person == people_.end()) return nullptr;
  auto const key = person->keys.find(scan.mode == "gost" ? "gost" : "sign");
  return key == person->keys.end() ? nullptr : key->second.get();
}

asio::awaitable<http::Response> EgovMobileSimulator::scan(http::Request& request) {
  auto address = parameter(request, "qr");
  if (address.starts_with(k_scheme)) address.erase(0, k_scheme.size());
  Scan scan{.address = address,
            .person = parameter(request, "person"),
            .mode = parameter(request, "mode")};
  auto const offer = co_await http::fetch({.method = http::Method::get, .url = scan.address});
  if (!offer || offer->status != 200) co_return passed_on(offer);
  auto response = co_await sign(std::move(scan), offer->body);
  co_return response;
}

asio::awaitable<http::Response> EgovMobileSimulator::sign(Scan scan, std::string offer_text) {
  boost::system::error_code error;
  auto const offer = json::parse(offer_text, error);
  auto const uri = text_at(offer, "/document/uri");
  auto const token = scan.mode == "wrong_token" ? "guess" : text_at(offer, "/document/auth_token");
  auto const answer = co_await http::fetch(authorized(http::Method::get, uri, token));
  if (!answer || answer->status != 200) co_return passed_on(answer);
  auto documents = json::parse(answer->body, error);
  auto bytes = platform::from_base64(text_at(documents, "/documentsToSign/0/document/file/data"));
  auto const* key = key_of(scan);
  if (!bytes || key == nullptr || text_at(documents, "/signMethod") != "CMS_SIGN_ONLY")
    co_return refuse("nothing to sign, or no such key");
  if (scan.mode == "cancel") co_return refuse("cancelled");
  if (scan.mode == "other_document") *bytes += " ";
  auto const now = co_await clock_.now();
  auto const cms = signing::sign_cms(*key, *bytes, {.at = now});
  if (!cms) co_return refuse("the key does not sign");
  *documents.find_pointer("/documentsToSign/0/document/file/data", error) =
      platform::to_base64(*cms);
  auto put = authorized(http::Method::put, uri, token);
  put.content_type = "application/json";
  put.body = json::serialize(documents);
  auto const verdict = co_await http::fetch(std::move(put));
  co_return passed_on(verdict);
}

http::Response EgovMobileSimulator::front_page() const {
  std::string people;
  for (auto const& person : people_)
    people += "<option value=\"" + escape(person.id) + "\">" + escape(person.name()) + "</option>";
  return page("eGov Mobile (simulated)",
              "<p>Scan the QR code of the portal, and sign what it shows.</p>"
              "<form method=\"post\" action=\"/scan\"><p><label>Text of the QR code "
              "<input name=\"qr\"></label></p><p><label>Whose phone <select name=\"person\">" +
                  people +
                  "</select></label></p><p><button type=\"submit\">Sign</button></p></form>");
}

void EgovMobileSimulator::add_routes(http::Router& router) {
  router.add({.method = http::Method::get,
              .pattern = "/",
              .access = "anyone",
              .handler = [this](http::Request&) { return ready(front_page()); }});
  router.add({.method = http::Method::post,
              .pattern = "/scan",
              .access = "anyone",
              .body = http::Body::form,
              .handler = [this](http::Request& request) { return scan(request); }});
}

}  // namespace qyzmet::simulators
