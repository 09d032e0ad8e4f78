// Service 77: the seven kinds of applicants, the papers that each brings, and what each receives.
#include <algorithm>
#include <set>

#include "engine/base/check.hpp"
#include "tests/engine/ways_77.hpp"

namespace qyzmet::engine {
namespace {

Subtype const& kind(std::string_view code) {
  auto const* const found = service_77()->subtype(code);
  check(found != nullptr, "a kind of the package");
  return *found;
}

/// Filed by this kind of applicant with these papers: the rule that refuses it.
std::string filed(std::string_view subtype, std::vector<std::string> const& papers = {}) {
  auto variables = application(subtype, "city");
  List documents;
  for (auto const& code : papers)
    documents.emplace_back(Context{{"code", code}, {"sha256", sha(code, 0)}});
  variables["documents"] = documents;
  return rule_of(Story{}.file("2026-11-21T10:00", variables));
}

TEST(Subtypes, there_are_seven_and_each_cites_its_item) {
  std::vector<std::string> ids;
  for (auto const& subtype : service_77()->subtypes) {
    ids.push_back(subtype.id);
    EXPECT_EQ(subtype.cite, "a30.8." + subtype.id.substr(1)) << subtype.code;
    EXPECT_EQ(filed(subtype.code, {"penalty_ruling", "court_ruling"}), "") << subtype.code;
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"S1", "S2", "S3", "S4", "S5", "S6", "S7"}));
}

TEST(Subtypes, whoever_was_released_brings_no_paper) {
  EXPECT_TRUE(kind("released").documents.empty());
  EXPECT_EQ(kind("released").old_id, "none");
  EXPECT_EQ(filed("released"), "");
  LAW("R77-21");
}

TEST(Subtypes, a_new_citizen_who_served_elsewhere_brings_no_paper) {
  EXPECT_TRUE(kind("naturalised").documents.empty());
  EXPECT_EQ(kind("naturalised").old_id, "none");
  EXPECT_EQ(filed("naturalised"), "");
  LAW("R77-22");
}

TEST(Subtypes, a_restored_rank_needs_the_ruling_of_the_court) {
  ASSERT_EQ(kind("rank_restored").documents.size(), 1U);
  EXPECT_TRUE(kind("rank_restored").documents.front().required);
  EXPECT_EQ(filed("rank_restored"), "R77-23");
  EXPECT_EQ(filed("rank_restored", {"loss_certificate"}), "R77-23");
  LAW("R77-23");
  EXPECT_EQ(filed("rank_restored", {"court_ruling"}), "");
}

TEST(Subtypes, after_a_change_of_name_the_old_original_is_given_up_at_the_branch) {
  EXPECT_TRUE(kind("name_change").documents.empty());
  EXPECT_EQ(kind("name_change").old_id, "required");
  Story story;
  at_branch(story, "name_change");
  EXPECT_EQ(rule_of(story.complete("Task_Issue", "2026-11-27T11:00", k_operator, handover())),
            "R77-28");
  LAW("R77-26");
  DONE(story.complete("Task_Issue", "2026-11-27T11:05", k_operator, handover(true)));
  DONE(story.answer("Svc_RegisterIssue", "2026-11-27T11:05"));
  EXPECT_EQ(story.state(), "issued");
}

TEST(Subtypes, whoever_has_no_old_id_is_not_asked_for_one) {
  for (auto const* const code : {"dismissed", "released", "naturalised", "rank_restored"}) {
    Story story;
    at_branch(story, code);
    EXPECT_EQ(story.complete("Task_Issue", "2026-11-27T11:00", k_operator, handover(true))->text,
              "error.unknown_field")
        << code;
    DONE(story.complete("Task_Issue", "2026-11-27T11:05", k_operator, handover()));
  }
}

TEST(Subtypes, papers_are_those_of_the_law_and_no_others) {
  std::set<std::string> asked;
  for (auto const& subtype : service_77()->subtypes)
    for (auto const& document : subtype.documents) asked.insert(subtype.id + " " + document.code);
  EXPECT_EQ(asked,
            (std::set<std::string>{"S4 court_ruling", "S5 loss_certificate", "S5 penalty_ruling"}));
  LAW("R77-15");
}

TEST(Subtypes, an_id_a_duplicate_or_a_refusal_comes_out) {
  std::string results;
  for (auto const& subtype : service_77()->subtypes)
    results += subtype.id + " " + subtype.result + "\n";
  EXPECT_EQ(results,
            "S1 result.military_id\nS2 result.military_id\nS3 result.military_id\n"
            "S4 result.military_id\nS5 result.duplicate\nS6 result.duplicate\n"
            "S7 result.duplicate\n");
  std::set<std::string> papers, kinds;
  for (auto const& [id, form] : service_77()->forms) {
    for (auto const& made : form.produces)
      if (made.path == "draft.document") papers.insert(made.document);
    for (auto const& field : form.fields)
      if (field.name == "id.kind")
        for (auto const& choice : field.choices) kinds.insert(choice.value);
  }
  EXPECT_EQ(papers, (std::set<std::string>{"place_info", "refusal"}));
  LAW("R77-07");
  EXPECT_EQ(kinds, (std::set<std::string>{"officer", "rank_and_file"}));
  LAW("R77-43");
}

TEST(Subtypes, the_place_of_the_branch_changes_no_milestone) {
  auto const latest = [](std::string_view branch) {
    auto variables = application("dismissed", "city");
    set_path(variables, "branch.id", branch);
    Story story;
    EXPECT_FALSE(story.file("2026-11-21T10:00", variables));
    return story.now.deadlines;
  };
  auto const near = latest("b1"), far = latest("b9");
  EXPECT_EQ(near.due, far.due);
  ASSERT_EQ(near.milestones.size(), far.milestones.size());
  for (std::size_t i = 0; i < near.milestones.size(); ++i)
    EXPECT_EQ(near.milestones[i].latest, far.milestones[i].latest) << near.milestones[i].code;
  LAW("E-30");
}

TEST(Subtypes, is_applied_for_by_the_citizen_alone_and_handed_over_by_the_branch) {
  for (auto const* official : {&k_registrar, &k_executor, &k_head, &k_operator})
    EXPECT_TRUE(Story{}.file("2026-11-21T10:00", application("dismissed", "city"), *official))
        << official->role;
  LAW("R-GEN-03");
  Story story;
  at_branch(story);
  EXPECT_EQ(std::ranges::count(story.effects, "place_info", &Effect::kind), 1) << "on the portal";
  for (auto const* official : {&k_citizen, &k_registrar, &k_executor, &k_head})
    EXPECT_TRUE(story.complete("Task_Issue", "2026-11-27T11:00", *official, handover()))
        << official->role;
  DONE(story.complete("Task_Issue", "2026-11-27T11:00", k_operator, handover()));
  LAW("R77-03");
}

TEST(Subtypes, a_citizen_without_service_is_refused_in_peacetime_but_not_unheard) {
  Story story;
  DONE(story.file("2026-12-10T17:59", application("dismissed", "district")));
  DONE(story.complete("Task_Register", "2026-12-10T18:30", k_registrar, registered()));
  EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-12-11T10:00", k_executor, approval(false))),
            "R77-17");
  auto unserved = finding("G2");
  unserved["checklist.served"] = false;
  unserved["checklist.documents"] = true;
  DONE(story.complete("Task_Review", "2026-12-11T10:00", k_executor, unserved));
  EXPECT_FALSE(story.open("Task_RefusalDraft"));
  DONE(story.complete("Task_Notice", "2026-12-11T14:00", k_executor, notice("2026-12-15T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-11T14:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-11T15:02"));
  DONE(story.complete("Task_Hearing", "2026-12-15T11:30", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2026-12-15T12:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-12-17T09:30", k_head, signing()));
  LAW("E-18");
  EXPECT_EQ(story.effects.back().kind, "refusal");
  EXPECT_EQ(story.variable("review.ground"), "G2");
}

TEST(Subtypes, the_public_facts_are_those_of_the_annex) {
  auto const text = [](Package const& package, std::string_view code) {
    auto const row = std::ranges::find(package.passport, code, &PassportRow::code);
    return row == package.passport.end() ? "" : package.texts.at("en").at(row->text);
  };
  EXPECT_EQ(text(*service_77(), "cost"), "Free of charge");
  LAW("R-GEN-13");
  for (auto const* const site : {"www.gov.kz", "www.egov.kz", "www.gov4c.kz"})
    EXPECT_NE(text(*service_77(), "addresses").find(site), std::string::npos) << site;
  LAW("R77-14");
}

}  // namespace
}  // namespace qyzmet::engine
