#pragma once
// One connection's bytes, plain or TLS: what is above is compiled once and knows neither. Server
// and client side. Used by one coroutine at a time, on the strand of the socket. Deadlines are
// absolute and hold for everything that starts after they were set.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace qyzmet::http {

class Stream {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~Stream() = default;
  /// Bytes read; 0 at the end, at the deadline or on any error: the connection ends alike.
  virtual boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into) = 0;
  virtual boost::asio::awaitable<bool> write_all(boost::asio::const_buffer head,
                                                 boost::asio::const_buffer body) = 0;
  virtual boost::asio::awaitable<bool> handshake() = 0;
  /// Tells the other side that nothing more comes and waits for its end.
  virtual boost::asio::awaitable<void> close() = 0;
  /// Stops sending and throws away up to `bytes_max` that still come, so that an answer to a
  /// request that was not read to its end is not lost in a reset.
  virtual boost::asio::awaitable<void> linger(std::size_t bytes_max) = 0;
  virtual void expires_at(TimePoint at) = 0;
  virtual void expires_never() = 0;
  /// Ends everything now.
  virtual void cancel() = 0;
  /// The socket of a plain stream, which is empty afterwards; nullopt under TLS.
  virtual std::optional<boost::asio::ip::tcp::socket> release() = 0;
};

/// Keys and rules of TLS, shared by many connections. Thread-safe after construction.
class Tls;

/// Certificate chain and key from PEM files. Throws boost::system::system_error.
std::shared_ptr<Tls> make_server_tls(std::string const& certificate, std::string const& key);
/// Anchors from a PEM file, or the system's when empty. Throws boost::system::system_error.
std::shared_ptr<Tls> make_client_tls(std::string const& trust_file);

/// Server side; `tls` may be null.
std::unique_ptr<Stream> make_stream(boost::asio::ip::tcp::socket socket, std::shared_ptr<Tls> tls);

/// Client side: TLS on a connection that began without it, when both have agreed in their protocol.
/// Null when the handshake fails. With an empty `host` any certificate is taken: what is agreed on
/// in the open protects from listening alone.
boost::asio::awaitable<std::unique_ptr<Stream>> start_tls(std::unique_ptr<Stream> plain,
                                                          std::string host,
                                                          std::shared_ptr<Tls> tls,
                                                          Stream::TimePoint deadline);

/// Client side: name lookup, connect and handshake with host name check, all before `deadline`.
/// Null when any of it fails; `tls` may be null.
boost::asio::awaitable<std::unique_ptr<Stream>> connect(std::string host, std::uint16_t port,
                                                        std::shared_ptr<Tls> tls,
                                                        Stream::TimePoint deadline);

}  // namespace qyzmet::http
