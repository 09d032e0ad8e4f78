#include "services/casework/log_timestamps.hpp"

#include "engine/base/failpoint.hpp"
#include "services/casework/evidence.hpp"
#include "services/casework/ledger.hpp"
#include "services/platform/metrics.hpp"
#include "signing/ledger/note.hpp"
#include "signing/tsp.hpp"

namespace qyzmet::casework {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds k_pause{60};

void tell(Instant stamped) {
  platform::metrics()
      .gauge("qyzmet_log_stamped_seconds",
             "Time (Unix, legal clock) of the newest timestamp over the transparency log")
      .set(std::chrono::duration_cast<std::chrono::seconds>(stamped.time_since_epoch()).count());
}

}  // namespace

asio::awaitable<bool> stamp_log(World& world) {
  auto const now = world.clock.now();
  auto timestamp = co_await world.database.run([now](db::Connection& connection) {
    return db::claim_log_timestamp(connection, now, k_pause);
  });
  if (!timestamp) co_return false;
  if (!ledger::open_checkpoint(timestamp->note, world.ledger.signer().key()))
    throw LogBroken{"the stored checkpoint is not one of this log"};
  auto const question = signing::tsp_question(timestamp->note);
  if (!question) co_return false;
  auto token = co_await stamp(world, *question);
  if (!token) co_return false;
  failpoint("log_timestamp_answered");
  timestamp->stamped = signing::tsp_time(*token).value_or(now);
  timestamp->token = std::move(*token);
  co_await world.database.run([&timestamp, now](db::Connection& connection) {
    db::keep_log_timestamp(connection, *timestamp, now + k_log_timestamp_every);
  });
  tell(timestamp->stamped);
  co_return true;
}

bool is_stamped(db::LogTimestamp const& timestamp, signing::TrustStore const& trust) {
  auto const report =
      signing::verify_token(timestamp.token, timestamp.note, trust, {}, timestamp.stamped, {});
  // Whether the authority was revoked since is said by lists that are not at hand here.
  bool const sound = report.passed() || report.try_later();
  return sound && report.signer && report.signer->best_time == timestamp.stamped;
}

}  // namespace qyzmet::casework
