// Service 79 through the pure engine: data that are there, requests that run beside each other, the
// extension, the hearing, and answers that come too late.
#include "tests/engine/story.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::engine {
namespace {

std::shared_ptr<Package const> const& service_79() {
  static auto const package = tests::seed_package("correction");
  return package;
}

Actor const k_archive{.user = "401", .role = "responder", .unit = "archive"};

struct Correction : Story {
  Correction() : Story{service_79()} {}

  /// The archive answers the request of that number.
  std::optional<Error> reply(std::string_view number, std::string_view local, Context form,
                             Actor const& actor = k_archive) {
    return apply(event(local, actor,
                       ReceiveMessage{.message = "request.answer",
                                      .message_id = "",
                                      .form = std::move(form),
                                      .signature = {},
                                      .key = std::string{number}}));
  }
  int waiting(std::string_view message) const {
    return int(std::ranges::count(now.subscriptions, message, &Subscription::message));
  }
  int ordered(std::string_view kind) const {
    return int(std::ranges::count(effects, kind, &Effect::kind));
  }
  bool at_rest() const {
    return now.tokens.empty() && now.timers.empty() && now.subscriptions.empty() &&
           now.tasks.empty() && now.scopes.empty();
  }
};

Context application_79(bool support = false) {
  auto variables = application("privileged_period", "district");
  variables.erase("branch");
  variables.erase("mode");
  variables["number"] = "79-2026-000001";
  variables["wants_social_support"] = support;
  variables["wish"] = Context{{"correct", "Service in Afghanistan"},
                              {"from", day("1985-05-01")},
                              {"until", day("1986-11-01")}};
  return variables;
}

Context accepted_79() {
  return {{"register.outcome", "accept"}, {"executor", k_executor.user}};
}
Context present(std::string_view source = "Order 117 of 1987") {
  return {
      {"checklist.identity", true}, {"review.outcome", "present"}, {"correction.source", source}};
}
Context nothing_found() {
  return {{"checklist.identity", true}, {"review.outcome", "request"}};
}
Context refusing(std::string_view ground) {
  return {{"checklist.identity", true},
          {"review.outcome", "refuse"},
          {"review.ground", ground},
          {"review.reasons", "Nobody confirms the service."}};
}
Value asked(std::string_view number, std::string_view addressee = "archive") {
  return Context{{"number", number},  {"addressee", addressee}, {"body", "Central archive"},
                 {"unit", "archive"}, {"period", "1985-1986"},  {"due_on", day("2027-02-01")}};
}
Context requests(int count) {
  List rows;
  for (int i = 1; i <= count; ++i) rows.push_back(asked(std::to_string(i)));
  return {{"requests", rows}};
}
Context extended(std::string_view choice = "extend") {
  return {{"extension.choice", choice}, {"extension.reasons", "The archive answers in weeks."}};
}
Context update(bool support = false) {
  Context form{{"correction.summary", "Service from May 1985 to November 1986."}};
  if (support) {
    form["certificate.periods"] = "1985-1986, privileged";
    form["certificate.recipient"] = "Akimat";
  }
  return form;
}
Context answering(std::string_view kind) {
  return {{"request.answer.kind", kind},
          {"request.answer.number", "A-7"},
          {"request.answer.summary", "See the copy."},
          {"request.answer.document", sha(kind, 3)}};
}

/// Filed on Monday, 23 November 2026 (V79), registered on the same day.
void registered_79(Correction& story, bool support = false) {
  DONE(story.file("2026-11-23T10:00", application_79(support)));
  DONE(story.complete("Task_Register", "2026-11-23T10:30", k_registrar, accepted_79()));
}

/// Example 79-B: the requests go out on 24 November.
void requested(Correction& story, int count, bool support = false) {
  registered_79(story, support);
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, nothing_found()));
  DONE(story.complete("Task_Requests", "2026-11-24T11:00", k_executor, requests(count)));
  for (int i = 0; i < count; ++i) DONE(story.answer("Svc_SendRequest", "2026-11-24T11:01"));
}

void extended_79(Correction& story, int count, bool support = false) {
  requested(story, count, support);
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extended()));
  DONE(story.complete("Task_ExtensionNotice", "2026-11-24T16:00", k_executor,
                      {{"extension.explanation", "Two archives were asked."}}));
  DONE(story.answer("Svc_SendExtension", "2026-11-24T16:01"));
}

/// The certificate has a signature of its own.
std::optional<Error> sign_certificate(Correction& story, std::string_view local) {
  return story.apply(story.event(
      local, k_head,
      CompleteTask{
          .task = "Task_SignCertificate",
          .form = {},
          .signature = SignatureEvidence{.document = story.variable("certificate.document"),
                                         .signature = sha("signature", 99),
                                         .signer = k_head.user}}));
}

TEST(Correction, data_that_are_there_are_corrected_within_the_base_term) {
  Correction story;
  registered_79(story);
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-11-25");
  EXPECT_EQ(story.latest("draft"), "2026-11-24");
  LAW("R79-04");
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, present()));
  EXPECT_EQ(story.effects.back().kind, "mis.entry");
  EXPECT_FALSE(story.open("Task_Draft"));
  LAW("INV-26");
  DONE(story.answer("Svc_EnterMis", "2026-11-24T10:01"));
  DONE(story.complete("Task_Draft", "2026-11-24T11:00", k_executor, update()));
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
  EXPECT_EQ(at_path(story.now.variables, "extension.beyond_general_limit"), Value{true});
  LAW("R79-12");
  EXPECT_EQ(story.state(), "requested");
  DONE(story.reply("1", "2027-02-10T12:00", answering("positive")));
  LAW("R79-13");
  EXPECT_TRUE(story.open("Task_Review"));
  DONE(story.complete("Task_Review", "2027-02-11T10:00", k_executor, present("Answer A-7")));
  DONE(story.answer("Svc_EnterMis", "2027-02-11T10:01"));
  LAW("R79-17");
  DONE(story.complete("Task_Draft", "2027-02-11T11:00", k_executor, update(true)));
  DONE(story.complete("Task_Sign", "2027-02-12T10:00", k_head, signing()));
  EXPECT_EQ(story.effects.back().kind, "request.recall");
  DONE(story.answer("Svc_Recall", "2027-02-12T10:01"));
  DONE(story.answer("Svc_SendUpdate", "2027-02-12T10:02"));
  EXPECT_TRUE(story.open("Task_SignCertificate"));
  DONE(sign_certificate(story, "2027-02-12T10:10"));
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
  EXPECT_EQ(rule_of(story.reply("4", "2026-12-01T10:00", answering("negative"))), "R79-21");
  Actor const other{.user = "402", .role = "responder", .unit = "another body"};
  auto const foreign = story.reply("2", "2026-12-01T10:00", answering("negative"), other);
  ASSERT_TRUE(foreign);
  EXPECT_EQ(foreign->text, "guard.other_body");
  DONE(story.reply("2", "2026-12-01T10:00", answering("negative")));
  EXPECT_EQ(story.waiting("request.answer"), 2);
  EXPECT_EQ(rule_of(story.reply("2", "2026-12-01T11:00", answering("positive"))), "R79-21");
  LAW("R79-21");
  DONE(story.reply("3", "2026-12-02T10:00", answering("partial")));
  EXPECT_EQ(story.state(), "requested");
  DONE(story.reply("1", "2026-12-03T10:00", answering("negative")));
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
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, nothing_found()));
  auto const refused = [&](Context const& form) {
    auto const error = story.complete("Task_Requests", "2026-11-24T11:00", k_executor, form);
    return error ? error->text + " " + error->field : "";
  };
  EXPECT_EQ(refused({}), "error.required requests");
  EXPECT_EQ(refused(requests(0)), "error.required requests");
  EXPECT_EQ(refused(requests(11)), "error.too_many_rows requests");
  EXPECT_EQ(refused({{"requests", List{asked("1"), asked("2", "newspaper")}}}),
            "error.not_a_choice requests.2.addressee");
  EXPECT_EQ(refused({{"requests", List{Context{{"number", "1"}}}}}),
            "error.required requests.1.addressee");
  EXPECT_EQ(refused({{"requests", List{Context{{"colour", "red"}}}}}),
            "error.unknown_field requests.1.colour");
  EXPECT_EQ(refused({{"requests", List{Value{"1"}}}}), "error.field_type requests");
  EXPECT_EQ(refused(requests(10)), "");
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
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, nothing_found()));
  EXPECT_EQ(rule_of(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extended())),
            "R79-09");
  DONE(story.complete("Task_Requests", "2026-11-24T11:00", k_executor, requests(1)));
  auto none = story;
  none.now.variables["requests"] = List{};
  EXPECT_EQ(rule_of(none.complete("Task_Extend", "2026-11-24T15:00", k_head, extended())),
            "R79-08");
  LAW("R79-08");
  LAW("INV-24");
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extended()));
  EXPECT_EQ(story.count("term_extended"), 1);
}

TEST(Correction, the_term_is_extended_once_even_with_new_requests) {
  Correction story;
  extended_79(story, 1);
  DONE(story.reply("1", "2026-12-03T10:00", answering("negative")));
  DONE(story.complete("Task_Review", "2026-12-04T10:00", k_executor, nothing_found()));
  DONE(story.complete("Task_Requests", "2026-12-04T11:00", k_executor,
                      {{"requests", List{asked("9", "foreign_state")}}}));
  DONE(story.answer("Svc_SendRequest", "2026-12-04T11:01"));
  EXPECT_FALSE(story.open("Task_Extend"));
  LAW("R79-11");
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2027-04-09");
  DONE(story.reply("9", "2026-12-10T10:00", answering("positive")));
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_EQ(story.count("term_extended"), 1);
}

TEST(Correction, the_head_decides_on_the_extension_with_reasons) {
  Correction story;
  requested(story, 1);
  auto form = extended();
  form.erase("extension.reasons");
  EXPECT_EQ(story.complete("Task_Extend", "2026-11-24T15:00", k_head, form)->field,
            "extension.reasons");
  EXPECT_EQ(rule_of(story.complete("Task_Extend", "2026-11-24T15:00", k_executor, extended())),
            "R-GEN-28");
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extended("finish")));
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-11-25");
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_EQ(story.waiting("request.answer"), 0);
}

TEST(Correction, a_notice_of_the_extension_that_comes_late_is_a_breach) {
  Correction story;
  requested(story, 1);
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extended()));
  DONE(story.tick("2026-11-28T00:00"));
  EXPECT_TRUE(story.breached("extension_notice"));
  EXPECT_FALSE(story.breached("result"));
  DONE(story.complete("Task_ExtensionNotice", "2026-11-30T16:00", k_executor,
                      {{"extension.explanation", "Two archives were asked."}}));
  EXPECT_EQ(story.effects.back().sha256, story.variable("extension.document"));
}

TEST(Correction, answers_that_come_while_the_notice_is_out_do_not_stop_the_notice) {
  Correction story;
  requested(story, 1);
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extended()));
  DONE(story.reply("1", "2026-11-24T15:30", answering("positive")));
  EXPECT_TRUE(story.open("Task_ExtensionNotice"));
  EXPECT_FALSE(story.open("Task_Review"));
  DONE(story.complete("Task_ExtensionNotice", "2026-11-24T16:00", k_executor,
                      {{"extension.explanation", "The term was extended; an answer came."}}));
  DONE(story.answer("Svc_SendExtension", "2026-11-24T16:01"));
  EXPECT_TRUE(story.open("Task_Review"));
}

TEST(Correction, an_answer_before_the_decision_makes_an_extension_superfluous) {
  Correction story;
  requested(story, 1);
  EXPECT_TRUE(story.open("Task_Extend"));
  DONE(story.reply("1", "2026-11-24T14:00", answering("positive")));
  EXPECT_FALSE(story.open("Task_Extend"));
  EXPECT_TRUE(story.open("Task_Review"));
  EXPECT_EQ(to_iso(story.now.deadlines.due), "2026-11-25");
}

/// No answer by two working days before the last day of the notice: the review opens by itself.
void unanswered(Correction& story) {
  extended_79(story, 1);
  for (auto const* local : {"2027-01-13T00:00", "2027-02-24T00:00", "2027-03-18T00:00"}) {
    DONE(story.tick(local));
    if (!story.now.pending.empty()) DONE(story.answer("Svc_Remind", local));
  }
  DONE(story.tick("2027-04-03T00:00"));
  ASSERT_TRUE(story.open("Task_Review"));
}

void heard(Correction& story) {
  unanswered(story);
  DONE(story.complete("Task_Review", "2027-04-05T10:00", k_executor, refusing("no_data")));
  DONE(story.complete("Task_Notice", "2027-04-05T11:00", k_executor, notice("2027-04-07T11:00")));
  DONE(story.answer("Svc_SendNotice", "2027-04-05T11:02"));
  EXPECT_EQ(story.state(), "hearing");
  DONE(story.complete("Task_Hearing", "2027-04-07T12:00", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2027-04-07T13:00", k_executor, refusal_form()));
}

TEST(Correction, an_archive_that_never_answers_leads_to_a_hearing_and_a_refusal_in_time) {
  Correction story;
  heard(story);
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2027-04-07T14:00", k_head, signing())), "R79-14");
  DONE(story.complete("Task_Sign", "2027-04-08T10:00", k_head, signing()));
  LAW("R79-14");
  LAW("R79-22");
  DONE(story.answer("Svc_Recall", "2027-04-08T10:01"));
  EXPECT_EQ(story.effects.back().kind, "refusal");
  DONE(story.answer("Svc_SendRefusal", "2027-04-08T10:02"));
  EXPECT_EQ(story.state(), "refused");
  EXPECT_FALSE(story.breached("result"));
  EXPECT_TRUE(story.at_rest());
}

TEST(Correction, after_an_extension_nobody_is_refused_unheard) {
  Correction story;
  extended_79(story, 1);
  DONE(story.reply("1", "2026-12-03T10:00", answering("negative")));
  DONE(story.complete("Task_Review", "2026-12-04T10:00", k_executor, refusing("no_data")));
  EXPECT_TRUE(story.open("Task_Notice"));
  EXPECT_FALSE(story.open("Task_RefusalDraft"));
  LAW("R79-15");
  auto unheard = story;
  DONE(unheard.complete("Task_Notice", "2026-12-04T11:00", k_executor, notice("2026-12-08T11:00")));
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
  EXPECT_EQ(
      rule_of(story.complete("Task_Review", "2026-11-24T10:00", k_executor, refusing("no_data"))),
      "R79-22");
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, refusing("G1")));
  EXPECT_TRUE(story.open("Task_RefusalDraft"));
  DONE(story.complete("Task_RefusalDraft", "2026-11-24T11:00", k_executor, refusal_form()));
  DONE(story.complete("Task_Sign", "2026-11-25T10:00", k_head, signing()));
  DONE(story.answer("Svc_SendRefusal", "2026-11-25T10:02"));
  EXPECT_EQ(story.state(), "refused");
  EXPECT_TRUE(story.now.breaches.empty());
  LAW("R79-15");
  LAW("R79-23");
}

Context late_answer(std::string_view kind) {
  return {{"late_answer.request", "1"},
          {"late_answer.kind", kind},
          {"late_answer.summary", "Found after all."},
          {"late_answer.document", sha("late", 1)}};
}

TEST(Correction, a_late_answer_is_recorded_and_stops_a_refusal_until_it_was_read) {
  Correction story;
  extended_79(story, 1);
  EXPECT_EQ(rule_of(story.send("request.late_answer", "2026-12-01T10:00", late_answer("positive"),
                               k_archive)),
            "R79-21");
  Correction late;
  heard(late);
  DONE(late.send("request.late_answer", "2027-04-08T09:00", late_answer("positive"), k_archive));
  EXPECT_EQ(rule_of(late.complete("Task_Sign", "2027-04-08T10:00", k_head, signing())), "R79-17");
  LAW("R79-17");
  DONE(late.complete("Task_Sign", "2027-04-08T10:05", k_head, signing("return")));
  DONE(late.complete("Task_Review", "2027-04-08T11:00", k_executor, present("Late answer")));
  DONE(late.answer("Svc_EnterMis", "2027-04-08T11:01"));
  DONE(late.complete("Task_Draft", "2027-04-08T11:30", k_executor, update()));
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
  EXPECT_EQ(story.state(), "withdrawn");
  EXPECT_TRUE(story.at_rest());
  EXPECT_EQ(rule_of(story.reply("1", "2026-12-02T10:00", answering("positive"))), "INV-29");
}

TEST(Correction, missed_days_are_recorded_and_block_nothing) {
  Correction story;
  DONE(story.file("2026-11-23T10:00", application_79()));
  DONE(story.tick("2026-11-26T00:00"));
  EXPECT_EQ(story.now.breaches, (std::vector<std::string>{"registration", "draft", "result"}));
  DONE(story.complete("Task_Register", "2026-11-26T10:30", k_registrar, accepted_79()));
  DONE(story.complete("Task_Review", "2026-11-26T11:00", k_executor, present()));
}

TEST(Correction, sent_requests_count_as_the_work_of_the_first_day) {
  Correction story;
  requested(story, 1);
  DONE(story.tick("2026-11-25T00:00"));
  EXPECT_FALSE(story.breached("draft"));
}

TEST(Correction, identity_comes_through_the_gateway_and_each_correction_names_its_source) {
  Correction story;
  registered_79(story);
  auto form = present();
  form["checklist.identity"] = false;
  EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-11-24T10:00", k_executor, form)), "R79-24");
  LAW("R79-24");
  form = present();
  form.erase("correction.source");
  EXPECT_EQ(story.complete("Task_Review", "2026-11-24T10:00", k_executor, form)->field,
            "correction.source");
  LAW("R79-25");
}

TEST(Correction, nobody_can_apply_before_there_are_pages) {
  EXPECT_FALSE(service_79()->offered);
}

}  // namespace
}  // namespace qyzmet::engine
