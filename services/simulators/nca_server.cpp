// The sockets of the NCALayer simulator: plain HTTP for its page and the websocket (RFC 6455), on
// one port, with or without TLS.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "services/simulators/ncalayer.hpp"
#include "services/simulators/page.hpp"

namespace qyzmet::simulators {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

namespace {

constexpr std::size_t k_form_bytes_max = 4 * 1024;
constexpr std::chrono::seconds k_request_s_max{30};

using PageRequest = beast::http::request<beast::http::string_body>;
using PageResponse = beast::http::response<beast::http::string_body>;

http::Method method_of(beast::http::verb verb) {
  if (verb == beast::http::verb::get) return http::Method::get;
  return verb == beast::http::verb::post ? http::Method::post : http::Method::options;
}

/// The fields of the form join those of the address.
std::string full_target(PageRequest const& request) {
  std::string target{request.target()};
  if (!request.body().empty())
    target.append(target.find('?') == target.npos ? "?" : "&").append(request.body());
  return target;
}

PageResponse to_beast(http::Response const& response, PageRequest const& request) {
  PageResponse out{static_cast<beast::http::status>(response.status), request.version()};
  for (auto const& [name, value] : response.headers.all()) out.set(name, value);
  out.set(beast::http::field::content_type, response.content_type);
  out.set("Content-Security-Policy", page_policy());
  out.body() = response.body;
  out.keep_alive(false);
  out.prepare_payload();
  return out;
}

template <class Stream>
asio::awaitable<void> converse(NcaLayerSimulator& program, Stream stream,
                               PageRequest const& request) {
  beast::websocket::stream<Stream, false> socket{std::move(stream)};  // uncompressed
  socket.read_message_max(k_call_bytes_max);
  co_await socket.async_accept(request, asio::use_awaitable);
  auto const greeting = nca::greeting();
  co_await socket.async_write(asio::buffer(greeting), asio::use_awaitable);
  while (true) {
    beast::flat_buffer buffer;
    co_await socket.async_read(buffer, asio::use_awaitable);
    if (program.drops()) co_return;
    auto const answer = co_await program.answer(beast::buffers_to_string(buffer.data()));
    if (answer) co_await socket.async_write(asio::buffer(*answer), asio::use_awaitable);
  }
}

template <class Stream>
asio::awaitable<void> serve_stream(NcaLayerSimulator& program, Stream stream) {
  beast::flat_buffer buffer;
  beast::http::request_parser<beast::http::string_body> parser;
  parser.body_limit(k_form_bytes_max);
  co_await beast::http::async_read(stream, buffer, parser, asio::use_awaitable);
  auto const request = parser.release();
  if (beast::websocket::is_upgrade(request)) {
    beast::get_lowest_layer(stream).expires_never();
    co_await converse(program, std::move(stream), request);
    co_return;
  }
  auto const answer = program.page(method_of(request.method()), full_target(request));
  auto const response = to_beast(answer, request);
  co_await beast::http::async_write(stream, response, asio::use_awaitable);
}

}  // namespace

NcaLayerSimulator::NcaLayerSimulator(asio::io_context& io, std::vector<Person> people, Clock clock,
                                     NcaLayerOptions options)
    : io_(io),
      people_(std::move(people)),
      clock_(std::move(clock)),
      options_(std::move(options)),
      acceptor_(io, tcp::endpoint{asio::ip::address_v4::loopback(), options_.port}) {
  if (options_.tls_certificate.empty()) return;
  tls_.emplace(asio::ssl::context::tls_server);
  tls_->use_certificate_chain_file(options_.tls_certificate);
  tls_->use_private_key_file(options_.tls_key, asio::ssl::context::pem);
}

void NcaLayerSimulator::start() {
  asio::co_spawn(io_, accept(), asio::detached);
}

asio::awaitable<void> NcaLayerSimulator::accept() {
  while (true) {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
  }
}

/// Ends with an exception when the browser goes away: it runs detached, there is nobody to tell.
asio::awaitable<void> NcaLayerSimulator::serve(tcp::socket socket) {
  beast::tcp_stream plain{std::move(socket)};
  plain.expires_after(k_request_s_max);
  if (!tls_) {
    co_await serve_stream(*this, std::move(plain));
  } else {
    asio::ssl::stream<beast::tcp_stream> secure{std::move(plain), *tls_};
    co_await secure.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    co_await serve_stream(*this, std::move(secure));
  }
}

}  // namespace qyzmet::simulators
