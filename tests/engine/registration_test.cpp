// Service 78 through the pure engine: the worked examples of the law, and what it forbids.
#include "tests/engine/stages_78.hpp"

namespace qyzmet::engine {
namespace {

TEST(Registration, a_man_released_from_prison_is_registered_as_in_example_78_a) {
  Registration story;
  in_review(story);
  EXPECT_EQ(to_iso(story.now.deadlines.accepted), "2026-12-17");
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-12-21");
  LAW("R78-03");
  EXPECT_EQ(story.latest("registration"), "2026-12-17");
  EXPECT_EQ(story.latest("draft"), "2026-12-18");
  LAW("R78-08");
  EXPECT_EQ(story.latest("result"), "2026-12-21");
  LAW("R78-09");
  EXPECT_EQ(story.latest("hearing_notice"), "");
  EXPECT_EQ(story.state(), "in_review");
  DONE(story.complete("Task_Review", "2026-12-18T10:00", k_executor, approved_78()));
  DONE(story.complete("Task_Draft", "2026-12-18T11:00", k_executor, draft_78("conscript")));
  EXPECT_EQ(story.state(), "signing");
  DONE(story.complete("Task_Sign", "2026-12-21T10:00", k_head, signing()));
  EXPECT_EQ(story.effects.back().kind, "registration.enter");
  LAW("R78-12");
  DONE(story.answer("Svc_Enroll", "2026-12-21T10:01"));
  EXPECT_EQ(story.effects.back().kind, "registration_notice");
  EXPECT_EQ(story.effects.back().sha256, story.variable("draft.document"));
  LAW("R78-05");
  DONE(story.answer("Svc_SendNotice", "2026-12-21T10:02"));
  EXPECT_TRUE(story.now.ended);
  EXPECT_EQ(story.state(), "registered");
  EXPECT_TRUE(story.now.breaches.empty());
  EXPECT_TRUE(story.now.tokens.empty() && story.now.timers.empty() &&
              story.now.subscriptions.empty() && story.now.tasks.empty());
  int entries = 0;
  for (auto const& effect : story.effects) entries += effect.kind == "registration.enter" ? 1 : 0;
  EXPECT_EQ(entries, 1);
  LAW("INV-21");
}

TEST(Registration, a_refusal_needs_no_hearing_and_comes_within_two_working_days) {
  Registration story;
  DONE(story.file("2026-11-21T10:00", application_78("dismissed")));
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-11-25");
  DONE(story.complete("Task_Register", "2026-11-23T09:10", k_registrar, accepted_78()));
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, found_78("G1")));
  DONE(story.complete("Task_RefusalDraft", "2026-11-24T11:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-11-24T12:00", k_head, signing()));
  LAW("R78-10");
  EXPECT_EQ(story.effects.back().kind, "refusal");
  EXPECT_EQ(story.effects.back().sha256, story.variable("draft.document"));
  DONE(story.answer("Svc_SendRefusal", "2026-11-24T12:01"));
  EXPECT_EQ(story.state(), "refused");
  EXPECT_TRUE(story.now.breaches.empty());
}

TEST(Registration, never_refuses_because_somebody_is_not_on_the_register) {
  Registration story;
  in_review(story);
  EXPECT_EQ(story.complete("Task_Review", "2026-12-18T10:00", k_executor, found_78("G3"))->text,
            "error.not_a_choice");
  LAW("INV-08");
  LAW("R78-40");
  DONE(story.complete("Task_Review", "2026-12-18T10:00", k_executor, found_78("G2")));
}

std::string filed(Context const& variables) {
  return rule_of(Registration{}.file("2026-12-15T10:00", variables));
}

TEST(Registration, each_category_brings_its_own_documents) {
  for (auto const* subtype : {"naturalised", "dismissed", "released", "speciality", "first_time"})
    EXPECT_EQ(filed(application_78(subtype)), "") << subtype;
  LAW("R78-20");
  LAW("INV-20");  // what is asked "if any" was given by none of them
  for (auto const* subtype : {"dismissed", "released", "first_time"}) {
    auto variables = application_78(subtype);
    variables["documents"] = List{};
    EXPECT_EQ(filed(variables), "INV-19") << subtype;
  }
  LAW("INV-19");
  LAW("R78-21");
  LAW("R78-22");
  LAW("R78-24");
  auto variables = application_78("dismissed");
  set_path(variables, "declared.dismissed_for_health", true);
  EXPECT_EQ(filed(variables), "INV-19");
  variables["documents"] = List{paper("prescription"), paper("fitness")};
  EXPECT_EQ(filed(variables), "");
  variables = application_78("first_time");
  set_path(variables, "declared.released_from_prison", true);
  EXPECT_EQ(filed(variables), "INV-19");
  EXPECT_EQ(filed(released_first_time()), "");
  set_path(variables, "declared.released_from_prison", false);
  set_path(variables, "declared.fitness_conclusion", false);
  EXPECT_EQ(filed(variables), "R78-27");
  LAW("R78-27");
}

TEST(Registration, the_rows_of_documents_say_the_same) {
  for (auto const& subtype : service_78()->subtypes)
    for (auto const& document : subtype.documents) {
      bool const optional = document.code == "education" || document.code == "military_id" ||
                            document.code == "service_relation";
      bool const conditional = document.code == "fitness" ||
                               (document.code == "release" && subtype.code == "first_time");
      EXPECT_TRUE(document.required);
      ASSERT_EQ(document.when.has_value(), optional || conditional)
          << subtype.code << " " << document.code;
      // Who does not declare to have it is not asked for it.
      if (optional) {
        EXPECT_FALSE(document.when->is_true(Context{}, seed())) << document.code;
        EXPECT_EQ(document.when->text(), "declared.has_" + document.code + " = true");
      }
      EXPECT_NE(document.code, "identity");
      EXPECT_NE(document.code, "address");
    }
  LAW("R78-25");
  LAW("R78-26");
  LAW("INV-18");
}

TEST(Registration, the_public_facts_are_those_of_the_annex) {
  auto const text = [](std::string_view code) {
    auto const& package = *service_78();
    auto const row = std::ranges::find(package.passport, code, &PassportRow::code);
    return row == package.passport.end() ? "" : package.texts.at("en").at(row->text);
  };
  EXPECT_EQ(text("cost"), "Free of charge");
  auto paid = application_78("dismissed");
  paid["fee"] = 100;
  EXPECT_EQ(filed(paid), "error.unknown_field");
  LAW("R78-06");
  EXPECT_FALSE(service_78()->roles.contains("branch_operator")) << "no branch takes part";
  for (auto const& [id, form] : service_78()->forms)
    for (auto const& field : form.fields) EXPECT_NE(field.source, "branches") << id;
  LAW("R78-02");
  for (auto const* const site : {"www.mod.gov.kz", "www.gov.kz", "www.egov.kz", "www.gov4c.kz"})
    EXPECT_NE(text("addresses").find(site), std::string::npos) << site;
  LAW("R78-14");
}

TEST(Registration, what_comes_after_hours_is_accepted_on_the_next_working_day) {
  for (auto const* const filed_at : {"2026-11-20T18:01", "2026-11-21T10:00", "2026-11-23T17:59"}) {
    Registration story;
    DONE(story.file(filed_at, application_78("dismissed")));
    EXPECT_EQ(to_iso(story.now.deadlines.accepted), "2026-11-23") << filed_at;
  }
  LAW("R78-07");
}

TEST(Registration, categories_are_for_the_people_they_name) {
  auto woman = application_78("first_time");
  set_path(woman, "person.sex", "female");
  EXPECT_EQ(filed(woman), "R78-28");
  auto man = application_78("speciality");
  set_path(man, "person.sex", "male");
  EXPECT_EQ(filed(man), "R78-28");
  auto without = application_78("speciality");
  set_path(without, "declared.speciality", false);
  EXPECT_EQ(filed(without), "R78-28");
  LAW("R78-28");
  LAW("R78-23");
  auto never = application_78("released");
  set_path(never, "declared.registered_before", false);
  EXPECT_EQ(filed(never), "R78-49");
  auto before = application_78("first_time");
  set_path(before, "declared.registered_before", true);
  EXPECT_EQ(filed(before), "R78-49");
  LAW("R78-49");
}

TEST(Registration, the_review_approves_only_what_was_checked) {
  for (auto const& [box, rule] :
       std::map<std::string, std::string>{{"checklist.gateway", "R78-11"},
                                          {"checklist.status", "R78-47"},
                                          {"checklist.documents", "R78-25"}}) {
    Registration story;
    in_review(story);
    auto form = approved_78();
    form[box] = false;
    EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-12-18T10:00", k_executor, form)), rule);
  }
  LAW("R78-11");
  LAW("R78-47");
}

std::string drafted(Context variables, std::string_view kind, bool served) {
  Registration story;
  EXPECT_FALSE(story.file("2026-12-15T10:00", std::move(variables)));
  EXPECT_FALSE(story.complete("Task_Register", "2026-12-15T10:10", k_registrar, accepted_78()));
  EXPECT_FALSE(story.complete("Task_Review", "2026-12-15T11:00", k_executor, approved_78()));
  return rule_of(
      story.complete("Task_Draft", "2026-12-15T12:00", k_executor, draft_78(kind, served)));
}

TEST(Registration, the_kind_of_the_notification_follows_from_sex_age_and_service) {
  auto const young = application_78("first_time");
  EXPECT_EQ(drafted(young, "conscript", false), "");
  EXPECT_EQ(drafted(young, "reservist", false), "R78-13");
  EXPECT_EQ(drafted(young, "conscript", true), "R78-13");
  EXPECT_EQ(drafted(young, "reservist", true), "");
  auto older = young;
  set_path(older, "person.conscript_until", day("2026-12-15"));
  EXPECT_EQ(drafted(older, "conscript", false), "R78-13");
  EXPECT_EQ(drafted(older, "reservist", false), "");
  EXPECT_EQ(drafted(application_78("speciality"), "conscript", false), "R78-13");
  EXPECT_EQ(drafted(application_78("speciality"), "reservist", false), "");
  LAW("R78-13");
}

TEST(Registration, an_age_limit_reached_before_the_signature_counts_on_the_day_of_decision) {
  Registration story;
  auto variables = released_first_time();
  set_path(variables, "person.conscript_until", day("2026-12-20"));
  in_review(story, variables);
  DONE(story.complete("Task_Review", "2026-12-18T10:00", k_executor, approved_78()));
  DONE(story.complete("Task_Draft", "2026-12-18T11:00", k_executor, draft_78("conscript")));
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-21T10:00", k_head, signing())), "R78-13");
  LAW("E-25");
  DONE(story.complete("Task_Sign", "2026-12-21T10:05", k_head, signing("return")));
  DONE(story.complete("Task_Review", "2026-12-21T10:10", k_executor, approved_78()));
  DONE(story.complete("Task_Draft", "2026-12-21T10:20", k_executor, draft_78("reservist")));
  DONE(story.complete("Task_Sign", "2026-12-21T10:30", k_head, signing_78()));
}

TEST(Registration, whoever_is_past_the_age_of_the_reserve_is_not_taken_on_the_register) {
  Registration story;
  DONE(story.file("2026-12-14T10:00", application_78("speciality")));
  DONE(story.complete("Task_Register", "2026-12-14T10:10", k_registrar, accepted_78()));
  DONE(story.complete("Task_Review", "2026-12-14T11:00", k_executor, approved_78()));
  EXPECT_EQ(rule_of(story.complete("Task_Draft", "2026-12-14T12:00", k_executor,
                                   draft_78("reservist", false, "removed"))),
            "R-CAT-13");
  DONE(story.complete("Task_Draft", "2026-12-14T12:00", k_executor, draft_78("reservist")));
  // A birthday between draft and signature changes the category.
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-15T10:00", k_head, signing_78("removed"))),
            "R-CAT-13");
  LAW("R-CAT-13");
  DONE(story.complete("Task_Sign", "2026-12-15T10:00", k_head, signing_78()));
}

TEST(Registration, an_incomplete_set_is_turned_down_until_the_day_after_acceptance) {
  Context const rejected{{"register.outcome", "reject"},
                         {"register.missing", "The medical card cannot be read."}};
  Registration story;
  DONE(story.file("2026-12-15T19:30", released_first_time()));
  auto late = story;
  DONE(story.complete("Task_Register", "2026-12-18T17:00", k_registrar, rejected));
  EXPECT_EQ(story.effects.back().kind, "acceptance_rejected");
  DONE(story.answer("Svc_NotifyRejected", "2026-12-18T17:01"));
  EXPECT_EQ(story.state(), "not_accepted");
  EXPECT_EQ(rule_of(late.complete("Task_Register", "2026-12-21T09:00", k_registrar, rejected)),
            "R-GEN-17");
  LAW("R-GEN-17");
}

TEST(Registration, can_be_withdrawn_until_the_decision_is_signed) {
  Registration story;
  in_review(story);
  auto signed_one = story;
  DONE(story.send("application.withdrawn", "2026-12-17T15:00"));
  DONE(story.answer("Svc_NotifyWithdrawn", "2026-12-17T15:01"));
  EXPECT_EQ(story.state(), "withdrawn");
  DONE(signed_one.complete("Task_Review", "2026-12-18T10:00", k_executor, approved_78()));
  DONE(signed_one.complete("Task_Draft", "2026-12-18T11:00", k_executor, draft_78("conscript")));
  DONE(signed_one.complete("Task_Sign", "2026-12-21T10:00", k_head, signing()));
  EXPECT_EQ(rule_of(signed_one.send("application.withdrawn", "2026-12-21T10:00")), "INV-30");
}

TEST(Registration, missed_days_are_recorded_once_and_block_nothing) {
  Registration story;
  DONE(story.file("2026-12-15T19:30", released_first_time()));
  DONE(story.tick("2026-12-18T00:00"));
  EXPECT_TRUE(story.breached("registration"));
  DONE(story.tick("2026-12-19T00:00"));
  EXPECT_TRUE(story.breached("draft"));
  DONE(story.tick("2026-12-22T00:00"));
  EXPECT_TRUE(story.breached("result"));
  EXPECT_EQ(story.now.breaches.size(), 3U);
  DONE(story.complete("Task_Register", "2026-12-22T09:00", k_registrar, accepted_78()));
  DONE(story.complete("Task_Review", "2026-12-22T10:00", k_executor, approved_78()));
  DONE(story.complete("Task_Draft", "2026-12-22T11:00", k_executor, draft_78("conscript")));
  DONE(story.complete("Task_Sign", "2026-12-22T12:00", k_head, signing()));
  DONE(story.answer("Svc_Enroll", "2026-12-22T12:01"));
  DONE(story.answer("Svc_SendNotice", "2026-12-22T12:02"));
  EXPECT_EQ(story.state(), "registered");
  EXPECT_EQ(story.count("breach"), 3);
}

TEST(Registration, its_term_is_never_extended) {
  EXPECT_TRUE(service_78()->term.extensions.empty());
  LAW("INV-25");
  EXPECT_TRUE(service_78()->offered);
}

TEST(Registration, the_executor_of_a_case_never_signs_it) {
  Registration story;
  in_review(story);
  DONE(story.complete("Task_Review", "2026-12-18T10:00", k_executor, approved_78()));
  DONE(story.complete("Task_Draft", "2026-12-18T11:00", k_executor, draft_78("conscript")));
  auto both = k_executor;
  both.role = "head";
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-21T10:00", both, signing())), "R-GEN-28");
  Actor const stranger{.user = "203", .role = "head", .unit = "o2"};
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-21T10:00", stranger, signing())),
            "R78-01");
  LAW("R78-01");
}

}  // namespace
}  // namespace qyzmet::engine
