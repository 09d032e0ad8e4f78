// The client and TLS on both sides.
#include "services/http/client.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>

#include "tests/services/http_rig.hpp"

namespace qyzmet::tests {
namespace {

Result<http::Response> fetch_on(asio::io_context& io, http::ClientRequest request,
                                http::ClientLimits limits = {}) {
  auto call = http::fetch(std::move(request), std::move(limits));
  return asio::co_spawn(io, std::move(call), asio::use_future).get();
}

TEST(Client, FetchesAndPosts) {
  Rig rig;
  rig.route(http::Method::get, "/", http::Body::none, say_hello);
  rig.route(http::Method::post, "/echo", http::Body::bytes, echo);
  rig.start();
  auto const base = "http://127.0.0.1:" + std::to_string(rig.port());
  auto const got = fetch_on(rig.io, {.method = http::Method::get, .url = base});
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "hello");
  EXPECT_EQ(got->content_type, "text/plain");
  auto const posted = fetch_on(
      rig.io,
      {.method = http::Method::post, .url = base + "/echo", .body = std::string(9000, 'x')});
  ASSERT_TRUE(posted.has_value());
  EXPECT_TRUE(posted->body.contains("body=9000"));
}

TEST(Client, FaultsAreUnavailable) {
  Rig rig;
  rig.route(http::Method::get, "/big", http::Body::none,
            [](http::Request&) -> asio::awaitable<http::Response> {
              co_return http::page(std::string(10'000, 'x'));
            });
  rig.start();
  auto const reason = [&](std::string url, http::ClientLimits limits = {}) {
    auto const answer = fetch_on(rig.io, {.url = std::move(url)}, limits);
    if (answer) return std::string{"answered"};
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    EXPECT_EQ(answer.error().text, "error.peer_unavailable");
    return answer.error().arguments.at("reason");
  };
  EXPECT_EQ(reason("ftp://127.0.0.1/"), "url");
  EXPECT_EQ(reason("http://127.0.0.1:1/"), "connect");
  EXPECT_EQ(
      reason("http://127.0.0.1:" + std::to_string(rig.port()) + "/big", {.answer_bytes_max = 100}),
      "answer");
}

TEST(Client, ASilentOrBrokenPeerEndsAtTheDeadline) {
  asio::io_context io;
  auto const work = asio::make_work_guard(io);
  std::thread thread{[&] { io.run(); }};
  asio::io_context listening;
  asio::ip::tcp::acceptor acceptor{listening, {asio::ip::address_v4::loopback(), 0}};
  auto const url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  auto const start = std::chrono::steady_clock::now();
  auto const answer = fetch_on(io, {.url = url}, {.deadline = 300ms});
  EXPECT_FALSE(answer.has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  io.stop();
  thread.join();
}

/// What the client makes of an answer that comes in these pieces, each for itself.
Result<http::Response> fetched_in(std::vector<std::string> const& pieces) {
  asio::io_context io;
  auto const work = asio::make_work_guard(io);
  std::thread serving{[&] { io.run(); }};
  asio::io_context listening;
  asio::ip::tcp::acceptor acceptor{listening, {asio::ip::address_v4::loopback(), 0}};
  auto const url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  std::thread peer{[&] {
    auto socket = acceptor.accept();
    socket.set_option(asio::ip::tcp::no_delay{true});
    for (auto const& piece : pieces) {
      asio::write(socket, asio::buffer(piece));
      std::this_thread::sleep_for(20ms);
    }
  }};
  auto answer = fetch_on(io, {.url = url});
  peer.join();
  io.stop();
  serving.join();
  return answer;
}

TEST(Client, AChunkedAnswerMayBeCutAnywhere) {
  std::string const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (auto const& pieces : {std::vector{head + "0\r\n", std::string{"\r"}, std::string{"\n"}},
                             std::vector{head + "0\r", std::string{"\n\r"}, std::string{"\n"}}}) {
    auto const answer = fetched_in(pieces);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->body, "");
  }
  auto const hello = fetched_in({head + "2\r\nhe\r\n3", "\r\nllo\r\n0\r\n", "\r", "\n"});
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->body, "hello");
  EXPECT_FALSE(fetched_in({head + "0\r\n", "\r"}).has_value());
}

TEST(Tls, IsServedVerifiedAndRefusedForForeignAnchors) {
  Certificate const certificate;
  if (!certificate.made) GTEST_SKIP() << "no openssl program";
  Rig rig;
  rig.options.tls_certificate = certificate.certificate();
  rig.options.tls_key = certificate.key();
  rig.options.limits.linger = 200ms;
  rig.route(http::Method::get, "/", http::Body::none, say_hello);
  rig.start();
  auto const port = std::to_string(rig.port());
  http::ClientLimits const trusting{.trust_file = certificate.certificate()};
  auto const good = fetch_on(rig.io, {.url = "https://127.0.0.1:" + port}, trusting);
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->body, "hello");
  EXPECT_FALSE(fetch_on(rig.io, {.url = "https://127.0.0.1:" + port}).has_value());
  EXPECT_FALSE(fetch_on(rig.io, {.url = "https://localhost:" + port}, trusting).has_value());
  EXPECT_FALSE(fetch_on(rig.io, {.url = "http://127.0.0.1:" + port}).has_value());
}

}  // namespace
}  // namespace qyzmet::tests
