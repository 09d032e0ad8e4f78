// The real protocols against small peers inside the test.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "services/peers/clamd.hpp"
#include "services/peers/ocsp.hpp"
#include "services/peers/sms.hpp"
#include "services/peers/tsa.hpp"
#include "tests/services/http_rig.hpp"

namespace qyzmet::tests {
namespace {

using namespace peers;

template <class T>
T run(asio::io_context& io, asio::awaitable<T> call) {
  return asio::co_spawn(io, std::move(call), asio::use_future).get();
}

class PeersTest : public testing::Test {
 protected:
  using Answer = std::function<http::Response(http::Request const&)>;
  void answer(http::Method method, std::string pattern, http::Body body, Answer answer) {
    rig_.route(method, std::move(pattern), body,
               [answer](http::Request& request) -> asio::awaitable<http::Response> {
                 co_return answer(request);
               });
  }
  std::string url(std::string const& path) const {
    return "http://127.0.0.1:" + std::to_string(rig_.port()) + path;
  }
  Rig rig_;
  platform::Limits limits_;
};

TEST_F(PeersTest, SmsIsSentWithItsIdempotencyKeyAndReported) {
  answer(http::Method::post, "/sms", http::Body::json, [](http::Request const& request) {
    EXPECT_EQ(request.headers.get("Idempotency-Key"), "m-1");
    EXPECT_EQ(request.body, R"({"to":"+77010000000","text":"code 1","id":"m-1"})");
    return http::json(R"({"status":"accepted"})");
  });
  answer(http::Method::get, "/sms/{id}", http::Body::none, [](http::Request const& request) {
    auto const& id = request.parameters.at("id");
    if (id == "m-1")
      return http::json(R"({"status":"delivered","delivered_at":"2026-11-21T05:00:01.5Z"})");
    if (id == "m-2") return http::json(R"({"status":"delivered"})");
    if (id == "m-3") return http::json(R"({"status":"failed"})");
    return http::json("not json");
  });
  rig_.start();
  SmsGateway gateway{url("/sms"), limits_};
  Sms sms{.id = "m-1",
          .to = platform::Pii<std::string>{"+77010000000"},
          .text = platform::Pii<std::string>{"code 1"}};
  auto const sent = run(rig_.io, gateway.send(sms));
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->status, Delivery::accepted);
  auto const report = run(rig_.io, gateway.report("m-1"));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->status, Delivery::delivered);
  EXPECT_EQ(to_iso(*report->delivered_at), "2026-11-21T05:00:01.500000Z");
  EXPECT_FALSE(run(rig_.io, gateway.report("m-2")).has_value());
  EXPECT_EQ(run(rig_.io, gateway.report("m-3"))->status, Delivery::failed);
  EXPECT_FALSE(run(rig_.io, gateway.report("m-4")).has_value());
}

TEST_F(PeersTest, OcspAndTimestampsCarryBytesAndTheirTypes) {
  answer(http::Method::post, "/ocsp", http::Body::bytes, [](http::Request const& request) {
    EXPECT_EQ(request.headers.get("Content-Type"), "application/ocsp-request");
    return http::Response{.body = "<" + request.body + ">",
                          .content_type = "application/ocsp-response"};
  });
  answer(http::Method::post, "/tsa", http::Body::bytes, [](http::Request const& request) {
    EXPECT_EQ(request.headers.get("Content-Type"), "application/timestamp-query");
    return http::Response{.body = "<" + request.body + ">",
                          .content_type = "application/timestamp-reply"};
  });
  answer(http::Method::post, "/page", http::Body::bytes,
         [](http::Request const&) { return http::page("login"); });
  rig_.start();
  std::string const der{"\x30\x00\xff", 3};
  OcspClient ocsp{url("/ocsp"), limits_};
  EXPECT_EQ(*run(rig_.io, ocsp.ask(der)), "<" + der + ">");
  TsaClient tsa{url("/tsa"), limits_};
  EXPECT_EQ(*run(rig_.io, tsa.stamp(der)), "<" + der + ">");
  OcspClient wrong{url("/page"), limits_};
  auto const refused = run(rig_.io, wrong.ask(der));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_EQ(refused.error().arguments.at("reason"), "content_type");
}

TEST_F(PeersTest, AFailingPeerIsLeftAloneForAWhile) {
  rig_.start();
  TsaClient tsa{url("/missing"), limits_};
  for (int i = 0; i < Breaker::k_failures_max; ++i)
    EXPECT_EQ(run(rig_.io, tsa.stamp("q")).error().arguments.at("reason"), "status");
  EXPECT_EQ(run(rig_.io, tsa.stamp("q")).error().arguments.at("reason"), "breaker_open");
}

TEST(BreakerTest, OneProbeDecides) {
  Breaker breaker;
  Breaker::Clock::time_point now{};
  for (int i = 0; i < Breaker::k_failures_max; ++i) {
    EXPECT_TRUE(breaker.allow(now));
    breaker.failed(now);
  }
  EXPECT_FALSE(breaker.allow(now));
  now += Breaker::k_open_ms;
  EXPECT_TRUE(breaker.allow(now));
  EXPECT_FALSE(breaker.allow(now)) << "one probe at a time";
  breaker.failed(now);
  EXPECT_FALSE(breaker.allow(now));
  now += Breaker::k_open_ms;
  EXPECT_TRUE(breaker.allow(now));
  breaker.succeeded();
  EXPECT_TRUE(breaker.allow(now));
}

/// Reads one zINSTREAM and answers; keeps what it has read.
template <class Protocol>
class FakeClamd {
 public:
  FakeClamd(typename Protocol::endpoint const& endpoint, std::string answer)
      : acceptor(context, endpoint), thread([this, answer] { serve(answer); }) {}
  ~FakeClamd() { thread.join(); }

  std::string received;
  asio::io_context context;
  typename Protocol::acceptor acceptor;

 private:
  void serve(std::string const& answer) {
    auto socket = acceptor.accept();
    std::string command(10, ' ');
    asio::read(socket, asio::buffer(command));
    EXPECT_EQ(command, std::string("zINSTREAM\0", 10));
    for (;;) {
      unsigned char length[4];
      asio::read(socket, asio::buffer(length));
      auto const size = length[0] << 24 | length[1] << 16 | length[2] << 8 | length[3];
      if (size == 0) break;
      std::string piece(static_cast<std::size_t>(size), ' ');
      asio::read(socket, asio::buffer(piece));
      received += piece;
    }
    if (answer == "silence") {
      char byte;
      boost::system::error_code ended;
      asio::read(socket, asio::buffer(&byte, 1), ended);
    } else {
      asio::write(socket, asio::buffer(answer));
    }
  }
  std::thread thread;
};

ByteSource pieces(std::vector<std::string> list) {
  auto const left = std::make_shared<std::vector<std::string>>(std::move(list));
  return [left]() -> asio::awaitable<std::string> {
    if (left->empty()) co_return std::string{};
    auto piece = left->front();
    left->erase(left->begin());
    co_return piece;
  };
}

class ClamdTest : public PeersTest {
 protected:
  void SetUp() override {
    limits_.scan_deadline = 500ms;
    rig_.start();
  }
  ScanVerdict scan(std::string const& answer) {
    using asio::ip::tcp;
    FakeClamd<tcp> clamd{{asio::ip::address_v4::loopback(), 0}, answer};
    Clamd client{"127.0.0.1:" + std::to_string(clamd.acceptor.local_endpoint().port()), limits_};
    return run(rig_.io, client.scan(pieces({"abc", "def"})));
  }
};

TEST_F(ClamdTest, OnlyExactAnswersCount) {
  using Kind = ScanVerdict::Kind;
  EXPECT_EQ(scan(std::string{"stream: OK\0", 11}).kind, Kind::clean);
  auto const infected = scan(std::string{"stream: Eicar-Signature FOUND\0", 30});
  EXPECT_EQ(infected.kind, Kind::infected);
  EXPECT_EQ(infected.name, "Eicar-Signature");
  for (auto const& answer :
       {std::string{"stream: OK"}, std::string{"stream: OK\0x", 12}, std::string{"OK\0", 3},
        std::string{"stream: FOUND\0", 14}, std::string{"stream: x ERROR\0", 16},
        std::string{"INSTREAM size limit exceeded. ERROR\0", 36}, std::string{},
        std::string(5000, 'x'), std::string{"silence"}})
    EXPECT_EQ(scan(answer).kind, Kind::unavailable) << answer.substr(0, 40);
}

TEST_F(ClamdTest, AllBytesArriveOverAUnixSocketToo) {
  using asio::local::stream_protocol;
  auto const path =
      std::filesystem::temp_directory_path() / ("qyzmet-clamd-" + std::to_string(::getpid()));
  std::filesystem::remove(path);
  std::string received;
  {
    FakeClamd<stream_protocol> clamd{{path.string()}, std::string{"stream: OK\0", 11}};
    Clamd client{"unix:" + path.string(), limits_};
    auto const verdict = run(rig_.io, client.scan(pieces({std::string(100'000, 'a'), "b"})));
    EXPECT_EQ(verdict.kind, ScanVerdict::Kind::clean);
    received = clamd.received;
  }
  std::filesystem::remove(path);
  EXPECT_EQ(received, std::string(100'000, 'a') + "b");
}

TEST_F(ClamdTest, AMissingScannerIsUnavailable) {
  Clamd client{"127.0.0.1:1", limits_};
  EXPECT_EQ(run(rig_.io, client.scan(pieces({"a"}))).kind, ScanVerdict::Kind::unavailable);
}

}  // namespace
}  // namespace qyzmet::tests
