#pragma once
// Service 79 for the tests: applications, forms as people fill them in, and the states in which
// somebody may try something, written from the law (law.md 3), as stages.hpp does for service 77.
#include "tests/engine/stages.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::engine {

inline std::shared_ptr<Package const> const& service_79() {
  static auto const package = tests::seed_package("correction");
  return package;
}

struct Correction : Story {
  Correction() : Story{service_79()} {}

  /// An answer to the request of that number comes on the office's post.
  std::optional<Error> reply(std::string_view number, std::string_view local, Context form,
                             Actor const& actor = k_registrar) {
    return send("request.answer", local, std::move(form), actor, std::string{number});
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

inline Context application_79(bool support = false) {
  auto variables = application("privileged_period", "district");
  variables.erase("branch");
  variables.erase("mode");
  variables["number"] = "79-2026-000001";
  variables["wants_social_support"] = support;
  variables["wish"] = Context{{"kind", "absent"},
                              {"correct", "Service in Afghanistan"},
                              {"from", day("1985-05-01")},
                              {"until", day("1986-11-01")}};
  return variables;
}

inline Context accepted_79() {
  return {{"register.outcome", "accept"}, {"executor", k_executor.user}};
}
inline List facts_79() {
  return {Context{{"fact", "privileged"}, {"value", "Afghanistan, 1985-1986"}}};
}
inline Context present_79(std::string_view source = "Order 117 of 1987") {
  return {{"checklist.identity", true},
          {"review.outcome", "present"},
          {"correction.facts", facts_79()},
          {"correction.source", source}};
}
inline Context nothing_found_79() {
  return {{"checklist.identity", true}, {"review.outcome", "request"}};
}
inline Context refusing_79(std::string_view ground) {
  return {{"checklist.identity", true},
          {"review.outcome", "refuse"},
          {"review.ground", ground},
          {"review.reasons", "Nobody confirms the service."}};
}
inline Value asked_79(std::string_view number, std::string_view addressee = "archive") {
  return Context{{"number", number},
                 {"addressee", addressee},
                 {"body", "Central archive"},
                 {"period", "1985-1986"},
                 {"due_on", day("2027-02-01")}};
}
inline Context requests_79(int count) {
  List rows;
  for (int i = 1; i <= count; ++i) rows.push_back(asked_79(std::to_string(i)));
  return {{"requests", rows}};
}
inline Context extension_79(std::string_view choice = "extend") {
  Context form{{"extension.choice", choice}};
  if (choice != "extend") form["extension.reasons"] = "The archive answers in a day.";
  return form;
}
inline Context extension_notice_79() {
  return {{"extension.explanation", "Two archives were asked."}};
}
inline Context update_79(bool support = false) {
  Context form{{"correction.summary", "Service from May 1985 to November 1986."}};
  if (support) {
    form["certificate.periods"] = "1985-1986, privileged";
    form["certificate.recipient"] = "Akimat";
  }
  return form;
}
inline Context answering_79(std::string_view kind) {
  return {{"request.answer.kind", kind},
          {"request.answer.number", "A-7"},
          {"request.answer.summary", "See the copy."},
          {"request.answer.document", sha(kind, 3)}};
}
inline Context late_answer_79(std::string_view kind) {
  return {{"late_answer.request", "1"},
          {"late_answer.kind", kind},
          {"late_answer.summary", "Found after all."},
          {"late_answer.document", sha("late", 1)}};
}

/// Filed on Monday, 23 November 2026 (V79), registered on the same day.
inline void registered_79(Story& story, bool support = false) {
  DONE(story.file("2026-11-23T10:00", application_79(support)));
  DONE(story.complete("Task_Register", "2026-11-23T10:30", k_registrar, accepted_79()));
}
inline void entered_79(Story& story, bool support = false) {
  registered_79(story, support);
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, present_79()));
  DONE(story.answer("Svc_EnterMis", "2026-11-24T10:01"));
}
inline void drafted_79(Story& story, bool support = false) {
  entered_79(story, support);
  DONE(story.complete("Task_Draft", "2026-11-24T11:00", k_executor, update_79(support)));
}
inline void signed_79(Story& story, bool support = false) {
  drafted_79(story, support);
  DONE(story.complete("Task_Sign", "2026-11-24T12:00", k_head, signing()));
  DONE(story.answer("Svc_SendUpdate", "2026-11-24T12:01"));
}

/// Example 79-B: the requests go out on 24 November.
inline void requested_79(Story& story, int count = 1, bool support = false) {
  registered_79(story, support);
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, nothing_found_79()));
  DONE(story.complete("Task_Requests", "2026-11-24T11:00", k_executor, requests_79(count)));
  for (int i = 0; i < count; ++i) DONE(story.answer("Svc_SendRequest", "2026-11-24T11:01"));
}
/// The executor has proposed an extension, and drawn its notice.
inline void proposed_79(Story& story, int count = 1, bool support = false) {
  requested_79(story, count, support);
  DONE(story.complete("Task_ExtensionNotice", "2026-11-24T14:00", k_executor,
                      extension_notice_79()));
}
inline void extending_79(Story& story, int count = 1, bool support = false) {
  proposed_79(story, count, support);
  DONE(story.complete("Task_Extend", "2026-11-24T15:00", k_head, extension_79()));
}
inline void extended_79(Story& story, int count = 1, bool support = false) {
  extending_79(story, count, support);
  DONE(story.answer("Svc_SendExtension", "2026-11-24T16:01"));
}

/// The one archive knows nothing.
inline void answered_79(Story& story) {
  extended_79(story);
  DONE(
      story.send("request.answer", "2026-12-03T10:00", answering_79("negative"), k_registrar, "1"));
}
/// One of two answers came, and says part of it.
inline void half_answered_79(Story& story) {
  extended_79(story, 2);
  DONE(story.send("request.answer", "2027-01-11T10:00", answering_79("partial"), k_registrar, "1"));
}
inline void doubted_79(Story& story) {
  answered_79(story);
  DONE(story.complete("Task_Review", "2026-12-04T10:00", k_executor, refusing_79("no_data")));
}
/// Drawn, and not signed yet.
inline void notice_drawn_79(Story& story) {
  doubted_79(story);
  DONE(story.complete("Task_Notice", "2026-12-04T11:00", k_executor, notice("2026-12-07T09:00")));
}
inline void notifying_79(Story& story) {
  notice_drawn_79(story);
  DONE(story.complete("Task_NoticeSign", "2026-12-04T11:00", k_executor, signing_notice()));
}
inline void hearing_79(Story& story) {
  notifying_79(story);
  DONE(story.answer("Svc_SendNotice", "2026-12-04T11:02"));
}
/// Heard in person; the minutes are not signed yet.
inline void heard_in_person_79(Story& story) {
  hearing_79(story);
  auto form = held("2026-12-07T09:00", "2026-12-07T09:40", "refuse");
  DONE(story.complete("Task_Hearing", "2026-12-07T10:00", k_executor, std::move(form)));
}
inline void chair_signed_79(Story& story) {
  heard_in_person_79(story);
  DONE(story.complete("Task_Minutes", "2026-12-07T11:00", k_executor));
}
inline void minutes_signed_79(Story& story) {
  chair_signed_79(story);
  DONE(story.complete("Task_MinutesSecretary", "2026-12-07T11:02", k_secretary));
}
inline void minutes_sent_79(Story& story) {
  minutes_signed_79(story);
  DONE(story.answer("Svc_SendMinutes", "2026-12-07T11:05"));
}
inline void refusal_drafted_79(Story& story) {
  hearing_79(story);
  DONE(story.complete("Task_Hearing", "2026-12-07T10:00", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2026-12-07T11:00", k_executor, refusal_form()));
}

/// No answer by two working days before the last day of the notice: the review opens by itself.
inline void unanswered_79(Story& story) {
  extended_79(story);
  for (auto const* local : {"2027-01-13T00:00", "2027-02-24T00:00", "2027-03-18T00:00"}) {
    DONE(story.tick(local));
    if (!story.now.pending.empty()) DONE(story.answer("Svc_Remind", local));
  }
  DONE(story.tick("2027-04-03T00:00"));
  ASSERT_TRUE(story.open("Task_Review"));
}
inline void heard_79(Story& story) {
  unanswered_79(story);
  DONE(story.complete("Task_Review", "2027-04-05T10:00", k_executor, refusing_79("no_data")));
  DONE(story.complete("Task_Notice", "2027-04-05T11:00", k_executor, notice("2027-04-07T11:00")));
  DONE(story.complete("Task_NoticeSign", "2027-04-05T11:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2027-04-05T11:02"));
  EXPECT_EQ(story.state(), "hearing");
  DONE(story.complete("Task_Hearing", "2027-04-07T12:00", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2027-04-07T13:00", k_executor, refusal_form()));
}
inline void late_79(Story& story) {
  unanswered_79(story);
  DONE(story.complete("Task_Review", "2027-04-07T10:00", k_executor, refusing_79("no_data")));
}
inline void late_way_79(Story& story, std::string_view choice) {
  late_79(story);
  DONE(story.complete("Task_LateGround", "2027-04-07T11:00", k_head,
                      {{"late.choice", choice}, {"late.reasons", "Found late."}}));
}

// ---- States -----------------------------------------------------------------------------------

inline Cell const k_answer{"registrar", "request.answer"};
inline Cell const k_late_answer{"registrar", "request.late_answer"};

/// While nobody was asked, and while archives are asked.
inline std::vector<Stage> first_stages_79() {
  return {
      {"submitted",
       "2026-11-23T10:30",
       [](Story& s) { DONE(s.file("2026-11-23T10:00", application_79())); },
       {{"registrar", "Task_Register"}, k_withdraw}},
      {"review",
       "2026-11-24T10:00",
       [](Story& s) { registered_79(s); },
       {{"executor", "Task_Review"}, k_withdraw}},
      {"entering",
       "2026-11-24T10:00",
       [](Story& s) {
         registered_79(s);
         DONE(s.complete("Task_Review", "2026-11-24T10:00", k_executor, present_79()));
       },
       {k_withdraw}},
      {"draft",
       "2026-11-24T11:00",
       [](Story& s) { entered_79(s, true); },
       {{"executor", "Task_Draft"}, k_withdraw}},
      {"sign",
       "2026-11-24T12:00",
       [](Story& s) { drafted_79(s); },
       {{"head", "Task_Sign"}, k_withdraw}},
      {"certificate",
       "2026-11-24T13:00",
       [](Story& s) { signed_79(s, true); },
       {{"head", "Task_SignCertificate"}}},
      {"updated", "2026-11-24T13:00", [](Story& s) { signed_79(s); }, {}},
      {"requests",
       "2026-11-24T11:00",
       [](Story& s) {
         registered_79(s);
         DONE(s.complete("Task_Review", "2026-11-24T10:00", k_executor, nothing_found_79()));
       },
       {{"executor", "Task_Requests"}, k_withdraw}},
      {"requested",
       "2026-11-24T12:00",
       [](Story& s) { requested_79(s); },
       {{"executor", "Task_ExtensionNotice"}, k_answer, k_withdraw}},
      {"extension proposed",
       "2026-11-24T15:00",
       [](Story& s) { proposed_79(s); },
       {{"head", "Task_Extend"}, k_answer, k_withdraw}},
      {"sending the extension",
       "2026-11-24T16:00",
       [](Story& s) { extending_79(s); },
       {k_answer, k_withdraw}},
      {"extended", "2026-12-01T10:00", [](Story& s) { extended_79(s); }, {k_answer, k_withdraw}},
      {"minutes of the secretary",
       "2026-12-07T11:01",
       chair_signed_79,
       {{"secretary", "Task_MinutesSecretary"},
        {"executor", "minutes.redrafted"},
        k_late_answer,
        k_withdraw}},
  };
}

/// After the answers: the review, the hearing, the refusal.
inline std::vector<Stage> later_stages_79() {
  return {
      {"answered in part",
       "2027-01-12T10:00",
       [](Story& s) { half_answered_79(s); },
       {{"executor", "answers.suffice"}, k_withdraw}},
      {"answered",
       "2026-12-04T10:00",
       answered_79,
       {{"executor", "Task_Review"}, k_late_answer, k_withdraw}},
      {"notice",
       "2026-12-04T11:00",
       doubted_79,
       {{"executor", "Task_Notice"}, k_late_answer, k_withdraw}},
      {"notice sign",
       "2026-12-04T11:01",
       notice_drawn_79,
       {{"executor", "Task_NoticeSign"}, k_late_answer, k_withdraw}},
      {"sending", "2026-12-04T11:01", notifying_79, {k_late_answer, k_withdraw}},
      {"hearing",
       "2026-12-07T10:00",
       hearing_79,
       {{"executor", "Task_Hearing"},
        {"citizen", "hearing.objection"},
        {"citizen", "hearing.waiver"},
        k_late_answer,
        k_withdraw}},
      {"minutes",
       "2026-12-07T11:00",
       heard_in_person_79,
       {{"executor", "Task_Minutes"}, k_late_answer, k_withdraw}},
      {"sending minutes", "2026-12-07T11:03", minutes_signed_79, {k_late_answer, k_withdraw}},
      {"remarks",
       "2026-12-07T12:00",
       minutes_sent_79,
       {{"executor", "Task_RefusalDraft"}, k_late_answer, k_withdraw}},
      {"refusal too early", "2026-12-08T11:00", refusal_drafted_79, {k_late_answer, k_withdraw}},
      {"refusal sign",
       "2026-12-09T11:00",
       refusal_drafted_79,
       {{"head", "Task_Sign"}, k_late_answer, k_withdraw}},
      {"refused",
       "2026-12-09T12:00",
       [](Story& s) {
         refusal_drafted_79(s);
         DONE(s.complete("Task_Sign", "2026-12-09T11:00", k_head, signing()));
         DONE(s.answer("Svc_UndoRefused", "2026-12-09T11:01"));
         DONE(s.answer("Svc_SendRefusal", "2026-12-09T11:01"));
       },
       {}},
      {"withdrawn",
       "2026-12-01T11:00",
       [](Story& s) {
         extended_79(s);
         DONE(s.send("application.withdrawn", "2026-12-01T10:00"));
         DONE(s.answer("Svc_NotifyWithdrawn", "2026-12-01T10:01"));
         DONE(s.answer("Svc_Recall", "2026-12-01T10:02"));
         DONE(s.answer("Svc_UndoWithdrawn", "2026-12-01T10:02"));
       },
       {}},
  };
}

/// When the ground was found too late for a notice in time.
inline std::vector<Stage> late_stages_79() {
  return {
      {"late",
       "2027-04-07T11:00",
       late_79,
       {{"head", "Task_LateGround"}, k_late_answer, k_withdraw}},
      {"urgent",
       "2027-04-07T12:00",
       [](Story& s) { late_way_79(s, "urgent"); },
       {{"executor", "Task_RefusalDraft"}, k_late_answer, k_withdraw}},
      {"late hearing",
       "2027-04-07T12:00",
       [](Story& s) { late_way_79(s, "hearing"); },
       {{"executor", "Task_LateNotice"}, k_late_answer, k_withdraw}},
      {"waiver asked",
       "2027-04-07T12:00",
       [](Story& s) {
         late_way_79(s, "waiver");
         DONE(s.answer("Svc_AskWaiver", "2027-04-07T11:01"));
       },
       {{"citizen", "hearing.waiver"}, k_late_answer, k_withdraw}},
  };
}

inline std::vector<Stage> const& stages_79() {
  static std::vector<Stage> const all = [] {
    auto out = first_stages_79();
    std::ranges::move(later_stages_79(), std::back_inserter(out));
    std::ranges::move(late_stages_79(), std::back_inserter(out));
    return out;
  }();
  return all;
}

inline Context good_form_79(std::string const& action, std::string const& local) {
  auto const tomorrow = to_iso(seed().wd_add(legal_date(at(local)), 1)) + "T10:00";
  std::map<std::string, Context> const forms{
      {"Task_Register", accepted_79()},
      {"Task_Review", present_79()},
      {"Task_Requests", requests_79(2)},
      {"Task_Extend", extension_79()},
      {"Task_ExtensionNotice", extension_notice_79()},
      {"Task_Draft", update_79(true)},
      {"Task_Sign", signing()},
      {"Task_SignCertificate", {}},
      {"Task_Notice", notice(tomorrow)},
      {"Task_LateNotice", notice(tomorrow)},
      {"Task_NoticeSign", signing_notice()},
      {"Task_Hearing", absence()},
      {"Task_Minutes", {}},
      {"Task_MinutesSecretary", {}},
      {"minutes.redrafted", minutes_anew()},
      {"Task_RefusalDraft", refusal_form()},
      {"Task_LateGround", {{"late.choice", "hearing"}, {"late.reasons", "Found late."}}},
      {"application.withdrawn", {}},
      {"hearing.objection", {{"objection.text", "I disagree."}}},
      {"hearing.waiver", {{"waiver.confirmed", true}}},
      {"answers.suffice", {{"answers.enough", "The rank is confirmed."}}},
      {"request.answer", answering_79("negative")},
      {"request.late_answer", late_answer_79("positive")}};
  return forms.at(action);
}

inline Play const& play_79() {
  static Play const play{.package = service_79(),
                         .stages = stages_79(),
                         .good_form = good_form_79,
                         .waits = {{"request.answer", "1"}}};
  return play;
}

}  // namespace qyzmet::engine
