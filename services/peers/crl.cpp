#include "services/peers/crl.hpp"

#include "services/peers/call.hpp"
#include "signing/revocation_list.hpp"

namespace qyzmet::peers {

namespace {

constexpr int k_ok = 200;
constexpr int k_not_modified = 304;
constexpr std::size_t k_validator_bytes_max = 256;

/// What an answer is known by; a validator that is too long to be kept is none.
std::string validator(http::Response const& answer, std::string_view name) {
  auto const value = answer.headers.get(name);
  return value.size() > k_validator_bytes_max ? std::string{} : std::string{value};
}

std::string refuse(Result<http::Response> const& answer, bool conditional) {
  if (!answer) return answer.error().arguments.at("reason");
  if (answer->status == k_ok) return answer->body.empty() ? "empty" : "";
  return conditional && answer->status == k_not_modified ? "" : "status";
}

}  // namespace

boost::asio::awaitable<Result<CrlClient::Answer>> CrlClient::fetch(std::string url,
                                                                   Known known) const {
  http::ClientRequest request{.method = http::Method::get, .url = std::move(url)};
  if (!known.etag.empty()) request.headers.set("If-None-Match", known.etag);
  if (!known.last_modified.empty()) request.headers.set("If-Modified-Since", known.last_modified);
  bool const conditional = !request.headers.all().empty();
  http::ClientLimits const bounds{.deadline = limits_.list_deadline,
                                  .answer_bytes_max = signing::k_crl_bytes_max};
  auto answer = co_await http::fetch(std::move(request), bounds);
  auto const reason = refuse(answer, conditional);
  record_call("crl", reason.empty(), reason);
  if (!reason.empty()) co_return std::unexpected(peer_unavailable("crl", reason));
  if (answer->status == k_not_modified) co_return Answer{.bytes = {}, .known = std::move(known)};
  co_return Answer{.bytes = std::move(answer->body),
                   .known = {.etag = validator(*answer, "ETag"),
                             .last_modified = validator(*answer, "Last-Modified")}};
}

}  // namespace qyzmet::peers
