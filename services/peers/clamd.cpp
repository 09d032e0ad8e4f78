#include "services/peers/clamd.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "engine/base/check.hpp"
#include "services/peers/call.hpp"
#include "services/platform/url.hpp"

namespace qyzmet::peers {
namespace {

namespace asio = boost::asio;
using Socket = asio::generic::stream_protocol::socket;
using Kind = ScanVerdict::Kind;
using boost::system::error_code;

constexpr auto k_quiet = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view k_command{"zINSTREAM\0", 10};
constexpr std::string_view k_unix = "unix:";
constexpr std::size_t k_answer_bytes_max = 1024;
constexpr std::size_t k_name_bytes_max = 128;

ScanVerdict unavailable(std::string reason) {
  return {.kind = Kind::unavailable, .name = std::move(reason)};
}

/// A conversation that can be cut at any of its steps.
struct Line {
  explicit Line(asio::any_io_executor const& executor) : socket(executor), resolver(executor) {}

  void cut() {
    expired = true;
    resolver.cancel();
    error_code ignored;
    socket.close(ignored);
  }

  Socket socket;
  asio::ip::tcp::resolver resolver;
  bool expired = false;
};

asio::awaitable<bool> open(Line& line, std::string const& address) {
  auto& socket = line.socket;
  if (address.starts_with(k_unix)) {
    asio::local::stream_protocol::endpoint const endpoint{address.substr(k_unix.size())};
    auto const [error] = co_await socket.async_connect(endpoint, k_quiet);
    co_return !error;
  }
  auto const target = platform::parse_host_port(address);
  check(target.has_value(), "the configuration has checked the address of clamd");
  auto const service = std::to_string(target->port);
  auto const [failed, found] = co_await line.resolver.async_resolve(target->host, service, k_quiet);
  if (failed) co_return false;
  for (auto const& entry : found) {
    if (line.expired) break;
    error_code ignored;
    socket.close(ignored);
    auto const [error] = co_await socket.async_connect(entry.endpoint(), k_quiet);
    if (!error) co_return true;
  }
  co_return false;
}

asio::awaitable<bool> write(Socket& socket, std::string bytes) {
  auto const [error, size] = co_await asio::async_write(socket, asio::buffer(bytes), k_quiet);
  co_return !error;
}

std::string framed(std::string_view piece) {
  auto const size = static_cast<std::uint32_t>(piece.size());
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xff);
  return bytes.append(piece);
}

/// One answer, ended by NUL. Empty when it is cut or too long.
asio::awaitable<std::string> read_answer(Socket& socket) {
  std::string answer;
  std::array<char, 256> piece;
  while (answer.size() < k_answer_bytes_max) {
    auto const [error, size] = co_await socket.async_read_some(asio::buffer(piece), k_quiet);
    if (error) break;
    answer.append(piece.data(), size);
    if (auto const end = answer.find('\0'); end != std::string::npos)
      co_return end + 1 == answer.size() ? answer.substr(0, end) : std::string{};
  }
  co_return std::string{};
}

ScanVerdict judge(std::string_view answer) {
  constexpr std::string_view k_prefix = "stream: ", k_found = " FOUND";
  if (answer == "stream: OK") return {.kind = Kind::clean};
  if (!answer.starts_with(k_prefix) || !answer.ends_with(k_found) ||
      answer.size() <= k_prefix.size() + k_found.size())
    return unavailable("answer");
  answer.remove_prefix(k_prefix.size());
  answer.remove_suffix(k_found.size());
  std::string name{answer.substr(0, k_name_bytes_max)};
  std::ranges::replace_if(name, [](char c) { return c <= 0x20 || c >= 0x7f; }, '?');
  return {.kind = Kind::infected, .name = std::move(name)};
}

asio::awaitable<ScanVerdict> converse(Line& line, std::string const& address,
                                      ByteSource const& source) {
  bool const opened = co_await open(line, address);
  auto& socket = line.socket;
  if (!opened) co_return unavailable("connect");
  bool sent = co_await write(socket, std::string{k_command});
  for (bool more = true; more && sent;) {
    auto const piece = co_await source();
    more = !piece.empty();
    sent = co_await write(socket, framed(piece));
  }
  // clamd speaks before it has read all when its size limit is reached.
  auto const answer = co_await read_answer(socket);
  co_return sent ? judge(answer) : unavailable("write");
}

asio::awaitable<ScanVerdict> converse_in_time(std::string address, ByteSource source,
                                              std::chrono::milliseconds time) {
  auto const executor = co_await asio::this_coro::executor;
  auto const line = std::make_shared<Line>(executor);
  asio::steady_timer timer{executor, time};
  timer.async_wait([line](error_code error) {
    if (!error) line->cut();
  });
  auto verdict = co_await converse(*line, address, source);
  // An answer that came after its time is none.
  if (line->expired) verdict = unavailable("deadline");
  co_return verdict;
}

}  // namespace

Clamd::Clamd(std::string address, platform::Limits const& limits)
    : address_(std::move(address)), limits_(limits) {}

asio::awaitable<ScanVerdict> Clamd::scan(ByteSource source) {
  if (!breaker_.allow(Breaker::Clock::now())) co_return unavailable("breaker_open");
  // On a strand of its own: timer and socket must not meet on two threads.
  asio::any_io_executor const outer = co_await asio::this_coro::executor;
  auto const strand = asio::make_strand(outer);
  auto talk = converse_in_time(address_, std::move(source), limits_.scan_deadline);
  auto const verdict = co_await asio::co_spawn(strand, std::move(talk), asio::use_awaitable);
  bool const answered = verdict.kind != Kind::unavailable;
  record_call("clamd", answered, verdict.name);
  if (answered) {
    breaker_.succeeded();
  } else {
    breaker_.failed(Breaker::Clock::now());
  }
  co_return verdict;
}

}  // namespace qyzmet::peers
