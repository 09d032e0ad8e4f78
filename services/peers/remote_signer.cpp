#include "services/peers/remote_signer.hpp"

#include <boost/json.hpp>

#include "services/peers/call.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::peers {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view k_json = "application/json";

/// The only signature of the answer.
std::optional<std::string> read_signature(std::string const& answer) {
  json::error_code error;
  auto const value = json::parse(answer, error);
  auto const* object = error ? nullptr : value.if_object();
  auto const* list = object == nullptr ? nullptr : object->if_contains("signatures");
  if (list == nullptr || !list->is_array() || list->get_array().size() != 1) return std::nullopt;
  auto const& only = list->get_array().front();
  return only.is_string() ? platform::from_base64(only.get_string()) : std::nullopt;
}

}  // namespace

RemoteSigner::RemoteSigner(Account account, std::string certificate, platform::Limits const& limits)
    : account_(std::move(account)), certificate_(std::move(certificate)), limits_(limits) {}

asio::awaitable<Result<std::string>> RemoteSigner::sign(signing::ToSign what) {
  json::object const body{{"credentialID", account_.credential},
                          {"hashes", json::array{platform::to_base64(what.digest)}},
                          {"hashAlgorithmOID", what.digest_algorithm},
                          {"signAlgo", what.algorithm}};
  http::ClientRequest post{.method = http::Method::post,
                           .url = account_.url + "/signatures/signHash",
                           .content_type = std::string{k_json},
                           .body = json::serialize(body)};
  post.headers.set("Authorization", "Bearer " + account_.token);
  auto const answer =
      co_await call("signer", std::move(post), std::string{k_json}, limits_, breaker_);
  if (!answer) co_return std::unexpected(answer.error());
  auto signature = read_signature(*answer);
  if (!signature) co_return std::unexpected(peer_unavailable("signer", "answer"));
  co_return std::move(*signature);
}

}  // namespace qyzmet::peers
