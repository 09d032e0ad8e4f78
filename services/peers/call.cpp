#include "services/peers/call.hpp"

#include "services/platform/log.hpp"
#include "services/platform/metrics.hpp"

namespace qyzmet::peers {
namespace {

namespace asio = boost::asio;

/// Empty when the answer may be used.
std::string refuse(Result<http::Response> const& answer, std::string_view answer_type) {
  if (!answer) return answer.error().arguments.at("reason");
  if (answer->status != 200) return "status";
  auto const type = std::string_view{answer->content_type};
  if (type.substr(0, type.find(';')) != answer_type) return "content_type";
  return {};
}

}  // namespace

Error peer_unavailable(std::string const& peer, std::string const& reason) {
  return {.code = ErrorCode::unavailable,
          .text = "error.peer_unavailable",
          .arguments = {{"peer", peer}, {"reason", reason}}};
}

void record_call(std::string const& peer, bool succeeded, std::string const& reason) {
  platform::metrics()
      .counter("peer_calls_total", "Calls of other systems",
               {{"peer", peer}, {"outcome", succeeded ? "answered" : "failed"}})
      .add();
  if (!succeeded)
    platform::log(platform::Level::warning, "peer_failed", {{"peer", peer}, {"reason", reason}});
}

asio::awaitable<Result<std::string>> call(std::string peer, http::ClientRequest request,
                                          std::string answer_type, platform::Limits limits,
                                          Breaker& breaker) {
  if (!breaker.allow(Breaker::Clock::now()))
    co_return std::unexpected(peer_unavailable(peer, "breaker_open"));
  http::ClientLimits const bounds{.deadline = limits.peer_deadline,
                                  .answer_bytes_max = limits.peer_answer_bytes_max};
  auto answer = co_await http::fetch(std::move(request), bounds);
  auto const reason = refuse(answer, answer_type);
  record_call(peer, reason.empty(), reason);
  if (reason.empty()) {
    breaker.succeeded();
    co_return std::move(answer->body);
  }
  breaker.failed(Breaker::Clock::now());
  co_return std::unexpected(peer_unavailable(peer, reason));
}

}  // namespace qyzmet::peers
