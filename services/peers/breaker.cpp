#include "services/peers/breaker.hpp"

namespace qyzmet::peers {

bool Breaker::allow(Clock::time_point now) {
  std::scoped_lock const lock{mutex_};
  if (failures_ < k_failures_max) return true;
  // A probe that never reports (its coroutine was destroyed) must not block the peer for ever.
  if (now < open_until_) return false;
  open_until_ = now + k_open_ms;
  return true;
}

void Breaker::succeeded() {
  std::scoped_lock const lock{mutex_};
  failures_ = 0;
}

void Breaker::failed(Clock::time_point now) {
  std::scoped_lock const lock{mutex_};
  if (failures_ < k_failures_max) ++failures_;
  if (failures_ == k_failures_max) open_until_ = now + k_open_ms;
}

}  // namespace qyzmet::peers
