// Who is told of milestones, terms that became earlier and terms that have passed, on PostgreSQL:
// each once, each at its own desk, and without going through the cases of the country every minute.
#include "db/alerts.hpp"

#include <algorithm>

#include "db/mail.hpp"
#include "tests/db/support.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::db {
namespace {

class Alerts : public tests::DatabaseTest {
 protected:
  Alerts() : scene_{scene()}, case_{started(scene_, scene_.person)} {
    in_office(scene_.head, "head");
    in_office(scene_.executor, "executor");
    in_office(registrar_, "registrar");
    connection.script(
        "update cases set stage = 'executor', ended = false, breaches = '{}', "
        "milestones = '{}', due = '2026-11-26', due_before = null, executor_id = " +
        std::to_string(scene_.executor.value));
    connection.script("delete from timer");
  }
  void in_office(UserId user, std::string const& role) {
    grant(connection, user, {.role = role, .office = scene_.office, .branch = {}}, std::nullopt);
  }
  /// A milestone with its timer, as the step leaves them.
  void milestone(std::string const& day, std::string const& role, std::string const& code) {
    connection.script("update cases set milestones = milestones || '" + day + " " + role + " " +
                      code + "'::text");
    if (code.starts_with('*') || code.starts_with('?')) return;
    connection.script("insert into timer (case_id, id, node, due) select id, " +
                      std::to_string(++timers_) + ", 'Bnd', ('" + day +
                      "'::date + 1)::timestamp at time zone interval '5 hours' from cases");
  }
  int raise(std::string_view today, std::string_view until) {
    return raise_alerts(connection, *parse_date(today), *parse_date(until));
  }
  std::vector<std::string> at_desk(UserId user, std::string const& role,
                                   std::optional<OfficeId> office = {}) {
    std::vector<std::string> out;
    for (auto const& alert : alerts_at(
             connection,
             {.role = role, .user = user, .office = office.value_or(scene_.office), .branch = {}},
             100))
      out.push_back(alert.kind + " " + alert.milestone);
    std::ranges::sort(out);
    return out;
  }
  using Words = std::vector<std::string>;

  tests::Scene scene_;
  CaseId case_;
  UserId registrar_ = ensure_user(connection, person(90003));
  int timers_ = 0;
};

TEST_F(Alerts, each_milestone_is_reminded_of_at_its_own_desk) {
  milestone("2026-11-24", "executor", "draft");
  milestone("2026-11-24", "head", "*recusal.decided");
  milestone("2026-11-25", "executor", "hearing_notice");
  milestone("2026-11-26", "executor", "result");
  EXPECT_EQ(raise("2026-11-20", "2026-11-23"), 0) << "it is not the day before yet";
  EXPECT_EQ(raise("2026-11-24", "2026-11-25"), 3) << "not only of the earliest";
  EXPECT_EQ(raise("2026-11-24", "2026-11-25"), 0) << "each once";
  EXPECT_EQ(at_desk(scene_.executor, "executor"),
            (Words{"reminder draft", "reminder hearing_notice"}));
  EXPECT_EQ(at_desk(scene_.head, "head"), Words{"reminder recusal.decided"});
  EXPECT_EQ(raise("2026-11-25", "2026-11-26"), 2) << "the result, and the recusal is late";
  LAW("R77-53");
}

TEST_F(Alerts, the_head_is_told_of_each_that_was_missed_also_beside_the_process) {
  milestone("2026-11-24", "head", "*recusal.decided");
  milestone("2026-11-24", "executor", "*slip.drafted");
  connection.script("update cases set breaches = '{registration,draft}'");
  EXPECT_EQ(raise("2026-11-25", "2026-11-25"), 4);
  EXPECT_EQ(raise("2026-11-30", "2026-11-30"), 0);
  EXPECT_EQ(at_desk(scene_.head, "head"),
            (Words{"escalation draft", "escalation recusal.decided", "escalation registration",
                   "escalation slip.drafted"}));
  LAW("R77-53");
  connection.script("update cases set milestones = '{2026-11-24 head *recusal.decided}'");
  EXPECT_EQ(at_desk(scene_.head, "head").size(), 3U) << "the slip is drafted";
  connection.script("update cases set milestones = '{2026-12-03 head *recusal.decided}'");
  EXPECT_EQ(raise("2026-12-04", "2026-12-04"), 1) << "another recusal has a day of its own";
  connection.script("update cases set milestones = '{}'");
  EXPECT_EQ(count("asked_beside"), 0);
}

/// After the end of the case, too: slips and complaints.
TEST_F(Alerts, what_is_asked_after_the_end_is_reminded_of_and_escalated) {
  connection.script("update cases set ended = true, stage = ''");
  milestone("2026-11-24", "registrar", "*complaint.passed");
  EXPECT_EQ(raise("2026-11-24", "2026-11-24"), 1);
  EXPECT_EQ(at_desk(registrar_, "registrar"), Words{"reminder complaint.passed"});
  EXPECT_EQ(raise("2026-11-25", "2026-11-25"), 1);
  EXPECT_EQ(at_desk(scene_.head, "head"), Words{"escalation complaint.passed"});
  LAW("R77-53");
}

/// What others owe is nothing that the office has missed: who follows it up is told, twice.
TEST_F(Alerts, an_expected_answer_is_reminded_of_and_once_more_when_it_has_not_come) {
  milestone("2027-02-01", "executor", "?request.answer");
  milestone("2027-03-01", "executor", "?request.answer");
  EXPECT_EQ(count("expected"), 2);
  EXPECT_EQ(raise("2027-01-28", "2027-01-29"), 0);
  EXPECT_EQ(raise("2027-01-29", "2027-02-01"), 1);
  EXPECT_EQ(raise("2027-02-01", "2027-02-02"), 0) << "once";
  EXPECT_EQ(at_desk(scene_.executor, "executor"), Words{"reminder request.answer"});
  EXPECT_EQ(raise("2027-02-02", "2027-02-03"), 1);
  EXPECT_EQ(at_desk(scene_.executor, "executor"), Words{"unanswered request.answer"});
  EXPECT_EQ(at_desk(scene_.head, "head"), Words{});
  EXPECT_EQ(count("expected"), 1) << "told of for good";
  connection.script("update cases set milestones = milestones || '2027-02-26 head draft'::text");
  EXPECT_EQ(count("expected"), 1) << "and not taken up again by a step";
  EXPECT_EQ(raise("2027-02-03", "2027-02-04"), 0);
  connection.script("update cases set milestones = '{2027-03-01 executor ?request.answer}'");
  EXPECT_EQ(at_desk(scene_.executor, "executor"), Words{}) << "it was answered after all";
  connection.script("update cases set milestones = '{}'");
  EXPECT_EQ(count("expected"), 0);
  EXPECT_EQ(raise("2027-03-02", "2027-03-03"), 0);
  LAW("R79-21");
}

TEST_F(Alerts, an_earlier_term_is_told_to_registrar_and_head_while_nobody_has_the_case) {
  connection.script("update cases set due_before = '2026-11-27', executor_id = null");
  EXPECT_EQ(raise("2026-11-20", "2026-11-20"), 2);
  EXPECT_EQ(raise("2026-11-20", "2026-11-20"), 0) << "once";
  EXPECT_EQ(at_desk(registrar_, "registrar"), Words{"earlier result"});
  EXPECT_EQ(at_desk(scene_.head, "head"), Words{"earlier result"});
  EXPECT_EQ(at_desk(scene_.executor, "executor"), Words{});
  LAW("E-08");
  connection.script("update cases set executor_id = " + std::to_string(scene_.executor.value));
  EXPECT_EQ(raise("2026-11-20", "2026-11-20"), 0) << "it is given with the term that it has";
  EXPECT_EQ(at_desk(registrar_, "registrar"), Words{});
  connection.script("update cases set due = '2026-11-25', due_before = '2026-11-26'");
  EXPECT_EQ(raise("2026-11-20", "2026-11-20"), 1) << "earlier once more, and now it is somebody's";
  EXPECT_EQ(at_desk(scene_.executor, "executor"), Words{"earlier result"});
}

TEST_F(Alerts, the_superior_is_told_once_and_not_before_the_term_has_passed) {
  Office above;
  above.code = "71";
  above.name_kk = above.name_ru = above.name_en = "Department";
  above.place = "city";
  above.id = save_office(connection, above);
  auto const chief = ensure_user(connection, person(90004));
  connection.script("update cases set breaches = '{result}'");  // of the base term, then extended
  EXPECT_EQ(raise("2026-11-26", "2026-11-26"), 1) << "the own head";
  connection.script("update office set superior_id = " + std::to_string(above.id.value) +
                    " where code = 'O1'");
  grant(connection, chief, {.role = "head", .office = above.id, .branch = {}}, std::nullopt);
  EXPECT_EQ(raise("2026-11-26", "2026-11-26"), 0) << "the last day is not over";
  EXPECT_EQ(raise("2026-11-27", "2026-11-27"), 1);
  EXPECT_EQ(raise("2026-11-27", "2026-11-27"), 0);
  EXPECT_EQ(raise("2026-12-27", "2026-12-27"), 0) << "exactly once";
  EXPECT_EQ(at_desk(chief, "head", above.id), Words{"superior result"});
  EXPECT_EQ(at_desk(scene_.head, "head"), Words{"escalation result"});
  EXPECT_TRUE(untold_superiors(connection, *parse_date("2026-11-27"), 10).empty());
  LAW("E-09");
  connection.script("update cases set due = '2027-01-11'");
  EXPECT_EQ(raise("2027-01-11", "2027-01-11"), 0);
  EXPECT_EQ(raise("2027-01-12", "2027-01-12"), 1) << "an extended term is another one";
  connection.script("update cases set ended = true");
  EXPECT_EQ(at_desk(chief, "head", above.id), Words{});
}

TEST_F(Alerts, where_no_superior_can_be_told_the_administrator_sees_it_until_one_can) {
  connection.script("update cases set breaches = '{result}'");
  raise("2026-11-27", "2026-11-27");
  auto const untold = [&] { return untold_superiors(connection, *parse_date("2026-11-27"), 10); };
  ASSERT_EQ(untold().size(), 1U);
  EXPECT_EQ(untold()[0].reason, "none");
  EXPECT_EQ(untold()[0].office, scene_.office);
  connection.script("update office set superior_email = 'wrong@example.kz'");
  EXPECT_EQ(raise("2026-11-27", "2026-11-27"), 1) << "nothing was lost";
  EXPECT_TRUE(untold().empty());
  auto const letters = claim_mail(connection, 10, std::chrono::seconds{60});
  auto const letter = std::ranges::find(letters, "superior", &Mail::kind);
  ASSERT_NE(letter, letters.end());
  EXPECT_EQ(letter->superior_of, scene_.office);
  EXPECT_TRUE(close_mail(connection, *letter, "failed", "refused"));
  ASSERT_EQ(untold().size(), 1U);
  EXPECT_EQ(untold()[0].reason, "refused");
  tell_superior_again(connection, scene_.office);
  EXPECT_TRUE(untold().empty()) << "it is on its way to another address";
  EXPECT_EQ(claim_mail(connection, 10, std::chrono::seconds{60}).size(), 1U);
  LAW("E-09");
}

/// What runs every minute reads what lies ahead, not the cases of the country.
TEST_F(Alerts, among_100_000_cases_none_is_read_that_nothing_is_to_be_told_of) {
  milestone("2026-11-24", "executor", "draft");
  constexpr int k_batch = 5'000;  // a statement may take some seconds, no more
  for (int from = 0; from < 100'000; from += k_batch)
    connection.script(
        "insert into cases select (c.i).* from (select jsonb_populate_record(c, "
        "jsonb_build_object('id', 1000000 + n, 'number', 'many-' || n, 'kind', 'kind-' || n, "
        "'milestones', '[\"2027-03-01 executor result\"]'::jsonb)) as i from cases c, "
        "generate_series(" +
        std::to_string(from + 1) + ", " + std::to_string(from + k_batch) +
        ") n where c.id = " + std::to_string(case_.value) + ") c");
  connection.script(
      "insert into timer (case_id, id, node, due) select id, 1, 'Bnd', "
      "'2027-03-01T19:00Z'::timestamptz - (id % 1000) * interval '1 minute' "
      "from cases where number like 'many-%'");
  connection.script(
      "insert into expected select id, '2027-03-01'::date + (id % 100)::int from cases "
      "where number like 'many-%'");
  connection.script("analyze cases");
  connection.script("analyze timer");
  auto const read = [&] {
    connection.script("select pg_stat_force_next_flush()");
    connection.script("select pg_stat_clear_snapshot()");
    return tests::value_of<std::int64_t>(
        connection,
        "select (seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from "
        "pg_stat_user_tables where relname = 'cases'");
  };
  auto const before = read();
  EXPECT_EQ(raise("2026-11-24", "2026-11-24"), 1);
  EXPECT_TRUE(untold_superiors(connection, *parse_date("2026-11-24"), 10).empty());
  EXPECT_LT(read() - before, 100);
}

}  // namespace
}  // namespace qyzmet::db
