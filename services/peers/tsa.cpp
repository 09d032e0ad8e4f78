#include "services/peers/tsa.hpp"

#include "services/peers/call.hpp"

namespace qyzmet::peers {

TsaClient::TsaClient(std::string url, platform::Limits const& limits)
    : url_(std::move(url)), limits_(limits) {}

boost::asio::awaitable<Result<std::string>> TsaClient::stamp(std::string query) {
  http::ClientRequest post{.method = http::Method::post,
                           .url = url_,
                           .content_type = "application/timestamp-query",
                           .body = std::move(query)};
  auto answer =
      co_await call("tsa", std::move(post), "application/timestamp-reply", limits_, breaker_);
  co_return answer;
}

}  // namespace qyzmet::peers
