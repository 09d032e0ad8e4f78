#pragma once
// The random lives of engine/simulation in PostgreSQL: each step is computed from the case as the
// database has it and written as the server writes it (statements of several cases together,
// leases, idempotency); the pure core is held against it. At the end of a case the stored state is
// the core's, and the stored events replay to it byte for byte.
//
// Thread-safe; the followers may work on as many threads at once as there are `connections`, each
// on one. Errors of the database come out as differences of the case.
#include <memory>
#include <string>
#include <vector>

#include "engine/simulation/simulation.hpp"

namespace qyzmet::lives {

inline constexpr int k_at_once = 8;  // seeds; so that steps meet in one statement

class Store {
 public:
  /// Makes the schema (marked demo) in the database of `dsn`, which is created when it is absent,
  /// and deploys the packages and the calendar. Throws std::runtime_error when it has a schema
  /// already: these people are nobody's data. The key of the vault is forgotten with the store.
  Store(std::string const& dsn, std::vector<simulation::Subject> const& subjects,
        engine::Calendar const& calendar);
  ~Store();
  Store(Store const&) = delete;
  Store& operator=(Store const&) = delete;

  /// For one seed; the store outlives it.
  std::unique_ptr<simulation::Follower> follower();
  /// What the checker of the whole history finds (db/verify.hpp), a line each.
  std::vector<std::string> faults();
  /// Of all that was written.
  struct Counts {
    std::int64_t cases = 0, events = 0, statements = 0;
  };
  Counts counts();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace qyzmet::lives
