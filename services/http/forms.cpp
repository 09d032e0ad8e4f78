#include "services/http/forms.hpp"

#include <algorithm>

#include "engine/base/check.hpp"
#include "services/platform/encoding.hpp"

namespace qyzmet::http {
namespace {

constexpr std::size_t k_boundary_bytes_max = 70;  // RFC 2046
constexpr std::size_t k_cookies_max = 50;

std::string_view trim(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view{"!#$%&'*+-.^_`|~"}.contains(c);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

/// What a field of a form may hold: text with line breaks and tabs, but no NUL.
bool is_form_text(std::string_view text) {
  return !text.contains('\0') && platform::is_utf8(text);
}

bool is_name(std::string_view text) {
  auto const control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !text.empty() && std::ranges::none_of(text, control) && platform::is_utf8(text);
}

/// `; name=value` or `; name="value"` from the front of `rest`; false when there is something else.
/// Browsers escape quotes as %22 and never use backslashes (WHATWG HTML, multipart/form-data).
bool take_parameter(std::string_view& rest, std::string& name, std::string& value) {
  rest = trim(rest);
  if (!rest.starts_with(';')) return false;
  rest = trim(rest.substr(1));
  auto const equals = rest.find('=');
  if (equals == std::string_view::npos || !is_token(rest.substr(0, equals))) return false;
  name = lower(rest.substr(0, equals));
  rest.remove_prefix(equals + 1);
  if (rest.starts_with('"')) {
    auto const end = rest.find('"', 1);
    if (end == std::string_view::npos) return false;
    value = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return true;
  }
  auto const end = std::min(rest.find_first_of("; \t"), rest.size());
  value = rest.substr(0, end);
  rest.remove_prefix(end);
  return is_token(value);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      result += ' ';
    } else if (text[i] != '%') {
      result += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      int const high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      result += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return result;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view k_hex = "0123456789ABCDEF";
  std::string result;
  for (char const c : text) {
    bool const plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view{"-._~"}.contains(c);
    auto const byte = static_cast<unsigned char>(c);
    if (plain) {
      result += c;
    } else {
      result += {'%', k_hex[byte >> 4], k_hex[byte & 0xf]};
    }
  }
  return result;
}

std::optional<Fields> parse_urlencoded(std::string_view text, std::size_t keys_max) {
  Fields fields;
  while (!text.empty()) {
    auto const end = std::min(text.find('&'), text.size());
    auto const pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    auto const equals = std::min(pair.find('='), pair.size());
    auto key = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!key || !value || !is_name(*key) || !is_form_text(*value)) return std::nullopt;
    if (fields.size() == keys_max) return std::nullopt;
    if (!fields.emplace(std::move(*key), std::move(*value)).second) return std::nullopt;
  }
  return fields;
}

Fields parse_cookies(std::string_view header) {
  Fields cookies;
  while (!header.empty() && cookies.size() < k_cookies_max) {
    auto const end = std::min(header.find(';'), header.size());
    auto const pair = trim(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    auto const equals = pair.find('=');
    if (equals == std::string_view::npos || !is_token(pair.substr(0, equals))) continue;
    cookies.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return cookies;
}

std::string cookie_name(std::string_view name, bool secure) {
  return (secure ? "__Host-" : "") + std::string{name};
}

void set_cookie(Response& response, Cookie const& cookie) {
  auto const octet = [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
  };
  check(is_token(cookie.name), "a cookie has a token for a name");
  check(std::ranges::all_of(cookie.value, octet), "a cookie holds cookie-octets");
  auto text = cookie_name(cookie.name, cookie.secure) + '=' + cookie.value + "; Path=/; HttpOnly";
  text += cookie.strict ? "; SameSite=Strict" : "; SameSite=Lax";
  if (cookie.secure) text += "; Secure";
  if (cookie.max_age_s) text += "; Max-Age=" + std::to_string(*cookie.max_age_s);
  response.headers.add("Set-Cookie", std::move(text));
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  auto const semicolon = std::min(content_type.find(';'), content_type.size());
  if (lower(trim(content_type.substr(0, semicolon))) != "multipart/form-data") return std::nullopt;
  auto rest = content_type.substr(semicolon);
  std::string name, value, boundary;
  while (!trim(rest).empty()) {
    if (!take_parameter(rest, name, value)) return std::nullopt;
    if (name != "boundary") continue;
    if (!boundary.empty()) return std::nullopt;
    boundary = value;
  }
  auto const allowed = [](char c) {
    return is_token_character(c) || std::string_view{"()/:=?, "}.contains(c);
  };
  if (boundary.empty() || boundary.size() > k_boundary_bytes_max || boundary.ends_with(' ') ||
      !std::ranges::all_of(boundary, allowed))
    return std::nullopt;
  return boundary;
}

MultipartParser::MultipartParser(std::string_view boundary, platform::Limits const& limits)
    : delimiter_("\r\n--" + std::string{boundary}), limits_(limits), buffer_("\r\n") {}

void MultipartParser::put(std::string_view bytes) {
  if (state_ == State::done || state_ == State::failed) return;
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_.append(bytes);
}

MultipartParser::Event MultipartParser::next() {
  switch (state_) {
    case State::start:
      return at_start();
    case State::after_boundary:
      return after_boundary();
    case State::headers:
      return in_headers();
    case State::body:
      return in_body();
    case State::done:
      return {.kind = Kind::done};
    case State::failed:
      return {.kind = failure_};
  }
  return {.kind = failure_};
}

MultipartParser::Event MultipartParser::fail(Kind kind) {
  state_ = State::failed;
  failure_ = kind;
  return {.kind = kind};
}

/// No client of forms sends a preamble: the body starts with its boundary.
MultipartParser::Event MultipartParser::at_start() {
  auto const size = std::min(rest().size(), delimiter_.size());
  if (rest().substr(0, size) != std::string_view{delimiter_}.substr(0, size))
    return fail(Kind::malformed);
  if (size < delimiter_.size()) return {};
  at_ += size;
  state_ = State::after_boundary;
  return after_boundary();
}

MultipartParser::Event MultipartParser::after_boundary() {
  if (rest().size() < 2) return {};
  auto const two = rest().substr(0, 2);
  at_ += 2;
  if (two == "--") {
    state_ = State::done;
    return {.kind = Kind::done};
  }
  if (two != "\r\n") return fail(Kind::malformed);
  if (++parts_ > limits_.form_fields_max + limits_.files_max) return fail(Kind::too_large);
  state_ = State::headers;
  return in_headers();
}

MultipartParser::Event MultipartParser::in_headers() {
  auto const end = rest().find("\r\n\r\n");
  if (std::min(end, rest().size()) > limits_.part_header_bytes_max) return fail(Kind::too_large);
  if (end == std::string_view::npos) return {};
  auto const block = rest().substr(0, end + 2);
  if (!read_part_headers(block)) return fail(Kind::malformed);
  at_ += end + 4;
  state_ = State::body;
  field_.clear();
  if (!is_file_) return in_body();
  return {.kind = Kind::file_begin, .name = name_, .file_name = file_name_};
}

MultipartParser::Event MultipartParser::in_body() {
  if (file_ending_) {
    file_ending_ = false;
    state_ = State::after_boundary;
    return {.kind = Kind::file_end, .name = name_};
  }
  auto const end = rest().find(delimiter_);
  bool const whole = end != std::string_view::npos;
  // Without a delimiter in sight its beginning may be at the end of what is here.
  auto const size = whole ? end : rest().size() - std::min(rest().size(), delimiter_.size() - 1);
  auto const piece = rest().substr(0, size);
  at_ += size + (whole ? delimiter_.size() : 0);
  if (is_file_) {
    file_ending_ = whole;
    if (!piece.empty()) return {.kind = Kind::file_data, .data = piece};
    return whole ? in_body() : Event{};
  }
  field_bytes_ += piece.size();
  if (field_bytes_ > limits_.body_form_bytes_max) return fail(Kind::too_large);
  field_ += piece;
  if (!whole) return {};
  if (!is_form_text(field_)) return fail(Kind::malformed);
  state_ = State::after_boundary;
  return {.kind = Kind::field, .name = name_, .data = field_};
}

bool MultipartParser::read_part_headers(std::string_view block) {
  name_.clear();
  file_name_.clear();
  is_file_ = false;
  bool disposed = false;
  while (!block.empty()) {
    auto const end = block.find("\r\n");
    auto const line = block.substr(0, end);
    block.remove_prefix(end + 2);
    auto const control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
    auto const colon = line.find(':');
    if (std::ranges::any_of(line, control) || colon == std::string_view::npos ||
        !is_token(line.substr(0, colon)))
      return false;
    auto const name = lower(line.substr(0, colon));
    auto const value = trim(line.substr(colon + 1));
    if (name == "content-transfer-encoding" && value != "binary" && value != "8bit" &&
        value != "7bit")
      return false;
    if (name != "content-disposition") continue;
    if (disposed || !read_disposition(value)) return false;
    disposed = true;
  }
  return disposed && is_name(name_) &&
         (field_bytes_ += name_.size()) <= limits_.body_form_bytes_max;
}

bool MultipartParser::read_disposition(std::string_view value) {
  auto const semicolon = std::min(value.find(';'), value.size());
  if (lower(trim(value.substr(0, semicolon))) != "form-data") return false;
  auto rest = value.substr(semicolon);
  std::string name, text;
  while (!trim(rest).empty()) {
    if (!take_parameter(rest, name, text)) return false;
    if (name == "name" && name_.empty()) {
      name_ = text;
    } else if (name == "filename" && !is_file_) {
      is_file_ = true;
      // Some clients send the whole path.
      file_name_ = text.substr(text.find_last_of("/\\") + 1);
    } else {
      return false;
    }
  }
  return file_name_.empty() || is_name(file_name_);
}

}  // namespace qyzmet::http
