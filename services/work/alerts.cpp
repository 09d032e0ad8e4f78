#include "services/work/alerts.hpp"

#include "db/alerts.hpp"
#include "services/platform/metrics.hpp"

namespace qyzmet::work {

namespace asio = boost::asio;

asio::awaitable<int> raise_alerts(casework::World& world) {
  auto const calendar = world.library.calendar();
  if (!calendar) co_return 0;
  auto const today = world.clock.today();
  auto const until = calendar->wd_add(today, k_reminder_wd);
  auto const [count, untold] =
      co_await world.database.run([today, until](db::Connection& connection) {
        auto const raised = db::raise_alerts(connection, today, until);
        return std::pair{raised, db::count_untold_superiors(connection, today)};
      });
  platform::metrics()
      .gauge("qyzmet_superiors_untold", "Overdue cases of which no superior could be told")
      .set(untold);
  co_return count;
}

}  // namespace qyzmet::work
