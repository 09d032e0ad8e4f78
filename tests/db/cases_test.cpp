#include <algorithm>
#include <latch>
#include <thread>

#include "db/incidents.hpp"
#include "db/outbox.hpp"
#include "db/verify.hpp"
#include "db/worklists.hpp"
#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

class CasesTest : public DatabaseTest {
 public:
  void SetUp() override { stage = scene(); }
  Scene stage;
};

TEST_F(CasesTest, AStartedCaseComesBackAsItWasWritten) {
  auto row = start_row(stage, stage.person, "k1");
  auto const started = std::get<Started>(start_case(connection, row));
  EXPECT_TRUE(started.number.starts_with("77-2026-0000")) << started.number;
  auto const loaded = load_case(connection, started.id);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->version, 1);
  EXPECT_EQ(loaded->state, row.step.state);
  EXPECT_EQ(loaded->fields.due, row.fields.due);
  EXPECT_EQ(loaded->fields.filed, row.fields.filed);
  EXPECT_EQ(loaded->fields.stage, "registrar");
  EXPECT_EQ(load_case(connection, started.number)->id, started.id);
  EXPECT_FALSE(load_case(connection, std::string{"77-2026-999999"}));
  auto const entries = history(connection, started.id);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].event, row.step.event);
  EXPECT_EQ(cases_due(connection, at("2026-12-02"), 10).at(0).id, started.id);
  EXPECT_TRUE(cases_due(connection, at("2026-12-01"), 10).empty());
  EXPECT_EQ(next_due(connection), at("2026-12-02"));
}

TEST_F(CasesTest, ARepeatedRequestGetsItsFirstAnswer) {
  auto const row = start_row(stage, stage.person, "same");
  auto const first = std::get<Started>(start_case(connection, row));
  auto again = start_row(stage, stage.person, "same");
  auto const second = std::get<Replayed>(start_case(connection, again));
  EXPECT_EQ(second.number, first.number);
  EXPECT_EQ(second.version, 1);
  again.idempotency->fingerprint = "other";
  EXPECT_TRUE(std::holds_alternative<KeyReused>(start_case(connection, again)));
  EXPECT_EQ(count("cases"), 1);

  auto const step = step_row(first.id, "step");
  EXPECT_EQ(std::get<Written>(write_step(connection, step)).version, 2);
  EXPECT_EQ(std::get<Replayed>(write_step(connection, step)).version, 2);
  EXPECT_EQ(std::get<Replayed>(write_step(connection, step_row(first.id, "step"))).version, 2);
  EXPECT_EQ(count("event"), 2);
}

TEST_F(CasesTest, ASecondOpenApplicationShowsTheFirst) {
  auto const first = std::get<Started>(start_case(connection, start_row(stage, stage.person)));
  auto const outcome = start_case(connection, start_row(stage, stage.person));
  EXPECT_EQ(std::get<Duplicate>(outcome).number, first.number);
  auto end = step_row(first.id);
  end.fields.ended = true;
  end.fields.outcome = "withdrawn";
  EXPECT_TRUE(std::holds_alternative<Written>(write_step(connection, end)));
  EXPECT_TRUE(
      std::holds_alternative<Started>(start_case(connection, start_row(stage, stage.person))));
}

TEST_F(CasesTest, TwoCasesWhoseIdsMeetBothStart) {
  auto const first = std::get<Started>(start_case(connection, start_row(stage, stage.person)));
  auto row = start_row(stage, person(2));
  row.id = first.id;
  auto const second = std::get<Started>(start_case(connection, row));
  EXPECT_NE(second.id, first.id);
  EXPECT_NE(second.number, first.number);
  EXPECT_EQ(load_case(connection, second.number)->id, second.id);
  EXPECT_EQ(load_case(connection, first.id)->number, first.number);
  EXPECT_EQ(std::get<Written>(write_step(connection, step_row(second.id))).version, 2);
  EXPECT_EQ(load_case(connection, first.id)->version, 1);
  EXPECT_TRUE(verify_history(connection).faults.empty());
}

TEST_F(CasesTest, AStaleVersionWritesNothing) {
  auto const id = started(stage, stage.person);
  auto const mine = step_row(id, "a"), yours = step_row(id, "b");
  EXPECT_TRUE(std::holds_alternative<Written>(write_step(connection, mine)));
  EXPECT_TRUE(std::holds_alternative<VersionConflict>(write_step(connection, yours)));
  EXPECT_EQ(count("event"), 2);
  EXPECT_EQ(count("idempotency"), 1);
}

TEST_F(CasesTest, OfManyWritersOfOneVersionExactlyOneWins) {
  auto const id = started(stage, stage.person);
  for (int round = 0; round < 10; ++round) {
    auto const row = step_row(id);
    std::latch together{4};
    std::atomic<int> written{0}, conflicts{0};
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i)
      writers.emplace_back([&] {
        Connection own{dsn, vault()};
        together.arrive_and_wait();
        auto const outcome = write_step(own, row);
        written += std::holds_alternative<Written>(outcome);
        conflicts += std::holds_alternative<VersionConflict>(outcome);
      });
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(written, 1);
    EXPECT_EQ(conflicts, 3);
  }
  EXPECT_EQ(history(connection, id).size(), 11u);
}

TEST_F(CasesTest, OfManyEqualStartsExactlyOneMakesACase) {
  std::latch together{4};
  std::atomic<int> made{0}, replayed{0};
  std::vector<std::thread> senders;
  std::vector<StartRow> rows(4, start_row(stage, stage.person, "key"));
  for (auto& row : rows) row.id = new_case_id(at("2026-11-23"));
  for (auto const& row : rows)
    senders.emplace_back([&] {
      Connection own{dsn, vault()};
      together.arrive_and_wait();
      auto const outcome = start_case(own, row);
      made += std::holds_alternative<Started>(outcome);
      replayed += std::holds_alternative<Replayed>(outcome);
    });
  for (auto& sender : senders) sender.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(replayed, 3);
}

TEST_F(CasesTest, AStepMovesTimersAndCancelsEffects) {
  auto const id = started(stage, stage.person);
  auto row = step_row(id);
  engine::Timer moved;
  moved.id = 3;
  moved.due = at("2026-12-09");
  row.step.timers_moved = {moved};
  row.step.effects_cancelled = {4};
  row.fields.executor = stage.executor;
  row.fields.stage = "executor";
  row.fields.breaches = {"registration"};
  ASSERT_TRUE(std::holds_alternative<Written>(write_step(connection, row)));
  EXPECT_EQ(next_due(connection), at("2026-12-09"));
  EXPECT_TRUE(claim_outbox(connection, "w", 10, std::chrono::seconds{5}).empty());
  EXPECT_EQ(load_case(connection, id)->fields.breaches, std::vector<std::string>{"registration"});
  auto removal = step_row(id);
  removal.step.timers_removed = {3};
  ASSERT_TRUE(std::holds_alternative<Written>(write_step(connection, removal)));
  EXPECT_FALSE(next_due(connection));
}

TEST_F(CasesTest, AMessageIsTakenOnce) {
  auto const id = started(stage, stage.person);
  auto row = step_row(id);
  row.step.kind = "message";
  row.step.message = "objection";
  row.step.message_id = "m1";
  EXPECT_EQ(std::get<Written>(write_step(connection, row)).version, 2);
  auto again = step_row(id);
  again.step.message = "objection";
  again.step.message_id = "m1";
  EXPECT_EQ(std::get<Replayed>(write_step(connection, again)).version, 2);
  EXPECT_EQ(load_case(connection, id)->version, 2);
}

TEST_F(CasesTest, TheExecutorCannotBeTheSigningHead) {
  auto const id = started(stage, stage.person);
  auto row = step_row(id);
  row.fields.executor = row.fields.head = stage.executor;
  EXPECT_THROW(write_step(connection, row), Conflict);
  EXPECT_EQ(load_case(connection, id)->version, 1);
}

TEST_F(CasesTest, HistoryAndLogsOnlyGrow) {
  started(stage, stage.person);
  for (auto const* table : {"event", "definition_file", "calendar"})
    for (auto const* change : {"delete from ", "update "}) {
      std::string const set = std::string{table} == "calendar" ? " set csv = ''"
                              : std::string{table} == "event"  ? " set at = now()"
                                                               : " set name = ''";
      auto const sql = std::string{change} + table + (*change == 'u' ? set : "");
      EXPECT_THROW(connection.script(sql), Conflict) << sql;
    }
  EXPECT_THROW(connection.script("truncate event cascade"), Conflict);
}

class OutboxTest : public CasesTest {};

TEST_F(OutboxTest, AWorkerThatSleptThroughItsLeaseCannotComplete) {
  auto const id = started(stage, stage.person);
  auto const zombie = claim_outbox(connection, "zombie", 10, std::chrono::milliseconds{1});
  ASSERT_EQ(zombie.size(), 1u);
  EXPECT_EQ(engine::text_at(zombie[0].data, "name"), "Person");
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  auto const heir = claim_outbox(connection, "heir", 10, std::chrono::seconds{30});
  ASSERT_EQ(heir.size(), 1u);
  EXPECT_GT(heir[0].fence, zombie[0].fence);
  EXPECT_EQ(heir[0].attempt, 2);

  auto late = step_row(id);
  late.completes = {.token = 4, .fence = zombie[0].fence};
  EXPECT_TRUE(std::holds_alternative<LeaseLost>(write_step(connection, late)));
  EXPECT_FALSE(postpone_outbox(connection, zombie[0], std::chrono::seconds{1}, "late"));
  EXPECT_FALSE(park_outbox(connection, zombie[0], "late"));
  EXPECT_FALSE(complete_outbox(connection, zombie[0]));
  EXPECT_EQ(load_case(connection, id)->version, 1);

  auto right = step_row(id);
  right.completes = {.token = 4, .fence = heir[0].fence};
  right.step.effects_cancelled = {4};  // what was answered waits no more: so says the engine
  EXPECT_TRUE(std::holds_alternative<Written>(write_step(connection, right)));
  EXPECT_EQ(count("outbox"), 0);
  EXPECT_EQ(value_of<std::int64_t>(connection,
                                   "select lease_given from event where lease_given = lease_held"),
            heir[0].fence);
}

TEST_F(OutboxTest, TwoWorkersNeverHoldTheSameEffect) {
  for (int i = 1; i <= 30; ++i) started(stage, person(i));
  std::vector<std::thread> workers;
  std::vector<std::vector<Claimed>> claims(4);
  for (auto& mine : claims)
    workers.emplace_back([&] {
      Connection own{dsn, vault()};
      for (int i = 0; i < 5; ++i)
        for (auto& one : claim_outbox(own, "w", 3, std::chrono::seconds{30}))
          mine.push_back(std::move(one));
    });
  for (auto& worker : workers) worker.join();
  std::vector<std::string> keys;
  for (auto const& mine : claims)
    for (auto const& one : mine) keys.push_back(one.key);
  std::ranges::sort(keys);
  EXPECT_EQ(keys.size(), 30u);
  EXPECT_TRUE(std::ranges::adjacent_find(keys) == keys.end());
}

TEST_F(OutboxTest, AFailedEffectWaitsAndAHopelessOneBecomesAnIncident) {
  auto const id = started(stage, stage.person);
  auto const lease = std::chrono::seconds{30};
  auto claimed = claim_outbox(connection, "w", 10, lease);
  EXPECT_TRUE(postpone_outbox(connection, claimed[0], std::chrono::milliseconds{1}, "down"));
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  claimed = claim_outbox(connection, "w", 10, lease);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_TRUE(park_outbox(connection, claimed[0], "error.sms"));
  EXPECT_TRUE(claim_outbox(connection, "w", 10, lease).empty());
  EXPECT_EQ(outbox_incidents(connection, 10).at(0).reason, "error.sms");
  EXPECT_EQ(outbox_counts(connection).incidents, 1);
  EXPECT_TRUE(retry_outbox(connection, id, 4));
  EXPECT_FALSE(retry_outbox(connection, id, 4));
  EXPECT_EQ(claim_outbox(connection, "w", 10, lease).at(0).attempt, 1);
}

TEST_F(OutboxTest, AnEffectThatNobodyCanReadHoldsNoOtherBack) {
  auto const broken = started(stage, person(1));
  auto const good = started(stage, person(2));
  connection.script("update outbox set data_sealed = '\\x00' where case_id = " +
                    std::to_string(broken.value));
  auto const claimed = claim_outbox(connection, "w", 10, std::chrono::seconds{30});
  ASSERT_EQ(claimed.size(), 2u);
  for (auto const& one : claimed) {
    EXPECT_EQ(one.broken.empty(), one.case_id == good);
    EXPECT_EQ(engine::text_at(one.data, "name"), one.case_id == good ? "Person" : "");
  }
}

TEST_F(CasesTest, WhereACaseIsStuckIsListedUntilItGoesOn) {
  using Incident = StepRows::Incident;
  auto const id = started(stage, stage.person);
  auto const write = [&](std::vector<Incident> incidents, std::string const& day) {
    auto row = step_row(id);
    row.step.at = at(day);
    row.step.incidents_changed = true;
    row.step.incidents = std::move(incidents);
    ASSERT_TRUE(std::holds_alternative<Written>(write_step(connection, row)));
  };
  Incident const first{.token = 7, .node = "Gateway_A", .reason = "error.no_way"};
  Incident const second{.token = -1, .node = "Timer_B", .reason = "error.timer_without_due"};
  write({first}, "2026-11-24");
  write({first, second}, "2026-11-25");
  auto const listed = case_incidents(connection, 10);
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].node, "Gateway_A");
  EXPECT_EQ(listed[0].since, at("2026-11-24")) << "stuck since then, whatever came after";
  EXPECT_EQ(listed[1].token, -1);
  EXPECT_EQ(listed[1].number, load_case(connection, id)->number);
  write({second}, "2026-11-26");
  EXPECT_EQ(case_incidents(connection, 10).size(), 1u);
  ASSERT_TRUE(std::holds_alternative<Written>(write_step(connection, step_row(id))));
  EXPECT_EQ(case_incidents(connection, 10).size(), 1u) << "a step that changes none keeps them";
  write({}, "2026-11-27");
  EXPECT_TRUE(case_incidents(connection, 10).empty());
}

class WorkListTest : public CasesTest {};

TEST_F(WorkListTest, ShowsTheLeastTimeLeftFirstWithinTheScope) {
  Office other;
  other.code = "O2";
  other.place = "district";
  auto const elsewhere = save_office(connection, other);
  std::vector<CaseId> ids;
  for (int i = 1; i <= 4; ++i) {
    auto row = start_row(stage, person(i));
    row.fields.due = *parse_date("2026-12-10") - std::chrono::days{i};
    if (i == 4) row.fields.office = elsewhere;
    ids.push_back(std::get<Started>(start_case(connection, row)).id);
  }
  ListFilter filter;
  EXPECT_TRUE(list_cases(connection, filter).rows.empty()) << "no scope, no rows";
  filter.office = stage.office;
  auto const page = list_cases(connection, filter);
  EXPECT_EQ(page.total, 3);
  ASSERT_EQ(page.rows.size(), 3u);
  EXPECT_EQ(page.rows[0].id, ids[2]);
  EXPECT_EQ(page.rows[2].id, ids[0]);
  filter.limit = 1;
  filter.offset = 1;
  EXPECT_EQ(list_cases(connection, filter).rows.at(0).id, ids[1]);
  auto const counts = count_cases(connection, filter, *parse_date("2026-12-08"));
  ASSERT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts[0].open, 3);
  EXPECT_EQ(counts[0].due_today_or_before, 2);
}

TEST_F(WorkListTest, FindsByNumberNameIinAndState) {
  auto const id = started(stage, person(1));
  started(stage, person(2));
  ListFilter filter;
  filter.office = stage.office;
  filter.text = "person 100001";
  EXPECT_EQ(list_cases(connection, filter).rows.at(0).id, id);
  filter.text = load_case(connection, id)->number;
  EXPECT_EQ(list_cases(connection, filter).total, 1);
  filter.text = "";
  filter.iin = "900101100001";
  EXPECT_EQ(list_cases(connection, filter).rows.at(0).id, id);
  filter.iin = "";
  filter.unassigned = true;
  EXPECT_EQ(list_cases(connection, filter).total, 2);
  filter.stage = "head";
  EXPECT_EQ(list_cases(connection, filter).total, 0);
  ListFilter cabinet;
  cabinet.person = person(1);
  cabinet.open_only = false;
  cabinet.newest_first = true;
  EXPECT_EQ(list_cases(connection, cabinet).total, 1);
}

}  // namespace qyzmet::db::tests
