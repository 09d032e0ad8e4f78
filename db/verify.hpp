#pragma once
// The checker (decision 28): reads the whole history as a stranger would and names every case that
// is not what the rules of storage promise. A mutant of the storage must turn it red.
#include <functional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Fault {
  std::string check;  // "gap", "chain", "version", "time", "duplicate_key", "timer_twice", ...
  CaseId case_id;
  std::string detail;
};
struct Verdict {
  std::int64_t cases = 0;
  std::int64_t events = 0;
  std::int64_t timers = 0;  // that fired
  std::vector<Fault> faults;
  bool complete = true;  // false: the watcher ended the check
};
/// Told after each case how many are read and how many there were at first; false ends the check.
using Watch = std::function<bool(std::int64_t read, std::int64_t all)>;
/// Sequence without gap, version = number of events, hash chain, event times never decreasing, one
/// start per key, each timer fired once and not before its time, no timer or task left in an ended
/// case, read log chained.
Verdict verify_history(Connection& connection, Watch const& watch = {});

}  // namespace qyzmet::db
