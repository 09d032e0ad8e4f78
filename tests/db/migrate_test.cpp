#include "db/migrate.hpp"
#include "db/clock.hpp"
#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

TEST(Migrations, BringAnEmptyDatabaseToTheWantedSchemaAndTwiceChangesNothing) {
  Connection connection{empty_database(), nullptr};
  EXPECT_FALSE(schema_status(connection).right());
  EXPECT_GT(migrate(connection, Mode::production), 0);
  EXPECT_EQ(migrate(connection, Mode::production), 0);
  auto const status = schema_status(connection);
  EXPECT_TRUE(status.right());
  EXPECT_EQ(status.mode, Mode::production);
}

TEST(Migrations, AreRefusedWhenAnAppliedOneWasChanged) {
  Connection connection{fresh_database(), nullptr};
  auto changed = embedded_migrations();
  changed[1].sha256[0] = changed[1].sha256[0] == '0' ? '1' : '0';
  EXPECT_FALSE(schema_status(connection, changed).right());
  EXPECT_THROW(migrate(connection, Mode::demo, changed), QueryError);
}

TEST(Migrations, AreRefusedByAProgramOlderThanTheDatabase) {
  Connection connection{fresh_database(), nullptr};
  auto older = embedded_migrations();
  older.pop_back();
  EXPECT_FALSE(schema_status(connection, older).right());
  EXPECT_THROW(migrate(connection, Mode::demo, older), QueryError);
}

TEST(Migrations, LeaveNothingBehindWhenOneFails) {
  Connection connection{fresh_database(), nullptr};
  auto more = embedded_migrations();
  more.push_back({.number = int(more.size()) + 1,
                  .name = "9999_bad.sql",
                  .text = "create table half (x int); select 1 / 0;",
                  .sha256 = "s"});
  EXPECT_THROW(migrate(connection, Mode::demo, more), QueryError);
  EXPECT_TRUE(value_of<bool>(connection, "select to_regclass('half') is null"));
  EXPECT_TRUE(schema_status(connection).right());
}

TEST(Migrations, MarkADatabaseForEver) {
  Connection connection{fresh_database(), nullptr};
  EXPECT_THROW(migrate(connection, Mode::production), QueryError);
  for (auto const* sql :
       {"update installation set mode = 'production'", "delete from installation",
        "truncate installation", "insert into installation (mode) values ('production')"})
    EXPECT_THROW(connection.script(sql), Conflict) << sql;
  EXPECT_EQ(schema_status(connection).mode, Mode::demo);
}

TEST(DemoClock, MovesForwardOnly) {
  Connection connection{fresh_database(), nullptr};
  LegalClock clock;
  EXPECT_FALSE(clock.fresh());
  clock.refresh(connection);
  EXPECT_TRUE(clock.fresh());
  auto const tomorrow = read_clock(connection) + std::chrono::hours{24};
  EXPECT_GE(advance_demo_clock(connection, tomorrow), tomorrow);
  EXPECT_LT(clock.now(), tomorrow);
  clock.refresh(connection);
  EXPECT_GE(clock.now() + std::chrono::milliseconds{50}, tomorrow);
  EXPECT_THROW(advance_demo_clock(connection, tomorrow - std::chrono::hours{1}), Conflict);
  EXPECT_THROW(connection.script("update installation set demo_offset_us = 0"), Conflict);
}

TEST(DemoClock, DoesNotExistInProduction) {
  Connection connection{empty_database(), nullptr};
  migrate(connection, Mode::production);
  auto const now = read_clock(connection);
  EXPECT_THROW(advance_demo_clock(connection, now + std::chrono::hours{1}), Conflict);
  EXPECT_THROW(connection.script("update installation set demo_offset_us = 1"), Conflict);
  EXPECT_EQ(demo_offset(connection).count(), 0);
}

}  // namespace qyzmet::db::tests
