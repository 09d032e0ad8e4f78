#pragma once
// Service 78 for the tests: applications, forms as people fill them in, and the states in which
// somebody may try something, written from the law (law.md 2), as stages.hpp does for service 77.
#include "tests/engine/stages.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::engine {

inline std::shared_ptr<Package const> const& service_78() {
  static auto const package = tests::seed_package("registration");
  return package;
}

struct Registration : Story {
  Registration() : Story{service_78()} {}
};

inline Value paper(std::string_view code) {
  return Context{{"code", code}, {"sha256", sha(code, 0)}};
}

inline Context application_78(std::string_view subtype) {
  Context declared{{"registered_before", false}};
  List papers;
  if (subtype == "dismissed") papers = {paper("prescription")};
  if (subtype == "released") {
    papers = {paper("release")};
    declared["registered_before"] = true;
  }
  if (subtype == "speciality") declared["speciality"] = true;
  if (subtype == "first_time") {
    papers = {paper("medical_card")};
    declared["fitness_conclusion"] = true;
  }
  auto const* const sex = subtype == "speciality" ? "female" : "male";
  auto variables = application(subtype, "district");
  variables.erase("branch");
  variables.erase("mode");
  variables["number"] = "78-2026-000001";
  variables["documents"] = papers;
  variables["declared"] = declared;
  variables["person"] = Context{{"sex", sex}, {"conscript_until", day("2029-05-01")}};
  return variables;
}

/// Example 78-A: a man of 24 released from prison, never registered.
inline Context released_first_time() {
  auto variables = application_78("first_time");
  set_path(variables, "declared.released_from_prison", true);
  variables["documents"] = List{paper("medical_card"), paper("release")};
  return variables;
}

inline Context accepted_78() {
  return {{"register.outcome", "accept"}, {"executor", k_executor.user}};
}
inline Context approved_78() {
  return {{"checklist.gateway", true},
          {"checklist.documents", true},
          {"checklist.status", true},
          {"review.outcome", "approve"}};
}
inline Context found_78(std::string_view ground) {
  return {{"checklist.gateway", true},
          {"review.outcome", "refuse"},
          {"review.ground", ground},
          {"review.reasons", "The prescription was issued by nobody."}};
}
/// With what the table of categories says, which the shell fills in.
inline Context draft_78(std::string_view kind, bool served = false,
                        std::string_view category = "II") {
  Context out{{"registration.kind", kind}, {"registration.term_served", served}};
  if (kind != "reservist") return out;
  out["registration.composition"] = "ranks";
  out["registration.category"] = category;
  return out;
}
inline Context signing_78(std::string_view category = "II") {
  auto out = signing();
  out["registration.category_signed"] = category;
  return out;
}

/// V78-3: filed after hours on the eve of a holiday.
inline void in_review(Registration& story, Context variables = released_first_time()) {
  DONE(story.file("2026-12-15T19:30", std::move(variables)));
  DONE(story.complete("Task_Register", "2026-12-17T09:10", k_registrar, accepted_78()));
}

// ---- States -----------------------------------------------------------------------------------

inline std::vector<Stage> const& stages_78() {
  static auto const registered = [](Story& s) {
    DONE(s.file("2026-12-15T10:00", released_first_time()));
    DONE(s.complete("Task_Register", "2026-12-15T11:00", k_registrar, accepted_78()));
  };
  static auto const reviewed = [](Story& s) {
    registered(s);
    DONE(s.complete("Task_Review", "2026-12-17T10:00", k_executor, approved_78()));
  };
  static auto const drafted = [](Story& s) {
    reviewed(s);
    DONE(s.complete("Task_Draft", "2026-12-17T11:00", k_executor, draft_78("conscript")));
  };
  static auto const signed_one = [](Story& s) {
    drafted(s);
    DONE(s.complete("Task_Sign", "2026-12-17T12:00", k_head, signing()));
  };
  static auto const doubted = [](Story& s) {
    registered(s);
    DONE(s.complete("Task_Review", "2026-12-17T10:00", k_executor, found_78("G1")));
  };
  static auto const refusal_drafted = [](Story& s) {
    doubted(s);
    DONE(s.complete("Task_RefusalDraft", "2026-12-17T11:00", k_executor, refusal_form()));
  };
  static std::vector<Stage> const all{
      {"submitted",
       "2026-12-15T11:00",
       [](Story& s) { DONE(s.file("2026-12-15T10:00", released_first_time())); },
       {{"registrar", "Task_Register"}, k_withdraw}},
      {"review", "2026-12-17T10:00", registered, {{"executor", "Task_Review"}, k_withdraw}},
      {"draft", "2026-12-17T11:00", reviewed, {{"executor", "Task_Draft"}, k_withdraw}},
      {"sign", "2026-12-17T12:00", drafted, {{"head", "Task_Sign"}, k_withdraw}},
      {"refusal", "2026-12-17T11:00", doubted, {{"executor", "Task_RefusalDraft"}, k_withdraw}},
      {"refusal sign", "2026-12-17T12:00", refusal_drafted, {{"head", "Task_Sign"}, k_withdraw}},
      {"rework",
       "2026-12-17T13:00",
       [](Story& s) {
         drafted(s);
         DONE(s.complete("Task_Sign", "2026-12-17T12:00", k_head, signing("return")));
       },
       {{"executor", "Task_Review"}, k_withdraw}},
      {"entering", "2026-12-17T12:01", signed_one, {}},
      {"registered",
       "2026-12-17T13:00",
       [](Story& s) {
         signed_one(s);
         DONE(s.answer("Svc_Enroll", "2026-12-17T12:01"));
         DONE(s.answer("Svc_SendNotice", "2026-12-17T12:02"));
       },
       {}},
      {"refused",
       "2026-12-17T13:00",
       [](Story& s) {
         refusal_drafted(s);
         DONE(s.complete("Task_Sign", "2026-12-17T12:00", k_head, signing()));
         DONE(s.answer("Svc_SendRefusal", "2026-12-17T12:01"));
       },
       {}},
      {"withdrawn",
       "2026-12-17T12:00",
       [](Story& s) {
         registered(s);
         DONE(s.send("application.withdrawn", "2026-12-17T10:00"));
         DONE(s.answer("Svc_NotifyWithdrawn", "2026-12-17T10:01"));
       },
       {}},
  };
  return all;
}

inline Context good_form_78(std::string const& action, std::string const&) {
  std::map<std::string, Context> const forms{{"Task_Register", accepted_78()},
                                             {"Task_Review", approved_78()},
                                             {"Task_Draft", draft_78("conscript")},
                                             {"Task_RefusalDraft", refusal_form()},
                                             {"Task_Sign", signing()},
                                             {"application.withdrawn", {}}};
  return forms.at(action);
}

inline Play const& play_78() {
  static Play const play{.package = service_78(), .stages = stages_78(), .good_form = good_form_78};
  return play;
}

}  // namespace qyzmet::engine
