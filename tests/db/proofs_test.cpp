// A step on remembered data is written only while what it was decided on still stands.
#include <functional>

#include "db/sessions.hpp"
#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

class ProofsTest : public DatabaseTest {
 public:
  void SetUp() override {
    stage = scene();
    id = started(stage, stage.person);
    registrar = {.role = "registrar", .office = stage.office, .branch = {}};
    executor = {.role = "executor", .office = stage.office, .branch = {}};
    grant(connection, stage.executor, registrar, std::nullopt);
    grant(connection, stage.head, executor, std::nullopt);
    create_session(connection, {.token = "token",
                                .user = stage.executor,
                                .method = "eds",
                                .csrf = "csrf",
                                .client = "127.0.0.1"});
  }
  StepRow proven_step() {
    auto row = step_row(id);
    row.session = find_session(connection, "token")->proof;
    row.named = {.user = stage.head, .role = "executor", .office = stage.office};
    return row;
  }
  /// Written as it stands, not written after `change`, which happens between reading and writing.
  void expect_stale_after(std::function<void()> const& change) {
    ASSERT_TRUE(std::holds_alternative<Written>(write_step(connection, proven_step())));
    auto const row = proven_step();
    auto const before = history(connection, id).size();
    change();
    EXPECT_TRUE(std::holds_alternative<VersionConflict>(write_step(connection, row)));
    EXPECT_EQ(history(connection, id).size(), before);
    EXPECT_EQ(load_case(connection, id)->version, row.version);
  }

  Scene stage;
  CaseId id;
  Grant registrar, executor;
};

TEST_F(ProofsTest, TheEndOfTheSessionIsSeen) {
  expect_stale_after([&] { end_session(connection, "token"); });
}
TEST_F(ProofsTest, ASessionThatExpiredIsSeen) {
  expect_stale_after(
      [&] { connection.script("update web_session set idle_expires = clock_timestamp()"); });
}
TEST_F(ProofsTest, TheLastHourOfASessionIsSeen) {
  expect_stale_after(
      [&] { connection.script("update web_session set absolute_expires = clock_timestamp()"); });
}
TEST_F(ProofsTest, AnotherDeskIsSeen) {
  expect_stale_after(
      [&] { choose_role(connection, "token", "registrar", stage.office, std::nullopt); });
}
TEST_F(ProofsTest, ARightTakenAwayIsSeen) {
  expect_stale_after([&] { EXPECT_TRUE(revoke(connection, stage.executor, registrar)); });
}
TEST_F(ProofsTest, AnotherRightIsSeen) {
  expect_stale_after(
      [&] { connection.script("update user_role set role = 'head' where role = 'registrar'"); });
}
TEST_F(ProofsTest, ANewRightIsSeen) {
  expect_stale_after([&] {
    grant(connection, stage.executor, {.role = "admin", .office = {}, .branch = {}}, std::nullopt);
  });
}
TEST_F(ProofsTest, AnInactivePersonIsSeen) {
  expect_stale_after([&] { set_user(connection, stage.executor, false, "", ""); });
}
TEST_F(ProofsTest, ANamedPersonWithoutTheRoleIsSeen) {
  expect_stale_after([&] { EXPECT_TRUE(revoke(connection, stage.head, executor)); });
}
TEST_F(ProofsTest, ANamedPersonWhoIsInactiveIsSeen) {
  expect_stale_after([&] { set_user(connection, stage.head, false, "", ""); });
}

}  // namespace qyzmet::db::tests
