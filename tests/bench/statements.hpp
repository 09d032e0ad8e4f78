#pragma once
// The two comparators, on the same cluster as the server: the statement of a plain table model
// (one PL/pgSQL call: lock, check, update, two inserts; appendix.sql), driven by pgbench, and our
// own statement of db/cases.cpp, run bare: prepared rows, no HTTP, no rules.
#include <cstdint>
#include <span>
#include <string>

#include "tests/bench/population.hpp"

namespace qyzmet::bench {

struct Pgbench {
  std::string program;
  std::string folder;  // of appendix.sql and appendix.pgbench
  std::string dsn;     // of the server's database; the model gets one of its own beside it
};

/// Creates and fills the database of the model.
void prepare_model(Pgbench const& pgbench);
/// Transitions per second of pgbench in `seconds`.
double run_model(Pgbench const& pgbench, std::size_t clients, int seconds);

/// Both transitions of each case through db::write_step; transitions per second. The rows are
/// computed before the clock starts.
double run_bare(platform::Config const& config, Population const& all, std::span<Filed const> cases,
                std::size_t clients);

}  // namespace qyzmet::bench
