// Bytes of a connection through parser, guard, target, router, cookies and multipart. Whatever the
// cuts are, the same requests come out; limits hold; a path that is accepted is harmless.
// The first byte chooses the size of the pieces.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.hpp"
#include "services/http/forms.hpp"
#include "services/http/request_parser.hpp"
#include "services/http/router.hpp"
#include "services/platform/encoding.hpp"

namespace {

using namespace qyzmet;
using Kind = http::RequestParser::Kind;

constexpr std::size_t k_body_bytes_max = 65'536;

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

/// A trace of all requests, read in pieces of `piece` bytes.
std::string read_all(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> const hosts;
  http::RequestParser parser{platform::Limits{}, hosts};
  std::string trace;
  std::size_t body = 0;
  for (;;) {
    auto const event = parser.next();
    switch (event.kind) {
      case Kind::need_more: {
        if (bytes.empty()) return trace;
        auto const room = parser.prepare();
        auto const size = std::min({room.size(), piece, bytes.size()});
        std::copy_n(bytes.begin(), size, room.begin());
        parser.commit(size);
        bytes.remove_prefix(size);
        break;
      }
      case Kind::head:
        body = 0;
        look_at_head(parser.head());
        parser.limit_body(k_body_bytes_max);
        trace += "\n" + parser.head().method + ' ' + parser.head().target + '\n';
        break;
      case Kind::body:
        body += event.data.size();
        check(body <= k_body_bytes_max, "a body keeps its limit");
        trace += event.data;
        break;
      case Kind::done:
        trace += "\ndone";
        parser.restart();
        break;
      case Kind::refused:
        check(event.status >= 400 && event.status < 500, "a refusal is the client's fault");
        return trace + "\nrefused";
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view const bytes{reinterpret_cast<char const*>(data + 1), size - 1};
  auto const whole = read_all(bytes, 1 << 20);
  auto const pieces = read_all(bytes, std::size_t{data[0]} + 1);
  // The body of a request that is refused in its middle may have come further in larger pieces.
  if (!whole.ends_with("\nrefused")) check(whole == pieces, "cuts change nothing");
  check(whole.ends_with("\nrefused") == pieces.ends_with("\nrefused"), "cuts change no verdict");
  return 0;
}
