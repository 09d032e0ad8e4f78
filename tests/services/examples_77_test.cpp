// The worked examples of service 77 over the pages, under the clock of the law, with their dates.
#include <gtest/gtest.h>

#include <array>

#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

constexpr std::string_view k_paper = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF\n";

class Examples77 : public testing::Test {
 protected:
  void begin(std::string const& place) { site_.emplace("military_id", place); }
  void file(Filing const& application) { number_ = site_->file(application); }
  void done(std::string_view role, std::string const& task, std::string_view local,
            FormValues values) {
    site_->at(local);
    auto const answer = site_->task(role, number_, task, std::move(values));
    EXPECT_EQ(answer.status, 303) << task << "\n" << unescaped(answer.body);
    site_->carry_out();
  }
  void signed_at(std::string_view local) {
    site_->at(local);
    auto const answer = site_->sign(number_);
    EXPECT_EQ(answer.status, 303) << unescaped(answer.body);
    site_->carry_out();
  }
  std::string state() { return site_->open(number_).state_code(); }
  std::string latest(std::string_view code) {
    return to_iso(site_->open(number_).instance.deadlines.find(code)->latest);
  }
  std::vector<std::string> open_tasks() {
    std::vector<std::string> out;
    auto const open = site_->open(number_);
    for (auto const* node : open.open_tasks()) out.push_back(node->id);
    return out;
  }
  std::string cabinet() { return unescaped(site_->cabinet(who_, "/cases/" + number_).body); }
  bool says(PageAnswer const& answer, std::string const& key) {
    auto const& world = site_->rig().world();
    auto const package = world.library.in_force("military_id", world.clock.today());
    return unescaped(answer.body).contains(package->texts.at("kk").at(key));
  }
  void registered(std::string_view local) {
    done("registrar", "Task_Register", local, {{"executor", site_->executor_id()}});
  }
  /// Example 77-B and 77-C: an unsigned scan instead of the ruling.
  void lost_in_a_district() {
    lost_in_a_district_without_registration();
    registered("2026-12-10T18:30");
  }
  void lost_in_a_district_without_registration() {
    begin("district");
    who_ = "aigul";
    file({.who = who_,
          .subtype = "lost_damaged",
          .files = {{"penalty_ruling", std::string{k_paper}}},
          .local = "2026-12-10T17:59"});
    EXPECT_EQ(to_iso(site_->open(number_).instance.deadlines.accepted), "2026-12-10");
    EXPECT_EQ(latest("result"), "2026-12-18");
  }
  static FormValues finding() {
    return {{"checklist.identity", "true"},
            {"checklist.photo", "true"},
            {"checklist.registered", "true"},
            {"checklist.served", "true"},
            {"review.outcome", "refuse"},
            {"review.ground", "G2"},
            {"review.reasons", "Қаулыға қол қойылмаған."}};
  }

  std::optional<ServiceRig> site_;
  std::string number_, who_;
};

struct Vector {
  char const *name, *place, *who, *subtype, *local;
  /// Day of acceptance, then the latest days of notice, hearing, draft, delivery and result.
  std::array<char const*, 6> days;
};

/// The table of law.md 8.1.
constexpr std::array<Vector, 5> k_vectors{{
    {"V77-1",
     "city",
     "arman",
     "dismissed",
     "2026-11-21T10:00",
     {"2026-11-23", "2026-11-27", "2026-12-01", "2026-11-30", "2026-12-01", "2026-12-02"}},
    {"V77-2",
     "district",
     "arman",
     "old_sample",
     "2026-11-21T10:00",
     {"2026-11-23", "2026-11-25", "2026-11-27", "2026-11-26", "2026-11-27", "2026-11-30"}},
    {"V77-3",
     "district",
     "aigul",
     "lost_damaged",
     "2026-12-10T17:59",
     {"2026-12-10", "2026-12-14", "2026-12-17", "2026-12-15", "2026-12-17", "2026-12-18"}},
    {"V77-4",
     "district",
     "aigul",
     "lost_damaged",
     "2026-12-10T18:00",
     {"2026-12-11", "2026-12-15", "2026-12-18", "2026-12-17", "2026-12-18", "2026-12-21"}},
    {"V77-5",
     "city",
     "aigul",
     "lost_damaged",
     "2026-12-10T18:00",
     {"2026-12-11", "2026-12-18", "2026-12-22", "2026-12-21", "2026-12-22", "2026-12-23"}},
}};

TEST_F(Examples77, EveryVectorFiledOverThePagesHasItsDates) {
  constexpr std::array k_milestones{"hearing_notice", "hearing", "draft", "delivery", "result"};
  for (auto const& vector : k_vectors) {
    SCOPED_TRACE(vector.name);
    FormValues files;
    if (vector.subtype == std::string_view{"lost_damaged"})
      files = {{"penalty_ruling", std::string{k_paper}}};
    begin(vector.place);
    file({.who = vector.who, .subtype = vector.subtype, .files = files, .local = vector.local});
    EXPECT_EQ(to_iso(site_->open(number_).instance.deadlines.accepted), vector.days[0]);
    for (std::size_t i = 0; i < k_milestones.size(); ++i)
      EXPECT_EQ(latest(k_milestones[i]), vector.days[i + 1]) << k_milestones[i];
  }
  LAW("V77-1");
  LAW("V77-2");
  LAW("V77-3");
  LAW("V77-4");
  LAW("V77-5");
}

/// 77-A.
TEST_F(Examples77, AnOldSampleIsExchangedInACity) {
  begin("city");
  who_ = "arman";
  file({.who = who_, .subtype = "old_sample", .local = "2026-11-21T10:00"});
  EXPECT_TRUE(cabinet().contains("2026 ж. 23 қараша"));
  EXPECT_EQ(latest("hearing_notice"), "2026-11-27");
  EXPECT_EQ(latest("draft"), "2026-11-30");
  EXPECT_EQ(latest("delivery"), "2026-12-01");
  EXPECT_EQ(latest("result"), "2026-12-02");
  registered("2026-11-23T09:14");
  done("executor", "Task_Review", "2026-11-25T11:00",
       {{"checklist.identity", "true"},
        {"checklist.photo", "true"},
        {"checklist.registered", "true"},
        {"checklist.served", "true"},
        {"checklist.documents", "true"},
        {"review.outcome", "approve"}});
  done("executor", "Task_Draft", "2026-11-26T10:00",
       {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}});
  signed_at("2026-11-26T12:00");
  done("registrar", "Task_Dispatch", "2026-11-26T15:00", {{"delivery.registry_number", "R-17"}});
  EXPECT_EQ(state(), "in_transit");
  done("branch_operator", "Task_Receive", "2026-11-27T10:00", {{"delivery.condition", "accepted"}});
  EXPECT_EQ(state(), "at_branch");
  EXPECT_TRUE(cabinet().contains("Есіл-1"));
  FormValues holder{{"issue.collector", "holder"},
                    {"identity.kind", "identity_card"},
                    {"identity.number", "012345678"},
                    {"identity.matched", "true"}};
  site_->at("2026-11-28T12:20");
  auto const without = site_->task("branch_operator", number_, "Task_Issue", holder);
  EXPECT_EQ(without.status, 403);
  EXPECT_EQ(state(), "at_branch");
  holder.insert(
      {{"old_id.received", "true"}, {"old_id.series", "НУ"}, {"old_id.number", "7654321"}});
  done("branch_operator", "Task_Issue", "2026-11-28T12:30", holder);
  EXPECT_EQ(state(), "issued");
  EXPECT_TRUE(site_->open(number_).instance.breaches.empty());
  LAW("R77-28");
  LAW("R77-12");
}

/// 77-B.
TEST_F(Examples77, ALossWithoutProofIsRefusedAfterAHearing) {
  lost_in_a_district();
  done("executor", "Task_Review", "2026-12-11T10:00", finding());
  done("executor", "Task_Notice", "2026-12-11T15:02",
       {{"hearing.mode", "video"},
        {"hearing.slot", "2026-12-15T11:00"},
        {"hearing.place", "https://video.example/1"}});
  EXPECT_EQ(site_->sign_notice(number_).status, 303);
  site_->carry_out();
  EXPECT_EQ(state(), "hearing");
  done("executor", "Task_Hearing", "2026-12-15T11:30",
       {{"hearing.result", "no_show"}, {"hearing.conclusion", "refuse"}});
  done("executor", "Task_RefusalDraft", "2026-12-15T12:00",
       {{"refusal.reasons", "Қаулыға қол қойылмаған."}});
  auto const early = site_->sign(number_);
  EXPECT_EQ(early.status, 403);
  EXPECT_TRUE(says(early, "guard.refusal_early"));
  LAW("R77-36");
  signed_at("2026-12-17T09:30");
  EXPECT_EQ(state(), "refused");
  EXPECT_TRUE(site_->open(number_).instance.breaches.empty());
  EXPECT_TRUE(says(site_->cabinet(who_), "notify.refusal.subject"));
}

/// Told with the list of what lacks, in the cabinet and on paper; a new application is a new case.
TEST_F(Examples77, AnIncompleteSetIsNotAccepted) {
  lost_in_a_district_without_registration();
  site_->at("2026-12-11T10:00");
  EXPECT_TRUE(says(site_->rig().get(site_->official("registrar"), "/kk/work/cases/" + number_),
                   "choice.reject"));
  done("registrar", "Task_Register", "2026-12-11T10:00",
       {{"register.outcome", "reject"}, {"register.missing", "Қаулы оқылмайды."}});
  EXPECT_EQ(state(), "not_accepted");
  EXPECT_TRUE(says(site_->cabinet(who_), "notify.acceptance_rejected.subject"));
  auto const page = cabinet();
  auto const paper = page.find("aria-label=\"Өтініш қабылданбады");
  ASSERT_NE(paper, std::string::npos) << page;
  auto const link = page.rfind("/documents/", paper);
  auto const told =
      site_->cabinet(who_, "/cases/" + number_ + page.substr(link, page.find('"', link) - link));
  EXPECT_TRUE(unescaped(told.body).contains("Қаулы оқылмайды.")) << told.body;
  LAW("R-GEN-17");
  auto const first = number_;
  file({.who = who_,
        .subtype = "lost_damaged",
        .files = {{"penalty_ruling", std::string{k_paper}}},
        .local = "2026-12-14T10:00"});
  EXPECT_NE(number_, first);
  EXPECT_EQ(state(), "submitted");
}

/// 77-C.
TEST_F(Examples77, AGroundFoundLateLeavesThreeWays) {
  lost_in_a_district();
  done("executor", "Task_Review", "2026-12-15T10:00", finding());
  EXPECT_EQ(open_tasks(), std::vector<std::string>{"Task_LateGround"});
  auto const page = site_->rig().get(site_->official("head"), "/kk/work/cases/" + number_);
  for (std::string const way : {"choice.late_approve", "choice.late_waiver", "choice.late_hearing"})
    EXPECT_TRUE(says(page, way)) << way;
  auto const straight = site_->task("executor", number_, "Task_RefusalDraft",
                                    {{"refusal.reasons", "Қаулыға қол қойылмаған."}});
  EXPECT_GE(straight.status, 400);
  EXPECT_EQ(open_tasks(), std::vector<std::string>{"Task_LateGround"});
  LAW("R77-33");
}

}  // namespace
}  // namespace qyzmet::tests
