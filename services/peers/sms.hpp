#pragma once
// SMS gateway over HTTP. send(): POST <url> {"to","text","id"} with Idempotency-Key: id, so that a
// repeated call sends once. report(): GET <url>/<id>. Both are answered with
// {"status":"accepted"|"delivered"|"failed","delivered_at":"2026-11-21T05:00:00Z"|absent}.
// Retrying is the caller's (outbox). Thread-safe. Errors: unavailable.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "services/peers/breaker.hpp"
#include "services/platform/config.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::peers {

enum class Delivery : std::uint8_t { accepted, delivered, failed };

struct SmsReport {
  Delivery status = Delivery::accepted;
  std::optional<Instant> delivered_at = {};  // with `delivered` only
};

struct Sms {
  std::string id;                 // idempotency key: letters, digits, - and _
  platform::Pii<std::string> to;  // +77XXXXXXXXX
  platform::Pii<std::string> text;
};

class SmsGateway {
 public:
  SmsGateway(std::string url, platform::Limits const& limits);
  boost::asio::awaitable<Result<SmsReport>> send(Sms sms);
  boost::asio::awaitable<Result<SmsReport>> report(std::string id);

 private:
  std::string url_;
  platform::Limits limits_;
  Breaker breaker_;
};

}  // namespace qyzmet::peers
