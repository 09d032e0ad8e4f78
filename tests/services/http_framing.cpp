// The raw cases of request framing (RFC 9110, RFC 9112): what is smuggling must be refused, what is
// plain HTTP must be served. Each row gives what the standards expect and what this server does.
#include <gtest/gtest.h>

#include "tests/services/http_rig.hpp"

namespace qyzmet::tests {
namespace {

enum class Expect { refuse, accept, either, policy };

struct Case {
  std::string name, bytes;
  Expect expect;
  int status;               // ours; 0: waits for more
  char const* reason = "";  // why ours differs from, or decides, the expectation
};

std::string post(std::string const& fields, std::string const& body = {}) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(std::string const& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}
std::string get(std::string const& fields) {
  return "GET / HTTP/1.1\r\n" + fields + "\r\n";
}
std::string line(std::string const& text) {
  return text + "\r\nHost: a\r\n\r\n";
}
std::string const k_zero{'\0'};
/// A body that would be served as a request of its own where the framing is misread.
std::string const k_smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

std::vector<Case> length_cases() {
  using enum Expect;
  auto const with = [](std::string const& value) {
    return post("Content-Length: " + value + "\r\n", "abc");
  };
  return {
      {"CL then TE", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       refuse, 400},
      {"TE then CL", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
       refuse, 400},
      {"two different CL", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), refuse, 400},
      {"two equal CL", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), either, 400},
      {"CL list", with("3, 3"), either, 400},
      {"CL +3", with("+3"), refuse, 400},
      {"CL -1", with("-1"), refuse, 400},
      {"CL 0x3", with("0x3"), refuse, 400},
      {"CL 3_0", with("3_0"), refuse, 400},
      {"CL overflow", with("18446744073709551616"), refuse, 400},
      {"CL empty", with(""), refuse, 400},
      {"CL trailing blank", with("3 "), accept, 200},
      {"body above limit", post("Content-Length: 2000000\r\n", "abc"), refuse, 413},
      {"GET with CL body", get("Host: a\r\nContent-Length: 3\r\n") + "abc", either, 413,
       "no route takes a body with GET"},
      {"Content_Length", post("Content_Length: 3\r\n"), accept, 200},
  };
}

std::vector<Case> coding_cases() {
  using enum Expect;
  auto const with = [](std::string const& field) {
    return post(field + "\r\n", "0\r\n\r\n" + k_smuggled);
  };
  auto http10 = with("Transfer-Encoding: chunked");
  http10.replace(http10.find("1.1"), 3, "1.0");
  return {
      {"TE xchunked", with("Transfer-Encoding: xchunked"), refuse, 400},
      {"TE identity", with("Transfer-Encoding: identity"), refuse, 400},
      {"TE chunked, identity", with("Transfer-Encoding: chunked, identity"), refuse, 400},
      {"TE gzip, chunked", with("Transfer-Encoding: gzip, chunked"), either, 400},
      {"two TE", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), refuse, 400},
      {"TE vertical tab",
       with("Transfer-Encoding: \x0b"
            "chunked"),
       refuse, 400},
      {"TE on 1.0", http10, refuse, 400},
      {"TE folded", with("Transfer-Encoding:\r\n chunked"), refuse, 400},
      {"blank before colon, CL", post("Content-Length : 3\r\n", "abc"), refuse, 400},
      {"blank before colon, TE", with("Transfer-Encoding : chunked"), refuse, 400},
  };
}

std::vector<Case> chunk_cases() {
  using enum Expect;
  auto const twenty_kb = std::string(20 * 1024, 'x');
  return {
      {"chunk 0x3", chunked("0x3\r\nabc\r\n0\r\n\r\n"), refuse, 400},
      {"chunk +3", chunked("+3\r\nabc\r\n0\r\n\r\n"), refuse, 400},
      {"chunk blank 3", chunked(" 3\r\nabc\r\n0\r\n\r\n"), refuse, 400},
      {"chunk 17 digits", chunked("00000000000000003\r\nabc\r\n0\r\n\r\n"), refuse, 400},
      {"chunk LF only", chunked("3\nabc\n0\n\n"), refuse, 400},
      {"chunk without CRLF after data", chunked("3\r\nabcX0\r\n\r\n"), refuse, 400},
      {"chunk extension", chunked("3;a=b\r\nabc\r\n0\r\n\r\n"), accept, 200},
      {"chunk extension bare LF", chunked("3;a=b\nabc\r\n0\r\n\r\n"), refuse, 400},
      {"chunk extension 20 KB", chunked("3;a=" + twenty_kb + "\r\nabc\r\n0\r\n\r\n"), refuse, 400},
      {"trailer 20 KB", chunked("3\r\nabc\r\n0\r\nX: " + twenty_kb + "\r\n\r\n"), refuse, 400},
      {"trailer CL", chunked("3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n"), either, 400,
       "no trailers at all"},
  };
}

std::vector<Case> field_cases() {
  using enum Expect;
  std::string many;
  for (int i = 0; i < 1500; ++i) many += "a:\r\n";
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "\r\n";
  return {
      {"folded field", get("Host: a\r\nX: 1\r\n 2\r\n"), either, 400},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", either, 400},
      {"bare CR in value", get("Host: a\r\nX: 1\r2\r\n"), refuse, 400},
      {"NUL in value", get("Host: a\r\nX: 1" + k_zero + "2\r\n"), refuse, 400},
      {"blank before first field", get(" X: 1\r\nHost: a\r\n"), refuse, 400},
      {"name with ()", get("Host: a\r\nX(): 1\r\n"), refuse, 400},
      {"empty name", get("Host: a\r\n: 1\r\n"), refuse, 400},
      {"line without colon", get("Host: a\r\nabc\r\n"), refuse, 400},
      {"field of 9 KB", get("Host: a\r\nX: " + std::string(9 * 1024, 'x') + "\r\n"), refuse, 431},
      {"1500 fields", get("Host: a\r\n" + many), either, 431},
      {"leading CRLF", "\r\n" + get("Host: a\r\n"), accept, 200},
      {"5000 leading CRLF", lines + get("Host: a\r\n"), refuse, 400},
  };
}

std::vector<Case> line_cases() {
  using enum Expect;
  return {
      {"HTTP/1.2", line("GET / HTTP/1.2"), either, 400},
      {"HTTP/2.0", line("GET / HTTP/2.0"), refuse, 400},
      {"HTTP/0.9", "GET /\r\n\r\n", refuse, 400},
      {"http/1.1", line("GET / http/1.1"), refuse, 400},
      {"two blanks", line("GET  / HTTP/1.1"), refuse, 400},
      {"tab", line("GET\t/ HTTP/1.1"), refuse, 400},
      {"UTF-8 in target", line("GET /\xd2\x9b HTTP/1.1"), refuse, 400},
      {"NUL in target", line("GET /" + k_zero + " HTTP/1.1"), refuse, 400},
      {"# in target", line("GET /#a HTTP/1.1"), refuse, 400},
      {"absolute form", line("GET http://b/ HTTP/1.1"), accept, 400,
       "stricter: only proxies are asked so, and Host and target could disagree"},
      {"get", line("get / HTTP/1.1"), accept, 501, "a method that nobody knows"},
      {"G@T", line("G@T / HTTP/1.1"), refuse, 400},
      {"TRACE", line("TRACE / HTTP/1.1"), policy, 501, "methods are an allow-list"},
      {"CONNECT", line("CONNECT a:443 HTTP/1.1"), policy, 400, "authority form is no path"},
  };
}

std::vector<Case> other_cases() {
  using enum Expect;
  return {
      {"no Host", get(""), refuse, 400},
      {"two Hosts", get("Host: a\r\nHost: b\r\n"), refuse, 400},
      {"Host with a blank", get("Host: a b\r\n"), refuse, 400},
      {"Expect: 999", get("Host: a\r\nExpect: 999\r\n"), policy, 417},
      {"plain GET", get("Host: a\r\n"), accept, 200},
      {"two pipelined GETs", get("Host: a\r\n") + get("Host: a\r\n"), accept, 200},
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (auto const& group :
       {length_cases(), coding_cases(), chunk_cases(), field_cases(), line_cases(), other_cases()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

class FramingTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.route(http::Method::get, "/", http::Body::none, say_hello);
    rig_.route(http::Method::get, "/smuggled", http::Body::none, say_hello);
    rig_.route(http::Method::post, "/echo", http::Body::bytes, echo);
    rig_.options.limits.linger = 200ms;
    rig_.start();
  }
  Rig rig_;
};

TEST_F(FramingTest, EveryRawCaseIsAnsweredAsThePolicySays) {
  auto const cases = all_cases();
  EXPECT_EQ(cases.size(), 68u);
  for (auto const& row : cases) {
    RawClient client{rig_.port()};
    client.send(row.bytes);
    auto const answer = client.read(150ms);
    EXPECT_EQ(status_of(answer), row.status) << row.name << '\n' << answer;
    bool const refused = row.status >= 400;
    if (row.expect == Expect::refuse && *row.reason == 0) EXPECT_TRUE(refused) << row.name;
    if (row.expect == Expect::accept && *row.reason == 0) EXPECT_FALSE(refused) << row.name;
    if (refused) EXPECT_EQ(answers_in(answer), 1u) << row.name << ": a body became a request";
    if (row.status == 400) EXPECT_TRUE(client.closed()) << row.name << " must end the connection";
  }
}

TEST_F(FramingTest, PipelinedRequestsAreAnsweredInTheirOrder) {
  auto const answer = rig_.exchange(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n");
  EXPECT_EQ(answers_in(answer), 3u);
  auto const first = answer.find("body=3"), second = answer.find("hello"),
             third = answer.find("body=5");
  EXPECT_TRUE(first < second && second < third && third != std::string::npos) << answer;
}

/// How many bytes the server takes before it answers or closes.
std::size_t bytes_until_refusal(std::uint16_t port, std::string const& start,
                                std::string const& piece) {
  RawClient client{port};
  client.send(start);
  std::size_t sent = 0;
  for (int i = 0; i < 64; ++i) {
    if (!client.send(piece)) break;
    sent += piece.size();
    if (status_of(client.read(20ms)) == 400 || client.closed()) break;
  }
  return sent;
}

TEST_F(FramingTest, EndlessChunkFramingEndsWithinTwentyKilobytes) {
  auto const start = chunked("");
  std::string trailers;
  while (trailers.size() < 4096) trailers += "a: b\r\n";
  EXPECT_LT(bytes_until_refusal(rig_.port(), start + "3;a=", std::string(4096, 'x')), 20u * 1024);
  EXPECT_LT(bytes_until_refusal(rig_.port(), start + "0\r\nX: ", std::string(4096, 'x')),
            20u * 1024);
  EXPECT_LT(bytes_until_refusal(rig_.port(), start + "0\r\n", trailers), 20u * 1024);
}

}  // namespace
}  // namespace qyzmet::tests
