#include "services/work/workers.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <vector>

#include "db/cases.hpp"
#include "db/sessions.hpp"
#include "db/vault.hpp"
#include "engine/base/failpoint.hpp"
#include "services/casework/act.hpp"
#include "services/casework/archive.hpp"
#include "services/casework/calendars.hpp"
#include "services/casework/certify.hpp"
#include "services/casework/evidence.hpp"
#include "services/casework/ledger.hpp"
#include "services/casework/log_timestamps.hpp"
#include "services/casework/self_check.hpp"
#include "services/platform/log.hpp"
#include "services/platform/metrics.hpp"
#include "services/platform/random.hpp"
#include "services/work/ages.hpp"
#include "services/work/alerts.hpp"
#include "services/work/mail.hpp"
#include "services/work/outbox.hpp"
#include "services/work/residence_notices.hpp"

namespace qyzmet::work {

namespace asio = boost::asio;
using casework::World;

namespace {

constexpr int k_due_max = 100;

/// A round answers true when there may be more to do at once.
using Round = std::function<asio::awaitable<bool>()>;

}  // namespace

asio::awaitable<int> fire_timers(World& world) {
  auto const now = world.clock.now();
  auto const due = co_await world.database.run(
      [now](db::Connection& connection) { return db::cases_due(connection, now, k_due_max); });
  if (!due.empty()) failpoint("timers_read");
  for (auto const& each : due) {
    std::string reason;
    try {
      auto const fired = co_await casework::act(
          world, each.id, {.actor = {.user = "", .role = "system"}, .body = engine::Tick{}});
      if (!fired) reason = fired.error().text;
    } catch (db::SealBroken const& broken) {
      reason = broken.what();  // a case that nobody can read holds no other back
    }
    if (!reason.empty())
      platform::log(platform::Level::warning, "timer_refused",
                    {{"case", each.id.value}, {"reason", reason}});
  }
  co_return static_cast<int>(due.size());
}

asio::awaitable<int> append_log(World& world) {
  auto& broken = platform::metrics().gauge("qyzmet_log_broken",
                                           "1 when the transparency log is not what was signed");
  int count = 0;
  try {
    count = co_await world.database.run(
        [&world](db::Connection& connection) { return world.ledger.append(connection); });
  } catch (casework::LogBroken const&) {
    broken.set(1);
    throw;
  }
  broken.set(0);
  co_return count;
}

namespace {

/// Brings open cases under the calendar in force and watches how long it lasts.
asio::awaitable<bool> calendar_round(World& world) {
  auto const calendar = world.library.calendar();
  if (!calendar) co_return false;
  auto const horizon = casework::calendar_horizon(world.library, *calendar, world.clock.today());
  platform::metrics()
      .gauge("qyzmet_calendar_left_working_days", "Working days to the last official day")
      .set(horizon.left_wd);
  platform::metrics()
      .gauge("qyzmet_calendar_alarm", "1 when a term could reach beyond the official calendar")
      .set(horizon.alarm() ? 1 : 0);
  auto const told = co_await casework::apply_calendar(world, k_due_max);
  // A full round of which nothing could be told would come again at once, for ever.
  co_return told == k_due_max;
}

}  // namespace

struct Workers::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io_, World& world_, Rhythm rhythm_)
      : io{io_}, world{world_}, rhythm{rhythm_}, name{platform::random_hex(8)} {}

  asio::io_context& io;
  World& world;
  Rhythm rhythm;
  std::string name;
  bool stopping = false;  // touched on `strand` alone, like the timers
  asio::strand<asio::io_context::executor_type> strand{asio::make_strand(io)};
  std::vector<std::shared_ptr<asio::steady_timer>> timers;

  void run(std::string_view fact, std::chrono::milliseconds every, Round round);
  void start();
};

namespace {

asio::awaitable<void> repeat(std::shared_ptr<Workers::State> state,
                             std::shared_ptr<asio::steady_timer> timer, std::string_view fact,
                             std::chrono::milliseconds every, Round round);

}  // namespace

void Workers::State::run(std::string_view fact, std::chrono::milliseconds every, Round round) {
  auto timer = std::make_shared<asio::steady_timer>(strand);
  timers.push_back(timer);
  asio::co_spawn(strand, repeat(shared_from_this(), timer, fact, every, std::move(round)),
                 [](std::exception_ptr failure) {
                   if (failure) std::rethrow_exception(failure);
                 });
}

namespace {

asio::awaitable<void> repeat(std::shared_ptr<Workers::State> state,
                             std::shared_ptr<asio::steady_timer> timer, std::string_view fact,
                             std::chrono::milliseconds every, Round round) {
  auto& failures = platform::metrics().counter("qyzmet_worker_failures_total",
                                               "Rounds of background work that failed",
                                               {{"worker", std::string{fact}}});
  while (!state->stopping) {
    bool more = false;
    try {
      more = co_await round();
    } catch (std::exception const& error) {
      failures.add();
      platform::log(platform::Level::error, "worker_failed",
                    {{"worker", fact}, {"reason", error.what()}});
    }
    if (more) continue;
    boost::system::error_code ignored;
    timer->expires_after(every);
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace

namespace {

asio::awaitable<bool> timers_round(World& world) {
  auto const count = co_await fire_timers(world);
  co_return count >= k_due_max;
}
asio::awaitable<bool> outbox_round(World& world, std::string worker) {
  auto const count = co_await carry_out(world, std::move(worker));
  co_return count >= k_claim_max;
}
asio::awaitable<bool> moves_round(World& world) {
  auto const applied = co_await apply_awaited(world);
  auto const told = co_await tell_moves(world);
  co_return applied >= k_awaited_max || told >= k_moves_max;
}
asio::awaitable<bool> ages_round(World& world) {
  auto const count = co_await review_ages(world);
  co_return count >= k_ages_max;
}
asio::awaitable<bool> alerts_round(World& world) {
  co_await raise_alerts(world);
  co_return false;
}
asio::awaitable<bool> mail_round(World& world) {
  auto const count = co_await send_mail(world);
  co_return count >= k_mail_max;
}
asio::awaitable<bool> submissions_round(World& world) {
  co_await casework::retry_submissions(world);
  co_return false;
}
asio::awaitable<bool> lists_round(World& world) {
  co_await casework::fetch_lists(world);
  co_return false;
}
asio::awaitable<bool> timestamps_round(World& world) {
  co_await casework::stamp_owed(world);
  co_await casework::stamp_log(world);
  co_return false;
}
asio::awaitable<bool> archive_more(World& world) {
  auto const count = co_await casework::archive_round(world);
  co_return count >= casework::k_archive_round_max;
}
asio::awaitable<bool> ledger_round(World& world) {
  auto const count = co_await append_log(world);
  co_return count >= casework::k_log_batch_max;
}
/// One piece after each pause, however much is left: people go first.
asio::awaitable<bool> self_check_piece(World& world) {
  co_await casework::self_check_round(world);
  co_return false;
}
/// Nothing but a job of the database.
asio::awaitable<bool> database_round(World& world, void (*job)(World&, db::Connection&)) {
  co_await world.database.run([&world, job](db::Connection& c) { job(world, c); });
  co_return false;
}

}  // namespace

void Workers::State::start() {
  auto const in_database = [this](void (*job)(World&, db::Connection&)) {
    return [&world_of = world, job] { return database_round(world_of, job); };
  };
  run("timers", rhythm.timers, [this] { return timers_round(world); });
  run("outbox", rhythm.outbox, [this] { return outbox_round(world, name); });
  run("moves", rhythm.moves, [this] { return moves_round(world); });
  run("ages", rhythm.ages, [this] { return ages_round(world); });
  run("mail", rhythm.mail, [this] { return mail_round(world); });
  run("alerts", rhythm.alerts, [this] { return alerts_round(world); });
  run("clock", rhythm.clock,
      in_database([](World& world_of, db::Connection& c) { world_of.clock.refresh(c); }));
  run("library", rhythm.library,
      in_database([](World& world_of, db::Connection& c) { world_of.library.refresh(c); }));
  run("calendar", rhythm.calendar, [this] { return calendar_round(world); });
  run("submissions", rhythm.submissions, [this] { return submissions_round(world); });
  run("lists", rhythm.lists, [this] { return lists_round(world); });
  run("timestamps", rhythm.timestamps, [this] { return timestamps_round(world); });
  run("archive", rhythm.archive, [this] { return archive_more(world); });
  run("ledger", rhythm.ledger, [this] { return ledger_round(world); });
  run("self_check", rhythm.self_check, [this] { return self_check_piece(world); });
  run("sweep", rhythm.sweep, in_database([](World&, db::Connection& c) { db::sweep_expired(c); }));
}

Workers::Workers(asio::io_context& io, World& world, Rhythm rhythm)
    : state_{std::make_shared<State>(io, world, rhythm)} {}

Workers::~Workers() {
  stop();
}

void Workers::start() {
  asio::post(state_->strand, [state = state_] { state->start(); });
}

void Workers::stop() {
  asio::post(state_->strand, [state = state_] {
    state->stopping = true;
    for (auto const& timer : state->timers) timer->cancel();
  });
}

}  // namespace qyzmet::work
