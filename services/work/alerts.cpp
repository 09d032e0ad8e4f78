#include "services/work/alerts.hpp"

#include "db/alerts.hpp"

namespace qyzmet::work {

namespace asio = boost::asio;

asio::awaitable<int> raise_alerts(casework::World& world) {
  auto const calendar = world.library.calendar();
  if (!calendar) co_return 0;
  auto const today = world.clock.today();
  auto const until = calendar->wd_add(today, k_reminder_wd);
  auto const count = co_await world.database.run([today, until](db::Connection& connection) {
    return db::raise_alerts(connection, today, until);
  });
  co_return count;
}

}  // namespace qyzmet::work
