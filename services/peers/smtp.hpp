#pragma once
// Mail over SMTP (RFC 5321), with STARTTLS (RFC 3207) where the server offers it. One connection a
// message. The message is plain text in UTF-8; its Message-ID is made of `id`, so that a repeated
// message is known as the same. Retrying is the caller's. Thread-safe. Errors: unavailable (try
// again), or invalid (the server refuses this address or message for good).
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "services/http/stream.hpp"
#include "services/peers/breaker.hpp"
#include "services/platform/config.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::peers {

struct Letter {
  std::string id;  // letters, digits, - and _
  platform::Pii<std::string> to;
  platform::Pii<std::string> subject, text;
  Instant at;
};

/// Local part and domain of printable ASCII, no longer than 254 characters.
bool is_mail_address(std::string_view address);
/// Headers and body as they go over the line, without the final dot (RFC 5322, 2045, 2047).
std::string mail_text(Letter const& letter, std::string_view from);

class MailServer {
 public:
  /// `url`: smtp://host:port; TLS is used where it is offered, any certificate will do then.
  /// smtp+tls://host:port: never without TLS, with a certificate of that host. Throws
  /// boost::system::system_error.
  MailServer(std::string const& url, std::string from, platform::Limits const& limits);
  /// Is there a server at all?
  bool configured() const { return !host_.empty(); }
  boost::asio::awaitable<Result<bool>> send(Letter letter);

 private:
  boost::asio::awaitable<std::string> talk(Letter const& letter);

  std::string host_;
  std::uint16_t port_ = 0;
  bool tls_required_ = false;
  std::string from_;
  platform::Limits limits_;
  std::shared_ptr<http::Tls> tls_;
  Breaker breaker_;
};

}  // namespace qyzmet::peers
