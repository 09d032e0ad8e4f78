#pragma once
// Revocation lists over HTTP (RFC 5280, 4.2.1.13), asked for only when they changed (RFC 9110, 13).
// Addresses come from the configuration, never from a certificate. Carries bytes only: judging them
// is signing/'s. Thread-safe. Errors: unavailable.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "engine/base/result.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::peers {

class CrlClient {
 public:
  struct Known {
    std::string etag, last_modified;  // of the answer that is at hand; empty: none is
  };
  struct Answer {
    std::optional<std::string> bytes;  // nothing: it is still the one at hand
    Known known;
  };

  explicit CrlClient(platform::Limits const& limits) : limits_(limits) {}
  boost::asio::awaitable<Result<Answer>> fetch(std::string url, Known known) const;

 private:
  platform::Limits limits_;
};

}  // namespace qyzmet::peers
