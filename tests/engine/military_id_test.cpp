#include <algorithm>
#include <random>

#include "tests/engine/ways_77.hpp"

namespace qyzmet::engine {
namespace {

/// Example 77-B: five working days in a district, loss without a signed ruling.
void noticed(Story& story) {
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  DONE(story.complete("Task_Register", "2026-12-10T18:30", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-11T10:00", k_executor, finding()));
  DONE(story.complete("Task_Notice", "2026-12-11T14:00", k_executor, notice("2026-12-15T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-11T14:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-11T15:02"));
}

/// Example 77-C: the ground is found after the latest day of notice.
void found_late(Story& story) {
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  DONE(story.complete("Task_Register", "2026-12-10T18:30", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-15T10:00", k_executor, finding()));
}

TEST(MilitaryId, an_id_is_issued_in_a_city_within_seven_working_days) {
  Story story;
  DONE(story.file("2026-11-21T10:00", application("dismissed", "city")));
  EXPECT_EQ(to_iso(story.now.deadlines.accepted), "2026-11-23");
  LAW("R-GEN-09");
  LAW("R77-10");
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-12-02");
  LAW("R77-04");
  EXPECT_EQ(story.state(), "submitted");
  DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  EXPECT_EQ(story.state(), "in_review");
  DONE(story.complete("Task_Review", "2026-11-25T11:00", k_executor, approval()));
  DONE(story.complete("Task_Draft", "2026-11-26T10:00", k_executor, draft()));
  EXPECT_EQ(story.state(), "signing");
  DONE(story.complete("Task_Sign", "2026-11-26T12:00", k_head, signing()));
  EXPECT_EQ(story.state(), "in_transit");
  DONE(story.complete("Task_Dispatch", "2026-11-26T15:00", k_registrar,
                      {{"delivery.registry_number", "R-17"}}));
  DONE(story.complete("Task_Receive", "2026-11-27T10:00", k_operator,
                      {{"delivery.condition", "accepted"}}));
  EXPECT_EQ(story.effects.back().kind, "place_info");
  EXPECT_EQ(story.effects.back().sha256, story.variable("draft.document"));
  LAW("R77-41");
  DONE(story.answer("Svc_SendPlaceInfo", "2026-11-27T10:05"));
  EXPECT_EQ(story.state(), "at_branch");
  DONE(story.complete("Task_Issue", "2026-11-28T12:30", k_operator, handover()));
  EXPECT_EQ(story.effects.back().kind, "military_id.issue");
  LAW("R77-27");
  DONE(story.answer("Svc_RegisterIssue", "2026-11-28T12:30"));
  EXPECT_TRUE(story.now.ended);
  EXPECT_EQ(story.state(), "issued");
  EXPECT_TRUE(story.now.breaches.empty());
  EXPECT_TRUE(story.now.tokens.empty() && story.now.timers.empty() &&
              story.now.subscriptions.empty() && story.now.tasks.empty());
}

TEST(MilitaryId, every_milestone_of_the_worked_example_has_its_day) {
  Story story;
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  EXPECT_EQ(story.latest("registration"), "2026-12-10");
  LAW("R77-30");
  EXPECT_EQ(story.latest("hearing_notice"), "2026-12-14");
  LAW("R77-33");
  EXPECT_EQ(story.latest("draft"), "2026-12-15");
  LAW("R77-31");
  EXPECT_EQ(story.latest("delivery"), "2026-12-17");
  LAW("R77-32");
  EXPECT_EQ(story.latest("hearing"), "2026-12-17");
  LAW("R77-35");
  EXPECT_EQ(story.latest("result"), "2026-12-18");
  LAW("R77-40");
  EXPECT_EQ(story.latest("place_info"), "2026-12-18");
}

TEST(MilitaryId, a_refusal_after_a_hearing_follows_the_worked_example_day_by_day) {
  Story story;
  noticed(story);
  EXPECT_EQ(story.state(), "hearing");
  EXPECT_EQ(story.date("hearing.delivered_on"), "2026-12-11");
  DONE(story.complete("Task_Hearing", "2026-12-15T11:30", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2026-12-15T12:00", k_executor, refusal_form()));
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-15T12:10", k_head, signing())), "R77-36");
  LAW("R77-36");
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-16T23:59", k_head, signing())), "R77-36");
  DONE(story.complete("Task_Sign", "2026-12-17T09:30", k_head, signing()));
  EXPECT_EQ(story.effects.back().kind, "refusal");
  EXPECT_EQ(story.effects.back().sha256, story.variable("draft.document"));
  LAW("R-GEN-15");
  DONE(story.answer("Svc_SendRefusal", "2026-12-17T09:31"));
  EXPECT_EQ(story.state(), "refused");
  EXPECT_FALSE(story.breached("result"));
  // The preliminary refusal was the draft (C-1), and delivery to a branch does not apply (C-5).
  EXPECT_TRUE(story.now.breaches.empty());
}

TEST(MilitaryId, an_old_sample_is_exchanged_only_against_the_old_id) {
  Story story;
  at_branch(story, "old_sample", "district");
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-11-30");
  EXPECT_EQ(rule_of(story.complete("Task_Issue", "2026-11-27T11:00", k_operator, handover())),
            "R77-28");
  LAW("R77-28");
  LAW("INV-14");
  EXPECT_EQ(story.state(), "at_branch");
  DONE(story.complete("Task_Issue", "2026-11-27T11:05", k_operator, handover(true)));
  DONE(story.answer("Svc_RegisterIssue", "2026-11-27T11:05"));
  EXPECT_EQ(story.state(), "issued");
  EXPECT_EQ(story.variable("old_id.number"), "sealed:3");
}

TEST(MilitaryId, the_applicant_may_withdraw_until_the_decision_is_signed) {
  for (int stage = 0; stage < 4; ++stage) {
    Story story;
    DONE(story.file("2026-11-21T10:00", application("dismissed", "city")));
    if (stage > 0)
      DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
    if (stage > 1) DONE(story.complete("Task_Review", "2026-11-24T11:00", k_executor, approval()));
    if (stage > 2) DONE(story.complete("Task_Draft", "2026-11-24T12:00", k_executor, draft()));
    DONE(story.send("application.withdrawn", "2026-11-24T15:00"));
    LAW("R-GEN-19");
    EXPECT_EQ(story.effects.back().kind, "withdrawn");
    EXPECT_TRUE(story.now.tasks.empty());
    DONE(story.answer("Svc_NotifyWithdrawn", "2026-11-24T15:01"));
    EXPECT_EQ(story.state(), "withdrawn");
    EXPECT_EQ(rule_of(story.send("application.withdrawn", "2026-11-24T16:00")), "INV-29");
    LAW("INV-29");
  }
}

TEST(MilitaryId, a_signed_decision_cannot_be_withdrawn) {
  Story story;
  approved_draft(story);
  DONE(story.complete("Task_Sign", "2026-11-26T12:00", k_head, signing()));
  auto const refused = story.send("application.withdrawn", "2026-11-26T12:01");
  EXPECT_EQ(rule_of(refused), "INV-30");
  LAW("INV-30");
  EXPECT_EQ(refused->cite, "appc.64");
}

TEST(MilitaryId, the_head_returns_a_draft_with_remarks_and_the_term_stays) {
  Story story;
  approved_draft(story);
  auto const due = story.now.deadlines.due;
  EXPECT_EQ(
      story.complete("Task_Sign", "2026-11-26T12:00", k_head, {{"sign.decision", "return"}})->field,
      "sign.remarks");
  DONE(story.complete("Task_Sign", "2026-11-26T12:00", k_head, signing("return")));
  LAW("R77-50");
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_EQ(story.now.deadlines.due, due);
  auto const first = story.variable("draft.document");
  DONE(story.complete("Task_Review", "2026-11-26T13:00", k_executor, approval()));
  DONE(story.complete("Task_Draft", "2026-11-26T13:30", k_executor, draft()));
  EXPECT_NE(story.variable("draft.document"), first);
  EXPECT_EQ(story.date("draft.made_on"), "2026-11-26");
}

TEST(MilitaryId, only_the_present_draft_can_be_signed_with_the_heads_own_signature) {
  Story story;
  approved_draft(story);
  auto const attempt = [&](std::optional<SignatureEvidence> const& signature) {
    return rule_of(story.apply(
        story.event("2026-11-26T12:00", k_head,
                    CompleteTask{.task = "Task_Sign", .form = signing(), .signature = signature})));
  };
  auto const present = story.variable("draft.document");
  EXPECT_EQ(attempt(std::nullopt), "INV-05");
  LAW("INV-05");
  EXPECT_EQ(attempt(SignatureEvidence{
                .document = sha("another", 1), .signature = sha("s", 1), .signer = k_head.user}),
            "INV-05");
  EXPECT_EQ(attempt(SignatureEvidence{
                .document = present, .signature = sha("s", 1), .signer = k_executor.user}),
            "INV-05");
  EXPECT_EQ(attempt(SignatureEvidence{
                .document = present, .signature = sha("s", 1), .signer = k_head.user}),
            "");
}

TEST(MilitaryId, the_executor_of_a_case_never_signs_it) {
  Story story;
  approved_draft(story);
  auto both = k_executor;
  both.role = "head";
  auto const refused = story.complete("Task_Sign", "2026-11-26T12:00", both, signing());
  EXPECT_EQ(rule_of(refused), "R-GEN-28");
  EXPECT_EQ(refused->text, "guard.four_eyes");
  LAW("R-GEN-28");
  LAW("INV-44");
}

TEST(MilitaryId, an_application_needs_a_certificate_or_a_one_time_password) {
  auto const rule = [](auto change) {
    auto variables = application("dismissed", "city");
    change(variables);
    return rule_of(Story{}.file("2026-11-21T10:00", variables));
  };
  EXPECT_EQ(rule([](Context& v) { set_path(v, "certified.by", "password"); }), "R-GEN-04");
  LAW("R-GEN-04");
  EXPECT_EQ(rule([](Context& v) { set_path(v, "certified.signature", Value{}); }), "INV-04");
  LAW("INV-04");
  EXPECT_EQ(rule([](Context& v) {
              set_path(v, "certified.by", "otp");
              set_path(v, "certified.signature", Value{});
            }),
            "INV-04");
  EXPECT_EQ(rule([](Context& v) {
              set_path(v, "certified.by", "otp");
              set_path(v, "certified.signature", Value{});
              set_path(v, "certified.confirmed_at", at("2026-11-21T09:59"));
            }),
            "");
  LAW("R77-18");
  EXPECT_EQ(rule([](Context& v) { v["consent"] = false; }), "R-GEN-27");
  LAW("R-GEN-27");
  EXPECT_EQ(rule([](Context& v) { set_path(v, "branch.id", Value{}); }), "R77-08");
  LAW("R77-08");
  EXPECT_EQ(rule([](Context& v) { v["subtype"] = "lost_everything"; }), "R77-01");
  LAW("R77-01");
  EXPECT_EQ(rule([](Context& v) { v["applicant"] = "999"; }), "INV-45");
  LAW("INV-45");
  EXPECT_EQ(rule([](Context& v) { v["fee"] = 100; }), "error.unknown_field");
  LAW("INV-06");
  LAW("R77-09");
}

TEST(MilitaryId, a_lost_id_needs_one_of_two_proofs) {
  auto const rule = [](List const& documents) {
    auto variables = application("lost_damaged", "city");
    variables["documents"] = documents;
    return rule_of(Story{}.file("2026-11-21T10:00", variables));
  };
  auto const paper = [](std::string_view code) {
    return Value{Context{{"code", code}, {"sha256", sha(code, 0)}}};
  };
  EXPECT_EQ(rule({}), "INV-17");
  EXPECT_EQ(rule({paper("photo")}), "INV-17");
  LAW("INV-17");
  LAW("R77-24");
  EXPECT_EQ(rule({paper("penalty_ruling")}), "");
  EXPECT_EQ(rule({paper("loss_certificate")}), "");
}

TEST(MilitaryId, nothing_is_asked_from_the_citizen_that_the_gateway_knows) {
  for (auto const& subtype : service_77()->subtypes)
    for (auto const& document : subtype.documents) {
      EXPECT_NE(document.code, "photo");
      EXPECT_NE(document.code, "identity");
    }
  LAW("INV-18");
  LAW("R-GEN-18");
  Story story;
  DONE(story.file("2026-11-21T10:00", application("dismissed", "city")));
  DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  auto form = approval();
  form["checklist.photo"] = false;
  EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-11-25T11:00", k_executor, form)), "R77-29");
  LAW("R77-29");
}

TEST(MilitaryId, the_review_approves_only_what_was_checked) {
  auto const rule = [](std::string_view box) {
    Story story;
    EXPECT_FALSE(story.file("2026-11-21T10:00", application("dismissed", "city")));
    EXPECT_FALSE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
    auto form = approval();
    form[std::string{box}] = false;
    return rule_of(story.complete("Task_Review", "2026-11-25T11:00", k_executor, form));
  };
  EXPECT_EQ(rule("checklist.registered"), "R77-62");
  LAW("R77-62");
  EXPECT_EQ(rule("checklist.served"), "R77-17");
  LAW("R77-17");
  LAW("INV-16");
  EXPECT_EQ(rule("checklist.documents"), "R77-31");
  LAW("R77-31");
}

TEST(MilitaryId, in_wartime_a_citizen_without_service_may_get_an_id) {
  Story story;
  auto variables = application("dismissed", "city");
  variables["mode"] = "wartime";
  DONE(story.file("2026-11-21T10:00", variables));
  DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-11-25T11:00", k_executor, approval(false)));
}

TEST(MilitaryId, waiting_for_the_applicant_does_not_stop_the_clock) {
  Story story;
  noticed(story);
  auto const due = story.now.deadlines.due;
  EXPECT_EQ(to_iso(due), "2026-12-18");
  DONE(story.tick("2026-12-19T00:00"));
  LAW("E-06");
  EXPECT_EQ(story.now.deadlines.due, due);
  EXPECT_TRUE(story.breached("result"));
  DONE(story.complete("Task_Hearing", "2026-12-21T11:30", k_executor, absence()));
  EXPECT_EQ(story.now.deadlines.due, due);
}

TEST(MilitaryId, a_refusal_names_a_ground_of_the_closed_list) {
  Story story;
  DONE(story.file("2026-11-21T10:00", application("dismissed", "city")));
  DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  EXPECT_EQ(story.complete("Task_Review", "2026-11-24T11:00", k_executor, finding("G9"))->text,
            "error.not_a_choice");
  LAW("R77-16");
  for (auto const& [ground, rule] :
       std::map<std::string, std::string>{{"G1", "R77-60"}, {"G2", "R77-61"}, {"G3", "R77-62"}}) {
    auto found = story;
    DONE(found.complete("Task_Review", "2026-11-24T11:00", k_executor, finding(ground)));
    EXPECT_TRUE(found.open("Task_Notice")) << "no refusal unheard";
    EXPECT_EQ(found.variable("review.ground"), ground);
    auto const& grounds = service_77()->grounds;
    auto const listed = std::ranges::find(grounds, ground, &Ground::code);
    ASSERT_NE(listed, grounds.end()) << ground;
    EXPECT_EQ(listed->rule, rule);
    EXPECT_TRUE(listed->cite.starts_with("a30.9"));
  }
  LAW("R77-60");
  LAW("R77-61");
  auto form = finding("G3");
  form.erase("review.reasons");
  EXPECT_EQ(story.complete("Task_Review", "2026-11-24T11:00", k_executor, form)->field,
            "review.reasons");
  LAW("INV-07");
  DONE(story.complete("Task_Review", "2026-11-24T11:00", k_executor, finding("G3")));
  EXPECT_TRUE(story.open("Task_Notice"));
  LAW("R77-64");
}

TEST(MilitaryId, a_refusal_needs_its_reasons_and_the_body_that_hears_complaints) {
  Story story;
  noticed(story);
  DONE(story.complete("Task_Hearing", "2026-12-15T11:30", k_executor, absence()));
  EXPECT_EQ(story.complete("Task_RefusalDraft", "2026-12-15T12:00", k_executor, {})->field,
            "refusal.reasons");
  DONE(story.complete("Task_RefusalDraft", "2026-12-15T12:00", k_executor, refusal_form()));
  set_path(story.now.variables, "office.superior.ru", Value{});
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-17T09:30", k_head, signing())), "INV-07");
  LAW("R-GEN-16");
}

TEST(MilitaryId, the_notice_goes_out_three_working_days_before_the_end_at_the_latest) {
  Story story;
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  DONE(story.complete("Task_Register", "2026-12-10T18:30", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-14T10:00", k_executor, finding()));
  EXPECT_TRUE(story.open("Task_Notice"));
  DONE(story.tick("2026-12-15T00:00"));
  EXPECT_FALSE(story.open("Task_Notice"));
  EXPECT_TRUE(story.open("Task_LateGround"));
  LAW("R77-33");
  EXPECT_EQ(rule_of(story.complete("Task_Notice", "2026-12-15T09:00", k_executor,
                                   notice("2026-12-17T11:00"))),
            "R77-33");
}

TEST(MilitaryId, the_hearing_is_set_within_two_working_days_after_the_notice) {
  auto const rule = [](std::string_view slot) {
    Story story;
    EXPECT_FALSE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
    EXPECT_FALSE(story.complete("Task_Register", "2026-12-10T18:30", k_registrar, registered()));
    EXPECT_FALSE(story.complete("Task_Review", "2026-12-11T10:00", k_executor, finding()));
    return rule_of(story.complete("Task_Notice", "2026-12-11T14:00", k_executor, notice(slot)));
  };
  EXPECT_EQ(rule("2026-12-17T11:00"), "INV-10");  // the 16th is a holiday, the 15th the last day
  EXPECT_EQ(rule("2026-12-11T13:00"), "INV-10");  // in the past
  EXPECT_EQ(rule("2026-12-12T11:00"), "INV-10");  // a Saturday
  LAW("INV-10");
  EXPECT_EQ(rule("2026-12-15T11:00"), "");
}

TEST(MilitaryId, absence_is_recorded_only_after_the_slot_and_with_proof_of_delivery) {
  Story story;
  noticed(story);
  EXPECT_EQ(rule_of(story.complete("Task_Hearing", "2026-12-15T10:59", k_executor, absence())),
            "R77-35");
  LAW("R77-35");
  auto unproven = story;
  set_path(unproven.now.variables, "hearing.delivered_on", Value{});
  EXPECT_EQ(rule_of(unproven.complete("Task_Hearing", "2026-12-15T11:30", k_executor, absence())),
            "INV-11");
  LAW("INV-11");
  LAW("E-10");
  DONE(story.complete("Task_Hearing", "2026-12-15T11:30", k_executor, absence()));
  LAW("R77-38");
}

TEST(MilitaryId, a_notice_without_proof_of_delivery_is_sent_again_or_counts_as_late) {
  Story story;
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  DONE(story.complete("Task_Register", "2026-12-10T18:30", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-11T10:00", k_executor, finding()));
  DONE(story.complete("Task_Notice", "2026-12-11T14:00", k_executor, notice("2026-12-15T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-11T14:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-11T15:02", false));
  EXPECT_TRUE(story.open("Task_Notice"));
  DONE(story.complete("Task_Notice", "2026-12-14T14:00", k_executor, notice("2026-12-15T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-14T14:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-15T08:00"));
  EXPECT_TRUE(story.open("Task_LateGround"));
}

TEST(MilitaryId, a_hearing_that_convinces_leads_to_the_id_at_once) {
  Story story;
  noticed(story);
  DONE(story.complete("Task_Hearing", "2026-12-15T12:00", k_executor,
                      held("2026-12-15T11:00", "2026-12-15T11:40", "approve")));
  DONE(story.complete("Task_Minutes", "2026-12-15T12:10", k_executor));
  DONE(story.complete("Task_MinutesSecretary", "2026-12-15T12:10", k_secretary));
  DONE(story.answer("Svc_SendMinutes", "2026-12-15T12:11"));
  EXPECT_TRUE(story.open("Task_Draft"));
  DONE(story.complete("Task_Draft", "2026-12-15T13:00", k_executor, draft()));
  DONE(story.complete("Task_Sign", "2026-12-15T14:00", k_head, signing()));
  EXPECT_EQ(story.variable("decision.outcome"), "issue");
  LAW("R77-44");
  LAW("INV-12");
}

TEST(MilitaryId, an_oral_hearing_has_minutes_with_honest_times) {
  Story story;
  noticed(story);
  auto form = held("2026-12-15T11:00", "2026-12-15T11:40", "refuse");
  form.erase("hearing.minutes");
  EXPECT_EQ(story.complete("Task_Hearing", "2026-12-15T12:00", k_executor, form)->field,
            "hearing.minutes");
  EXPECT_EQ(rule_of(story.complete("Task_Hearing", "2026-12-15T12:00", k_executor,
                                   held("2026-12-15T10:00", "2026-12-15T11:40", "refuse"))),
            "R77-39");
  EXPECT_EQ(rule_of(story.complete("Task_Hearing", "2026-12-15T12:00", k_executor,
                                   held("2026-12-15T11:00", "2026-12-15T12:40", "refuse"))),
            "R77-39");
  LAW("R77-39");
}

TEST(MilitaryId, objections_are_accepted_for_two_working_days_and_replace_the_meeting) {
  Story story;
  noticed(story);
  EXPECT_EQ(
      rule_of(story.complete("Task_Hearing", "2026-12-14T10:00", k_executor,
                             {{"hearing.result", "written"}, {"hearing.conclusion", "refuse"}})),
      "R77-37");
  DONE(story.send("hearing.objection", "2026-12-14T09:00", {{"objection.text", "The ruling"}}));
  EXPECT_TRUE(story.open("Task_Hearing"));
  DONE(story.send("hearing.objection", "2026-12-15T23:00",
                  {{"objection.text", "More"}, {"objection.oral", true}}));
  EXPECT_EQ(rule_of(story.send("hearing.objection", "2026-12-16T00:00",
                               {{"objection.text", "Too late"}})),
            "R77-37");
  LAW("R77-37");
  auto const written =
      story.complete("Task_Hearing", "2026-12-17T10:00", k_executor,
                     {{"hearing.result", "written"}, {"hearing.conclusion", "refuse"}});
  EXPECT_EQ(written->text, "guard.oral_requested");
}

TEST(MilitaryId, a_waiver_of_the_hearing_opens_the_way_to_a_refusal) {
  Story story;
  noticed(story);
  EXPECT_EQ(
      rule_of(story.send("hearing.waiver", "2026-12-14T09:00", {{"waiver.confirmed", false}})),
      "INV-09");
  DONE(story.send("hearing.waiver", "2026-12-14T09:00", {{"waiver.confirmed", true}}));
  EXPECT_FALSE(story.open("Task_Hearing"));
  DONE(story.complete("Task_RefusalDraft", "2026-12-14T10:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-12-14T11:00", k_head, signing()));
  EXPECT_EQ(story.variable("decision.outcome"), "refuse");
  LAW("INV-09");
}

TEST(MilitaryId, a_new_ground_after_rework_needs_a_new_notice_and_the_same_ground_does_not) {
  Story story;
  noticed(story);
  DONE(story.send("hearing.waiver", "2026-12-14T09:00", {{"waiver.confirmed", true}}));
  DONE(story.complete("Task_RefusalDraft", "2026-12-14T10:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-12-14T11:00", k_head, signing("return")));
  auto same = story;
  DONE(same.complete("Task_Review", "2026-12-14T12:00", k_executor, finding("G2")));
  EXPECT_TRUE(same.open("Task_RefusalDraft"));
  DONE(story.complete("Task_Review", "2026-12-14T12:00", k_executor, finding("G1")));
  EXPECT_TRUE(story.open("Task_Notice"));
  DONE(story.complete("Task_Notice", "2026-12-14T13:00", k_executor, notice("2026-12-15T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-14T13:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-14T13:01"));
  EXPECT_EQ(at_path(story.now.variables, "hearing.waived"), Value{false});
  LAW("INV-09");
}

TEST(MilitaryId, a_refusal_on_a_ground_that_was_not_heard_cannot_be_signed) {
  Story story;
  noticed(story);
  DONE(story.complete("Task_Hearing", "2026-12-15T11:30", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2026-12-15T12:00", k_executor, refusal_form()));
  set_path(story.now.variables, "hearing.ground", "G1");
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-17T09:30", k_head, signing())), "INV-09");
  set_path(story.now.variables, "hearing.ground", "G2");
  set_path(story.now.variables, "office.superior", Value{});
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-17T09:30", k_head, signing())), "INV-07");
  LAW("INV-07");
}

Context late_choice(std::string_view choice) {
  return {{"late.choice", choice}, {"late.reasons", "The ruling was checked too late."}};
}

TEST(MilitaryId, a_late_ground_may_end_in_a_positive_decision) {
  Story story;
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  DONE(story.complete("Task_Register", "2026-12-10T18:30", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-15T10:00", k_executor, finding()));
  auto form = checklist();
  for (auto const& [name, value] : late_choice("approve")) form[name] = value;
  form["checklist.documents"] = false;
  EXPECT_EQ(rule_of(story.complete("Task_LateGround", "2026-12-15T11:00", k_head, form)), "R77-31");
  form["checklist.documents"] = true;
  DONE(story.complete("Task_LateGround", "2026-12-15T11:00", k_head, form));
  EXPECT_TRUE(story.open("Task_Draft"));
}

TEST(MilitaryId, a_late_ground_may_end_in_a_refusal_when_the_applicant_waives) {
  Story story;
  found_late(story);
  EXPECT_EQ(rule_of(story.complete("Task_LateGround", "2026-12-15T11:00", k_executor,
                                   late_choice("waiver"))),
            "R-GEN-28");
  DONE(story.complete("Task_LateGround", "2026-12-15T11:00", k_head, late_choice("waiver")));
  EXPECT_EQ(story.effects.back().kind, "waiver_request");
  DONE(story.answer("Svc_AskWaiver", "2026-12-15T11:01"));
  EXPECT_EQ(story.state(), "waiver_asked");
  auto silent = story;
  DONE(story.send("hearing.waiver", "2026-12-15T12:00", {{"waiver.confirmed", true}}));
  DONE(story.complete("Task_RefusalDraft", "2026-12-15T13:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-12-15T14:00", k_head, signing()));
  EXPECT_FALSE(story.breached("hearing_notice"));
  DONE(silent.tick("2026-12-18T00:00"));
  EXPECT_TRUE(silent.open("Task_LateGround")) << "no answer leads back to the head";
}

TEST(MilitaryId, a_refusal_that_brooks_no_delay_is_the_heads_with_its_reasons) {
  Story story;
  found_late(story);
  EXPECT_EQ(
      story.complete("Task_LateGround", "2026-12-15T11:00", k_head, {{"late.choice", "urgent"}})
          ->field,
      "late.reasons");
  DONE(story.complete("Task_LateGround", "2026-12-15T11:00", k_head, late_choice("urgent")));
  DONE(story.complete("Task_RefusalDraft", "2026-12-15T12:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-12-15T13:00", k_head, signing()));
  EXPECT_EQ(story.variable("decision.outcome"), "refuse");
  LAW("INV-09");
}

TEST(MilitaryId, a_late_hearing_waits_three_working_days_and_records_the_breach) {
  Story story;
  found_late(story);
  DONE(story.complete("Task_LateGround", "2026-12-15T11:00", k_head, late_choice("hearing")));
  EXPECT_TRUE(story.breached("hearing_notice"));
  DONE(story.complete("Task_LateNotice", "2026-12-15T12:00", k_executor,
                      notice("2026-12-17T11:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-15T12:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-15T12:01"));
  DONE(story.complete("Task_Hearing", "2026-12-17T11:30", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2026-12-17T12:00", k_executor, refusal_form()));
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-18T17:00", k_head, signing())), "R77-36");
  DONE(story.complete("Task_Sign", "2026-12-21T09:00", k_head, signing()));
  EXPECT_TRUE(story.breached("result"));
  LAW("INV-09");
  LAW("R77-53");
}

TEST(MilitaryId, missed_milestones_are_recorded_once_at_their_own_time_and_block_nothing) {
  Story story;
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  DONE(story.tick("2026-12-23T12:00"));
  EXPECT_EQ(story.now.breaches,
            (std::vector<std::string>{"registration", "draft", "delivery", "result"}));
  LAW("R77-53");
  LAW("INV-46");
  std::vector<std::string> days;
  for (auto const& fact : story.facts)
    if (fact.kind == "breach") days.push_back(to_iso(legal_date(fact.at)));
  EXPECT_EQ(days,
            (std::vector<std::string>{"2026-12-11", "2026-12-16", "2026-12-18", "2026-12-19"}));
  DONE(story.complete("Task_Register", "2026-12-23T12:30", k_registrar, registered()));
  EXPECT_EQ(story.tick("2026-12-24T12:00")->text, "error.nothing_due");
}

TEST(MilitaryId, late_registration_is_a_breach_and_never_moves_the_term) {
  Story story;
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  DONE(story.complete("Task_Register", "2026-12-11T09:00", k_registrar, registered()));
  EXPECT_TRUE(story.breached("registration"));
  LAW("R-GEN-08");
  LAW("INV-03");
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-12-18");
}

TEST(MilitaryId, late_delivery_is_a_breach) {
  Story story;
  approved_draft(story);
  DONE(story.complete("Task_Sign", "2026-12-01T12:00", k_head, signing()));
  DONE(story.complete("Task_Dispatch", "2026-12-02T09:00", k_registrar,
                      {{"delivery.registry_number", "R-17"}}));
  EXPECT_TRUE(story.breached("delivery"));
  LAW("R77-32");
  LAW("INV-28");
  EXPECT_FALSE(story.breached("result"));
}

TEST(MilitaryId, a_saturday_delivery_counts_as_delivered_before_monday) {
  Story story;
  DONE(story.file("2026-11-21T10:00", application("dismissed", "district")));
  DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-11-25T11:00", k_executor, approval()));
  DONE(story.complete("Task_Draft", "2026-11-26T10:00", k_executor, draft()));
  DONE(story.complete("Task_Sign", "2026-11-26T12:00", k_head, signing()));
  DONE(story.complete("Task_Dispatch", "2026-11-27T15:00", k_registrar,
                      {{"delivery.registry_number", "R-17"}}));
  ASSERT_EQ(to_iso(story.now.deadlines.due), "2026-11-30") << "a Monday";
  EXPECT_EQ(story.latest("delivery"), "2026-11-27") << "the day that the office plans for";
  auto const received = [&story](std::string_view local) {
    auto branch = story;
    EXPECT_FALSE(
        branch.complete("Task_Receive", local, k_operator, {{"delivery.condition", "accepted"}}));
    return branch.breached("delivery");
  };
  EXPECT_FALSE(received("2026-11-28T10:00")) << "one working day before the end of the term";
  LAW("E-05");
  EXPECT_TRUE(received("2026-11-30T09:00"));
}

TEST(MilitaryId, the_branch_hands_over_in_its_opening_hours_only) {
  auto const rule = [](std::string_view local, bool duty) {
    Story story;
    at_branch(story);
    set_path(story.now.variables, "branch.is_duty", duty);
    return rule_of(story.complete("Task_Issue", local, k_operator, handover()));
  };
  EXPECT_EQ(rule("2026-11-30T08:59", false), "R77-11");
  EXPECT_EQ(rule("2026-11-30T09:00", false), "");
  EXPECT_EQ(rule("2026-11-30T13:30", false), "");
  EXPECT_EQ(rule("2026-11-30T17:59", false), "");
  EXPECT_EQ(rule("2026-11-30T18:00", false), "R77-11");
  EXPECT_EQ(rule("2026-12-16T12:00", false), "R77-11");
  EXPECT_EQ(rule("2026-12-16T12:00", true), "R77-11");
  LAW("R77-11");
  EXPECT_EQ(rule("2026-11-30T19:59", true), "");
  EXPECT_EQ(rule("2026-11-30T20:00", true), "R77-12");
  EXPECT_EQ(rule("2026-11-28T12:59", true), "");
  EXPECT_EQ(rule("2026-11-28T13:00", true), "R77-12");
  EXPECT_EQ(rule("2026-11-28T08:59", true), "R77-12");
  LAW("R77-12");
  EXPECT_EQ(rule("2026-11-28T12:30", false), "R77-13");
  EXPECT_EQ(rule("2026-11-29T12:30", true), "R77-13");
  LAW("R77-13");
}

TEST(MilitaryId, no_duty_branch_hands_over_on_a_saturday_that_is_a_holiday) {
  Story story;
  DONE(story.file("2026-03-10T10:00", application("dismissed", "city")));
  DONE(story.complete("Task_Register", "2026-03-10T11:00", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-03-11T11:00", k_executor, approval()));
  DONE(story.complete("Task_Draft", "2026-03-11T12:00", k_executor, draft()));
  DONE(story.complete("Task_Sign", "2026-03-12T12:00", k_head, signing()));
  DONE(story.complete("Task_Dispatch", "2026-03-12T15:00", k_registrar,
                      {{"delivery.registry_number", "R-1"}}));
  DONE(story.complete("Task_Receive", "2026-03-13T10:00", k_operator,
                      {{"delivery.condition", "accepted"}}));
  DONE(story.answer("Svc_SendPlaceInfo", "2026-03-13T10:05"));
  EXPECT_EQ(rule_of(story.complete("Task_Issue", "2026-03-21T10:00", k_operator, handover())),
            "R77-13");
  LAW("R77-13");
  DONE(story.complete("Task_Issue", "2026-03-28T10:00", k_operator, handover()));
}

TEST(MilitaryId, the_person_is_identified_before_the_hand_over) {
  Story story;
  at_branch(story);
  auto form = handover();
  form["identity.matched"] = false;
  EXPECT_EQ(rule_of(story.complete("Task_Issue", "2026-11-30T10:00", k_operator, form)), "R77-52");
  LAW("R77-52");
  form.erase("identity.number");
  form["identity.matched"] = true;
  EXPECT_NE(rule_of(story.complete("Task_Issue", "2026-11-30T10:00", k_operator, form)), "");
}

TEST(MilitaryId, only_the_chosen_branch_receives_and_hands_over) {
  Story story;
  at_branch(story);
  auto elsewhere = k_operator;
  elsewhere.unit = "b2";
  EXPECT_EQ(rule_of(story.complete("Task_Issue", "2026-11-30T10:00", elsewhere, handover())),
            "R77-42");
  LAW("R77-42");
  LAW("INV-13");
}

TEST(MilitaryId, the_id_is_not_handed_over_in_peacetime_without_a_service_record) {
  Story story;
  at_branch(story);
  set_path(story.now.variables, "checklist.served", false);
  EXPECT_EQ(rule_of(story.complete("Task_Issue", "2026-11-30T10:00", k_operator, handover())),
            "R77-17");
  LAW("INV-16");
}

TEST(MilitaryId, a_case_is_handled_by_its_office_and_its_executor) {
  Story story;
  DONE(story.file("2026-11-21T10:00", application("dismissed", "city")));
  auto stranger = k_registrar;
  stranger.unit = "o2";
  EXPECT_EQ(rule_of(story.complete("Task_Register", "2026-11-23T09:14", stranger, registered())),
            "R77-02");
  LAW("R77-02");
  DONE(story.complete("Task_Register", "2026-11-23T09:14", k_registrar, registered()));
  auto other = k_executor;
  other.user = "299";
  EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-11-24T09:14", other, approval())),
            "R-GEN-28");
}

TEST(MilitaryId, milestones_are_the_law_s_working_days_for_random_receipts) {
  std::mt19937 random{77};
  for (int i = 0; i < 300; ++i) {
    auto const received = at("2024-01-05T00:00") + std::chrono::minutes{random() % 1'500'000};
    for (auto const& [place, days] : std::map<std::string, int>{{"city", 7}, {"district", 5}}) {
      auto const d = compute_deadlines(service_77()->term, seed(), received, place).value();
      bool const same_day = seed().working(legal_date(received)) &&
                            legal_time_of_day(received) < std::chrono::hours{18};
      EXPECT_EQ(d.accepted == legal_date(received), same_day);
      EXPECT_TRUE(seed().working(d.accepted) && seed().working(d.due));
      LAW("INV-01");
      EXPECT_EQ(seed().wd_between(d.accepted, d.due), days);
      LAW("INV-02");
      LAW("INV-33");
      EXPECT_EQ(seed().wd_between(d.find("hearing_notice")->latest, d.due), 3);
      EXPECT_EQ(seed().wd_between(d.find("draft")->latest, d.due), 2);
      EXPECT_EQ(seed().wd_between(d.find("delivery")->latest, d.due), 1);
    }
  }
}

TEST(MilitaryId, a_new_calendar_moves_the_open_term_and_makes_nothing_passed_late) {
  // 14 December 2026 becomes a rest day, or 16 December a working day.
  auto const changed = [](std::int64_t version, char const* date, DayKind kind) {
    auto days = std::vector<CalendarDay>{};
    for (auto const& [on, info] : seed().days()) days.push_back(info);
    std::erase_if(days, [&](CalendarDay const& d) { return to_iso(d.date) == date; });
    if (kind != DayKind::working) {
      CalendarDay extra;
      extra.date = day(date);
      extra.kind = kind;
      extra.basis = "test";
      days.push_back(extra);
    }
    return Calendar{version, days, 2024, 2027, {}};
  };
  Story story;
  DONE(story.file("2026-12-10T17:59", application("lost_damaged", "district")));
  DONE(story.complete("Task_Register", "2026-12-10T18:30", k_registrar, registered()));
  auto const earlier = changed(2, "2026-12-16", DayKind::working);
  auto const event = story.event("2026-12-15T12:00", k_system, CalendarChanged{.version = 2});
  auto const moved = step(*story.package, earlier, story.now, event);
  ASSERT_TRUE(moved);
  EXPECT_EQ(to_iso(moved->next.deadlines.due), "2026-12-17");
  // The notice was possible until the 14th: that day has passed and stays.
  EXPECT_EQ(to_iso(moved->next.deadlines.find("hearing_notice")->latest), "2026-12-14");
  EXPECT_EQ(to_iso(moved->next.deadlines.find("draft")->latest), "2026-12-15");
  EXPECT_TRUE(moved->next.breaches.empty());
  auto const again = instance_from_json(state_json(moved->next), story.package->term, earlier);
  ASSERT_TRUE(again);
  EXPECT_EQ(state_json(*again), state_json(moved->next));
  EXPECT_EQ(to_iso(again->deadlines.find("hearing_notice")->latest), "2026-12-14");
  auto const stale = story.event("2026-12-15T12:00", k_system, Tick{});
  EXPECT_EQ(step(*story.package, earlier, story.now, stale).error().text, "error.calendar_version");
}

}  // namespace
}  // namespace qyzmet::engine
