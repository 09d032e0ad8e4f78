// Random lives in PostgreSQL: whatever is lived there is what the core says, and a database that
// keeps something else is found out.
#include "services/lives/lives.hpp"

#include <gtest/gtest.h>

#include "services/seeds/seeds.hpp"
#include "tests/db/support.hpp"
#include "tests/services/command.hpp"
#include "tests/support/law.hpp"
#include "tests/support/repeated.hpp"

namespace qyzmet::lives {
namespace {

std::vector<simulation::Subject> subjects() {
  std::vector<simulation::Subject> out;
  for (auto const& service : seeds::services())
    out.push_back(simulation::subject_of(seeds::package(service).value()).value());
  return out;
}

/// Of the first seed that shows one, "" when none does.
std::string violation(Store& store, std::vector<simulation::Subject> const& all) {
  constexpr std::uint64_t k_seeds = 10;
  for (std::uint64_t seed = 1; seed <= k_seeds; ++seed) {
    auto const follower = store.follower();
    auto const report = simulation::run(all, seeds::calendar(), seed, {.follower = follower.get()});
    if (report.violation)
      return report.violation->finding.property + ": " + report.violation->finding.text;
  }
  return {};
}

/// Something goes wrong below everything of ours, `when` a row is written.
void spoil(std::string const& dsn, std::string const& when, std::string const& what) {
  db::Connection connection{dsn, nullptr};
  connection.script("create function spoil() returns trigger language plpgsql as $$ begin " + what +
                    " end $$");
  connection.script("create trigger spoil " + when + " for each row execute function spoil()");
}

TEST(Lives, are_the_same_in_the_database_as_in_the_core) {
  auto const seeds = std::to_string(repeated(20));
  auto const dsn = db::tests::empty_database();
  auto const answer =
      tests::run(cli::run_simulate, {"--cases", seeds, "--events", "100", "--database", dsn});
  EXPECT_EQ(answer.code, 0) << answer.out << answer.error;
  LAW("INV-31");
  EXPECT_TRUE(answer.out.contains("database: ")) << answer.out;
  EXPECT_FALSE(answer.out.contains("FAULT")) << answer.out;

  // Nobody's data are touched by a second run.
  auto const again = tests::run(cli::run_simulate, {"--cases", "1", "--database", dsn});
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(again.error.contains("has a schema already")) << again.error;
}

TEST(Lives, a_state_that_is_not_kept_is_noticed) {
  auto const all = subjects();
  auto const dsn = db::tests::empty_database();
  Store store{dsn, all, seeds::calendar()};
  spoil(dsn, "before update on cases", "new.state_sealed := old.state_sealed; return new;");
  auto const found = violation(store, all);
  EXPECT_TRUE(found.starts_with("store: step ")) << found;
}

TEST(Lives, a_timer_that_is_lost_is_noticed) {
  auto const all = subjects();
  auto const dsn = db::tests::empty_database();
  Store store{dsn, all, seeds::calendar()};
  spoil(dsn, "before insert on timer", "return null;");
  EXPECT_EQ(violation(store, all), "") << "the state is whole";
  EXPECT_FALSE(store.faults().empty());
}

}  // namespace
}  // namespace qyzmet::lives
