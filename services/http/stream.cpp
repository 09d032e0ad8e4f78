#include "services/http/stream.hpp"

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace qyzmet::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

class Tls {
 public:
  explicit Tls(asio::ssl::context::method method) : context{method} {
    context.set_options(asio::ssl::context::default_workarounds |
                        asio::ssl::context::no_compression | SSL_OP_NO_RENEGOTIATION |
                        SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    auto* const native = context.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set1_groups_list(native, "X25519:P-256:P-384");
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(native, 0);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  }

  asio::ssl::context context;
};

namespace {

constexpr auto k_quiet = asio::as_tuple(asio::use_awaitable);

template <class Layer>
class StreamOver final : public Stream {
 public:
  template <class... Arguments>
  explicit StreamOver(std::shared_ptr<Tls> tls, Arguments&&... arguments)
      : tls_(std::move(tls)), layer_(std::forward<Arguments>(arguments)...) {}

  static constexpr bool k_is_tls = !std::is_same_v<Layer, beast::tcp_stream>;

  asio::awaitable<std::size_t> read_some(asio::mutable_buffer into) override {
    auto const [error, size] = co_await layer_.async_read_some(into, k_quiet);
    co_return error ? 0 : size;
  }

  asio::awaitable<bool> write_all(asio::const_buffer head, asio::const_buffer body) override {
    std::array<asio::const_buffer, 2> const buffers{head, body};
    auto const [error, size] = co_await asio::async_write(layer_, buffers, k_quiet);
    co_return !error;
  }

  asio::awaitable<bool> handshake() override {
    if constexpr (k_is_tls) {
      auto const side = SSL_is_server(layer_.native_handle()) != 0 ? asio::ssl::stream_base::server
                                                                   : asio::ssl::stream_base::client;
      auto const [error] = co_await layer_.async_handshake(side, k_quiet);
      co_return !error;
    }
    co_return true;
  }

  asio::awaitable<void> close() override {
    if constexpr (k_is_tls) {
      co_await layer_.async_shutdown(k_quiet);
      lowest().close();
    } else {
      co_await linger(k_close_bytes_max);
    }
  }

  asio::awaitable<void> linger(std::size_t bytes_max) override {
    beast::error_code ignored;
    lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
    std::array<char, 16 * 1024> waste;
    for (std::size_t total = 0; total < bytes_max;) {
      auto const [error, size] = co_await lowest().async_read_some(asio::buffer(waste), k_quiet);
      if (error) break;
      total += size;
    }
    lowest().close();
  }

  void expires_at(TimePoint at) override { lowest().expires_at(at); }
  void expires_never() override { lowest().expires_never(); }
  void cancel() override { lowest().close(); }

  std::optional<tcp::socket> release() override {
    if constexpr (k_is_tls)
      return std::nullopt;
    else
      return lowest().release_socket();
  }

  Layer& layer() { return layer_; }
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(layer_); }

 private:
  static constexpr std::size_t k_close_bytes_max = 64 * 1024;

  std::shared_ptr<Tls> tls_;  // before the layer, which refers to it
  Layer layer_;
};

using PlainStream = StreamOver<beast::tcp_stream>;
using TlsStream = StreamOver<beast::ssl_stream<beast::tcp_stream>>;

/// Name lookup has no deadline of its own.
asio::awaitable<tcp::resolver::results_type> resolve(std::string host, std::uint16_t port,
                                                     Stream::TimePoint deadline) {
  auto const executor = co_await asio::this_coro::executor;
  auto resolver = std::make_shared<tcp::resolver>(executor);
  asio::steady_timer timer{executor, deadline};
  timer.async_wait([resolver](beast::error_code error) {
    if (!error) resolver->cancel();
  });
  auto const service = std::to_string(port);
  auto const [error, results] = co_await resolver->async_resolve(host, service, k_quiet);
  co_return error ? tcp::resolver::results_type{} : results;
}

}  // namespace

std::shared_ptr<Tls> make_server_tls(std::string const& certificate, std::string const& key) {
  auto tls = std::make_shared<Tls>(asio::ssl::context::tls_server);
  tls->context.use_certificate_chain_file(certificate);
  tls->context.use_private_key_file(key, asio::ssl::context::pem);
  return tls;
}

std::shared_ptr<Tls> make_client_tls(std::string const& trust_file) {
  auto tls = std::make_shared<Tls>(asio::ssl::context::tls_client);
  tls->context.set_verify_mode(asio::ssl::verify_peer);
  if (trust_file.empty()) {
    tls->context.set_default_verify_paths();
  } else {
    tls->context.load_verify_file(trust_file);
  }
  return tls;
}

std::unique_ptr<Stream> make_stream(tcp::socket socket, std::shared_ptr<Tls> tls) {
  beast::error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  if (!tls) return std::make_unique<PlainStream>(nullptr, std::move(socket));
  auto& context = tls->context;
  auto stream = std::make_unique<TlsStream>(std::move(tls), std::move(socket), context);
  SSL_set_accept_state(stream->layer().native_handle());
  return stream;
}

namespace {

/// The handshake of a client; null when it fails.
asio::awaitable<std::unique_ptr<Stream>> agree(beast::tcp_stream tcp_stream, std::string host,
                                               std::shared_ptr<Tls> tls,
                                               Stream::TimePoint deadline) {
  auto& context = tls->context;
  auto stream = std::make_unique<TlsStream>(std::move(tls), std::move(tcp_stream), context);
  auto* const native = stream->layer().native_handle();
  SSL_set_connect_state(native);
  if (host.empty()) {
    SSL_set_verify(native, SSL_VERIFY_NONE, nullptr);
  } else {
    beast::error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(native, host.c_str());
    stream->layer().set_verify_callback(asio::ssl::host_name_verification(host));
  }
  stream->expires_at(deadline);
  bool const agreed = co_await stream->handshake();
  if (!agreed) co_return nullptr;
  co_return stream;
}

}  // namespace

asio::awaitable<std::unique_ptr<Stream>> start_tls(std::unique_ptr<Stream> plain, std::string host,
                                                   std::shared_ptr<Tls> tls,
                                                   Stream::TimePoint deadline) {
  auto socket = plain->release();
  if (!socket) co_return nullptr;
  auto stream = co_await agree(beast::tcp_stream{std::move(*socket)}, std::move(host),
                               std::move(tls), deadline);
  co_return stream;
}

asio::awaitable<std::unique_ptr<Stream>> connect(std::string host, std::uint16_t port,
                                                 std::shared_ptr<Tls> tls,
                                                 Stream::TimePoint deadline) {
  auto const executor = co_await asio::this_coro::executor;
  auto const addresses = co_await resolve(host, port, deadline);
  if (addresses.empty()) co_return nullptr;
  beast::tcp_stream tcp_stream{executor};
  tcp_stream.expires_at(deadline);
  auto const [error, endpoint] = co_await tcp_stream.async_connect(addresses, k_quiet);
  if (error) co_return nullptr;
  if (!tls) {
    auto plain = std::make_unique<PlainStream>(nullptr, std::move(tcp_stream));
    plain->expires_at(deadline);
    co_return plain;
  }
  auto stream = co_await agree(std::move(tcp_stream), std::move(host), std::move(tls), deadline);
  co_return stream;
}

}  // namespace qyzmet::http
