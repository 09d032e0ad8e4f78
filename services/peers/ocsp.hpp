#pragma once
// OCSP over HTTP (RFC 6960, appendix A.1). Carries bytes only: building the request and judging the
// answer is signing/'s. Thread-safe. Errors: unavailable (also for a wrong content type).
#include <boost/asio/awaitable.hpp>
#include <string>

#include "engine/base/result.hpp"
#include "services/peers/breaker.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::peers {

class OcspClient {
 public:
  OcspClient(std::string url, platform::Limits const& limits);
  /// DER of OCSPRequest -> DER of OCSPResponse.
  boost::asio::awaitable<Result<std::string>> ask(std::string request);

 private:
  std::string url_;
  platform::Limits limits_;
  Breaker breaker_;
};

}  // namespace qyzmet::peers
