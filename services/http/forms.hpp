#pragma once
// Bodies of HTML forms, cookies. Pure: bytes in, values out; each object belongs to one request.
//
// application/x-www-form-urlencoded (WHATWG URL, 5.1) and multipart/form-data (RFC 7578). A
// repeated key, a NUL or text that is not UTF-8 is an error; so is anything beyond the limits.
#include <cstddef>
#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "services/http/message.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::http {

using Fields = std::map<std::string, std::string, std::less<>>;

/// Percent decoding of one component; plus becomes a blank when `plus_is_blank`.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);
/// Everything but the unreserved characters of RFC 3986 becomes %XX.
std::string percent_encode(std::string_view text);

/// "a=1&b=2". nullopt: malformed, repeated key, more than `keys_max` keys.
std::optional<Fields> parse_urlencoded(std::string_view text, std::size_t keys_max);

/// The Cookie header (RFC 6265, 4.2). Malformed pairs are left out; of equal names the first stays.
Fields parse_cookies(std::string_view header);

struct Cookie {
  std::string name;   // without prefix; "__Host-" is put in front when `secure`
  std::string value;  // cookie-octets only
  bool secure = true;
  bool strict = false;                         // SameSite=Strict instead of Lax
  std::optional<std::int64_t> max_age_s = {};  // none: until the browser closes; 0 removes it
};
/// Adds a Set-Cookie with HttpOnly, Path=/ and SameSite.
void set_cookie(Response& response, Cookie const& cookie);
std::string cookie_name(std::string_view name, bool secure);

/// The boundary of a multipart/form-data content type (RFC 2046, 5.1.1), nullopt for any other
/// type.
std::optional<std::string> multipart_boundary(std::string_view content_type);

/// multipart/form-data as a pull machine without I/O: put() bytes, then take events with next()
/// until it wants more. The events do not depend on how the bytes were cut into pieces, but for the
/// cuts between neighbouring file_data events. Holds at most one part header and one field.
class MultipartParser {
 public:
  enum class Kind : std::uint8_t {
    need_more,   // put() more bytes; at the end of the body it means: cut off
    field,       // name, data: a whole field
    file_begin,  // name, file_name
    file_data,   // data: a piece of the file; valid until the next call
    file_end,
    done,       // the closing boundary has been read; what follows is ignored
    malformed,  // 400; stays so
    too_large,  // a limit of fields or headers was passed: 413; stays so
  };
  struct Event {
    Kind kind = Kind::need_more;
    std::string name = {};
    std::string file_name = {};
    std::string_view data = {};
  };

  MultipartParser(std::string_view boundary, platform::Limits const& limits);
  void put(std::string_view bytes);
  Event next();

 private:
  enum class State : std::uint8_t { start, after_boundary, headers, body, done, failed };
  Event at_start();
  Event after_boundary();
  Event in_headers();
  Event in_body();
  Event fail(Kind kind);
  bool read_part_headers(std::string_view block);
  bool read_disposition(std::string_view value);
  std::string_view rest() const { return std::string_view{buffer_}.substr(at_); }

  std::string delimiter_;  // CRLF "--" boundary
  platform::Limits limits_;
  std::string buffer_;
  std::size_t at_ = 0;
  State state_ = State::start;
  Kind failure_ = Kind::malformed;
  bool is_file_ = false;
  bool file_ending_ = false;
  std::string name_, file_name_, field_;
  std::size_t field_bytes_ = 0, parts_ = 0;
};

}  // namespace qyzmet::http
