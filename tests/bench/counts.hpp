#pragma once
// What the database did, by its own books: exact on any machine, whatever else it does.
#include <cstdint>

#include "db/connection.hpp"

namespace qyzmet::bench {

struct Counts {
  std::int64_t round_trips = 0;  // statements, each of them a transaction of its own
  std::int64_t durable = 0;      // transactions that wrote
  std::int64_t inserted = 0, updated = 0, hot = 0, deleted = 0;
  std::int64_t wal = 0;  // bytes

  Counts operator-(Counts const& other) const;
};

/// Of the database of `connection`, after all sessions have reported. One reading costs a few
/// statements of its own; they are left out.
Counts read_counts(db::Connection& connection);

}  // namespace qyzmet::bench
