#include "db/clock.hpp"

#include <algorithm>

namespace qyzmet::db {

namespace {

Sql const k_read{"clock_read", "select qyzmet_now()"};
Sql const k_offset{"clock_offset", "select demo_offset_us from installation"};
Sql const k_advance{"clock_advance",
                    "update installation set demo_offset_us = demo_offset_us + "
                    "(extract(epoch from $1::timestamptz - qyzmet_now()) * 1000000)::bigint "
                    "where mode = 'demo' and $1 >= qyzmet_now()"};

std::int64_t micros(std::chrono::steady_clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
}

}  // namespace

Instant read_clock(Connection& connection) {
  return std::get<0>(*connection.one<Instant>(k_read));
}

std::chrono::microseconds demo_offset(Connection& connection) {
  return std::chrono::microseconds{std::get<0>(*connection.one<std::int64_t>(k_offset))};
}

Instant advance_demo_clock(Connection& connection, Instant to) {
  if (connection.execute(k_advance, to) == 0)
    throw Conflict{"the demo clock moves forward, and in demo mode only", "23514", "demo_clock"};
  return read_clock(connection);
}

void LegalClock::refresh(Connection& connection) {
  auto const before = micros(std::chrono::steady_clock::now());
  auto const at = read_clock(connection).time_since_epoch().count();
  auto const after = micros(std::chrono::steady_clock::now());
  // Of two at the same time the one that asked later knows more: it may have seen a move of the
  // demo clock that the other has not.
  auto last = read_at_us_.load();
  do {
    if (before < last) return;
  } while (!read_at_us_.compare_exchange_weak(last, before));
  // The reading happened between the two. An older estimate that still fits is kept, so that our
  // clock does not jump by the length of a round trip.
  base_us_ = std::clamp(base_us_.load(), at - after, at - before);
}

Instant LegalClock::now() const {
  return at(std::chrono::steady_clock::now());
}

Instant LegalClock::at(std::chrono::steady_clock::time_point when) const {
  return Instant{std::chrono::microseconds{base_us_ + micros(when)}};
}

bool LegalClock::fresh(std::chrono::seconds max) const {
  auto const read = read_at_us_.load();
  auto const age = micros(std::chrono::steady_clock::now()) - read;
  return read != 0 && age <= std::chrono::microseconds{max}.count();
}

}  // namespace qyzmet::db
