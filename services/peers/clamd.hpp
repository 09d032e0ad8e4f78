#pragma once
// Antivirus by clamd's zINSTREAM (clamd(8)): "zINSTREAM\0", pieces with a 32-bit big-endian length,
// a piece of length 0; answer "stream: OK\0" or "stream: NAME FOUND\0". Fail closed: whatever is
// not exactly one of these (ERROR, size limit, timeout, cut) is `unavailable`. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "services/peers/breaker.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::peers {

struct ScanVerdict {
  enum class Kind : std::uint8_t { clean, infected, unavailable };
  Kind kind = Kind::unavailable;
  std::string name = {};  // of the malware, printable ASCII; or the reason of `unavailable`
};

/// Plain bytes piece by piece; an empty string ends them. May throw: the scan ends, the exception
/// goes through. Must outlive the call.
using ByteSource = std::function<boost::asio::awaitable<std::string>()>;

class Clamd {
 public:
  /// "host:port" or "unix:/path".
  Clamd(std::string address, platform::Limits const& limits);
  boost::asio::awaitable<ScanVerdict> scan(ByteSource source);

 private:
  std::string address_;
  platform::Limits limits_;
  Breaker breaker_;
};

}  // namespace qyzmet::peers
