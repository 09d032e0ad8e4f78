#pragma once
// HTTP/1.1 server (RFC 9110, RFC 9112), plain or TLS, on Asio and Beast's parser. One strand per
// connection; the caller runs the io_context with as many threads as it likes. Every request passes
// the framing guard, the limits, the router, the gate, and then the handler; exceptions are caught
// once, here. Beside the router's routes the server answers by itself:
//   GET /live     200 while the process runs
//   GET /ready    200 or 503, by the callback; 503 while draining
//   GET /metrics  Prometheus text, for loopback and the addresses of the configuration
// The server adds security headers to every answer and refuses answers whose headers would break
// the framing. It logs method, pattern, status and time, never targets, bodies or header values.
//
// Thread-safety: start(), drain() and stop() may be called from any thread. Lifetime: the server
// must outlive the run of its io_context; the router must outlive the server.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/http/message.hpp"
#include "services/http/router.hpp"
#include "services/http/upload.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::http {

/// What the application supplies; each may stay empty.
struct Hooks {
  /// Before the body is read: a Response ends the request (login page, 403, 429), nullopt lets it
  /// on.
  std::function<boost::asio::awaitable<std::optional<Response>>(Request&, Route const&)> gate;
  /// Infrastructure faults to answers (database overloaded -> 503); nullopt: 500.
  std::function<std::optional<Response>(std::exception_ptr, Request const&)> on_exception;
  /// Error pages of the house style; the server supplies a constant text otherwise.
  std::function<Response(int status, Request const&)> error_page;
  /// May requests be sent here? Must answer quickly and not throw.
  std::function<boost::asio::awaitable<bool>()> ready;
  UploadSinkFactory upload_sink;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see Server::port()
  std::string tls_certificate;
  std::string tls_key;
  bool https = false;              // HSTS; also when TLS ends at the edge
  std::vector<std::string> hosts;  // empty: any
  std::vector<std::string> edge_addresses;
  std::vector<std::string> metrics_addresses;
  std::string connect_source;  // beside 'self' in connect-src, such as wss://127.0.0.1:13579
  platform::Limits limits;
};
ServerOptions server_options(platform::Config const& config);

class Server {
 public:
  /// Binds at once. Throws boost::system::system_error when the address or certificate is unusable.
  Server(boost::asio::io_context& io, ServerOptions options, Router const& router, Hooks hooks);
  ~Server();
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  void start();
  std::uint16_t port() const;
  /// /ready turns to 503; after the notice time nothing is accepted and idle connections end;
  /// requests in flight are answered with Connection: close; after the grace time all is cut.
  /// `done` runs once, when the last connection has ended.
  void drain(std::function<void()> done);
  /// Cuts everything now.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// SIGTERM and SIGINT: the first drains `server` and then runs `done`, the second ends the process.
void drain_on_signals(boost::asio::io_context& io, Server& server,
                      std::function<void()> const& done);

}  // namespace qyzmet::http
