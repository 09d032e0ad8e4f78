#pragma once
// One connection of the server, and what all connections share. Internal to services/http.
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "services/http/request_parser.hpp"
#include "services/http/server.hpp"
#include "services/http/stream.hpp"
#include "services/platform/metrics.hpp"

namespace qyzmet::http {

/// Options and counters of one server. Immutable but for the atomics.
struct Shared {
  Shared(ServerOptions o, Router const& r, Hooks h);

  ServerOptions options;
  Router const& router;
  Hooks hooks;
  std::shared_ptr<Tls> tls;             // null: plain
  std::string content_security_policy;  // of pages
  std::atomic<bool> draining{false};    // /ready says 503
  std::atomic<bool> closing{false};     // every answer is the last of its connection
  std::atomic<std::size_t> in_flight{0};

  struct PerRoute {
    platform::Histogram* seconds;
    platform::Counter* by_class[6];  // of status: 1xx to 5xx at 1 to 5
  };
  std::unordered_map<Route const*, PerRoute> per_route;
  platform::Counter& refused;
  platform::Counter& shed;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Shared> shared, boost::asio::ip::tcp::socket socket,
             std::string address);

  /// Runs on the connection's strand until the connection has ended. Does not throw.
  boost::asio::awaitable<void> run();
  /// From any thread: ends a connection that waits for a request; with `busy` any.
  void cancel(bool busy);

 private:
  using Clock = std::chrono::steady_clock;
  using Event = RequestParser::Event;
  /// A request on its way to its answer.
  struct Exchange {
    Clock::time_point began;
    Request request = {};
    Route const* route = nullptr;
    Response response = {};
  };

  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<bool> wait_for_first_byte();
  boost::asio::awaitable<bool> read_more();
  boost::asio::awaitable<Event> next_event();
  boost::asio::awaitable<void> answer(Exchange& exchange);
  boost::asio::awaitable<void> process(Exchange& exchange);
  boost::asio::awaitable<bool> answer_own(Exchange& exchange);
  boost::asio::awaitable<bool> pass_gate(Exchange& exchange);
  boost::asio::awaitable<int> read_body(Exchange& exchange);
  boost::asio::awaitable<bool> send(Exchange& exchange, bool keep);
  boost::asio::awaitable<void> refuse(Event event);
  boost::asio::awaitable<void> end();

  int open(Exchange& exchange);
  int find_route(Exchange& exchange);
  int expect_body(Exchange const& exchange);
  std::string client_of(Headers const& headers) const;
  bool may_read_metrics(Headers const& headers) const;
  void fail(Exchange& exchange, int status);
  void on_exception(Exchange& exchange, std::exception_ptr const& failure);
  void record(Exchange const& exchange);

  std::shared_ptr<Shared> shared_;
  std::string address_;
  boost::asio::any_io_executor executor_;
  std::unique_ptr<Stream> stream_;
  RequestParser parser_;
  std::size_t served_ = 0;
  bool waiting_ = true;  // between requests
};

/// Content-Security-Policy of pages.
std::string security_policy(ServerOptions const& options);

/// Status line and fields up to the empty line, with the length of the body as Content-Length; an
/// empty text when the status or a field would break the framing.
std::string render_head(Response const& response, std::string_view request_id, bool keep,
                        Shared const& shared);

}  // namespace qyzmet::http
