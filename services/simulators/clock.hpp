#pragma once
// The time that the simulators live in: the demo clock of the portal where they are told of one,
// otherwise the time of the machine. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace qyzmet::simulators {

/// The first "YYYY-MM-DDTHH:MM:SS[.digits]Z" of a text, be it JSON or a bare line.
std::optional<Instant> find_instant(std::string_view text);

class Clock {
 public:
  Clock() = default;
  /// A file or an http:// address whose content names the instant. Read at every question, so that
  /// a move of the demo clock counts at once; while it cannot be read, the machine's time holds.
  explicit Clock(std::string source) : source_(std::move(source)) {}

  boost::asio::awaitable<Instant> now() const;

 private:
  std::string source_;
};

}  // namespace qyzmet::simulators
