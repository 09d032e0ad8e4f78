// The server's limits, refusals and departure, over real sockets.
#include "services/http/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <future>
#include <mutex>
#include <stdexcept>

#include "services/platform/metrics.hpp"
#include "services/portal/routes.hpp"
#include "templates/assets.hpp"
#include "tests/services/http_rig.hpp"

namespace qyzmet::tests {
namespace {

using http::Body;
using http::Method;
using http::Request;
using http::Response;

asio::awaitable<Response> wait_half_a_second(Request&) {
  auto const executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, 500ms};
  co_await timer.async_wait(asio::use_awaitable);
  co_return Response{.body = "waited", .content_type = "text/plain"};
}
asio::awaitable<Response> throw_secret(Request&) {
  throw std::runtime_error("secret 900101300124");
  co_return Response{};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    rig_.route(Method::get, "/", Body::none, say_hello);
    rig_.route(Method::post, "/json", Body::json, echo);
    rig_.route(Method::post, "/form", Body::form, echo);
    rig_.route(Method::get, "/slow", Body::none, wait_half_a_second);
    rig_.route(Method::get, "/throw", Body::none, throw_secret);
    rig_.options.limits.linger = 300ms;
  }
  ~ServerTest() override { platform::set_log_sink({}); }
  Rig rig_;
};

TEST_F(ServerTest, EveryAnswerCarriesTheSecurityHeadersAndNoServerName) {
  rig_.options.https = true;
  rig_.options.connect_source = "wss://127.0.0.1:13579";
  rig_.start();
  for (auto const* path : {"/", "/missing", "/throw", "/live", "/a%00b"}) {
    auto const answer = rig_.get(path);
    EXPECT_TRUE(
        answer.contains("Content-Security-Policy: default-src 'none'; script-src 'self'; "
                        "style-src 'self'; img-src 'self' data:; font-src 'self'; "
                        "connect-src 'self' wss://127.0.0.1:13579; form-action 'self'; "
                        "frame-ancestors 'none'; base-uri 'none'\r\n"))
        << answer;
    for (auto const* field :
         {"X-Content-Type-Options: nosniff", "Referrer-Policy: same-origin",
          "Cross-Origin-Opener-Policy: same-origin", "Cache-Control: no-store",
          "Strict-Transport-Security: max-age=31536000", "X-Request-Id: ", "Date: "})
      EXPECT_TRUE(answer.contains(std::string{"\r\n"} + field)) << path << field;
    EXPECT_FALSE(answer.contains("\r\nServer:")) << path;
  }
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
  rig_.start();
  auto const answer = rig_.exchange("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(answer.contains("Content-Length: 5\r\n"));
  EXPECT_EQ(body_of(answer), "");
}

TEST_F(ServerTest, UnknownPathsAndMethodsAreToldApart) {
  rig_.start();
  EXPECT_EQ(status_of(rig_.get("/missing")), 404);
  auto const wrong = rig_.exchange("DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(wrong), 405);
  EXPECT_TRUE(wrong.contains("Allow: GET, HEAD\r\n")) << wrong;
}

TEST_F(ServerTest, PathTraversalIsRefusedInEverySpelling) {
  rig_.start();
  for (auto const* path : {"/../etc/passwd", "/a/%2e%2e/b", "/a/..%2fb", "/a/%5c..", "/./a", "//a",
                           "/%c0%ae%c0%ae/", "/%00", "/%", "/%zz", "/?a=%ff", "/?a=1&a=2"})
    EXPECT_EQ(status_of(rig_.get(path)), 400) << path;
}

TEST_F(ServerTest, AnotherHostIsRefused) {
  rig_.options.hosts = {"portal.example"};
  rig_.start();
  auto const with = [&](std::string const& host) {
    return status_of(
        rig_.exchange("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"));
  };
  EXPECT_EQ(with("portal.example"), 200);
  EXPECT_EQ(with("PORTAL.example"), 200);
  EXPECT_EQ(with("evil.example"), 400);
}

TEST_F(ServerTest, BodiesMustHaveTheTypeAndTheSizeOfTheirRoute) {
  rig_.start();
  auto const post = [&](std::string const& path, std::string const& type, std::string const& body) {
    return rig_.exchange("POST " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
                         (type.empty() ? "" : "Content-Type: " + type + "\r\n") +
                         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  auto const form = "application/x-www-form-urlencoded; charset=utf-8";
  EXPECT_EQ(status_of(post("/json", "application/json", "{}")), 200);
  EXPECT_EQ(status_of(post("/json", "text/plain", "{}")), 415);
  EXPECT_EQ(status_of(post("/json", "", "{}")), 415);
  EXPECT_EQ(status_of(post("/json", "application/json", std::string(300'000, ' '))), 413);
  EXPECT_TRUE(post("/form", form, "a=1&b=%D2%9B").contains("a=1\nb=\xd2\x9b\n"));
  EXPECT_EQ(status_of(post("/form", form, "a=1&a=2")), 400);
  EXPECT_EQ(status_of(post("/form", form, "a=%00")), 400);
  EXPECT_EQ(status_of(post("/form", form, "a=" + std::string(70'000, 'x'))), 413);
}

TEST_F(ServerTest, AChunkedBodyBeyondTheLimitIsRefused) {
  rig_.start();
  std::string bytes =
      "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 40; ++i) bytes += "2000\r\n" + std::string(0x2000, ' ') + "\r\n";
  EXPECT_EQ(status_of(rig_.exchange(bytes)), 413);
}

TEST_F(ServerTest, ContinueIsSentWhenTheBodyIsWanted) {
  rig_.start();
  std::string const head =
      "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Connection: close\r\nExpect: 100-continue\r\nContent-Length: ";
  RawClient wanted{rig_.port()};
  wanted.send(head + "2\r\n\r\n");
  EXPECT_EQ(wanted.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  wanted.send("{}");
  EXPECT_EQ(status_of(wanted.read()), 200);

  RawClient unwanted{rig_.port()};
  unwanted.send(head + "900000\r\n\r\n");
  EXPECT_EQ(status_of(unwanted.read()), 413);
}

TEST_F(ServerTest, ADribbledHeaderIsCutAtItsAbsoluteDeadline) {
  rig_.options.limits.header = 400ms;
  rig_.start();
  RawClient client{rig_.port()};
  auto const start = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  while (!client.closed() && seconds_since(start) < 5) {
    client.send("X");
    client.read(50ms);
  }
  EXPECT_GE(seconds_since(start), 0.35);
  EXPECT_LE(seconds_since(start), 1.5);
}

TEST_F(ServerTest, ADribbledBodyIsCutBelowTheLeastRate) {
  rig_.options.limits.transfer_base = 400ms;
  rig_.start();
  RawClient client{rig_.port()};
  auto const start = std::chrono::steady_clock::now();
  client.send(
      "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Content-Length: 100000\r\n\r\n");
  while (!client.closed() && seconds_since(start) < 5) {
    client.send(" ");
    client.read(50ms);
  }
  EXPECT_LE(seconds_since(start), 1.5);
}

TEST_F(ServerTest, IdleConnectionsEnd) {
  rig_.options.limits.idle = 200ms;
  rig_.start();
  RawClient client{rig_.port()};
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(client.read(1s)), 200);
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, AConnectionServesAHundredRequests) {
  rig_.start();
  std::string many;
  for (int i = 0; i < 110; ++i) many += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  auto const answer = rig_.exchange(many);
  EXPECT_EQ(answers_in(answer), 100u);
  EXPECT_TRUE(answer.contains("Connection: close\r\n"));
}

TEST_F(ServerTest, OneAddressHasOnlySoManyConnections) {
  rig_.options.limits.connections_per_address_max = 2;
  rig_.start();
  RawClient first{rig_.port()}, second{rig_.port()};
  auto const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  first.send(get);
  second.send(get);
  EXPECT_EQ(status_of(first.read_until("hello")), 200);
  EXPECT_EQ(status_of(second.read_until("hello")), 200);
  EXPECT_EQ(rig_.exchange(get), "");
}

TEST_F(ServerTest, OverloadIsAnsweredAtOnceWithRetryAfter) {
  rig_.options.limits.requests_in_flight_max = 1;
  rig_.start();
  RawClient busy{rig_.port()};
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(100ms);
  auto const start = std::chrono::steady_clock::now();
  auto const shed = rig_.get("/");
  EXPECT_LT(seconds_since(start), 0.3);
  EXPECT_EQ(status_of(shed), 503);
  EXPECT_TRUE(shed.contains("\r\nRetry-After: "));
  EXPECT_EQ(status_of(rig_.get("/live")), 200);
  EXPECT_EQ(status_of(busy.read()), 200);
  EXPECT_EQ(status_of(rig_.get("/")), 200);
}

TEST_F(ServerTest, DrainFinishesWhatIsInFlightAndAcceptsNothingNew) {
  rig_.start();
  auto const port = rig_.port();
  RawClient idle{port}, busy{port};
  idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  idle.read_until("hello");
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(100ms);
  std::promise<void> done;
  rig_.server().drain([&] { done.set_value(); });
  std::this_thread::sleep_for(100ms);
  EXPECT_FALSE(RawClient{port}.connected());
  idle.read(200ms);
  EXPECT_TRUE(idle.closed());
  auto const answer = busy.read();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(answer.contains("Connection: close\r\n"));
  EXPECT_EQ(done.get_future().wait_for(3s), std::future_status::ready);
}

TEST_F(ServerTest, DrainingFirstSaysNotReadyAndStillServes) {
  rig_.options.limits.drain_notice = 500ms;
  rig_.start();
  EXPECT_EQ(status_of(rig_.get("/ready")), 200);
  rig_.server().drain({});
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(status_of(rig_.get("/ready")), 503);
  EXPECT_EQ(status_of(rig_.get("/live")), 200);
  EXPECT_EQ(status_of(rig_.get("/")), 200);
}

TEST_F(ServerTest, DrainCutsWhatOutlastsTheGrace) {
  rig_.options.limits.drain_grace = 50ms;
  rig_.start();
  RawClient busy{rig_.port()};
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  std::promise<void> done;
  rig_.server().drain([&] { done.set_value(); });
  EXPECT_EQ(busy.read(), "");
  EXPECT_EQ(done.get_future().wait_for(3s), std::future_status::ready);
}

TEST_F(ServerTest, AFullServerLeavesNewConnectionsWaiting) {
  rig_.options.limits.connections_max = 2;
  rig_.start();
  auto const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  auto first = std::make_unique<RawClient>(rig_.port());
  RawClient second{rig_.port()};
  for (auto* client : {first.get(), &second}) {
    client->send(get);
    client->read_until("hello");
  }
  RawClient third{rig_.port()};
  third.send(get);
  EXPECT_EQ(third.read(200ms), "");
  first.reset();
  EXPECT_EQ(status_of(third.read_until("hello")), 200);
}

TEST_F(ServerTest, ATerminationSignalDrains) {
  rig_.start();
  std::promise<void> done;
  http::drain_on_signals(rig_.io, rig_.server(), [&] { done.set_value(); });
  std::raise(SIGTERM);
  EXPECT_EQ(done.get_future().wait_for(3s), std::future_status::ready);
  EXPECT_FALSE(RawClient{rig_.port()}.connected());
}

void be_terminated_twice() {
  Rig rig;
  rig.options.limits.drain_notice = 5s;
  rig.start();
  http::drain_on_signals(rig.io, rig.server(), {});
  std::raise(SIGTERM);
  std::this_thread::sleep_for(200ms);
  std::raise(SIGTERM);
  std::this_thread::sleep_for(3s);
}

TEST(ServerDeathTest, ASecondTerminationSignalEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(be_terminated_twice(), testing::ExitedWithCode(EXIT_FAILURE), "");
}

TEST_F(ServerTest, ReadinessComesFromTheApplication) {
  auto ready = std::make_shared<std::atomic<bool>>(false);
  rig_.hooks.ready = [ready]() -> asio::awaitable<bool> { co_return ready->load(); };
  rig_.start();
  EXPECT_EQ(status_of(rig_.get("/ready")), 503);
  *ready = true;
  EXPECT_EQ(status_of(rig_.get("/ready")), 200);
}

TEST_F(ServerTest, AnExceptionIsAConstantAnswerAndNeverItsText) {
  std::mutex mutex;
  std::string lines;
  platform::set_log_sink([&](std::string_view line) {
    std::scoped_lock const lock{mutex};
    lines.append(line) += '\n';
  });
  rig_.start();
  auto const answer = rig_.get("/throw");
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_FALSE(answer.contains("secret"));
  EXPECT_EQ(status_of(rig_.get("/")), 200);
  rig_.stop();
  EXPECT_TRUE(lines.contains("\"fact\":\"request_failed\"")) << lines;
  EXPECT_FALSE(lines.contains("secret")) << lines;
}

TEST_F(ServerTest, TheApplicationMapsItsExceptions) {
  rig_.hooks.on_exception = [](std::exception_ptr, Request const& request) {
    return std::optional{http::error_response(503, request.id)};
  };
  rig_.start();
  auto const answer = rig_.get("/throw");
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_TRUE(answer.contains("Retry-After: "));
}

TEST_F(ServerTest, ErrorPagesOfTheHouseAreUsedAndMayFail) {
  rig_.hooks.error_page = [](int status, Request const& request) {
    if (request.path == "/broken") throw std::runtime_error("no template");
    return http::page("house " + std::to_string(status));
  };
  rig_.start();
  EXPECT_TRUE(rig_.get("/missing").contains("house 404"));
  EXPECT_TRUE(rig_.get("/broken").contains("404 Not Found"));
}

TEST_F(ServerTest, TheGateStopsARequestBeforeItsBody) {
  rig_.hooks.gate = [](Request& request,
                       http::Route const& route) -> asio::awaitable<std::optional<Response>> {
    EXPECT_EQ(route.access, "anyone");
    if (request.headers.get("X-Pass") == "1") co_return std::nullopt;
    co_return http::redirect("/login");
  };
  rig_.start();
  auto const answer = rig_.exchange(
      "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Content-Length: 100000\r\n\r\n",
      1s);
  EXPECT_EQ(status_of(answer), 303);
  EXPECT_TRUE(answer.contains("Location: /login\r\n"));
  EXPECT_EQ(status_of(rig_.get("/", "X-Pass: 1\r\n")), 200);
}

TEST_F(ServerTest, AnAnswerThatWouldBreakTheFramingIsNotSent) {
  rig_.route(Method::get, "/split", Body::none, [](Request&) -> asio::awaitable<Response> {
    Response response;
    response.headers.set("X-Name", "a\r\nSet-Cookie: evil=1");
    co_return response;
  });
  rig_.route(Method::get, "/length", Body::none, [](Request&) -> asio::awaitable<Response> {
    Response response;
    response.headers.set("content-length", "1");
    co_return response;
  });
  rig_.route(Method::get, "/away", Body::none,
             [](Request&) -> asio::awaitable<Response> { co_return http::redirect("//evil"); });
  rig_.start();
  auto const split = rig_.get("/split");
  EXPECT_EQ(status_of(split), 500);
  EXPECT_FALSE(split.contains("evil"));
  EXPECT_EQ(status_of(rig_.get("/length")), 500);
  EXPECT_TRUE(rig_.get("/away").contains("Location: /\r\n"));
}

TEST_F(ServerTest, MetricsAreForThisMachineOnly) {
  rig_.start();
  rig_.get("/");
  auto const text = rig_.get("/metrics");
  EXPECT_EQ(status_of(text), 200);
  EXPECT_TRUE(text.contains("http_requests_total{method=\"GET\",route=\"/\",status=\"2xx\"} "));
  EXPECT_TRUE(text.contains("http_connections "));
  EXPECT_EQ(status_of(rig_.get("/metrics", "X-Forwarded-For: 10.0.0.1\r\n")), 404);
}

TEST_F(ServerTest, TheClientAddressComesFromOurEdgeOnly) {
  rig_.route(Method::get, "/who", Body::none, [](Request& request) -> asio::awaitable<Response> {
    co_return http::page(request.client);
  });
  auto const who = "X-Forwarded-For: 10.6.6.6, 10.0.0.1\r\n";
  rig_.start();
  EXPECT_EQ(body_of(rig_.get("/who", who)), "127.0.0.1");

  Rig behind;
  behind.options.edge_addresses = {"127.0.0.1"};
  behind.route(Method::get, "/who", Body::none, [](Request& request) -> asio::awaitable<Response> {
    co_return http::page(request.client);
  });
  behind.start();
  EXPECT_EQ(body_of(behind.get("/who", who)), "10.0.0.1");
  EXPECT_EQ(body_of(behind.get("/who", "X-Forwarded-For: <script>\r\n")), "127.0.0.1");
}

TEST_F(ServerTest, LogLinesNameTheRouteAndNothingFromTheRequest) {
  std::mutex mutex;
  std::string lines;
  rig_.start();
  platform::set_log_level(platform::Level::info);
  platform::set_log_sink([&](std::string_view line) {
    std::scoped_lock const lock{mutex};
    lines.append(line) += '\n';
  });
  rig_.get("/?iin=900101300124&name=Aigerim", "User-Agent: agent\r\nCookie: s=token\r\n");
  rig_.get("/Aigerim");
  rig_.stop();
  EXPECT_TRUE(lines.contains("\"route\":\"/\"")) << lines;
  for (auto const* secret : {"900101300124", "Aigerim", "agent", "token", "127.0.0.1"})
    EXPECT_FALSE(lines.contains(secret)) << secret;
}

TEST_F(ServerTest, AStaticFileIsCachedByTheVersionInItsAddress) {
  portal::add_static_routes(rig_.router);
  rig_.start();
  auto const version = std::string{templates::assets_version()};
  auto const answer = rig_.get("/static/app.css?v=" + version);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), templates::find_asset("app.css")->bytes);
  EXPECT_TRUE(answer.contains("Cache-Control: public, max-age=31536000, immutable\r\n"));
  EXPECT_TRUE(answer.contains("Content-Type: text/css; charset=utf-8\r\n"));
  auto const at = answer.find("ETag: ") + 6;
  auto const etag = answer.substr(at, answer.find("\r\n", at) - at);
  auto const again = rig_.get("/static/app.css?v=" + version, "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(status_of(again), 304);
  EXPECT_EQ(body_of(again), "");
  EXPECT_TRUE(rig_.get("/static/app.css?v=old").contains("max-age=3600"));
  EXPECT_EQ(status_of(rig_.get("/static/nothing.css")), 404);
}

}  // namespace
}  // namespace qyzmet::tests
