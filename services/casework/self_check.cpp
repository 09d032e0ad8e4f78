#include "services/casework/self_check.hpp"

#include "db/self_check.hpp"
#include "db/vault.hpp"
#include "services/platform/log.hpp"
#include "services/platform/metrics.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::size_t k_busy_max = 2;  // sessions; then people go first
constexpr int k_readings_max = 3;      // of a case that goes on while it is checked

bool is_due(db::SelfCheck const& check, Instant now) {
  auto const day = start_of(legal_date(now));
  auto const night = day + k_self_check_from;
  if (now < night || now >= day + k_self_check_until) return false;
  return !check.ended || *check.ended < night;
}

struct Round {
  int cases = 0;
  std::int64_t findings = 0;
};

/// One page of cases, in the transaction that keeps how far it came.
Round check_some(db::Connection& connection, Library& library, Instant now, int cases_max) {
  Round round;
  if (!db::hold_self_check(connection)) return round;
  auto check = db::self_check(connection);
  if (!is_due(check, now)) return round;
  if (!check.began || check.ended) check = {.last = {}, .began = now, .ended = {}};
  auto const until = std::chrono::steady_clock::now() + k_self_check_ms_max;
  auto const ids = db::cases_after(connection, check.last, cases_max);
  for (auto const id : ids) {
    if (round.cases > 0 && std::chrono::steady_clock::now() > until) break;
    check.differences += check_and_keep(connection, library, id) ? 1 : 0;
    check.last = id;
    ++round.cases;
  }
  check.cases += round.cases;
  if (round.cases == int(ids.size()) && round.cases < cases_max) check.ended = now;
  db::keep_self_check(connection, check);
  round.findings = db::count_findings(connection);
  if (check.ended)
    platform::log(platform::Level::info, "self_check_done",
                  {{"cases", check.cases}, {"differences", check.differences}});
  return round;
}

}  // namespace

std::optional<Difference> check_case(db::Connection& connection, Library& library, CaseId id) try {
  Difference found;
  std::int64_t version = 0;
  for (int reading = 0; reading < k_readings_max; ++reading) {
    auto const row = db::load_case(connection, id);
    if (!row) return std::nullopt;
    // The same case twice with the same result: nobody has written it in between.
    if (reading > 0 && row->version == version && found.what != "unknown") return found;
    auto past = past_of(connection, library, *row);
    if (past) return std::nullopt;
    found = std::move(past.error());
    version = row->version;
    // Another process may have deployed or published what is missing here.
    if (found.what == "unknown") library.refresh(connection);
  }
  return found;
} catch (db::SealBroken const&) {
  return Difference{.seq = 0, .what = "sealed"};
}

std::optional<Difference> check_and_keep(db::Connection& connection, Library& library, CaseId id) {
  auto const found = check_case(connection, library, id);
  if (!found) {
    if (db::drop_finding(connection, id))
      platform::log(platform::Level::info, "self_check_mended", {{"case", id.value}});
    return found;
  }
  db::keep_finding(connection, {.case_id = id, .seq = found->seq, .what = found->what});
  platform::log(platform::Level::error, "self_check_difference",
                {{"case", id.value}, {"step", found->seq}, {"what", found->what}});
  return found;
}

asio::awaitable<int> self_check_round(World& world, int cases_max) {
  auto const now = world.clock.now();
  if (world.database.gauges().busy >= k_busy_max) co_return 0;
  auto const round =
      co_await world.database.run([&world, now, cases_max](db::Connection& connection) {
        // Most rounds of the day end here.
        if (!is_due(db::self_check(connection), now))
          return Round{.cases = 0, .findings = db::count_findings(connection)};
        return connection.transaction(
            [&] { return check_some(connection, world.library, now, cases_max); });
      });
  platform::metrics()
      .counter("qyzmet_self_check_cases_total",
               "Cases whose events were replayed by the self-check")
      .add(std::uint64_t(round.cases));
  platform::metrics()
      .gauge("qyzmet_self_check_findings", "Cases whose events lead to another state")
      .set(round.findings);
  co_return round.cases;
}

}  // namespace qyzmet::casework
