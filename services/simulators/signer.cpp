#include "services/simulators/signer.hpp"

#include <boost/json.hpp>

#include "services/http/responses.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t k_hashes_max = 100;

http::Response refuse(int status, std::string_view error) {
  return http::json(json::serialize(json::object{{"error", error}}), status);
}

json::object body_of(http::Request const& request) {
  json::error_code error;
  auto value = json::parse(request.body, error);
  return error || !value.is_object() ? json::object{} : std::move(value.as_object());
}

std::string word(json::object const& body, std::string_view name) {
  auto const* value = body.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

json::array list(json::object const& body, std::string_view name) {
  auto const* value = body.if_contains(name);
  return value != nullptr && value->is_array() ? value->as_array() : json::array{};
}

}  // namespace

SignerSimulator::SignerSimulator(std::vector<Person> people, std::string token)
    : people_(std::move(people)),
      token_(std::move(token)),
      faults_({"unavailable", "garbage", "wrong_value", "refused"}) {}

bool SignerSimulator::knows(http::Request const& request) const {
  return !faults_.is("refused") && request.headers.get("Authorization") == "Bearer " + token_;
}

signing::SigningKey const* SignerSimulator::find(std::string_view credential) const {
  for (auto const& person : people_)
    for (auto const& [name, key] : person.keys)
      if (credential == person.id + "-" + name) return key.get();
  return nullptr;
}

http::Response SignerSimulator::sign(http::Request const& request) const {
  if (!knows(request)) return refuse(401, "invalid_token");
  if (faults_.is("unavailable")) return refuse(503, "unavailable");
  if (faults_.is("garbage")) return http::json(R"({"signatures":["*"]})");
  auto const body = body_of(request);
  auto const* key = find(word(body, "credentialID"));
  auto const hashes = list(body, "hashes");
  if (key == nullptr || hashes.empty() || hashes.size() > k_hashes_max)
    return refuse(400, "invalid_request");
  json::array signatures;
  for (auto const& each : hashes) {
    auto hash = each.is_string() ? platform::from_base64(each.as_string()) : std::nullopt;
    if (!hash || hash->empty()) return refuse(400, "invalid_request");
    if (faults_.is("wrong_value")) hash->back() = static_cast<char>(hash->back() ^ 1);
    auto const made = key->sign_digest(*hash);
    if (!made) return refuse(400, "invalid_request");
    signatures.emplace_back(platform::to_base64(*made));
  }
  return http::json(json::serialize(json::object{{"signatures", std::move(signatures)}}));
}

http::Response SignerSimulator::describe(http::Request const& request) const {
  if (!knows(request)) return refuse(401, "invalid_token");
  auto const* key = find(word(body_of(request), "credentialID"));
  if (key == nullptr) return refuse(400, "invalid_request");
  json::array const certificates{platform::to_base64(key->certificate_der())};
  return http::json(json::serialize(
      json::object{{"key", {{"status", "enabled"}}},
                   {"cert", {{"status", "valid"}, {"certificates", certificates}}}}));
}

void SignerSimulator::add_routes(http::Router& router) {
  auto const add = [&](std::string const& pattern, Handler handler) {
    router.add(
        {.method = http::Method::post,
         .pattern = pattern,
         .access = "anyone",
         .body = http::Body::json,
         .handler = [this, handler](http::Request& request) { return answer(request, handler); }});
  };
  add("/csc/v2/signatures/signHash", &SignerSimulator::sign);
  add("/csc/v2/credentials/info", &SignerSimulator::describe);
  faults_.add_routes(router);
}

asio::awaitable<http::Response> SignerSimulator::answer(http::Request& request, Handler handler) {
  co_await faults_.maybe_wait();
  co_return (this->*handler)(request);
}

}  // namespace qyzmet::simulators
