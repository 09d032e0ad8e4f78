#include "services/http/connection.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <new>
#include <typeinfo>

#include "services/http/body_reader.hpp"
#include "services/http/forms.hpp"
#include "services/http/responses.hpp"
#include "services/platform/log.hpp"
#include "services/platform/random.hpp"
#include "services/platform/url.hpp"

namespace qyzmet::http {
namespace {

namespace asio = boost::asio;
using platform::Level;
using std::chrono::milliseconds;

constexpr std::string_view k_continue = "HTTP/1.1 100 Continue\r\n\r\n";

/// A place among the requests that are worked on; there may be none.
class Slot {
 public:
  explicit Slot(Shared& shared) : shared_(shared) {
    auto const before = shared_.in_flight.fetch_add(1);
    taken_ = before < shared_.options.limits.requests_in_flight_max;
  }
  ~Slot() { shared_.in_flight.fetch_sub(1); }
  Slot(Slot const&) = delete;
  Slot& operator=(Slot const&) = delete;
  bool is_taken() const { return taken_; }

 private:
  Shared& shared_;
  bool taken_ = false;
};

milliseconds transfer_time(std::uint64_t bytes, platform::Limits const& limits) {
  return milliseconds{bytes * 1000 / limits.transfer_bytes_per_s_min};
}

bool contains(std::vector<std::string> const& list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

/// The type only: the text of an exception may quote data.
std::string type_of(std::exception_ptr const& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (std::exception const& e) {
    return typeid(e).name();
  } catch (...) {
    return "unknown";
  }
}

bool is_out_of_memory(std::exception_ptr const& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (std::bad_alloc const&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

Shared::Shared(ServerOptions o, Router const& r, Hooks h)
    : options(std::move(o)),
      router(r),
      hooks(std::move(h)),
      content_security_policy(security_policy(options)),
      refused(platform::metrics().counter("http_refused_total", "Requests with broken framing")),
      shed(platform::metrics().counter("http_shed_total", "Requests answered 503 by overload")) {
  auto& metrics = platform::metrics();
  for (auto const* route : router.routes()) {
    platform::Labels labels{{"method", std::string{to_string(route->method)}},
                            {"route", route->pattern}};
    auto& entry = per_route[route];
    entry.seconds = &metrics.histogram("http_request_seconds", "From head to answer", labels);
    for (int kind = 1; kind <= 5; ++kind) {
      labels["status"] = std::to_string(kind) + "xx";
      entry.by_class[kind] = &metrics.counter("http_requests_total", "Requests answered", labels);
    }
  }
}

Connection::Connection(std::shared_ptr<Shared> shared, asio::ip::tcp::socket socket,
                       std::string address)
    : shared_(std::move(shared)),
      address_(std::move(address)),
      executor_(socket.get_executor()),
      stream_(make_stream(std::move(socket), shared_->tls)),
      parser_(shared_->options.limits, shared_->options.hosts) {}

void Connection::cancel(bool busy) {
  auto const cut = [self = shared_from_this(), busy] {
    if (busy || self->waiting_) self->stream_->cancel();
  };
  asio::post(executor_, cut);
}

asio::awaitable<void> Connection::run() {
  std::exception_ptr failure;
  try {
    co_await serve();
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) platform::log(Level::error, "connection_failed", {{"exception", type_of(failure)}});
  stream_->cancel();
}

asio::awaitable<void> Connection::serve() {
  stream_->expires_at(Clock::now() + shared_->options.limits.handshake);
  bool const agreed = co_await stream_->handshake();
  if (!agreed) co_return;
  for (bool more = true; more && !shared_->closing;) more = co_await serve_one();
}

asio::awaitable<bool> Connection::serve_one() {
  bool const arrived = co_await wait_for_first_byte();
  if (!arrived) co_return false;
  auto const& limits = shared_->options.limits;
  stream_->expires_at(Clock::now() + limits.header);
  auto const event = co_await next_event();
  if (event.kind == RequestParser::Kind::refused) {
    co_await refuse(event);
    co_return false;
  }
  if (event.kind != RequestParser::Kind::head) co_return false;

  Exchange exchange{.began = Clock::now()};
  co_await answer(exchange);
  exchange.request.uploads.clear();  // files that nobody took over go before the answer does
  bool const last = ++served_ == limits.requests_per_connection_max || shared_->closing;
  bool const keep = parser_.head().keep_alive && parser_.is_done() && !last;
  bool const sent = co_await send(exchange, keep);
  record(exchange);
  if (!sent) co_return false;
  if (!keep) {
    co_await end();
    co_return false;
  }
  parser_.restart();
  co_return true;
}

asio::awaitable<bool> Connection::wait_for_first_byte() {
  if (!parser_.is_empty()) co_return true;
  auto const& limits = shared_->options.limits;
  waiting_ = true;
  stream_->expires_at(Clock::now() + (served_ == 0 ? limits.header : limits.idle));
  bool const arrived = co_await read_more();
  waiting_ = false;
  co_return arrived;
}

asio::awaitable<bool> Connection::read_more() {
  auto const room = parser_.prepare();
  auto const size = co_await stream_->read_some(asio::buffer(room.data(), room.size()));
  parser_.commit(size);
  co_return size != 0;
}

/// need_more: the connection ended or the deadline passed.
asio::awaitable<Connection::Event> Connection::next_event() {
  for (;;) {
    auto const event = parser_.next();
    if (event.kind != RequestParser::Kind::need_more) co_return event;
    bool const more = co_await read_more();
    if (!more) co_return event;
  }
}

/// Closes so that the answer arrives even when the request was not read to its end.
asio::awaitable<void> Connection::end() {
  auto const& limits = shared_->options.limits;
  stream_->expires_at(Clock::now() + limits.linger);
  if (parser_.is_done() && parser_.is_empty()) {
    co_await stream_->close();
  } else {
    co_await stream_->linger(limits.linger_bytes_max);
  }
}

/// Bytes that are not a request: a constant answer and the end of the connection.
asio::awaitable<void> Connection::refuse(Event event) {
  shared_->refused.add();
  Exchange exchange{.began = Clock::now()};
  exchange.request.id = platform::random_hex(8);
  exchange.response = error_response(event.status, exchange.request.id);
  platform::log(Level::info, "request_refused",
                {{"request_id", exchange.request.id},
                 {"reason", event.reason},
                 {"status", event.status},
                 {"client", address_}});
  bool const sent = co_await send(exchange, false);
  if (sent) co_await end();
}

asio::awaitable<void> Connection::answer(Exchange& exchange) {
  std::exception_ptr failure;
  try {
    co_await process(exchange);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) on_exception(exchange, failure);
}

asio::awaitable<void> Connection::process(Exchange& exchange) {
  int status = open(exchange);
  if (status == 0) {
    bool const answered = co_await answer_own(exchange);
    if (answered) co_return;
    status = find_route(exchange);
  }
  if (status == 0) status = expect_body(exchange);
  if (status == 0) {
    bool const passed = co_await pass_gate(exchange);
    if (!passed) co_return;
    status = co_await read_body(exchange);
  }
  if (status != 0) {
    fail(exchange, status);
    co_return;
  }
  exchange.request.arrived = Clock::now();
  Slot const slot{*shared_};
  if (!slot.is_taken()) {
    shared_->shed.add();
    exchange.response = error_response(503, exchange.request.id);
    co_return;
  }
  stream_->expires_never();
  exchange.response = co_await exchange.route->handler(exchange.request);
}

/// What the head says; 0 or the status that refuses it.
int Connection::open(Exchange& exchange) {
  auto const& head = parser_.head();
  auto& request = exchange.request;
  request.id = platform::random_hex(8);
  request.headers = head.headers;
  request.target = head.target;
  request.client = client_of(head.headers);
  auto const method = parse_method(head.method);
  if (!method) return 501;
  request.method = *method;
  auto target = parse_target(head.target, shared_->options.limits.query_keys_max);
  if (!target) return 400;
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.cookies = parse_cookies(head.headers.get("Cookie"));
  return 0;
}

/// The address that the edge saw, when the edge is ours: the last entry, which it wrote itself.
std::string Connection::client_of(Headers const& headers) const {
  if (!contains(shared_->options.edge_addresses, address_)) return address_;
  auto forwarded = headers.get("X-Forwarded-For");
  if (auto const comma = forwarded.rfind(','); comma != std::string_view::npos)
    forwarded.remove_prefix(comma + 1);
  while (forwarded.starts_with(' ')) forwarded.remove_prefix(1);
  boost::system::error_code error;
  auto const address = asio::ip::make_address(std::string{forwarded}, error);
  return error ? address_ : address.to_string();
}

bool Connection::may_read_metrics(Headers const& headers) const {
  if (headers.contains("X-Forwarded-For")) return false;  // came through a proxy on this machine
  return platform::is_loopback(address_) || contains(shared_->options.metrics_addresses, address_);
}

asio::awaitable<bool> Connection::answer_own(Exchange& exchange) {
  auto const& request = exchange.request;
  if (request.method != Method::get && request.method != Method::head) co_return false;
  auto& response = exchange.response;
  if (request.path == "/live") {
    response = {.body = "live\n", .content_type = "text/plain; charset=utf-8"};
    co_return true;
  }
  if (request.path == "/ready") {
    bool ready = !shared_->draining;
    if (ready && shared_->hooks.ready) ready = co_await shared_->hooks.ready();
    if (ready) {
      response = {.body = "ready\n", .content_type = "text/plain; charset=utf-8"};
    } else {
      response = error_response(503, request.id);
    }
    co_return true;
  }
  if (request.path != "/metrics" || !may_read_metrics(request.headers)) co_return false;
  response = {.body = platform::metrics().text(), .content_type = "text/plain; version=0.0.4"};
  co_return true;
}

int Connection::find_route(Exchange& exchange) {
  auto& request = exchange.request;
  auto found = shared_->router.find(request.method, request.path);
  if (!found) {
    if (!found.error().allow.empty()) exchange.response.headers.set("Allow", found.error().allow);
    return found.error().status;
  }
  exchange.route = found->route;
  request.route = found->route->pattern;
  request.parameters = std::move(found->parameters);
  return 0;
}

int Connection::expect_body(Exchange const& exchange) {
  auto const& head = parser_.head();
  if (!head.has_body) return 0;
  auto const& route = *exchange.route;
  auto const content_type = head.headers.get("Content-Type");
  int const status = refuse_content_type(route, content_type);
  if (status != 0) return status;
  auto const bytes_max = body_bytes_max(route, content_type, shared_->options.limits);
  if (head.content_length.value_or(0) > bytes_max) return 413;
  parser_.limit_body(bytes_max);
  return 0;
}

asio::awaitable<bool> Connection::pass_gate(Exchange& exchange) {
  Slot const slot{*shared_};
  if (!slot.is_taken()) {
    shared_->shed.add();
    exchange.response = error_response(503, exchange.request.id);
    co_return false;
  }
  if (!shared_->hooks.gate) co_return true;
  stream_->expires_never();
  auto stopped = co_await shared_->hooks.gate(exchange.request, *exchange.route);
  if (stopped) exchange.response = std::move(*stopped);
  co_return !stopped;
}

/// 0 or the status that refuses the body. The sender has to keep the least rate at every moment.
asio::awaitable<int> Connection::read_body(Exchange& exchange) {
  if (!parser_.head().has_body) co_return 0;
  auto const& limits = shared_->options.limits;
  auto const began = Clock::now();
  stream_->expires_at(began + limits.transfer_base);
  if (parser_.head().expects_continue) {
    auto const text = asio::buffer(k_continue);
    bool const sent = co_await stream_->write_all(text, {});
    if (!sent) co_return 408;
  }
  BodyReader reader{exchange.request, *exchange.route, limits, shared_->hooks.upload_sink};
  std::uint64_t received = 0;
  for (;;) {
    auto const allowed = limits.transfer_base + transfer_time(received, limits);
    stream_->expires_at(began + std::min(allowed, limits.transfer_max));
    auto const event = co_await next_event();
    if (event.kind == RequestParser::Kind::need_more) co_return 408;
    if (event.kind == RequestParser::Kind::refused) {
      shared_->refused.add();
      co_return event.status;
    }
    if (event.kind == RequestParser::Kind::done) break;
    received += event.data.size();
    int const status = co_await reader.put(event.data);
    if (status != 0) co_return status;
  }
  int const status = co_await reader.finish();
  co_return status;
}

/// The house's page, or the constant text when there is none or it fails too. Fields that are
/// already set (Allow) stay.
void Connection::fail(Exchange& exchange, int status) {
  auto const fields = std::move(exchange.response.headers);
  auto& response = exchange.response;
  response = error_response(status, exchange.request.id);
  if (shared_->hooks.error_page) {
    try {
      auto page = shared_->hooks.error_page(status, exchange.request);
      for (auto const& [name, value] : response.headers.all()) page.headers.set(name, value);
      response = std::move(page);
      response.status = status;
    } catch (...) {
      platform::log(Level::error, "error_page_failed", {{"request_id", exchange.request.id}});
    }
  }
  for (auto const& [name, value] : fields.all()) response.headers.set(name, value);
}

void Connection::on_exception(Exchange& exchange, std::exception_ptr const& failure) {
  platform::log(Level::error, "request_failed",
                {{"request_id", exchange.request.id},
                 {"route", exchange.request.route},
                 {"exception", type_of(failure)}});
  exchange.response = {};
  if (is_out_of_memory(failure)) {
    exchange.response = error_response(503, exchange.request.id);
    return;
  }
  try {
    if (shared_->hooks.on_exception) {
      auto mapped = shared_->hooks.on_exception(failure, exchange.request);
      if (mapped) {
        exchange.response = std::move(*mapped);
        return;
      }
    }
  } catch (...) {
    platform::log(Level::error, "exception_hook_failed", {{"request_id", exchange.request.id}});
  }
  fail(exchange, 500);
}

asio::awaitable<bool> Connection::send(Exchange& exchange, bool keep) {
  auto const& id = exchange.request.id;
  auto head = render_head(exchange.response, id, keep, *shared_);
  if (head.empty()) {
    platform::log(Level::error, "response_refused", {{"request_id", id}});
    exchange.response = error_response(500, id);
    head = render_head(exchange.response, id, keep, *shared_);
  }
  auto const& response = exchange.response;
  auto const& limits = shared_->options.limits;
  bool const bodiless =
      exchange.request.method == Method::head || response.status == 204 || response.status == 304;
  auto const body = bodiless ? asio::const_buffer{} : asio::buffer(response.body);
  stream_->expires_at(Clock::now() + limits.write_base + transfer_time(body.size(), limits));
  bool const sent = co_await stream_->write_all(asio::buffer(head), body);
  co_return sent;
}

void Connection::record(Exchange const& exchange) {
  auto const took = Clock::now() - exchange.began;
  auto const seconds = std::chrono::duration<double>(took).count();
  auto const status = exchange.response.status;
  if (auto const found = shared_->per_route.find(exchange.route);
      found != shared_->per_route.end()) {
    found->second.seconds->observe(seconds);
    found->second.by_class[status / 100]->add();
  }
  platform::log(Level::info, "request",
                {{"request_id", exchange.request.id},
                 {"method", to_string(exchange.request.method)},
                 {"route", exchange.request.route},
                 {"status", status},
                 {"ms", seconds * 1000},
                 {"bytes", exchange.response.body.size()}});
}

}  // namespace qyzmet::http
