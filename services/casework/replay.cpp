#include "services/casework/replay.hpp"

#include <algorithm>

#include "db/vault.hpp"

namespace qyzmet::casework {

namespace {

using Past = std::vector<engine::PastStep>;

constexpr std::size_t k_hash_bytes = 32;

/// Where a case began, as far as its events tell: its first package, and the calendars under which
/// it may have been accepted, the likeliest first.
struct Origin {
  std::string package;
  std::vector<std::int64_t> calendars;
};
Origin origin_of(std::vector<engine::Event> const& events, db::LoadedCase const& row) {
  Origin out{.package = row.package, .calendars = {}};
  std::int64_t newest = row.calendar_version;
  bool moved = false, told = false;
  for (auto const& event : events) {
    if (auto const* const plan = std::get_if<engine::Migrated>(&event.body); plan && !moved) {
      out.package = plan->from;
      moved = true;
    }
    if (auto const* const change = std::get_if<engine::CalendarChanged>(&event.body);
        change && !told) {
      newest = change->version - 1;
      told = true;
    }
  }
  for (auto version = newest; version >= 1; --version) {
    out.calendars.push_back(version);
    if (!told) break;
  }
  return out;
}

Difference at(std::size_t index, std::string what) {
  return {.seq = std::int64_t(index) + 1, .what = std::move(what)};
}

/// The stored steps of a case, read.
struct Steps {
  std::vector<db::HistoryEntry> entries;
  std::vector<engine::Event> events;
};
std::expected<Steps, Difference> steps_of(db::Connection& connection, db::LoadedCase const& row) {
  Steps out{.entries = db::history(connection, row.id), .events = {}};
  if (out.entries.empty() || std::int64_t(out.entries.size()) != row.version)
    return std::unexpected(Difference{.seq = std::int64_t(out.entries.size()), .what = "events"});
  for (auto const& entry : out.entries) {
    auto event = engine::event_from_json(entry.event);
    if (!event) return std::unexpected(at(out.events.size(), "unreadable"));
    out.events.push_back(*std::move(event));
  }
  return out;
}

/// As if the case had begun under that calendar; the facts of each step are those that are stored.
std::expected<Past, Difference> fold(Library const& library, Steps const& steps,
                                     std::string const& package, std::int64_t calendar) {
  auto const replayed = [&](std::vector<engine::Event> const& some) {
    return engine::replay_case(
        some, package, calendar, [&](std::string const& sha256) { return library.package(sha256); },
        [&](std::int64_t version) { return library.calendar(version); });
  };
  auto const facts_differ = [&](Past const& past, std::size_t index) {
    return engine::facts_json(past[index].step.facts) != steps.entries[index].facts;
  };
  // Most calendars that it was not are found out by the first step.
  if (auto const first = replayed({steps.events.front()}); first && facts_differ(*first, 0))
    return std::unexpected(at(0, "facts"));
  auto past = replayed(steps.events);
  if (!past) {
    auto const seq = std::stoll(past.error().arguments.at("seq"));
    return std::unexpected(Difference{.seq = seq, .what = "unknown"});
  }
  for (std::size_t i = 0; i < past->size(); ++i)
    if (facts_differ(*past, i)) return std::unexpected(at(i, "facts"));
  return *std::move(past);
}

bool chained(std::vector<db::HistoryEntry> const& entries, db::LoadedCase const& row) {
  std::string hash(k_hash_bytes, '\0');
  for (auto const& entry : entries)
    hash = db::chain_hash(hash, row.id, entry.seq, entry.event, entry.facts, entry.salt);
  return db::to_hex(hash) == row.head_hash;
}

}  // namespace

std::expected<Past, Difference> past_of(db::Connection& connection, Library const& library,
                                        db::LoadedCase const& row) try {
  auto const steps = steps_of(connection, row);
  if (!steps) return std::unexpected(steps.error());
  auto const origin = origin_of(steps->events, row);
  Difference farthest;
  for (auto const version : origin.calendars) {
    auto past = fold(library, *steps, origin.package, version);
    if (past && engine::state_json(past->back().step.next) == row.state) return past;
    auto found = past ? at(past->size() - 1, "state") : std::move(past.error());
    if (found.seq >= farthest.seq) farthest = std::move(found);
  }
  return std::unexpected(std::move(farthest));
} catch (db::SealBroken const&) {
  return std::unexpected(Difference{.seq = 0, .what = "sealed"});
}

std::optional<std::string> state_of_events(db::Connection& connection, Library const& library,
                                           db::LoadedCase const& row) try {
  auto const steps = steps_of(connection, row);
  if (!steps || !chained(steps->entries, row)) return std::nullopt;
  auto const origin = origin_of(steps->events, row);
  std::optional<std::string> state;
  for (auto const version : origin.calendars) {
    auto const past = fold(library, *steps, origin.package, version);
    if (!past) continue;
    auto led = engine::state_json(past->back().step.next);
    if (state && *state != led) return std::nullopt;
    state = std::move(led);
  }
  return state;
} catch (db::SealBroken const&) {
  return std::nullopt;
}

}  // namespace qyzmet::casework
