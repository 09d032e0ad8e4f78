#pragma once
// Time-stamp protocol over HTTP (RFC 3161, 3.4). Carries bytes only: building the query and judging
// the token is signing/'s. Thread-safe. Errors: unavailable (also for a wrong content type).
#include <boost/asio/awaitable.hpp>
#include <string>

#include "engine/base/result.hpp"
#include "services/peers/breaker.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::peers {

class TsaClient {
 public:
  TsaClient(std::string url, platform::Limits const& limits);
  /// DER of TimeStampReq -> DER of TimeStampResp.
  boost::asio::awaitable<Result<std::string>> stamp(std::string query);

 private:
  std::string url_;
  platform::Limits limits_;
  Breaker breaker_;
};

}  // namespace qyzmet::peers
