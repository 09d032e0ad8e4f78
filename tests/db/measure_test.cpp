// What a step costs the database, counted: these numbers do not depend on the machine.
#include <cstdio>

#include "tests/db/support.hpp"
#include "tests/engine/story.hpp"

namespace qyzmet::db::tests {

constexpr std::int64_t k_plain_step_wal_max = 1'100;
constexpr std::int64_t k_transition_wal_max = 1'800;

/// The books of the server before and after.
struct Books {
  std::int64_t trips = 0, commits = 0, inserted = 0, updated = 0, hot = 0, deleted = 0, wal = 0;
};

class MeasureTest : public DatabaseTest {
 public:
  /// The server's own housekeeping comes when it likes, and holds old rows in their place
  /// meanwhile.
  MeasureTest() {
    connection.script(
        "do $$ declare t record; begin for t in select relname from pg_stat_user_tables loop "
        "execute format('alter table %I set (autovacuum_enabled = off)', t.relname); "
        "end loop; end $$");
  }
  std::int64_t value(std::string const& sql) { return value_of<std::int64_t>(connection, sql); }
  std::int64_t rows(std::string const& column) {
    return value("select sum(" + column +
                 ")::bigint from pg_stat_user_tables where relname <> 'person'");
  }
  Books books() {
    connection.script("select pg_stat_force_next_flush()");
    Books all{.trips = 0,
              .commits = value("select txid_current()::text::bigint"),
              .inserted = rows("n_tup_ins"),
              .updated = rows("n_tup_upd"),
              .hot = rows("n_tup_hot_upd"),
              .deleted = rows("n_tup_del"),
              .wal = value("select (pg_current_wal_insert_lsn() - '0/0')::bigint")};
    all.trips = connection.statements();
    return all;
  }
  /// What `work` cost; the reading of the books is not counted.
  template <class Work>
  Books cost(Work work) {
    auto const before = books();
    auto const sent = connection.statements();
    work();
    auto const trips = connection.statements() - sent;
    auto const after = books();
    return {.trips = trips,
            .commits = after.commits - before.commits - 1,
            .inserted = after.inserted - before.inserted,
            .updated = after.updated - before.updated,
            .hot = after.hot - before.hot,
            .deleted = after.deleted - before.deleted,
            .wal = after.wal - before.wal};
  }
  void expect_write(StepRow const& row) {
    ASSERT_TRUE(std::holds_alternative<Written>(write_step(connection, row)));
  }
};

void expect_one_commit_each(Books const& spent, std::int64_t steps) {
  EXPECT_EQ(spent.trips, steps);
  // The server's own housekeeping may take a number now and then.
  EXPECT_GE(spent.commits, steps);
  EXPECT_LE(spent.commits, steps + steps / 10);
  EXPECT_EQ(spent.updated, steps);
  EXPECT_GE(double(spent.hot), 0.8 * double(spent.updated));
}

void report(char const* what, Books const& spent, std::int64_t steps) {
  auto const each = [&](std::int64_t count) { return double(count) / double(steps); };
  std::printf(
      "%s: %.2f round trips, %.2f commits, %.2f inserts, %.2f updates (%.2f HOT), "
      "%.2f deletes, %.0f B of WAL\n",
      what, each(spent.trips), each(spent.commits), each(spent.inserted), each(spent.updated),
      each(spent.hot), each(spent.deleted), each(spent.wal));
}

TEST_F(MeasureTest, AStepIsOneRoundTripOneCommitAndFewRows) {
  constexpr int k_steps = 200;
  auto const stage = scene();
  auto const id = started(stage, stage.person);
  // The full-page images of the first touch after a checkpoint are not the price of a step.
  for (int i = 0; i < 20; ++i) expect_write(step_row(id));
  auto row = step_row(id);
  auto const spent = cost([&] {
    for (int i = 0; i < k_steps; ++i) {
      row.idempotency = {
          .scope = "user:18", .key = random_hex(16), .fingerprint = to_hex(sha256("f"))};
      auto const written = write_step(connection, row);
      ASSERT_TRUE(std::holds_alternative<Written>(written));
      row.version = std::get<Written>(written).version;
      row.head_hash = std::get<Written>(written).head_hash;
    }
  });
  expect_one_commit_each(spent, k_steps);
  EXPECT_EQ(spent.inserted, 2 * k_steps) << "event, idempotency";
  EXPECT_LE(spent.wal / k_steps, k_plain_step_wal_max);
  report("a step without waits", spent, k_steps);
}

/// A case of service 77 as its officials move it, through the engine.
class Case77 {
 public:
  Case77(MeasureTest& test, Scene const& stage, PersonId person) : stage_{stage} {
    engine::Event const event{.at = at("2026-11-23"),
                              .actor = engine::k_citizen,
                              .salt = random_hex(16),
                              .body = engine::Start{engine::application("dismissed", "city")}};
    auto start = test.start_row(stage, person);
    start.step = rows_of(event);
    fields_ = start.fields;
    id_ = start.id;
    head_ = chain_hash(std::string(32, '\0'), id_, 1, start.step.event, start.step.facts,
                       start.step.salt);
    EXPECT_TRUE(std::holds_alternative<Started>(start_case(test.connection, start)));
  }
  StepRow registration() {
    fields_.stage = fields_.state = "executor";
    fields_.executor = stage_.executor;
    return next("Task_Register", engine::k_registrar, {{"executor", engine::k_executor.user}});
  }
  StepRow review() {
    return next("Task_Review", engine::k_executor,
                {{"checklist.identity", true},
                 {"checklist.photo", true},
                 {"checklist.registered", true},
                 {"checklist.served", true},
                 {"checklist.documents", true},
                 {"review.outcome", "approve"}});
  }

 private:
  StepRows rows_of(engine::Event const& event) {
    auto step = engine::step(*engine::service_77(), engine::seed(), now_, event);
    if (!step) throw std::runtime_error{step.error().text};
    auto rows = step_rows(*engine::service_77(), now_, event, *step);
    now_ = std::move(step->next);
    return rows;
  }
  StepRow next(std::string task, engine::Actor const& actor, engine::Context form) {
    StepRow row;
    row.id = id_;
    row.version = now_.version;
    row.head_hash = to_hex(head_);
    row.fields = fields_;
    row.step = rows_of({.at = now_.at,
                        .actor = actor,
                        .salt = random_hex(16),
                        .body = engine::CompleteTask{
                            .task = std::move(task), .form = std::move(form), .signature = {}}});
    row.idempotency = {.scope = "user:" + actor.user,
                       .key = random_hex(16),
                       .fingerprint = to_hex(sha256(row.step.event))};
    head_ = chain_hash(head_, id_, row.version + 1, row.step.event, row.step.facts, row.step.salt);
    return row;
  }

  Scene stage_;
  engine::Instance now_;
  CaseFields fields_;
  CaseId id_;
  std::string head_;
};

TEST_F(MeasureTest, ATransitionOfService77StaysWithinItsCounts) {
  constexpr int k_cases = 100;
  auto const stage = scene();
  std::vector<StepRow> steps;
  for (int i = 0; i < k_cases; ++i) {
    Case77 one{*this, stage, person(100 + i)};
    steps.push_back(one.registration());
    steps.push_back(one.review());
  }
  auto const spent = cost([&] {
    for (auto const& step : steps) expect_write(step);
  });
  expect_one_commit_each(spent, 2 * k_cases);
  EXPECT_EQ(spent.inserted, 4 * k_cases) << "event, idempotency";
  EXPECT_EQ(spent.deleted, k_cases) << "the timer of the registration";
  EXPECT_LE(spent.wal / (2 * k_cases), k_transition_wal_max);
  report("a transition of service 77", spent, 2 * k_cases);
}

}  // namespace qyzmet::db::tests
