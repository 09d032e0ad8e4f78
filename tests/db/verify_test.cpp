#include "db/verify.hpp"
#include "db/audit.hpp"
#include "db/outbox.hpp"
#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

class VerifyTest : public DatabaseTest {
 public:
  void SetUp() override {
    stage = scene();
    first = started(stage, stage.person);
    write_step(connection, step_row(first, "one"));
    log_act(connection, stage.head, "grant", "{}");
    for (int i = 0; i < 3; ++i)
      log_read(connection, {.person = stage.person,
                            .reader = stage.executor,
                            .role = "executor",
                            .case_id = first,
                            .purpose = "case_page",
                            .fields = "iin",
                            .seq = 0,
                            .at = {},
                            .reader_name = "",
                            .number = ""});
  }
  /// What a person with all rights in the database can do.
  void tamper(std::string const& sql) {
    connection.script("set session_replication_role = replica; " + sql +
                      "; set session_replication_role = origin");
  }
  bool finds(std::string const& check) {
    for (auto const& fault : verify_history(connection).faults)
      if (fault.check == check) return true;
    return false;
  }
  /// The next step of the first case, in which a timer fires, `late` after it was due.
  StepRow fire(std::string const& timer, std::chrono::hours late) {
    auto row = step_row(first);
    auto const due = row.step.at - late;
    row.step.facts = R"([{"at":{"$at":")" + to_iso(row.step.at) + R"("},"data":{"due":{"$at":")" +
                     to_iso(due) + R"("},"timer":)" + timer +
                     R"(},"kind":"timer_fired","node":"term"}])";
    return row;
  }
  Scene stage;
  CaseId first;
};

TEST_F(VerifyTest, AHonestHistoryHasNoFault) {
  auto const verdict = verify_history(connection);
  EXPECT_EQ(verdict.cases, 1);
  EXPECT_EQ(verdict.events, 2);
  for (auto const& fault : verdict.faults) ADD_FAILURE() << fault.check << ": " << fault.detail;
}

TEST_F(VerifyTest, TellsItsWatcherHowFarItIsAndStopsWhenToldTo) {
  std::vector<std::pair<std::int64_t, std::int64_t>> told;
  auto const watched = [&](bool goes_on) {
    return verify_history(connection, [&told, goes_on](std::int64_t read, std::int64_t all) {
      told.emplace_back(read, all);
      return goes_on;
    });
  };
  EXPECT_TRUE(watched(true).complete);
  EXPECT_EQ(told, (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}}));
  EXPECT_FALSE(watched(false).complete);
}
TEST_F(VerifyTest, SeesARemovedEvent) {
  tamper("delete from event where seq = 1");
  EXPECT_TRUE(finds("gap"));
}
TEST_F(VerifyTest, SeesACutTail) {
  tamper("delete from event where seq = 2");
  EXPECT_TRUE(finds("version"));
  EXPECT_TRUE(finds("head"));
}
TEST_F(VerifyTest, SeesASwappedSaltAndASwappedBody) {
  tamper("update event set salt = decode(repeat('00', 16), 'hex') where seq = 2");
  EXPECT_TRUE(finds("chain"));
  tamper("update event e set body_sealed = o.body_sealed from event o where o.seq = 1");
  EXPECT_TRUE(finds("seal"));
}
TEST_F(VerifyTest, SeesTimeRunningBackwards) {
  tamper("update event set at = '2020-01-01' where seq = 2");
  EXPECT_TRUE(finds("time"));
}
TEST_F(VerifyTest, SeesAnOldStateBroughtBack) {
  tamper("update cases set version = 1");
  EXPECT_TRUE(finds("seal"));
}
TEST_F(VerifyTest, SeesALostTimer) {
  tamper("delete from timer");
  EXPECT_TRUE(finds("waits"));
}
TEST_F(VerifyTest, SeesAnOfficialWhoIsNobody) {
  tamper("update cases set executor_id = 999999");
  EXPECT_TRUE(finds("official"));
}
TEST_F(VerifyTest, SeesARowWithoutItsCase) {
  tamper("insert into timer (case_id, id, node, due) values (1, 1, 'term', '2026-12-02')");
  EXPECT_TRUE(finds("stray"));
}
TEST_F(VerifyTest, CountsTimersAndSeesOneThatFiredTwice) {
  write_step(connection, fire("5", std::chrono::hours{0}));
  write_step(connection, fire("6", std::chrono::hours{1}));
  auto const verdict = verify_history(connection);
  EXPECT_EQ(verdict.timers, 2);
  EXPECT_TRUE(verdict.faults.empty());
  write_step(connection, fire("5", std::chrono::hours{2}));
  EXPECT_TRUE(finds("timer_twice"));
}
TEST_F(VerifyTest, SeesATimerThatFiredAndIsStillArmed) {
  write_step(connection, fire("3", std::chrono::hours{0}));
  EXPECT_TRUE(finds("timer_twice"));
}
TEST_F(VerifyTest, SeesATimerThatFiredBeforeItsTimeOrWithoutANumber) {
  write_step(connection, fire("5", std::chrono::hours{-1}));
  EXPECT_TRUE(finds("timer_early"));
  write_step(connection, fire("null", std::chrono::hours{0}));
  EXPECT_TRUE(finds("facts"));
}
TEST_F(VerifyTest, SeesAnAnswerOfAnEffectThatNobodyHeld) {
  auto row = step_row(first);
  row.step.kind = "result";
  auto held = row;
  held.completes = {.token = 4, .fence = 0};
  for (auto const& claimed : claim_outbox(connection, "w", 1, std::chrono::seconds{30}))
    held.completes->fence = claimed.fence;
  held.step.effects_cancelled = {4};
  write_step(connection, held);
  EXPECT_FALSE(finds("lease"));
  row = step_row(first);
  row.step.kind = "result";
  write_step(connection, row);
  EXPECT_TRUE(finds("lease"));
}
TEST_F(VerifyTest, SeesAnAlteredReadLogAndActLog) {
  tamper("update read_log set role = 'head' where seq = 2");
  EXPECT_TRUE(finds("read_log"));
  tamper("update act_log set act = 'nothing'");
  EXPECT_TRUE(finds("act_log"));
}
TEST_F(VerifyTest, SeesARemovedLook) {
  tamper("delete from read_log where seq = 2");
  EXPECT_TRUE(finds("read_log"));
}

// Mutants: the storage is broken on purpose, and the checker must turn red.

TEST_F(VerifyTest, SeesAMutantWithoutTheIdempotencyConstraint) {
  connection.script("alter table idempotency drop constraint idempotency_once");
  start_case(connection, start_row(stage, person(2), "same"));
  start_case(connection, start_row(stage, person(3), "same"));
  EXPECT_TRUE(finds("duplicate_key"));
}

TEST_F(VerifyTest, SeesAMutantWithoutTheOpenCaseConstraint) {
  connection.script("drop index cases_one_open");
  started(stage, stage.person);
  EXPECT_TRUE(finds("open_twice"));
}

#ifdef QYZMET_FAILPOINTS
TEST_F(VerifyTest, SeesAMutantWithoutTheVersionCheck) {
  set_sql_mutant("write_step", "and version = $29", "and $29::bigint > 0");
  Connection mutant{dsn, vault()};
  auto const mine = fire("5", std::chrono::hours{0}), yours = fire("5", std::chrono::hours{0});
  EXPECT_TRUE(std::holds_alternative<Written>(write_step(mutant, mine)));
  EXPECT_TRUE(std::holds_alternative<Written>(write_step(mutant, yours)));
  set_sql_mutant("");
  EXPECT_TRUE(finds("seal"));
}

TEST_F(VerifyTest, SeesAMutantWithoutFencing) {
  set_sql_mutant("write_step", "and fence = $32::bigint", "and $32::bigint > 0");
  Connection mutant{dsn, vault()};
  auto const zombie = claim_outbox(connection, "zombie", 1, std::chrono::milliseconds{0});
  claim_outbox(connection, "heir", 1, std::chrono::seconds{30});
  auto late = step_row(first);
  late.completes = {.token = 4, .fence = zombie.at(0).fence};
  late.step.kind = "result";
  late.step.effects_cancelled = {4};
  EXPECT_TRUE(std::holds_alternative<Written>(write_step(mutant, late)));
  set_sql_mutant("");
  EXPECT_TRUE(finds("lease"));
}
#endif

}  // namespace qyzmet::db::tests
