#include "services/http/server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>

#include "services/http/connection.hpp"
#include "services/platform/log.hpp"
#include "services/platform/url.hpp"

namespace qyzmet::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using platform::Level;
using std::chrono::milliseconds;

constexpr auto k_quiet = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds k_accept_pause{50};  // full, or out of descriptors: do not spin
constexpr milliseconds k_drain_poll{20};
constexpr int k_cut_polls_max = 150;  // of k_drain_poll: what was cut has 3 s to end

std::string text_of(asio::ip::address const& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

asio::awaitable<void> pause(milliseconds time) {
  auto const executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, time};
  co_await timer.async_wait(k_quiet);
}

}  // namespace

/// The acceptor lives on its own strand; the table of connections under its mutex.
struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(asio::io_context& context, ServerOptions options, Router const& router, Hooks hooks)
      : io(context),
        shared(std::make_shared<Shared>(std::move(options), router, std::move(hooks))),
        strand(asio::make_strand(context)),
        acceptor(strand),
        open_gauge(platform::metrics().gauge("http_connections", "Open connections")) {
    auto const& o = shared->options;
    if (!o.tls_certificate.empty()) shared->tls = make_server_tls(o.tls_certificate, o.tls_key);
    tcp::endpoint const endpoint{asio::ip::make_address(o.address), o.port};
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address{true});
    acceptor.bind(endpoint);
    acceptor.listen(o.limits.accept_backlog);
    port = acceptor.local_endpoint().port();
  }

  asio::awaitable<void> accept_loop();
  asio::awaitable<void> leave(std::function<void()> done);
  void admit(tcp::socket socket);
  bool enter(std::string const& address, std::shared_ptr<Connection> const& connection);
  void forget(std::string const& address, Connection const* connection);
  std::size_t connection_count() const;
  void cancel_all(bool busy);
  bool is_edge(std::string const& address) const;

  asio::io_context& io;
  std::shared_ptr<Shared> shared;
  asio::strand<asio::io_context::executor_type> strand;
  tcp::acceptor acceptor;
  platform::Gauge& open_gauge;
  std::uint16_t port = 0;
  std::atomic<bool> leaving{false};

  mutable std::mutex mutex;
  std::map<Connection const*, std::weak_ptr<Connection>> connections;
  std::map<std::string, std::size_t> per_address;
};

asio::awaitable<void> Server::Impl::accept_loop() {
  auto const self = shared_from_this();
  auto const full = shared->options.limits.connections_max;
  while (acceptor.is_open()) {
    if (connection_count() >= full) {
      // Resume with some room, so that the edge of fullness is not crossed for every connection.
      while (connection_count() > full * 95 / 100) co_await pause(k_accept_pause);
      continue;
    }
    asio::any_io_executor const own = asio::make_strand(io);
    auto [error, socket] = co_await acceptor.async_accept(own, k_quiet);
    if (!error) {
      admit(std::move(socket));
    } else if (error != asio::error::operation_aborted &&
               error != asio::error::connection_aborted) {
      platform::log(Level::warning, "accept_failed", {{"reason", error.message()}});
      co_await pause(k_accept_pause);
    }
  }
}

void Server::Impl::admit(tcp::socket socket) {
  boost::system::error_code error;
  auto const endpoint = socket.remote_endpoint(error);
  if (error) return;
  auto const address = text_of(endpoint.address());
  auto const executor = socket.get_executor();
  auto connection = std::make_shared<Connection>(shared, std::move(socket), address);
  if (!enter(address, connection)) return;
  asio::co_spawn(executor, connection->run(),
                 [self = shared_from_this(), connection, address](std::exception_ptr const&) {
                   self->forget(address, connection.get());
                 });
}

bool Server::Impl::is_edge(std::string const& address) const {
  auto const& edges = shared->options.edge_addresses;
  return std::ranges::find(edges, address) != edges.end();
}

bool Server::Impl::enter(std::string const& address,
                         std::shared_ptr<Connection> const& connection) {
  std::scoped_lock const lock{mutex};
  auto& count = per_address[address];
  if (count >= shared->options.limits.connections_per_address_max && !is_edge(address))
    return false;
  ++count;
  connections.emplace(connection.get(), connection);
  open_gauge.add(1);
  return true;
}

void Server::Impl::forget(std::string const& address, Connection const* connection) {
  std::scoped_lock const lock{mutex};
  connections.erase(connection);
  auto const entry = per_address.find(address);
  if (--entry->second == 0) per_address.erase(entry);
  open_gauge.add(-1);
}

std::size_t Server::Impl::connection_count() const {
  std::scoped_lock const lock{mutex};
  return connections.size();
}

void Server::Impl::cancel_all(bool busy) {
  std::scoped_lock const lock{mutex};
  for (auto const& [key, weak] : connections)
    if (auto const connection = weak.lock()) connection->cancel(busy);
}

asio::awaitable<void> Server::Impl::leave(std::function<void()> done) {
  auto const self = shared_from_this();
  auto const& limits = shared->options.limits;
  platform::log(Level::info, "draining");
  shared->draining = true;
  co_await pause(limits.drain_notice);
  acceptor.close();
  shared->closing = true;
  cancel_all(false);
  auto const deadline = std::chrono::steady_clock::now() + limits.drain_grace;
  while (connection_count() != 0 && std::chrono::steady_clock::now() < deadline)
    co_await pause(k_drain_poll);
  if (auto const left = connection_count(); left != 0) {
    platform::log(Level::warning, "drain_cut", {{"connections", left}});
    cancel_all(true);
    for (int i = 0; i < k_cut_polls_max && connection_count() != 0; ++i)
      co_await pause(k_drain_poll);
  }
  platform::log(Level::info, "drained");
  if (done) done();
}

ServerOptions server_options(platform::Config const& config) {
  ServerOptions options;
  options.address = config.listen_address;
  options.port = config.listen_port;
  options.tls_certificate = config.tls_certificate;
  options.tls_key = config.tls_key;
  options.https = platform::is_https(config);
  options.hosts = config.hosts;
  options.edge_addresses = config.edge_addresses;
  options.metrics_addresses = config.metrics_addresses;
  if (auto const url = platform::parse_url(config.ncalayer_url))
    options.connect_source = url->origin();
  options.limits = config.limits;
  return options;
}

Server::Server(asio::io_context& io, ServerOptions options, Router const& router, Hooks hooks)
    : impl_(std::make_shared<Impl>(io, std::move(options), router, std::move(hooks))) {}

Server::~Server() = default;

void Server::start() {
  platform::log(Level::info, "listening",
                {{"address", impl_->shared->options.address}, {"port", impl_->port}});
  asio::co_spawn(impl_->strand, impl_->accept_loop(), asio::detached);
}

std::uint16_t Server::port() const {
  return impl_->port;
}

void Server::drain(std::function<void()> done) {
  if (impl_->leaving.exchange(true)) return;
  asio::co_spawn(impl_->strand, impl_->leave(std::move(done)), asio::detached);
}

void Server::stop() {
  asio::post(impl_->strand, [impl = impl_] {
    impl->shared->closing = true;
    impl->acceptor.close();
    impl->cancel_all(true);
  });
}

void drain_on_signals(asio::io_context& io, Server& server, std::function<void()> const& done) {
  auto const signals = std::make_shared<asio::signal_set>(io, SIGTERM, SIGINT);
  signals->async_wait([signals, &server, done](boost::system::error_code error, int) {
    if (error) return;
    // Waits before the draining begins: it may end at once, and then takes this wait back.
    signals->async_wait([signals](boost::system::error_code again, int) {
      if (!again) std::_Exit(EXIT_FAILURE);
    });
    server.drain([signals, done] {
      signals->cancel();
      if (done) done();
    });
  });
}

}  // namespace qyzmet::http
