#pragma once
// A mail server that keeps what it is given: SMTP (RFC 5321) with STARTTLS when it has a
// certificate. A letter with a Message-ID that it has is taken and not kept again. Faults:
// "unavailable" (421 as greeting), "reject" (550 to each recipient), "cut" (the connection ends
// instead of the last answer), "garbage". Lifetime: must outlive the run of its io_context.
// Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "services/http/stream.hpp"
#include "services/simulators/faults.hpp"

namespace qyzmet::simulators {

inline constexpr std::size_t k_letters_max = 500;  // the oldest is forgotten
inline constexpr std::size_t k_letter_bytes_max = 256 * 1024;

struct KeptLetter {
  std::string id;  // Message-ID
  std::string from, to;
  std::string subject, text;  // decoded
  bool secure = false;        // came under TLS
};

class SmtpSimulator {
 public:
  /// Binds to 127.0.0.1 at once; port 0 is any free one. Without `tls` there is no STARTTLS.
  SmtpSimulator(boost::asio::io_context& io, std::uint16_t port,
                std::shared_ptr<http::Tls> tls = nullptr);

  void start();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  Faults& faults() { return faults_; }
  /// The newest first.
  std::deque<KeptLetter> letters() const;
  /// The page with the letters, /letters.json and /control.
  void add_routes(http::Router& router);

 private:
  struct Session;

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
  boost::asio::awaitable<bool> answer(Session& session, std::string command);
  boost::asio::awaitable<bool> take_letter(Session& session);
  boost::asio::awaitable<bool> secure(Session& session);
  void keep(Session const& session, std::string const& text);
  http::Response front_page() const;
  http::Response list() const;

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<http::Tls> tls_;
  Faults faults_;
  mutable std::mutex mutex_;
  std::deque<KeptLetter> letters_;
};

}  // namespace qyzmet::simulators
