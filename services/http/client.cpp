#include "services/http/client.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/system_error.hpp>

#include "services/http/chunked.hpp"
#include "services/http/stream.hpp"
#include "services/platform/url.hpp"

namespace qyzmet::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

constexpr std::size_t k_read_bytes = 16 * 1024;
constexpr std::uint32_t k_header_bytes_max = 16 * 1024;
constexpr std::size_t k_waiting_bytes_max = 32 * 1024;

std::unexpected<Error> unavailable(char const* reason) {
  return std::unexpected(Error{.code = ErrorCode::unavailable,
                               .text = "error.peer_unavailable",
                               .arguments = {{"reason", reason}}});
}

bool is_field_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// Nothing when a field would break the request.
std::optional<std::string> render(ClientRequest const& request, platform::Url const& url) {
  std::string head{to_string(request.method)};
  head += ' ' + url.target + " HTTP/1.1\r\nHost: " + url.authority() + "\r\nConnection: close\r\n";
  auto headers = request.headers;
  if (!request.content_type.empty()) headers.set("Content-Type", request.content_type);
  for (auto const& [name, value] : headers.all()) {
    if (!is_field_text(name) || !is_field_text(value)) return std::nullopt;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (request.method != Method::get && request.method != Method::head)
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return head + "\r\n";
}

/// Reads until the parser has the whole answer. A cut is an answer only where no length was given.
asio::awaitable<bool> read_answer(Stream& stream,
                                  bhttp::response_parser<bhttp::string_body>& parser) {
  std::string waiting;
  std::array<char, k_read_bytes> piece;
  beast::error_code error;
  while (!parser.is_done()) {
    auto const size = co_await stream.read_some(asio::buffer(piece));
    if (size == 0) {
      if (!parser.got_some()) co_return false;
      parser.put_eof(error);
      co_return !error && parser.is_done();
    }
    waiting.append(piece.data(), size);
    bool const chunked = parser.is_header_done() && parser.chunked();
    if (chunked && waiting.size() < k_last_chunk_bytes_min) continue;
    auto const used = parser.put(asio::buffer(waiting), error);
    waiting.erase(0, used);
    if (error && error != bhttp::error::need_more) co_return false;
    if (waiting.size() > k_waiting_bytes_max) co_return false;
  }
  co_return true;
}

Response to_response(bhttp::response<bhttp::string_body> message) {
  Response response{.status = static_cast<int>(message.result_int()), .content_type = {}};
  for (auto const& field : message) {
    auto const name = field.name_string(), value = field.value();
    response.headers.add({name.data(), name.size()}, {value.data(), value.size()});
  }
  response.content_type = response.headers.get("Content-Type");
  response.body = std::move(message.body());
  return response;
}

asio::awaitable<Result<Response>> exchange(ClientRequest request, ClientLimits limits) {
  auto const deadline = std::chrono::steady_clock::now() + limits.deadline;
  auto const url = platform::parse_url(request.url);
  if (!url || url->scheme.starts_with("ws")) co_return unavailable("url");
  auto const head = render(request, *url);
  if (!head) co_return unavailable("request");
  std::shared_ptr<Tls> tls;
  try {
    if (url->is_tls()) tls = make_client_tls(limits.trust_file);
  } catch (boost::system::system_error const&) {
    co_return unavailable("trust");
  }
  auto const stream = co_await connect(url->host, url->port, tls, deadline);
  if (!stream) co_return unavailable("connect");
  bool const sent = co_await stream->write_all(asio::buffer(*head), asio::buffer(request.body));
  if (!sent) co_return unavailable("write");
  bhttp::response_parser<bhttp::string_body> parser;
  parser.header_limit(k_header_bytes_max);
  parser.body_limit(limits.answer_bytes_max);
  parser.eager(true);
  if (request.method == Method::head) parser.skip(true);
  bool const whole = co_await read_answer(*stream, parser);
  if (!whole) co_return unavailable("answer");
  stream->cancel();
  co_return to_response(parser.release());
}

}  // namespace

/// On a strand of its own: the deadline's timers and the socket must not meet on two threads.
asio::awaitable<Result<Response>> fetch(ClientRequest request, ClientLimits limits) {
  asio::any_io_executor const outer = co_await asio::this_coro::executor;
  auto const strand = asio::make_strand(outer);
  auto inner = exchange(std::move(request), std::move(limits));
  auto answer = co_await asio::co_spawn(strand, std::move(inner), asio::use_awaitable);
  co_return answer;
}

}  // namespace qyzmet::http
