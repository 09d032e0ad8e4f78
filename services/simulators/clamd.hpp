#pragma once
// clamd's conversation (clamd(8)): zPING and zINSTREAM, with one signature, the harmless test file
// of EICAR. Faults: "error", "cut" (the connection ends instead of an answer), "garbage". Lifetime:
// must outlive the run of its io_context. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "services/simulators/faults.hpp"

namespace qyzmet::simulators {

inline constexpr std::size_t k_stream_bytes_max = std::size_t{25} << 20;  // StreamMaxLength
inline constexpr std::size_t k_piece_bytes_max = std::size_t{1} << 20;

class ClamdSimulator {
 public:
  /// Binds to 127.0.0.1 at once; port 0 is any free one.
  ClamdSimulator(boost::asio::io_context& io, std::uint16_t port,
                 std::size_t stream_bytes_max = k_stream_bytes_max);

  void start();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  Faults& faults() { return faults_; }

 private:
  using Socket = boost::asio::ip::tcp::socket;

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(Socket socket);
  boost::asio::awaitable<std::string> answer(Socket& socket);
  boost::asio::awaitable<std::string> scan(Socket& socket);

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::size_t stream_bytes_max_;
  Faults faults_;
};

/// Looks for the test file in a stream, also across the borders of pieces.
class EicarSearch {
 public:
  void feed(std::string_view piece);
  bool found() const { return found_; }

 private:
  std::string tail_;
  bool found_ = false;
};
/// The test file, put together at run time so that no scanner takes this program for malware.
std::string eicar();

}  // namespace qyzmet::simulators
