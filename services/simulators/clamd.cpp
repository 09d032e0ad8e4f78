#include "services/simulators/clamd.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

namespace qyzmet::simulators {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t k_command_bytes_max = 64;

std::string terminated(std::string_view text) {
  return std::string{text} + '\0';
}

}  // namespace

std::string eicar() {
  std::string const half = R"(X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR)";
  return half + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
}

void EicarSearch::feed(std::string_view piece) {
  static std::string const wanted = eicar();
  tail_ += piece;
  found_ = found_ || tail_.find(wanted) != std::string::npos;
  if (tail_.size() > wanted.size()) tail_.erase(0, tail_.size() - wanted.size());
}

ClamdSimulator::ClamdSimulator(asio::io_context& io, std::uint16_t port,
                               std::size_t stream_bytes_max)
    : io_(io),
      acceptor_(io, tcp::endpoint{asio::ip::address_v4::loopback(), port}),
      stream_bytes_max_(stream_bytes_max),
      faults_({"error", "cut", "garbage"}) {}

void ClamdSimulator::start() {
  asio::co_spawn(io_, accept(), asio::detached);
}

asio::awaitable<void> ClamdSimulator::accept() {
  while (true) {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
  }
}

/// Ends with an exception when the client goes away: it runs detached, there is nobody to tell.
asio::awaitable<void> ClamdSimulator::serve(Socket socket) {
  auto const text = co_await answer(socket);
  if (!text.empty()) co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
}

asio::awaitable<std::string> ClamdSimulator::answer(Socket& socket) {
  std::string command;
  char octet = 0;
  while (command.size() < k_command_bytes_max) {
    co_await asio::async_read(socket, asio::buffer(&octet, 1), asio::use_awaitable);
    if (octet == '\0') break;
    command += octet;
  }
  if (command == "zPING") co_return terminated("PONG");
  if (command != "zINSTREAM") co_return terminated("UNKNOWN COMMAND");
  auto verdict = co_await scan(socket);
  co_await faults_.maybe_wait();
  auto const fault = faults_.current();
  if (fault == "cut") co_return std::string{};
  if (fault == "garbage") co_return terminated("what is this");
  if (fault == "error") co_return terminated("stream: Can't allocate memory ERROR");
  co_return verdict;
}

asio::awaitable<std::string> ClamdSimulator::scan(Socket& socket) {
  EicarSearch search;
  std::size_t total = 0;
  std::string piece;
  while (true) {
    std::array<unsigned char, 4> length{};
    co_await asio::async_read(socket, asio::buffer(length), asio::use_awaitable);
    std::size_t const size = std::size_t{length[0]} << 24 | std::size_t{length[1]} << 16 |
                             std::size_t{length[2]} << 8 | std::size_t{length[3]};
    if (size == 0) break;
    total += size;
    if (size > k_piece_bytes_max || total > stream_bytes_max_)
      co_return terminated("INSTREAM size limit exceeded. ERROR");
    piece.resize(size);
    co_await asio::async_read(socket, asio::buffer(piece), asio::use_awaitable);
    search.feed(piece);
  }
  co_return terminated(search.found() ? "stream: Win.Test.EICAR_HDB-1 FOUND" : "stream: OK");
}

}  // namespace qyzmet::simulators
