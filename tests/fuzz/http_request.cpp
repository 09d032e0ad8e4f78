// Bytes of a connection through parser, guard, target, router, cookies and multipart. Whatever the
// cuts are, the same requests come out; limits hold; a path that is accepted is harmless.
// The first byte chooses the size of the pieces.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.hpp"
#include "services/http/forms.hpp"
#include "services/http/router.hpp"
#include "services/platform/encoding.hpp"
#include "tests/support/http_pieces.hpp"

namespace {

using namespace qyzmet;
using Kind = http::RequestParser::Kind;

http::Router make_router() {
  http::Router router;
  for (auto const* pattern : {"/", "/{lang}/cases/{number}", "/static/{name}"})
    router.add({.method = http::Method::get,
                .pattern = pattern,
                .access = "anyone",
                .handler = [](http::Request&) -> boost::asio::awaitable<http::Response> {
                  co_return http::Response{};
                }});
  return router;
}

void look_at_head(http::RequestHead const& head) {
  static auto const router = make_router();
  check(head.headers.all().size() <= platform::Limits{}.header_fields_max, "fields are limited");
  http::parse_cookies(head.headers.get("Cookie"));
  http::multipart_boundary(head.headers.get("Content-Type"));
  auto const target = http::parse_target(head.target, 50);
  if (!target) return;
  check(platform::is_utf8(target->path), "an accepted path is UTF-8");
  check(!target->path.contains("/../") && !target->path.contains('\0') &&
            !target->path.contains('\\') && !target->path.contains("//"),
        "an accepted path is harmless");
  auto const found = router.find(http::Method::get, target->path);
  check(found.has_value() || found.error().status == 404, "the table has only GET");
}

tests::Told read_all(std::string_view bytes, std::size_t piece) {
  std::size_t body = 0;
  return tests::requests_in(bytes, piece, [&](auto const& event, auto const& parser) {
    if (event.kind == Kind::head) {
      body = 0;
      look_at_head(parser.head());
    }
    body += event.data.size();
    check(body <= tests::k_told_body_bytes_max, "a body keeps its limit");
    check(event.kind != Kind::refused || (event.status >= 400 && event.status < 500),
          "a refusal is the client's fault");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const bytes{reinterpret_cast<char const*>(data + 1), size - 1};
  auto const whole = read_all(bytes, 1 << 20);
  auto const pieces = read_all(bytes, std::size_t{data[0]} + 1);
  // The body of a request that is refused in its middle may have come further in larger pieces.
  check(whole.refused || whole.text == pieces.text, "cuts change nothing");
  check(whole.refused == pieces.refused, "cuts change no verdict");
  return 0;
}
