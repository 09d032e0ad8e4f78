// Small texts from outside: forms, cookies, targets, URLs, encodings, log lines. What is accepted
// keeps its promises and round-trips.
#include <cstdint>
#include <string_view>

#include "engine/base/check.hpp"
#include "services/http/forms.hpp"
#include "services/http/responses.hpp"
#include "services/http/router.hpp"
#include "services/platform/encoding.hpp"
#include "services/platform/log.hpp"
#include "services/platform/url.hpp"

using namespace qyzmet;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  if (auto const fields = http::parse_urlencoded(text, 10)) {
    check(fields->size() <= 10, "keys are limited");
    for (auto const& [name, value] : *fields)
      check(platform::is_utf8(name + value) && !value.contains('\0'), "fields are clean text");
  }
  http::parse_cookies(text);
  http::parse_target(text, 10);
  http::multipart_boundary(text);
  check(http::percent_decode(http::percent_encode(text), false) == text, "percent codes");
  check(platform::from_hex(platform::to_hex(text)) == text, "hex");
  check(platform::from_base64(platform::to_base64(text)) == text, "Base64");
  check(platform::from_base64url(platform::to_base64url(text)) == text, "Base64url");
  if (auto const bytes = platform::from_base64(text))
    check(platform::to_base64(*bytes) == text, "each value has one Base64 spelling");
  if (auto const url = platform::parse_url(text))
    check(platform::parse_url(url->origin() + url->target).has_value(), "a URL stays one");
  auto const line = platform::format_line("now", platform::Level::info, "fact", {{"t", text}});
  check(platform::is_utf8(line) && line.find_first_of("\r\n\x1b") == std::string::npos,
        "a log line is one line");
  auto const location = http::redirect(text);
  check(!location.headers.get("Location").starts_with("//"), "no open redirect");
  return 0;
}
