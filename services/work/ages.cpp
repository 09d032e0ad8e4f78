#include "services/work/ages.hpp"

#include "services/casework/enrolment.hpp"
#include "services/casework/standing.hpp"
#include "services/platform/log.hpp"

namespace qyzmet::work {

namespace asio = boost::asio;

asio::awaitable<int> review_ages(casework::World& world) {
  auto const today = world.clock.today();
  auto const package = world.library.in_force(casework::k_register_service, today);
  auto const calendar = world.library.calendar();
  if (!package || !calendar) co_return 0;
  auto const entry = casework::age_entry(*package, *calendar);
  if (!entry) {
    platform::log(platform::Level::warning, "ages_not_reviewed", {{"reason", "no_removal"}});
    co_return 0;
  }
  auto const count = co_await world.database.run(
      [package, calendar, entry = *entry, today](db::Connection& connection) {
        return db::review_ages(connection, today, package->sha256, entry, k_ages_max,
                               [&](db::AgeReview const& review) {
                                 return casework::judge_age(*package, *calendar, review, today);
                               });
      });
  co_return count;
}

}  // namespace qyzmet::work
