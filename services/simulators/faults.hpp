#pragma once
// What a simulated peer does wrong on request. Each simulator names the faults it can play; a test
// or a person sets one with POST /control?fault=<name>[&delay_ms=<n>], "none" heals. Thread-safe.
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "services/http/router.hpp"

namespace qyzmet::simulators {

class Faults {
 public:
  /// `names` beside "none" and "slow", which all have.
  explicit Faults(std::vector<std::string> names);

  /// False: no such fault.
  bool set(std::string_view name, std::chrono::milliseconds delay = k_delay_ms);
  std::string current() const;
  bool is(std::string_view name) const { return current() == name; }
  /// Waits as long as "slow" says; otherwise not at all.
  boost::asio::awaitable<void> maybe_wait() const;

  /// GET /control (state as JSON) and POST /control, behind `prefix`.
  void add_routes(http::Router& router, std::string const& prefix = {});

 private:
  static constexpr std::chrono::milliseconds k_delay_ms{15'000};

  http::Response describe() const;
  http::Response change(http::Request const& request);

  std::vector<std::string> names_;
  mutable std::mutex mutex_;
  std::string current_ = "none";
  std::chrono::milliseconds delay_ = k_delay_ms;
};

/// An answer that needs no waiting, for handlers.
boost::asio::awaitable<http::Response> ready(http::Response response);

/// A value of the query or, if it is not there, of the form.
std::string parameter(http::Request const& request, std::string_view name);

}  // namespace qyzmet::simulators
