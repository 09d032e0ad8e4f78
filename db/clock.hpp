#pragma once
// The clock of the law is the database's: qyzmet_now() = its clock + the demo offset (0 for ever in
// production). LegalClock carries a reading forward with the steady clock, so that pages need no
// round trip. Thread-safe.
#include <atomic>
#include <chrono>
#include <cstdint>

#include "db/connection.hpp"
#include "db/migrate.hpp"

namespace qyzmet::db {

/// One reading: what a receipt is stamped with.
Instant read_clock(Connection& connection);
/// Moves the demo clock to `to`. Forward only; throws Conflict in production or backwards.
Instant advance_demo_clock(Connection& connection, Instant to);
/// Offset of the demo clock from the real one.
std::chrono::microseconds demo_offset(Connection& connection);

class LegalClock {
 public:
  /// Refresh about every second, and at once after the demo clock was moved. Never goes back while
  /// the database's clock does not.
  void refresh(Connection& connection);
  Instant now() const;
  Date today() const { return legal_date(now()); }
  /// Legal time at an earlier steady instant: when a request had arrived.
  Instant at(std::chrono::steady_clock::time_point when) const;
  bool fresh(std::chrono::seconds max = std::chrono::seconds{10}) const;

 private:
  std::atomic<std::int64_t> base_us_{0};     // database clock minus steady clock
  std::atomic<std::int64_t> read_at_us_{0};  // steady clock of the reading, 0 = never
};

}  // namespace qyzmet::db
