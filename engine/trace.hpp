#pragma once
// Runs a process alone under a virtual clock: what a drawing does, before it is law. Nobody is
// asked: sync handlers run, effects are answered at once, timers fire at their time, tasks and
// messages wait. Pure; the caller owns the package and the calendar.
//
// In the test profile the words of the conformance suite's scripts have their meaning:
// WAIT_TEN_SECONDS is answered ten seconds later, THROW_ERROR fails with the error that a boundary
// event there catches, INCREMENT_INTEGER_VARIABLE counts; the others are log entries.
#include <chrono>
#include <string>
#include <vector>

#include "engine/step.hpp"

namespace qyzmet::engine {

inline constexpr int k_trace_steps_max = 10'000;

struct TraceLine {
  Instant at;
  std::string node;  // id; "" of what concerns the case as a whole
  std::string name;
  std::string incident;  // reason, "" when the node was executed
};

struct Trace {
  std::vector<TraceLine> lines;  // in order
  std::vector<std::string> log;  // entries of the test profile
  Instance end;
  std::optional<Error> refused;  // the start, e.g. for a variable of the wrong type
};

/// A package around a drawing that has none: the given variables, one term of a working day.
Package package_around(Definition definition, Context const& variables);
/// Until nothing is due within `duration`, the end, or k_trace_steps_max events.
Trace trace(Package const& package, Calendar const& calendar, Context const& variables,
            Instant begin, std::chrono::seconds duration);

}  // namespace qyzmet::engine
