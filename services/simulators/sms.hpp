#pragma once
// A gateway of short messages that delivers to a page instead of to telephones. POST /messages
// {"id","to","text"} -> {"id","status","delivered_at"}; the same id again is the same message;
// GET /messages/{id} reports; GET / shows the messages, newest first; GET /messages.json?to= lists
// them. Faults: see sms.cpp. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/time.hpp"
#include "services/http/router.hpp"
#include "services/simulators/clock.hpp"
#include "services/simulators/faults.hpp"

namespace qyzmet::simulators {

inline constexpr std::size_t k_messages_max = 1'000;  // the oldest go first
inline constexpr std::size_t k_message_bytes_max = 2'000;

struct Message {
  std::string id, to, text;
  Instant at;
  std::string status;  // "delivered", "accepted" (lost on the way) or "failed"
};

class SmsSimulator {
 public:
  explicit SmsSimulator(Clock clock);

  /// Must outlive the router.
  void add_routes(http::Router& router);
  Faults& faults() { return faults_; }
  /// Newest first; of one number, or all.
  std::deque<Message> messages(std::string const& to = {}) const;

 private:
  boost::asio::awaitable<http::Response> post(http::Request& request);
  http::Response report(http::Request const& request) const;
  http::Response list(http::Request const& request) const;
  http::Response front_page() const;
  std::optional<Message> find(std::string const& id) const;

  Clock clock_;
  Faults faults_;
  mutable std::mutex mutex_;
  std::deque<Message> messages_;
};

}  // namespace qyzmet::simulators
