#include "services/http/request_parser.hpp"

#include <gtest/gtest.h>

#include "services/http/router.hpp"
#include "tests/support/http_pieces.hpp"

namespace qyzmet::tests {
namespace {

/// All requests in `bytes`, read in pieces of at most `piece` bytes.
std::string read_all(std::string_view bytes, std::size_t piece) {
  return requests_in(bytes, piece, [](auto const&, auto const&) {}).text;
}

TEST(RequestParser, EveryCutGivesTheSameRequests) {
  std::string const bytes =
      "\r\nPOST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n"
      "PUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nwxyz"
      "GET /c HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: "
      "y\r\n\r\n";
  std::string const expected = "POST /a[abc0123456789]PUT /b[wxyz]GET /c[]POST /d[arefused trailer";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    ASSERT_EQ(read_all(bytes, piece), expected) << piece;
}

// Beast ends the program when it sees the last chunk first and then less than its end.
TEST(RequestParser, AnEmptyChunkedBodyMayBeCutAnywhere) {
  std::string const head = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::string_view const body : {"0\r\n\r\n", "00;x=y\r\n\r\n"})
    for (std::size_t piece = 1; piece <= head.size() + body.size(); ++piece)
      EXPECT_EQ(read_all(head + std::string{body}, piece), "POST /a[]more") << body << piece;
  for (std::size_t piece = 1; piece <= head.size() + 10; ++piece) {
    EXPECT_EQ(read_all(head + "0\r\nX: y\r\n\r\n", piece), "POST /a[refused trailer") << piece;
    EXPECT_EQ(read_all(head + "0\n\n\n\n", piece), "POST /a[refused chunk_line_end") << piece;
  }
}

TEST(RequestParser, LargeChunkedBodiesArriveWhole) {
  std::string bytes = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string expected;
  for (int i = 0; i < 3; ++i) {
    std::string const chunk(0x6001, static_cast<char>('a' + i));
    bytes += "6001\r\n" + chunk + "\r\n";
    expected += chunk;
  }
  EXPECT_EQ(read_all(bytes + "0\r\n\r\n", 5000), "POST /a[" + expected + "]more");
  EXPECT_EQ(read_all(bytes + "0\r\n\r\n", 1 << 20), "POST /a[" + expected + "]more");
}

TEST(Router, LiteralsWinOverParametersAndSlashesCount) {
  http::Router router;
  auto const handler = [](http::Request&) -> boost::asio::awaitable<http::Response> {
    co_return http::Response{};
  };
  for (auto const* pattern : {"/", "/{lang}", "/{lang}/cases/{number}", "/{lang}/cases/new",
                              "/kk/help", "/static/{name}"})
    router.add(
        {.method = http::Method::get, .pattern = pattern, .access = "anyone", .handler = handler});
  router.add({.method = http::Method::post,
              .pattern = "/{lang}/cases/{number}",
              .access = "anyone",
              .handler = handler});
  auto const found = [&](std::string_view path) {
    auto const result = router.find(http::Method::get, path);
    return result ? result->route->pattern : std::string{"none"};
  };
  EXPECT_EQ(found("/"), "/");
  EXPECT_EQ(found("/kk"), "/{lang}");
  EXPECT_EQ(found("/kk/cases/new"), "/{lang}/cases/new");
  EXPECT_EQ(found("/kk/cases/17"), "/{lang}/cases/{number}");
  EXPECT_EQ(found("/kk/help"), "/kk/help");
  EXPECT_EQ(found("/ru/help"), "none");
  EXPECT_EQ(found("/kk/cases/17/"), "none");
  EXPECT_EQ(found("/kk/cases/"), "none");
  auto const both = router.find(http::Method::post, "/ru/cases/17");
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->parameters.at("lang"), "ru");
  EXPECT_EQ(both->parameters.at("number"), "17");
  auto const missing = router.find(http::Method::put, "/ru/cases/17");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().status, 405);
  EXPECT_EQ(missing.error().allow, "GET, HEAD, POST");
  EXPECT_EQ(router.routes().size(), 7u);
}

TEST(Target, IsDecodedOnceAndStrictly) {
  auto const target = http::parse_target("/kk/%D2%9Ba%2B%25?q=%D2%9B&p=a+b", 10);
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path,
            "/kk/\xd2\x9b"
            "a+%");
  EXPECT_EQ(target->query.at("p"), "a b");
  EXPECT_EQ(http::parse_target("/%252e%252e/", 10)->path, "/%2e%2e/");
  for (auto const* bad :
       {"", "a", "//", "/a//b", "/..", "/%2e", "/a%2fb", "/a%5cb", "/%00", "/%7f", "/%0a",
        "/%e0%80%af", "/%ed%a0%80", "/?a=1&a=1", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"})
    EXPECT_FALSE(http::parse_target(bad, 10).has_value()) << bad;
}

}  // namespace
}  // namespace qyzmet::tests
