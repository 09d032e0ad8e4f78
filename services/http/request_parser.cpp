#include "services/http/request_parser.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstring>

#include "engine/base/check.hpp"
#include "services/http/chunked.hpp"

namespace qyzmet::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

using Parser = bhttp::request_parser<bhttp::buffer_body>;
using Event = RequestParser::Event;
using Kind = RequestParser::Kind;

/// A chunk header with its extension, or the end of the body: more than this is a trailer.
constexpr std::size_t k_chunk_framing_bytes_max = 128;
/// 64 bits. Beast takes any number of leading zeros, where another reader may cut or overflow.
constexpr std::size_t k_chunk_size_digits_max = 16;

/// Fields that must not come twice: two readers could believe two different ones.
constexpr std::string_view k_singular[] = {
    "Host",   "Content-Length", "Transfer-Encoding", "Content-Type", "Cookie", "Authorization",
    "Origin", "Expect",         "Idempotency-Key",   "Referer"};

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

Event refuse(int status, std::string_view reason) {
  return {.kind = Kind::refused, .status = status, .reason = reason};
}

/// A line feed without carriage return or the reverse. The last byte may still get its partner.
bool has_bare_line_end(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] != '\n') return true;
  }
  return false;
}

bool is_visible_ascii(char c) {
  return c > 0x20 && c < 0x7f;
}

/// RFC 9112, 6.1 and 6.3: exactly one way to know where the body ends.
std::string_view refuse_framing(Parser const& parser) {
  auto const& head = parser.get();
  auto const codings = head.count(bhttp::field::transfer_encoding);
  auto const lengths = head.count(bhttp::field::content_length);
  if (codings != 0) {
    if (codings > 1 || lengths != 0 || head.version() < 11 || !parser.chunked())
      return "transfer_encoding";
    if (!beast::iequals(head[bhttp::field::transfer_encoding], "chunked"))
      return "transfer_encoding_list";
  }
  if (lengths > 1) return "content_length_repeated";
  auto const length = view(head[bhttp::field::content_length]);
  auto const digit = [](char c) { return c >= '0' && c <= '9'; };
  if (lengths == 1 && (length.empty() || !std::ranges::all_of(length, digit)))
    return "content_length_list";
  return {};
}

std::string_view refuse_host(Parser const& parser, std::vector<std::string> const& hosts) {
  auto const& head = parser.get();
  if (head.version() == 11 && head.count(bhttp::field::host) != 1) return "host_count";
  auto const host = view(head[bhttp::field::host]);
  auto const bad = [](char c) {
    return !is_visible_ascii(c) || std::string_view{"/@?#"}.contains(c);
  };
  if (std::ranges::any_of(host, bad)) return "host_characters";
  auto const same = [&](std::string const& ours) { return beast::iequals(ours, host); };
  if (!hosts.empty() && std::ranges::none_of(hosts, same)) return "host_unknown";
  return {};
}

std::string_view refuse_head(Parser const& parser, std::vector<std::string> const& hosts) {
  if (auto const reason = refuse_framing(parser); !reason.empty()) return reason;
  if (auto const reason = refuse_host(parser, hosts); !reason.empty()) return reason;
  auto const& head = parser.get();
  auto const target = view(head.target());
  if (!target.starts_with('/')) return "target_form";
  auto const bad = [](char c) { return !is_visible_ascii(c) || c == '#'; };
  if (std::ranges::any_of(target, bad)) return "target_characters";
  for (auto const name : k_singular)
    if (head.count(name) > 1) return "field_repeated";
  return {};
}

}  // namespace

struct RequestParser::Impl {
  Impl(platform::Limits const& l, std::vector<std::string> const& h)
      : limits(l), hosts(h), buffer(l.read_buffer_bytes), piece(l.read_buffer_bytes) {
    restart();
  }

  void restart() {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    parser->body_limit(boost::none);  // the limit of the route comes after the head
    parser->on_chunk_header(on_chunk);
    head = {};
    failure = {};
    state = State::head;
    skipped_line_end = false;
    chunk_left = 0;
  }

  std::string_view waiting() const { return {buffer.data() + begin, end - begin}; }
  void consume(std::size_t size) { begin += size; }

  Event next_head();
  Event next_body();
  Event read_head(std::size_t size);
  bool has_long_chunk_size() const;
  Event stuck();
  Event fail(int status, std::string_view reason) {
    state = State::failed;
    failure = refuse(status, reason);
    return failure;
  }

  enum class State : std::uint8_t { head, body, done, failed };

  platform::Limits limits;
  std::vector<std::string> const& hosts;
  std::vector<char> buffer, piece;
  std::size_t begin = 0, end = 0;
  std::optional<Parser> parser;
  RequestHead head;
  Event failure;
  State state = State::head;
  bool skipped_line_end = false;
  std::ptrdiff_t fields_before_body = 0;
  std::uint64_t chunk_left = 0;  // of the chunk that is being read
  // Beast keeps a reference to the callback.
  std::function<void(std::uint64_t, beast::string_view, beast::error_code&)> on_chunk =
      [this](std::uint64_t size, beast::string_view extension, beast::error_code& error) {
        chunk_left = size;
        if (extension.size() > limits.chunk_extension_bytes_max)
          error = bhttp::error::bad_chunk_extension;
      };
};

/// Looks at the raw head before Beast does: its line ends, foldings and size.
Event RequestParser::Impl::next_head() {
  auto text = waiting();
  if (!skipped_line_end && text.starts_with("\r\n")) {  // RFC 9112, 2.2: one is forgiven
    skipped_line_end = true;
    consume(2);
    text = waiting();
  }
  auto const found = text.find("\r\n\r\n");
  bool const whole = found != std::string_view::npos;
  auto const raw = text.substr(0, whole ? found + 4 : text.size());
  if (raw.starts_with("\r\n")) return fail(400, "empty_line");
  if (raw.contains('\0')) return fail(400, "nul");
  if (has_bare_line_end(raw)) return fail(400, "line_end");
  if (raw.size() > limits.header_bytes_max || (!whole && raw.size() == limits.header_bytes_max))
    return fail(431, "header_bytes");
  if (raw.contains("\r\n ") || raw.contains("\r\n\t")) return fail(400, "folded_field");
  if (!whole) return {};
  return read_head(raw.size());
}

Event RequestParser::Impl::read_head(std::size_t size) {
  beast::error_code error;
  parser->put(asio::const_buffer{buffer.data() + begin, size}, error);
  consume(size);
  if (error == bhttp::error::need_more) error = {};
  if (error || !parser->is_header_done()) return fail(400, "malformed_head");
  if (auto const reason = refuse_head(*parser, hosts); !reason.empty()) return fail(400, reason);
  auto const& message = parser->get();
  fields_before_body = std::distance(message.begin(), message.end());
  if (static_cast<std::size_t>(fields_before_body) > limits.header_fields_max)
    return fail(431, "header_fields");
  if (message.target().size() > limits.target_bytes_max) return fail(414, "target_bytes");

  head.method = view(message.method_string());
  head.target = view(message.target());
  for (auto const& field : message)
    head.headers.add(std::string{view(field.name_string())}, std::string{view(field.value())});
  head.keep_alive = message.keep_alive();
  head.has_body = !parser->is_done();
  if (auto const length = parser->content_length()) head.content_length = *length;
  if (auto const expect = message[bhttp::field::expect]; !expect.empty()) {
    if (!beast::iequals(expect, "100-continue")) return fail(417, "expect");
    head.expects_continue = message.version() == 11;
  }
  state = head.has_body ? State::body : State::done;
  return {.kind = Kind::head};
}

Event RequestParser::Impl::next_body() {
  while (begin < end && !parser->is_done()) {
    if (parser->chunked() && chunk_left == 0) {
      if (waiting().size() < k_last_chunk_bytes_min) return {};
      if (has_long_chunk_size()) return fail(400, "chunk_size_digits");
    }
    auto& body = parser->get().body();
    body = {.data = piece.data(), .size = piece.size(), .more = true};
    beast::error_code error;
    auto const used = parser->put(asio::const_buffer{buffer.data() + begin, end - begin}, error);
    consume(used);
    if (error == bhttp::error::body_limit) return fail(413, "body_bytes");
    bool const goes_on = error == bhttp::error::need_more || error == bhttp::error::need_buffer;
    if (error && !goes_on) return fail(400, "malformed_body");
    if (auto const size = piece.size() - body.size; size != 0) {
      if (parser->chunked()) chunk_left -= size;
      return {.kind = Kind::body, .data = {piece.data(), size}};
    }
    if (used == 0) return stuck();
  }
  if (!parser->is_done()) return {};
  auto const& message = parser->get();
  if (std::distance(message.begin(), message.end()) != fields_before_body)
    return fail(400, "trailer");
  state = State::done;
  return {.kind = Kind::done};
}

/// Asked where a chunk's size comes next; the parser is not eager, so that every such place is
/// seen.
bool RequestParser::Impl::has_long_chunk_size() const {
  auto text = waiting();
  if (text.starts_with("\r\n")) text.remove_prefix(2);
  auto const digits = std::min(text.find_first_not_of("0123456789abcdefABCDEF"), text.size());
  return digits > k_chunk_size_digits_max;
}

/// Beast wants more of a chunk's framing. It would wait for CRLF for ever, so look at what is here.
Event RequestParser::Impl::stuck() {
  if (has_bare_line_end(waiting())) return fail(400, "chunk_line_end");
  if (waiting().size() > k_chunk_framing_bytes_max) return fail(400, "chunk_framing_bytes");
  return {};
}

RequestParser::RequestParser(platform::Limits const& limits, std::vector<std::string> const& hosts)
    : impl_(std::make_unique<Impl>(limits, hosts)) {}
RequestParser::~RequestParser() = default;

std::span<char> RequestParser::prepare() {
  auto& buffer = impl_->buffer;
  auto const size = impl_->end - impl_->begin;
  std::memmove(buffer.data(), buffer.data() + impl_->begin, size);
  impl_->begin = 0;
  impl_->end = size;
  check(size < buffer.size(), "what waits unparsed is smaller than the buffer");
  return std::span{buffer}.subspan(size);
}

void RequestParser::commit(std::size_t size) {
  impl_->end += size;
}

Event RequestParser::next() {
  switch (impl_->state) {
    case Impl::State::head:
      return impl_->next_head();
    case Impl::State::body:
      return impl_->next_body();
    case Impl::State::done:
      return {.kind = Kind::done};
    case Impl::State::failed:
      return impl_->failure;
  }
  return impl_->failure;
}

RequestHead const& RequestParser::head() const {
  return impl_->head;
}

void RequestParser::limit_body(std::uint64_t bytes_max) {
  if (impl_->head.content_length.value_or(0) > bytes_max) {
    impl_->fail(413, "body_bytes");
  } else {
    impl_->parser->body_limit(bytes_max);
  }
}

bool RequestParser::is_done() const {
  return impl_->state == Impl::State::done;
}
bool RequestParser::is_empty() const {
  return impl_->begin == impl_->end;
}
void RequestParser::restart() {
  impl_->restart();
}

}  // namespace qyzmet::http
