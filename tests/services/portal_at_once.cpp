// Forms that are tried at once on what the process remembers: one round trip when all of it still
// holds, and never a decision on what another process has changed in the meantime.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "db/cases.hpp"
#include "db/sessions.hpp"
#include "services/casework/act.hpp"
#include "tests/services/portal_rig.hpp"

namespace qyzmet::tests {
namespace {

class AtOnce : public testing::Test {
 protected:
  static void SetUpTestSuite() { number = file_application("dana"); }
  static inline std::string number;

  PortalRig& rig = PortalRig::instance();
  std::string page = "/work/cases/" + number;
  std::string task = page + "/tasks/Task_Register";
  Browser registrar;
  std::string executor = std::to_string(user("executor").value);

  /// What another process does.
  template <class Job>
  static auto elsewhere(Job job) {
    return PortalRig::instance().world().database.run_blocking(std::move(job));
  }
  static UserId user(std::string_view person) {
    return elsewhere([iin = PortalRig::iin(person)](db::Connection& connection) {
      return db::ensure_user(connection, db::find_person_by_iin(connection, iin)->id);
    });
  }
  static std::int64_t version() {
    return elsewhere(
        [](db::Connection& connection) { return db::load_case(connection, number)->version; });
  }
  db::Grant grant_of(std::string role) const {
    return {.role = std::move(role), .office = OfficeId{std::stoll(rig.office())}, .branch = {}};
  }
  /// The registrar has the page of the case open.
  std::string open_page() {
    registrar.sign_in("registrar");
    return registrar.get(page).value("key");
  }
  void expect_refused(Page const& answer, int status, std::string_view text,
                      std::int64_t before) const {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_TRUE(answer.says(text_of(text, "kk"))) << answer.body;
    EXPECT_EQ(version(), before);
  }
};

TEST_F(AtOnce, a_role_that_was_taken_away_elsewhere_is_gone_at_once) {
  auto const key = open_page();
  auto const before = version();
  elsewhere(
      [&](db::Connection& c) { return db::revoke(c, user("registrar"), grant_of("registrar")); });
  auto const refused = registrar.send(task, {{"key", key}, {"executor", executor}});
  elsewhere([&](db::Connection& c) {
    db::grant(c, user("registrar"), grant_of("registrar"), std::nullopt);
  });
  expect_refused(refused, 403, "problem.text.403", before);
}

TEST_F(AtOnce, a_person_who_was_made_inactive_elsewhere_is_out_at_once) {
  auto const key = open_page();
  auto const before = version();
  elsewhere([&](db::Connection& c) { db::set_user(c, user("registrar"), false, "", ""); });
  auto const refused = registrar.send(task, {{"key", key}, {"executor", executor}});
  elsewhere([&](db::Connection& c) { db::set_user(c, user("registrar"), true, "", ""); });
  expect_refused(refused, 403, "error.signed_out", before);
}

TEST_F(AtOnce, a_session_that_ended_elsewhere_is_dead_at_once) {
  auto const key = open_page();
  auto const before = version();
  elsewhere([&](db::Connection& c) { db::end_sessions_of(c, user("registrar")); });
  expect_refused(registrar.send(task, {{"key", key}, {"executor", executor}}), 403,
                 "error.signed_out", before);
}

TEST_F(AtOnce, nobody_is_named_who_has_just_lost_the_role) {
  auto const key = open_page();
  auto const before = version();
  elsewhere(
      [&](db::Connection& c) { return db::revoke(c, user("executor"), grant_of("executor")); });
  auto const refused = registrar.send(task, {{"key", key}, {"executor", executor}});
  elsewhere([&](db::Connection& c) {
    db::grant(c, user("executor"), grant_of("executor"), std::nullopt);
  });
  expect_refused(refused, 422, "error.not_a_choice", before);
}

/// After the refusals, so that the case still waits for its registration.
TEST_F(AtOnce, a_transition_is_one_round_trip_and_repeated_gets_its_answer) {
  auto const key = open_page();
  auto const before = version();
  auto const sent = rig.world().database.gauges().statements;
  auto const done = registrar.send(task, {{"key", key}, {"executor", executor}});
  auto const spent = rig.world().database.gauges().statements - sent;
  EXPECT_EQ(done.status, 303) << done.body;
  EXPECT_EQ(spent, 1u) << "session, case and executor are proven by the statement of the step";
  EXPECT_EQ(version(), before + 1);
  auto const again = registrar.send(task, {{"key", key}, {"executor", executor}});
  EXPECT_EQ(again.status, 303) << again.body;
  EXPECT_EQ(version(), before + 1);
}

/// Completes the review beside the pages, as another process would.
boost::asio::awaitable<void> review(casework::World& world, std::string number, UserId executor) {
  auto open = co_await casework::open_case(world, number);
  EXPECT_TRUE(open);
  auto const unit = std::to_string(open->row.fields.office.value);
  auto const done = co_await casework::complete_task(
      world, {.open = std::move(*open),
              .task = "Task_Review",
              .actor = {.user = std::to_string(executor.value), .role = "executor", .unit = unit},
              .fields = {{"checklist.identity", "true"},
                         {"checklist.photo", "true"},
                         {"checklist.registered", "true"},
                         {"checklist.served", "true"},
                         {"checklist.documents", "true"},
                         {"review.outcome", "approve"}},
              .cms = {},
              .idempotency_key = "elsewhere"});
  EXPECT_TRUE(done);
}
void review_elsewhere(std::string number, UserId executor) {
  boost::asio::io_context io;
  boost::asio::co_spawn(io, review(PortalRig::instance().world(), std::move(number), executor),
                        [](std::exception_ptr const& failure) {
                          if (failure) std::rethrow_exception(failure);
                        });
  io.run();
}

/// What was typed stays in sight.
TEST_F(AtOnce, a_case_that_moved_on_elsewhere_is_read_again) {
  Browser desk;
  desk.sign_in("executor");
  auto const key = desk.get(page).value("key");
  review_elsewhere(number, user("executor"));
  auto const before = version();
  auto const late = desk.send(page + "/tasks/Task_Review", {{"key", key},
                                                            {"review.outcome", "refuse"},
                                                            {"review.ground", "G1"},
                                                            {"review.reasons", "Кеш жазылған"}});
  expect_refused(late, 409, "error.task_not_open", before);
  EXPECT_EQ(late.value("review.reasons"), "Кеш жазылған");
}

}  // namespace
}  // namespace qyzmet::tests
