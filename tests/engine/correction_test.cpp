// Service 79 through the pure engine: data that are there, requests that run beside each other, the
// extension, the hearing, and answers that come too late.
#include "tests/engine/stages_79.hpp"

namespace qyzmet::engine {
namespace {

TEST(Correction, data_that_are_there_are_corrected_within_the_base_term) {
  Correction story;
  registered_79(story);
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-11-25");
  EXPECT_EQ(story.latest("draft"), "2026-11-24");
  LAW("R79-04");
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, present_79()));
  EXPECT_EQ(story.effects.back().kind, "mis.entry");
  EXPECT_FALSE(story.open("Task_Draft"));
  LAW("INV-26");
  DONE(story.answer("Svc_EnterMis", "2026-11-24T10:01"));
  DONE(story.complete("Task_Draft", "2026-11-24T11:00", k_executor, update_79()));
  DONE(story.complete("Task_Sign", "2026-11-25T10:00", k_head, signing()));
  LAW("R79-19");
  EXPECT_EQ(story.effects.back().kind, "update_notice");
  EXPECT_EQ(story.effects.back().sha256, story.variable("draft.document"));
  LAW("R79-16");
  DONE(story.answer("Svc_SendUpdate", "2026-11-25T10:01"));
  EXPECT_EQ(story.state(), "updated");
  EXPECT_TRUE(story.now.ended);
  EXPECT_TRUE(story.now.breaches.empty());
  LAW("R79-20");
  EXPECT_TRUE(story.variable("certificate.document").empty());
  LAW("INV-27");
}

TEST(Correction, archives_are_asked_and_the_case_ends_with_the_first_full_answer) {
  Correction story;
  extended_79(story, 2, true);
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2027-04-09");
  LAW("R79-07");
  LAW("R79-10");
  EXPECT_EQ(story.latest("extension_notice"), "2026-11-27");
  LAW("R79-09");
  EXPECT_EQ(story.latest("hearing_notice"), "2027-04-06");
  EXPECT_EQ(story.latest("objections"), "2027-04-08");
  EXPECT_EQ(at_path(story.now.variables, "extension.beyond_general_limit"), Value{true});
  LAW("R79-12");
  EXPECT_EQ(story.state(), "requested");
  DONE(story.reply("1", "2027-02-10T12:00", answering_79("positive")));
  LAW("R79-13");
  EXPECT_TRUE(story.open("Task_Review"));
  DONE(story.complete("Task_Review", "2027-02-11T10:00", k_executor, present_79("Answer A-7")));
  DONE(story.answer("Svc_EnterMis", "2027-02-11T10:01"));
  LAW("R79-17");
  DONE(story.complete("Task_Draft", "2027-02-11T11:00", k_executor, update_79(true)));
  DONE(story.complete("Task_Sign", "2027-02-12T10:00", k_head, signing()));
  EXPECT_EQ(story.effects.back().kind, "request.recall");
  DONE(story.answer("Svc_Recall", "2027-02-12T10:01"));
  DONE(story.answer("Svc_SendUpdate", "2027-02-12T10:02"));
  EXPECT_TRUE(story.open("Task_SignCertificate"));
  DONE(story.complete("Task_SignCertificate", "2027-02-12T10:10", k_head));
  EXPECT_EQ(story.effects.back().kind, "support_certificate");
  EXPECT_EQ(story.effects.back().sha256, story.variable("certificate.document"));
  LAW("R79-18");
  DONE(story.answer("Svc_SendCertificate", "2027-02-12T10:11"));
  EXPECT_EQ(story.state(), "updated");
  EXPECT_TRUE(story.now.breaches.empty());
  EXPECT_TRUE(story.at_rest());
}

TEST(Correction, each_request_waits_for_its_own_answer) {
  Correction story;
  extended_79(story, 3);
  EXPECT_EQ(story.waiting("request.answer"), 3);
  EXPECT_EQ(rule_of(story.reply("4", "2026-12-01T10:00", answering_79("negative"))), "R79-21");
  EXPECT_EQ(rule_of(story.reply("2", "2026-12-01T10:00", answering_79("negative"), k_executor)),
            "R-GEN-28")
      << "the registrar keeps the register of what comes in";
  DONE(story.reply("2", "2026-12-01T10:00", answering_79("negative")));
  EXPECT_EQ(story.waiting("request.answer"), 2);
  EXPECT_EQ(rule_of(story.reply("2", "2026-12-01T11:00", answering_79("positive"))), "R79-21");
  LAW("R79-21");
  DONE(story.reply("3", "2026-12-02T10:00", answering_79("partial")));
  EXPECT_EQ(story.state(), "requested");
  DONE(story.reply("1", "2026-12-03T10:00", answering_79("negative")));
  EXPECT_EQ(story.state(), "in_review");
  auto const& rows = *at_path(story.now.variables, "requests").as<List>();
  ASSERT_EQ(rows.size(), 3U);
  std::vector<std::string> kinds;
  for (auto const& row : rows)
    kinds.push_back(text_at(*row.as<Context>(), "number") + " " +
                    text_at(*row.as<Context>(), "answer.kind"));
  EXPECT_EQ(kinds, (std::vector<std::string>{"1 negative", "2 negative", "3 partial"}));
  EXPECT_EQ(at_path(*rows[1].as<Context>(), "answer.received_on"), Value{day("2026-12-01")});
}

TEST(Correction, requests_are_registered_whole_and_at_most_ten_at_a_time) {
  Correction story;
  registered_79(story);
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, nothing_found_79()));
  auto const refused = [&](Context const& form) {
    auto const error = story.complete("Task_Requests", "2026-11-24T11:00", k_executor, form);
    return error ? error->text + " " + error->field : "";
  };
  EXPECT_EQ(refused({}), "error.required requests");
  EXPECT_EQ(refused(requests_79(0)), "error.required requests");
  EXPECT_EQ(refused(requests_79(11)), "error.too_many_rows requests");
  EXPECT_EQ(refused({{"requests", List{asked_79("1"), asked_79("2", "newspaper")}}}),
            "error.not_a_choice requests.2.addressee");
  EXPECT_EQ(refused({{"requests", List{Context{{"number", "1"}}}}}),
            "error.required requests.1.addressee");
  EXPECT_EQ(refused({{"requests", List{Context{{"colour", "red"}}}}}),
            "error.unknown_field requests.1.colour");
  EXPECT_EQ(refused({{"requests", List{Value{"1"}}}}), "error.field_type requests");
  EXPECT_EQ(refused({{"requests", List{asked_79("1"), asked_79("2"), asked_79("1")}}}),
            "error.not_unique requests.3.number")
      << "an answer would not know its request";
  LAW("R79-21");
  EXPECT_EQ(refused(requests_79(10)), "");
  LAW("R79-06");
}

TEST(Correction, reminders_go_out_after_30_60_and_75_working_days) {
  Correction story;
  extended_79(story, 1);
  EXPECT_EQ(story.ordered("request.remind"), 0);
  auto const remind = [&](int wd) {
    auto const due = end_of(seed().wd_add(day("2026-11-23"), wd));
    auto event = story.event("2026-11-24T00:00", k_system, Tick{});
    event.at = due;
    EXPECT_EQ(text_of(story.apply(event)), "");
    EXPECT_EQ(text_of(story.apply({.at = due,
                                   .actor = k_system,
                                   .salt = std::string(32, '0'),
                                   .body = HandlerResult{.token = story.now.pending.front().token,
                                                         .ok = true,
                                                         .error_code = "",
                                                         .detail = "",
                                                         .result = {}}})),
              "");
  };
  remind(30);
  EXPECT_EQ(story.ordered("request.remind"), 1);
  remind(60);
  EXPECT_EQ(story.ordered("request.remind"), 2);
  remind(75);
  EXPECT_EQ(story.ordered("request.remind"), 3);
  LAW("E-19");
}

TEST(Correction, without_a_request_the_term_is_not_extended) {
  Correction story;
  registered_79(story);
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, nothing_found_79()));
  EXPECT_EQ(rule_of(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extension_79())),
            "R79-09");
  DONE(story.complete("Task_Requests", "2026-11-24T11:00", k_executor, requests_79(1)));
  DONE(story.complete("Task_ExtensionNotice", "2026-11-24T14:00", k_executor,
                      extension_notice_79()));
  auto none = story;
  none.now.variables["requests"] = List{};
  EXPECT_EQ(rule_of(none.complete("Task_Extend", "2026-11-24T15:00", k_head, extension_79())),
            "R79-08");
  LAW("R79-08");
  LAW("INV-24");
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extension_79()));
  EXPECT_EQ(story.count("term_extended"), 1);
}

TEST(Correction, the_term_is_extended_once_even_with_new_requests) {
  Correction story;
  extended_79(story, 1);
  DONE(story.reply("1", "2026-12-03T10:00", answering_79("negative")));
  DONE(story.complete("Task_Review", "2026-12-04T10:00", k_executor, nothing_found_79()));
  DONE(story.complete("Task_Requests", "2026-12-04T11:00", k_executor,
                      {{"requests", List{asked_79("9", "foreign_state")}}}));
  DONE(story.answer("Svc_SendRequest", "2026-12-04T11:01"));
  EXPECT_FALSE(story.open("Task_Extend"));
  LAW("R79-11");
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2027-04-09");
  DONE(story.reply("9", "2026-12-10T10:00", answering_79("positive")));
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_EQ(story.count("term_extended"), 1);
}

TEST(Correction, minutes_are_signed_and_sent_before_the_decision_and_remarked_on) {
  Correction story;
  heard_in_person_79(story);
  EXPECT_FALSE(story.open("Task_RefusalDraft"));
  auto const minutes = story.variable("hearing.minutes_document");
  EXPECT_FALSE(minutes.empty());
  auto const sent = story.effects.size();
  DONE(story.complete("Task_Minutes", "2026-12-07T11:00", k_executor));
  EXPECT_EQ(story.effects.size(), sent) << "one signature is not enough";
  DONE(story.complete("Task_MinutesSecretary", "2026-12-07T11:00", k_secretary));
  EXPECT_EQ(story.effects.back().kind, "minutes");
  EXPECT_EQ(story.effects.back().sha256, minutes) << "what was signed is what is sent";
  EXPECT_TRUE(story.send("hearing.remarks", "2026-12-07T11:01", {{"remarks.text", "No"}}));
  DONE(story.answer("Svc_SendMinutes", "2026-12-07T11:05"));
  DONE(story.send("hearing.remarks", "2026-12-10T18:00", {{"remarks.text", "Not what I said."}}));
  EXPECT_TRUE(story.open("Task_RefusalDraft"));
  EXPECT_EQ(rule_of(story.send("hearing.remarks", "2026-12-11T00:00", {{"remarks.text", "No"}})),
            "R79-14")
      << "three working days after the 7th";
  LAW("R79-14");
}

TEST(Correction, minutes_signed_after_two_working_days_say_why) {
  Correction story;
  heard_in_person_79(story);
  auto late = story;
  EXPECT_EQ(text_of(story.complete("Task_Minutes", "2026-12-09T18:00", k_executor)), "");
  EXPECT_EQ(late.complete("Task_Minutes", "2026-12-10T09:00", k_executor)->field, "minutes.delay");
  DONE(late.complete("Task_Minutes", "2026-12-10T09:00", k_executor,
                     {{"minutes.delay", "The chair was ill."}}));
  late = story;
  EXPECT_EQ(text_of(story.complete("Task_MinutesSecretary", "2026-12-09T18:00", k_secretary)), "");
  EXPECT_EQ(late.complete("Task_MinutesSecretary", "2026-12-10T09:00", k_secretary)->field,
            "minutes.secretary_delay")
      << "the days are those of both";
  DONE(late.complete("Task_MinutesSecretary", "2026-12-10T09:00", k_secretary,
                     {{"minutes.secretary_delay", "The secretary was ill."}}));
}

TEST(Correction, a_secretary_who_cannot_sign_is_replaced_and_both_sign_the_new_minutes) {
  Correction story;
  chair_signed_79(story);
  auto const first = story.variable("hearing.minutes_document");
  auto form = minutes_anew();
  form["hearing.secretary"] = k_head.user;
  DONE(story.send("minutes.redrafted", "2026-12-07T12:00", form, k_executor));
  EXPECT_NE(story.variable("hearing.minutes_document"), first);
  DONE(story.complete("Task_Minutes", "2026-12-07T12:01", k_executor));
  EXPECT_EQ(rule_of(story.complete("Task_MinutesSecretary", "2026-12-07T12:02", k_secretary)),
            "R79-14");
  auto head = k_head;
  head.role = "secretary";
  DONE(story.complete("Task_MinutesSecretary", "2026-12-07T12:02", head));
  EXPECT_EQ(story.effects.back().kind, "minutes");
  LAW("R79-14");
}

/// Two archives differ: the applicant is heard on it before anything is refused.
TEST(Correction, answers_that_contradict_each_other_are_a_ground_for_a_hearing) {
  Correction story;
  extended_79(story, 2);
  DONE(story.reply("1", "2026-12-02T10:00", answering_79("partial")));
  DONE(story.reply("2", "2026-12-03T10:00", answering_79("contradictory")));
  auto const review = refusing_79("contradiction");
  auto unextended = story;
  unextended.now.deadlines.extended.reset();
  EXPECT_EQ(rule_of(unextended.complete("Task_Review", "2026-12-04T10:00", k_executor, review)),
            "E-21")
      << "a shorter term has no room for a hearing";
  DONE(story.complete("Task_Review", "2026-12-04T10:00", k_executor, review));
  EXPECT_FALSE(story.open("Task_RefusalDraft"));
  EXPECT_TRUE(story.open("Task_Notice"));
  DONE(story.complete("Task_Notice", "2026-12-04T11:00", k_executor, notice("2026-12-07T09:00")));
  DONE(story.complete("Task_NoticeSign", "2026-12-04T11:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-12-04T11:02"));
  EXPECT_EQ(story.state(), "hearing");
  DONE(story.complete("Task_Hearing", "2026-12-07T10:00", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2026-12-07T11:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-12-09T11:00", k_head, signing()));
  LAW("E-21");
}

TEST(Correction, the_head_decides_on_the_extension_and_signs_its_notice) {
  Correction story;
  requested_79(story, 1);
  EXPECT_EQ(rule_of(story.complete("Task_Extend", "2026-11-24T13:00", k_head, extension_79())),
            "R79-09")
      << "nothing was proposed yet";
  DONE(story.complete("Task_ExtensionNotice", "2026-11-24T14:00", k_executor,
                      extension_notice_79()));
  auto const proposed = story.variable("extension.document");
  EXPECT_EQ(rule_of(story.complete("Task_Extend", "2026-11-24T15:00", k_executor, extension_79())),
            "R-GEN-28");
  auto const unsigned_yet = story.apply(
      story.event("2026-11-24T15:00", k_head,
                  CompleteTask{.task = "Task_Extend", .form = extension_79(), .signature = {}}));
  ASSERT_TRUE(unsigned_yet);
  EXPECT_EQ(unsigned_yet->text, "error.signature_required");
  EXPECT_EQ(unsigned_yet->rule, "R79-09");
  EXPECT_EQ(story.ordered("extension_notice"), 0);
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extension_79()));
  EXPECT_EQ(story.ordered("extension_notice"), 1);
  EXPECT_EQ(story.effects.back().sha256, proposed) << "what was signed is what is sent";
  EXPECT_EQ(story.variable("extension.head"), k_head.user);
  LAW("R79-07");
  LAW("R79-09");
  LAW("R-GEN-16");
}

TEST(Correction, the_head_gives_the_proposal_back_or_decides_on_what_is_there) {
  Correction story;
  proposed_79(story, 1);
  auto form = extension_79("return");
  form.erase("extension.reasons");
  EXPECT_EQ(story.complete("Task_Extend", "2026-11-24T15:00", k_head, form)->field,
            "extension.reasons");
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extension_79("return")));
  EXPECT_TRUE(story.open("Task_ExtensionNotice"));
  EXPECT_FALSE(story.open("Task_Extend"));
  DONE(story.complete("Task_ExtensionNotice", "2026-11-24T15:10", k_executor,
                      extension_notice_79()));
  DONE(story.complete("Task_Extend", "2026-11-24T15:20", k_head, extension_79("finish")));
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-11-25");
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_EQ(story.waiting("request.answer"), 0);
  EXPECT_EQ(story.ordered("extension_notice"), 0);
}

TEST(Correction, a_notice_of_the_extension_that_is_sent_late_is_a_breach) {
  Correction story;
  extending_79(story, 1);
  auto in_time = story;
  DONE(in_time.answer("Svc_SendExtension", "2026-11-27T16:00"));
  EXPECT_TRUE(in_time.tick("2026-11-28T00:00")) << "nothing is due any more";
  EXPECT_FALSE(in_time.breached("extension_notice"));
  DONE(story.tick("2026-11-28T00:00"));
  EXPECT_TRUE(story.breached("extension_notice"));
  EXPECT_FALSE(story.breached("result"));
  LAW("R79-09");
}

TEST(Correction, answers_that_come_while_the_notice_is_out_do_not_stop_the_notice) {
  Correction story;
  extending_79(story, 1);
  DONE(story.reply("1", "2026-11-24T15:30", answering_79("positive")));
  EXPECT_FALSE(story.open("Task_Review"));
  DONE(story.answer("Svc_SendExtension", "2026-11-24T16:01"));
  EXPECT_TRUE(story.open("Task_Review"));
}

TEST(Correction, an_answer_before_the_decision_makes_an_extension_superfluous) {
  Correction story;
  proposed_79(story, 1);
  EXPECT_TRUE(story.open("Task_Extend"));
  DONE(story.reply("1", "2026-11-24T14:00", answering_79("positive")));
  EXPECT_FALSE(story.open("Task_Extend"));
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-11-25");
}

TEST(Correction, an_archive_that_never_answers_leads_to_a_hearing_and_a_refusal_in_time) {
  Correction story;
  heard_79(story);
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2027-04-07T14:00", k_head, signing())), "R79-14");
  DONE(story.complete("Task_Sign", "2027-04-08T10:00", k_head, signing()));
  LAW("R79-14");
  LAW("R79-22");
  DONE(story.answer("Svc_Recall", "2027-04-08T10:01"));
  DONE(story.answer("Svc_UndoRefused", "2027-04-08T10:02"));
  EXPECT_EQ(story.effects.back().kind, "refusal");
  DONE(story.answer("Svc_SendRefusal", "2027-04-08T10:02"));
  EXPECT_EQ(story.state(), "refused");
  EXPECT_FALSE(story.breached("result"));
  EXPECT_TRUE(story.at_rest());
}

TEST(Correction, after_an_extension_nobody_is_refused_unheard) {
  Correction story;
  extended_79(story, 1);
  DONE(story.reply("1", "2026-12-03T10:00", answering_79("negative")));
  DONE(story.complete("Task_Review", "2026-12-04T10:00", k_executor, refusing_79("no_data")));
  EXPECT_TRUE(story.open("Task_Notice"));
  EXPECT_FALSE(story.open("Task_RefusalDraft"));
  LAW("R79-15");
  auto unheard = story;
  DONE(unheard.complete("Task_Notice", "2026-12-04T11:00", k_executor, notice("2026-12-08T11:00")));
  DONE(unheard.complete("Task_NoticeSign", "2026-12-04T11:00", k_executor, signing_notice()));
  DONE(unheard.answer("Svc_SendNotice", "2026-12-04T11:02"));
  DONE(unheard.complete("Task_Hearing", "2026-12-08T12:00", k_executor, absence()));
  DONE(unheard.complete("Task_RefusalDraft", "2026-12-08T13:00", k_executor, refusal_form()));
  set_path(unheard.now.variables, "hearing.ground", Value{});
  EXPECT_EQ(rule_of(unheard.complete("Task_Sign", "2026-12-11T10:00", k_head, signing())),
            "INV-09");
  LAW("INV-09");
}

TEST(Correction, without_an_extension_a_refusal_needs_no_hearing) {
  Correction story;
  registered_79(story);
  EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-11-24T10:00", k_executor,
                                   refusing_79("no_data"))),
            "R79-22");
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, refusing_79("G1")));
  EXPECT_TRUE(story.open("Task_RefusalDraft"));
  DONE(story.complete("Task_RefusalDraft", "2026-11-24T11:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-11-25T10:00", k_head, signing()));
  DONE(story.answer("Svc_UndoRefused", "2026-11-25T10:01"));
  DONE(story.answer("Svc_SendRefusal", "2026-11-25T10:02"));
  EXPECT_EQ(story.state(), "refused");
  EXPECT_TRUE(story.now.breaches.empty());
  LAW("R79-15");
  LAW("R79-23");
}

TEST(Correction, a_late_answer_is_recorded_and_stops_a_refusal_until_it_was_read) {
  Correction story;
  extended_79(story, 1);
  EXPECT_EQ(rule_of(story.send("request.late_answer", "2026-12-01T10:00",
                               late_answer_79("positive"), k_registrar)),
            "R79-21");
  Correction late;
  heard_79(late);
  DONE(late.send("request.late_answer", "2027-04-08T09:00", late_answer_79("positive"),
                 k_registrar));
  EXPECT_EQ(rule_of(late.complete("Task_Sign", "2027-04-08T10:00", k_head, signing())), "R79-17");
  LAW("R79-17");
  DONE(late.complete("Task_Sign", "2027-04-08T10:05", k_head, signing("return")));
  DONE(late.complete("Task_Review", "2027-04-08T11:00", k_executor, present_79("Late answer")));
  DONE(late.answer("Svc_EnterMis", "2027-04-08T11:01"));
  DONE(late.complete("Task_Draft", "2027-04-08T11:30", k_executor, update_79()));
  DONE(late.complete("Task_Sign", "2027-04-08T12:00", k_head, signing()));
  DONE(late.answer("Svc_Recall", "2027-04-08T12:01"));
  DONE(late.answer("Svc_SendUpdate", "2027-04-08T12:01"));
  EXPECT_EQ(late.state(), "updated");
  EXPECT_TRUE(late.now.breaches.empty());
}

TEST(Correction, a_withdrawal_ends_the_requests_too) {
  Correction story;
  extended_79(story, 2);
  DONE(story.send("application.withdrawn", "2026-12-01T10:00"));
  EXPECT_EQ(story.waiting("request.answer"), 0);
  DONE(story.answer("Svc_NotifyWithdrawn", "2026-12-01T10:01"));
  EXPECT_EQ(story.effects.back().kind, "request.recall");
  LAW("E-15");
  DONE(story.answer("Svc_Recall", "2026-12-01T10:02"));
  EXPECT_EQ(story.effects.back().kind, "mis.undo");
  DONE(story.answer("Svc_UndoWithdrawn", "2026-12-01T10:02"));
  EXPECT_EQ(story.state(), "withdrawn");
  EXPECT_TRUE(story.at_rest());
  EXPECT_EQ(rule_of(story.reply("1", "2026-12-02T10:00", answering_79("positive"))), "INV-29");
}

TEST(Correction, an_answer_after_a_withdrawal_is_filed_and_entered_when_it_is_reliable) {
  Correction story;
  extended_79(story, 2);
  DONE(story.send("application.withdrawn", "2026-12-01T10:00"));
  DONE(story.answer("Svc_NotifyWithdrawn", "2026-12-01T10:01"));
  DONE(story.answer("Svc_Recall", "2026-12-01T10:02"));
  DONE(story.answer("Svc_UndoWithdrawn", "2026-12-01T10:02"));
  DONE(story.send("archive.answered", "2026-12-14T10:00",
                  good_beside_form("archive.answered", "2026-12-14T10:00"), k_registrar));
  DONE(story.send("archive.entered", "2026-12-14T11:00",
                  good_beside_form("archive.entered", "2026-12-14T11:00"), k_executor));
  EXPECT_EQ(story.ordered("mis.entry"), 1);
  EXPECT_EQ(story.ordered("late_entered"), 1);
  LAW("E-15");
  Correction unasked;
  registered_79(unasked);
  DONE(unasked.send("application.withdrawn", "2026-11-24T10:00"));
  EXPECT_EQ(
      rule_of(unasked.send("archive.answered", "2026-12-14T10:00",
                           good_beside_form("archive.answered", "2026-12-14T10:00"), k_registrar)),
      "E-20")
      << "nobody was asked";
}

TEST(Correction, partial_answers_that_suffice_together_end_the_collecting) {
  Correction story;
  half_answered_79(story);
  EXPECT_EQ(rule_of(story.send("answers.suffice", "2027-01-12T10:00",
                               {{"answers.enough", "The rank is confirmed."}}, k_registrar)),
            "R-GEN-28");
  DONE(story.send("answers.suffice", "2027-01-12T10:00",
                  {{"answers.enough", "The rank is confirmed."}}, k_executor));
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_EQ(story.waiting("request.answer"), 0);
  DONE(story.complete("Task_Review", "2027-01-12T11:00", k_executor, present_79("Answer A-7")));
  DONE(story.answer("Svc_EnterMis", "2027-01-12T11:01"));
  DONE(story.complete("Task_Draft", "2027-01-12T12:00", k_executor, update_79()));
  DONE(story.complete("Task_Sign", "2027-01-12T13:00", k_head, signing()));
  EXPECT_EQ(story.effects.back().kind, "request.recall") << "the archive that is still looking";
  LAW("R79-13");
}

TEST(Correction, that_there_are_no_data_is_no_ground_before_anybody_answered) {
  Correction story;
  proposed_79(story, 1);
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extension_79("finish")));
  EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-11-24T16:00", k_executor,
                                   refusing_79("no_data"))),
            "R79-22");
  LAW("R79-22");
  DONE(story.complete("Task_Review", "2026-11-24T16:00", k_executor, refusing_79("G2")));
}

TEST(Correction, a_decision_that_brooks_no_delay_is_the_heads_with_its_reasons) {
  Correction story;
  late_79(story);
  EXPECT_EQ(
      story.complete("Task_LateGround", "2027-04-07T11:00", k_head, {{"late.choice", "urgent"}})
          ->field,
      "late.reasons");
  DONE(story.complete("Task_LateGround", "2027-04-07T11:00", k_head,
                      {{"late.choice", "urgent"}, {"late.reasons", "The archive burns."}}));
  DONE(story.complete("Task_RefusalDraft", "2027-04-07T12:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2027-04-07T13:00", k_head, signing()));
  EXPECT_EQ(story.variable("decision.outcome"), "refuse");
  EXPECT_FALSE(story.breached("hearing_notice"));
  LAW("INV-09");
}

TEST(Correction, missed_days_are_recorded_and_block_nothing) {
  Correction story;
  DONE(story.file("2026-11-23T10:00", application_79()));
  DONE(story.tick("2026-11-26T00:00"));
  EXPECT_EQ(story.now.breaches, (std::vector<std::string>{"registration", "draft", "result"}));
  DONE(story.complete("Task_Register", "2026-11-26T10:30", k_registrar, accepted_79()));
  DONE(story.complete("Task_Review", "2026-11-26T11:00", k_executor, present_79()));
}

TEST(Correction, waiting_for_an_archive_does_not_stop_the_clock) {
  Correction story;
  requested_79(story, 1);
  auto const due = story.now.deadlines.due;
  DONE(story.tick("2026-12-07T00:00"));
  LAW("E-06");
  EXPECT_EQ(story.now.deadlines.due, due);
  EXPECT_TRUE(story.breached("result"));
}

TEST(Correction, sent_requests_count_as_the_work_of_the_first_day) {
  Correction story;
  requested_79(story, 1);
  DONE(story.tick("2026-11-25T00:00"));
  EXPECT_FALSE(story.breached("draft"));
}

TEST(Correction, identity_comes_through_the_gateway_and_each_correction_names_its_source) {
  Correction story;
  registered_79(story);
  auto form = present_79();
  form["checklist.identity"] = false;
  EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-11-24T10:00", k_executor, form)), "R79-24");
  LAW("R79-24");
  form = present_79();
  form.erase("correction.source");
  EXPECT_EQ(story.complete("Task_Review", "2026-11-24T10:00", k_executor, form)->field,
            "correction.source");
  LAW("R79-25");
}

TEST(Correction, half_a_row_of_a_list_that_is_not_asked_is_no_error) {
  auto const& review = service_79()->forms.at("review");
  auto const typed = [&](char const* outcome) {
    return parse_form(review,
                      {{"checklist.identity", "true"},
                       {"review.outcome", outcome},
                       {"correction.facts.2.value", "Sergeant"},
                       {"correction.source", "Order 117"}},
                      Context{}, seed());
  };
  auto const asked = typed("present");
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().front().field, "correction.facts.2.fact");
  auto const not_asked = typed("request");
  ASSERT_TRUE(not_asked);
  EXPECT_FALSE(not_asked->contains("correction.facts"));
}

TEST(Correction, people_can_apply) {
  EXPECT_TRUE(service_79()->offered);
}

}  // namespace
}  // namespace qyzmet::engine
