// The nightly self-check: it goes through all cases once a night, piece by piece, finds a state
// that is not that of the events, and the administrator is told what to do and can do it.
#include "services/casework/self_check.hpp"

#include <gtest/gtest.h>

#include "db/self_check.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

constexpr char const* k_iin = "700101100011";

class SelfCheck : public SharedService {
 protected:
  static void SetUpTestSuite() {
    begin("registration");
    for (auto const* const who : {"bauyrzhan", "yermek", "timur"})
      numbers_.push_back(
          site().file({.who = who, .subtype = "naturalised", .local = "2026-11-20T11:00"}));
    admin_ = rig().invite(k_iin, "Әкімші", {{.role = "admin", .office = {}, .branch = {}}});
  }
  /// What a test has broken is whole again.
  void TearDown() override {
    night();
    EXPECT_TRUE(findings().empty());
  }

  static SiteRig& rig() { return site().rig(); }
  /// The next one; answers how many cases were checked.
  int night() {
    ++nights_;
    site().at("2026-12-0" + std::to_string(nights_) + "T03:00");
    return round();
  }
  int round(int cases_max = casework::k_self_check_cases_max) {
    return rig().wait(casework::self_check_round(rig().world(), cases_max));
  }
  std::vector<db::SelfCheckFinding> findings() {
    return rig().in_database(
        [](db::Connection& connection) { return db::self_check_findings(connection, 10); });
  }
  db::LoadedCase row(std::string const& number) {
    return rig().in_database(
        [&](db::Connection& connection) { return *db::load_case(connection, number); });
  }
  /// What an event or an update past the program would leave.
  void replace_state(std::string const& number, std::string_view from, std::string_view to) {
    auto const stored = row(number);
    auto state = stored.state;
    auto const place = state.find(from);
    ASSERT_NE(place, state.npos) << state;
    state.replace(place, from.size(), to);
    EXPECT_TRUE(rig().in_database([&](db::Connection& connection) {
      return db::replace_state(connection, stored.id, stored.version, state);
    }));
  }
  Answer check(std::vector<std::string> words) {
    words.insert(words.end(), {"--config", rig().config_file()});
    std::vector<std::string_view> const views(words.begin(), words.end());
    return run(cli::run_case_check, views);
  }

  static inline Guest admin_;
  static inline std::vector<std::string> numbers_;
  static inline int nights_ = 0;
};

TEST_F(SelfCheck, goes_through_all_cases_once_a_night_and_goes_on_where_it_stopped) {
  EXPECT_EQ(round(), 0) << "not by day";
  site().at("2026-11-21T01:59");
  EXPECT_EQ(round(), 0);
  site().at("2026-11-21T02:00");
  EXPECT_EQ(round(2), 2);
  EXPECT_EQ(round(2), 1);
  EXPECT_EQ(round(2), 0) << "until the next night";
  site().at("2026-11-22T05:59");
  EXPECT_EQ(round(1), 1);
  site().at("2026-11-22T06:00");
  EXPECT_EQ(round(), 0) << "people come";
  site().at("2026-11-23T03:00");
  EXPECT_EQ(round(), 2) << "what the last night did not do";
  EXPECT_EQ(round(), 0);
  EXPECT_TRUE(findings().empty());
  LAW("INV-31");
  auto const all = check({});
  EXPECT_EQ(all.code, 0) << all.out << all.error;
  EXPECT_TRUE(all.out.contains("3 cases, 0 lead elsewhere")) << all.out;
}

TEST_F(SelfCheck, a_tampered_state_is_found_told_and_restored_from_the_events) {
  auto const whole = row(numbers_[1]).state;
  replace_state(numbers_[1], "naturalised", "dismissed");
  EXPECT_EQ(night(), 3);
  auto const found = findings();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].number, numbers_[1]);
  EXPECT_EQ(found[0].what, "state");
  for (auto const* const language : {"kk", "ru", "en"}) {
    auto const page = rig().get(admin_, std::string{"/"} + language + "/admin/incidents");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.body.contains("qyzmet case check --case " + numbers_[1])) << page.body;
    EXPECT_FALSE(page.body.contains(numbers_[0]));
  }

  auto const told = check({"--case", numbers_[1]});
  EXPECT_EQ(told.code, 1);
  EXPECT_TRUE(told.out.contains("differs in the state of step 1")) << told.out;
  EXPECT_EQ(check({"--case", numbers_[1], "--restore", "--by", k_iin}).code, 2) << "no reason";
  auto const mended =
      check({"--case", numbers_[1], "--restore", "--by", k_iin, "--reason", "act 7"});
  EXPECT_EQ(mended.code, 0) << mended.out << mended.error;
  EXPECT_EQ(row(numbers_[1]).state, whole);
  EXPECT_TRUE(findings().empty());
  EXPECT_TRUE(site().open(numbers_[1]).user_task("Task_Register") != nullptr);
}

TEST_F(SelfCheck, an_event_that_was_changed_is_found_and_nothing_is_restored_from_it) {
  auto const id = std::to_string(row(numbers_[0]).id.value);
  auto const as_superuser = [&](std::string const& sql) {
    rig().in_database([&](db::Connection& connection) {
      connection.script("begin; set local session_replication_role = replica; " + sql + "; commit");
    });
  };
  as_superuser("create table kept as select * from event where case_id = " + id);
  as_superuser("update event set body_sealed = facts_sealed where case_id = " + id);
  night();
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].what, "sealed");
  auto const refused =
      check({"--case", numbers_[0], "--restore", "--by", k_iin, "--reason", "act 7"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.out.contains("its events are not whole")) << refused.out;
  EXPECT_EQ(findings().size(), 1U);

  // As from a backup.
  as_superuser(
      "update event e set body_sealed = k.body_sealed from kept k where e.case_id = k.case_id and "
      "e.seq = k.seq; drop table kept");
  EXPECT_EQ(check({"--case", numbers_[0]}).code, 0);
}

TEST_F(SelfCheck, a_state_that_is_no_state_is_found) {
  auto const stored = row(numbers_[2]);
  auto const replace = [&](std::string const& state) {
    EXPECT_TRUE(rig().in_database([&](db::Connection& connection) {
      return db::replace_state(connection, stored.id, stored.version, state);
    }));
  };
  replace("no JSON");
  night();
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].number, numbers_[2]);
  replace(stored.state);
}

}  // namespace
}  // namespace qyzmet::tests
