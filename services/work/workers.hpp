#pragma once
// The server's own work: due timers, outbox, applying events of residence whose day has come and
// telling of moved registrations, ages of reservists, clock, packages and calendars, telling open
// cases of a new calendar, pending certificate checks, revocation lists, owed timestamps, archive
// timestamps, the transparency log and its timestamps, the nightly self-check, sweeping. Any number
// of processes do this on one database: timers and calendars are decided by the version check,
// effects by leases, registrations by their people's rows. Start and stop on the io_context's
// threads.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "services/casework/world.hpp"

namespace qyzmet::work {

struct Rhythm {
  std::chrono::milliseconds timers{1'000};
  std::chrono::milliseconds outbox{500};
  std::chrono::milliseconds moves{5'000};
  std::chrono::milliseconds ages{5'000};
  std::chrono::milliseconds mail{2'000};
  std::chrono::milliseconds alerts{30'000};
  std::chrono::milliseconds clock{1'000};
  std::chrono::milliseconds library{5'000};
  std::chrono::milliseconds calendar{5'000};
  std::chrono::milliseconds submissions{10'000};
  std::chrono::milliseconds lists{10'000};
  std::chrono::milliseconds timestamps{10'000};
  std::chrono::milliseconds archive{10'000};
  std::chrono::milliseconds ledger{1'000};
  std::chrono::milliseconds self_check{2'000};
  std::chrono::milliseconds sweep{60'000};
};

class Workers {
 public:
  Workers(boost::asio::io_context& io, casework::World& world, Rhythm rhythm = {});
  ~Workers();
  void start();
  /// What runs is finished, nothing new begins.
  void stop();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

/// Appends new events to the transparency log; answers how many.
boost::asio::awaitable<int> append_log(casework::World& world);

/// Fires what is due; answers how many cases were looked at.
boost::asio::awaitable<int> fire_timers(casework::World& world);

}  // namespace qyzmet::work
