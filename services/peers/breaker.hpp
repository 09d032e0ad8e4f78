#pragma once
// Circuit breaker of one peer: after k_failures_max failures in a row calls are refused at once for
// k_open_ms; then one probe goes through and decides. Thread-safe. The time comes in with the call.
#include <chrono>
#include <mutex>

namespace qyzmet::peers {

class Breaker {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int k_failures_max = 5;
  static constexpr std::chrono::milliseconds k_open_ms{10'000};

  /// False: do not call. True: call, and report the outcome.
  bool allow(Clock::time_point now);
  void succeeded();
  void failed(Clock::time_point now);

 private:
  std::mutex mutex_;
  int failures_ = 0;
  Clock::time_point open_until_{};
};

}  // namespace qyzmet::peers
