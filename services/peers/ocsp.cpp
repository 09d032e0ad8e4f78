#include "services/peers/ocsp.hpp"

#include "services/peers/call.hpp"

namespace qyzmet::peers {

OcspClient::OcspClient(std::string url, platform::Limits const& limits)
    : url_(std::move(url)), limits_(limits) {}

boost::asio::awaitable<Result<std::string>> OcspClient::ask(std::string request) {
  http::ClientRequest post{.method = http::Method::post,
                           .url = url_,
                           .content_type = "application/ocsp-request",
                           .body = std::move(request)};
  auto answer =
      co_await call("ocsp", std::move(post), "application/ocsp-response", limits_, breaker_);
  co_return answer;
}

}  // namespace qyzmet::peers
