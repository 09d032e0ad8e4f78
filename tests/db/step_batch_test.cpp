// Steps that leave together: each is written or not as if it came alone.
#include "db/step_batch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <future>
#include <thread>

#include "db/outbox.hpp"
#include "db/sessions.hpp"
#include "db/step_writer.hpp"
#include "tests/db/support.hpp"

namespace qyzmet::db::tests {

namespace asio = boost::asio;

namespace {

engine::Timer timer(std::int32_t id, Instant due) {
  engine::Timer one;
  one.id = id;
  one.due = due;
  return one;
}

class BatchTest : public DatabaseTest {
 public:
  void SetUp() override {
    stage = scene();
    for (int i = 0; i < 4; ++i) ids.push_back(started(stage, person(i + 2)));
  }
  std::vector<StepRow> rows() {
    std::vector<StepRow> out;
    for (auto const id : ids) out.push_back(step_row(id, "key-" + std::to_string(id.value)));
    return out;
  }
  std::vector<BatchOutcome> write(std::vector<StepRow> const& all) {
    std::vector<StepRow const*> pointers;
    for (auto const& row : all) pointers.push_back(&row);
    return write_steps(connection, pointers);
  }
  static WriteOutcome const& outcome(BatchOutcome const& one) {
    return std::get<WriteOutcome>(one);
  }
  void expect_written_but(std::vector<BatchOutcome> const& outcomes, std::size_t other) {
    ASSERT_EQ(outcomes.size(), ids.size());
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      auto const* known = std::get_if<WriteOutcome>(&outcomes[i]);
      EXPECT_EQ(known != nullptr && std::holds_alternative<Written>(*known), i != other) << i;
      EXPECT_EQ(load_case(connection, ids[i])->version, i == other ? 1 : 2) << i;
    }
  }

  Scene stage;
  std::vector<CaseId> ids;
};

TEST_F(BatchTest, OneStatementWritesWhatEachAloneWouldHave) {
  auto all = rows();
  all[0].step.timers_added = {timer(8, at("2026-12-04")), timer(9, at("2026-12-05"))};
  all[0].step.timer_nodes = {"eight", "nine"};
  all[1].step.timers_removed = {3};
  all[2].step.timers_moved = {timer(3, at("2026-12-24"))};
  engine::Effect effect;
  effect.token = 7;
  effect.handler = "notify";
  all[2].step.effects = {effect};
  all[3].step.effects_cancelled = {4};
  all[3].fields.breaches = {"review", "with \"quotes\", {braces}"};
  all[3].fields.executor = stage.executor;

  auto const before = connection.statements();
  auto const outcomes = write(all);
  EXPECT_EQ(connection.statements() - before, 1);

  for (std::size_t i = 0; i < all.size(); ++i) {
    auto const& written = std::get<Written>(outcome(outcomes[i]));
    EXPECT_EQ(written.version, 2);
    EXPECT_EQ(from_hex(written.head_hash),
              chain_hash(from_hex(all[i].head_hash), ids[i], 2, all[i].step.event,
                         all[i].step.facts, all[i].step.salt));
    auto const found = load_case(connection, ids[i]);
    EXPECT_EQ(found->head_hash, written.head_hash);
    EXPECT_EQ(found->state, all[i].step.state);
    EXPECT_EQ(found->fields.breaches, all[i].fields.breaches);
    EXPECT_EQ(found->fields.executor, all[i].fields.executor);
    auto const entries = history(connection, ids[i]);
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[1].event, all[i].step.event);
    EXPECT_EQ(to_hex(from_hex(entries[1].hash)), written.head_hash);
    EXPECT_TRUE(find_answer(connection, *all[i].idempotency));
  }
  auto const due = [&](CaseId id) {
    return value_of<std::string>(
        connection,
        "select coalesce(string_agg(id || ' ' || node || ' ' || due::date, ', ' order "
        "by id), '') from timer where case_id = " +
            std::to_string(id.value));
  };
  EXPECT_EQ(due(ids[0]), "3 term 2026-12-02, 8 eight 2026-12-04, 9 nine 2026-12-05");
  EXPECT_EQ(due(ids[1]), "");
  EXPECT_EQ(due(ids[2]), "3 term 2026-12-24");
  EXPECT_EQ(due(ids[3]), "3 term 2026-12-02");
  EXPECT_EQ(count("outbox where status = 'waiting'"), 4);
  EXPECT_EQ(count("outbox where status = 'cancelled'"), 1);
}

TEST_F(BatchTest, AStaleVersionStopsNobodyElse) {
  auto all = rows();
  all[1].version = 7;
  auto const outcomes = write(all);
  expect_written_but(outcomes, 1);
  EXPECT_TRUE(std::holds_alternative<VersionConflict>(outcome(outcomes[1])));
}

TEST_F(BatchTest, ARepeatedRequestGetsItsFirstAnswerAmongOthers) {
  auto all = rows();
  auto const first = rows()[2];
  ASSERT_TRUE(std::holds_alternative<Written>(write_step(connection, first)));
  all[2] = step_row(ids[2], first.idempotency->key);  // the key breaks the common statement
  auto const outcomes = write(all);
  EXPECT_EQ(std::get<Replayed>(outcome(outcomes[2])).version, 2);
  for (auto const id : ids) EXPECT_EQ(load_case(connection, id)->version, 2);
}

TEST_F(BatchTest, AProofThatFailsStopsItsOwnStepOnly) {
  Grant const registrar{.role = "registrar", .office = stage.office, .branch = {}};
  grant(connection, stage.executor, registrar, std::nullopt);
  grant(connection, stage.head, {.role = "executor", .office = stage.office, .branch = {}},
        std::nullopt);
  for (auto const* token : {"here", "gone"})
    create_session(connection, {.token = token,
                                .user = stage.executor,
                                .method = "eds",
                                .csrf = "csrf",
                                .client = "127.0.0.1"});
  auto all = rows();
  all[0].session = all[3].session = find_session(connection, "here")->proof;
  all[1].session = find_session(connection, "gone")->proof;
  all[3].named = {.user = stage.head, .role = "executor", .office = stage.office};
  end_session(connection, "gone");
  auto outcomes = write(all);
  expect_written_but(outcomes, 1);
  EXPECT_TRUE(std::holds_alternative<VersionConflict>(outcome(outcomes[1])));

  all = rows();
  for (auto& row : all) row.idempotency.reset();
  all[2].named = {.user = stage.head, .role = "head", .office = stage.office};
  outcomes = write(all);
  EXPECT_TRUE(std::holds_alternative<VersionConflict>(outcome(outcomes[2])));
  EXPECT_TRUE(std::holds_alternative<Written>(outcome(outcomes[0])));
}

TEST_F(BatchTest, WhatAConstraintForbidsStopsItsOwnStepOnly) {
  auto all = rows();
  all[3].fields.executor = all[3].fields.head = stage.head;
  auto const outcomes = write(all);
  expect_written_but(outcomes, 3);
  EXPECT_THROW(std::rethrow_exception(std::get<std::exception_ptr>(outcomes[3])), Conflict);
}

/// A pool with one session, and steps that arrive while it is busy.
class WriterTest : public BatchTest {
 public:
  void SetUp() override {
    BatchTest::SetUp();
    Options options;
    options.dsn = dsn;
    options.connections = 1;
    database.emplace(options, vault());
  }
  /// `arrive` runs while the only session waits.
  void while_busy(std::function<void()> const& arrive) {
    std::promise<void> go;
    auto waits = go.get_future().share();
    asio::co_spawn(io, database->run([waits](Connection&) { waits.wait(); }), asio::detached);
    io.poll();
    arrive();
    io.poll();
    go.set_value();
    io.run();
  }
  void send(StepWriter& writer, StepRow row) {
    auto const at = outcomes.size();
    outcomes.emplace_back();
    asio::co_spawn(io, writer.write(std::make_shared<StepRow>(std::move(row))),
                   [this, at](std::exception_ptr error, WriteOutcome outcome) {
                     outcomes[at] = error ? BatchOutcome{error} : BatchOutcome{std::move(outcome)};
                   });
  }

  asio::io_context io;
  std::optional<Database> database;
  std::vector<std::optional<BatchOutcome>> outcomes;
};

TEST_F(WriterTest, StepsThatWaitLeaveTogether) {
  StepWriter writer{*database};
  auto const before = database->gauges().statements;
  while_busy([&] {
    for (auto& row : rows()) send(writer, std::move(row));
  });
  EXPECT_EQ(database->gauges().statements - before, 1u);
  for (auto const& one : outcomes) EXPECT_TRUE(std::holds_alternative<Written>(outcome(*one)));
}

TEST_F(WriterTest, TwoStepsOfOneCaseGoOneAfterTheOther) {
  StepWriter writer{*database};
  while_busy([&] {
    send(writer, step_row(ids[0], "first"));
    send(writer, step_row(ids[0], "second"));
    send(writer, step_row(ids[1]));
  });
  EXPECT_TRUE(std::holds_alternative<Written>(outcome(*outcomes[0])));
  EXPECT_TRUE(std::holds_alternative<VersionConflict>(outcome(*outcomes[1])));
  EXPECT_TRUE(std::holds_alternative<Written>(outcome(*outcomes[2])));
}

TEST_F(WriterTest, MoreThanMayWaitAreToldAtOnce) {
  StepWriter writer{*database, {.statements_max = 1, .waiting_max = 2}};
  while_busy([&] {
    for (auto& row : rows()) send(writer, std::move(row));
  });
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(std::holds_alternative<Written>(outcome(*outcomes[i])));
  for (std::size_t i = 2; i < 4; ++i)
    EXPECT_THROW(std::rethrow_exception(std::get<std::exception_ptr>(*outcomes[i])), Overloaded);
}

TEST_F(WriterTest, AClosingPoolTellsThoseWhoWait) {
  StepWriter writer{*database};
  auto all = rows();
  std::promise<void> go;
  auto waits = go.get_future().share();
  asio::co_spawn(io, database->run([waits](Connection&) { waits.wait(); }), asio::detached);
  io.poll();
  for (auto& row : all) send(writer, std::move(row));
  io.poll();
  std::jthread const closing{[&] { database.reset(); }};
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  go.set_value();
  io.run();
  for (auto const& one : outcomes)
    EXPECT_THROW(std::rethrow_exception(std::get<std::exception_ptr>(*one)), Overloaded);
  for (auto const id : ids) EXPECT_EQ(load_case(connection, id)->version, 1);
}

}  // namespace

}  // namespace qyzmet::db::tests
