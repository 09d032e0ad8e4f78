// Every guard of services 78 and 79 forbids something: as guards_test.cpp holds it of service 77,
// for each there is an act that it forbids, and that is done when exactly this guard is cut out.
#include <functional>
#include <set>

#include "tests/engine/guard_cuts.hpp"
#include "tests/engine/stages_78.hpp"
#include "tests/engine/stages_79.hpp"

namespace qyzmet::engine {
namespace {

using Answer = std::optional<Error>;
using Attempt = std::function<Answer(Story&)>;
using Reach = std::function<void(Story&)>;
using Scenarios = std::map<std::string, Attempt>;

Files files_of(std::string_view service) {
  auto const root = std::filesystem::path{QYZMET_SOURCE_DIR} / "services" / service;
  Files files;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{root})
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), root).string()] = read_text(entry.path());
  return files;
}

Attempt filing(Context const& application, std::function<void(Context&)> change) {
  return [=](Story& story) {
    auto variables = application;
    change(variables);
    return story.file("2026-11-23T10:00", variables);
  };
}
Attempt setting(Context const& application, std::string path, Value value) {
  return filing(application, [=](Context& v) { set_path(v, path, value); });
}
Attempt task(std::string node, std::string local, Actor const& actor, Context const& form) {
  return [=](Story& story) { return story.complete(node, local, actor, form); };
}
Attempt message(std::string name, std::string local, Context const& form,
                Actor const& actor = k_citizen) {
  return [=](Story& story) { return story.send(name, local, form, actor); };
}
Attempt after(Reach reach, Attempt attempt) {
  return [=](Story& story) {
    reach(story);
    return attempt(story);
  };
}
/// Something is changed behind the process's back: the guard holds even then.
Attempt after_setting(Reach reach, std::string path, Value value, Attempt attempt) {
  return [=](Story& story) {
    reach(story);
    set_path(story.now.variables, path, value);
    return attempt(story);
  };
}

Actor with(Actor actor, std::string user, std::string unit = {}) {
  if (!user.empty()) actor.user = std::move(user);
  if (!unit.empty()) actor.unit = std::move(unit);
  return actor;
}
Context changed(Context form, std::string const& field, Value value) {
  form[field] = std::move(value);
  return form;
}

/// A case of one of the two services on its usual way.
struct Way {
  Reach filed, assigned, signing;  // `signing`: a positive draft waits for the head
  std::string day, own_office;     // all of it on this day; the rule of the office
  Context registration, review;
};

Scenarios of_roles(Way const& way) {
  auto const at = [&](char const* hour) { return way.day + hour; };
  auto const reg = [&](Actor const& who) {
    return task("Task_Register", at("T11:00"), who, way.registration);
  };
  auto const review = [&](Actor const& who) {
    return task("Task_Review", at("T12:00"), who, way.review);
  };
  auto const sign = [&](Actor const& who) {
    return task("Task_Sign", at("T15:00"), who, signing());
  };
  auto const office = " " + way.own_office + " guard.own_office";
  return {
      {"citizen INV-45 guard.own_case",
       after(way.filed,
             message("application.withdrawn", at("T11:00"), {}, with(k_citizen, "101")))},
      {"registrar" + office, after(way.filed, reg(with(k_registrar, "", "elsewhere")))},
      {"registrar INV-44 guard.recused",
       after_setting(way.filed, "recusal.left", ",201,", reg(k_registrar))},
      {"executor" + office, after(way.assigned, review(with(k_executor, "", "elsewhere")))},
      {"executor INV-44 guard.recused",
       after_setting(way.assigned, "recusal.left", ",202,", review(k_executor))},
      {"executor R-GEN-28 guard.assigned_executor",
       after(way.assigned, review(with(k_executor, "299")))},
      {"head" + office, after(way.signing, sign(with(k_head, "", "elsewhere")))},
      {"head INV-44 guard.recused",
       after_setting(way.signing, "recusal.left", ",203,", sign(k_head))},
      {"head R-GEN-28 guard.was_executor",
       after_setting(way.signing, "change.left", ",203,", sign(k_head))},
      {"head R-GEN-28 guard.four_eyes", after(way.signing, sign(with(k_head, k_executor.user)))},
  };
}

Scenarios common(Way const& way, Context const& application) {
  auto const at = [&](char const* hour) { return way.day + hour; };
  auto const deciding = [&](Actor const& person, Context const& form) {
    auto const name = person.role == "head" ? "recusal.declared_head" : "recusal.declared";
    Reach const declared = [=, reach = way.assigned, local = at("T12:00")](Story& story) {
      reach(story);
      DONE(story.send(name, local,
                      {{"recusal.ground", "interest"}, {"recusal.reasons", "A dispute."}}, person));
    };
    return after(declared, message("recusal.decided", at("T13:00"), form, k_head));
  };
  return {
      {"application.submitted R-GEN-04 guard.certified",
       filing(application,
              [](Context& v) {
                set_path(v, "certified.by", "password");
                set_path(v, "certified.confirmed_at", engine::at("2026-11-23T09:59"));
              })},
      {"application.submitted INV-04 guard.certified",
       setting(application, "certified.signature", {})},
      {"application.submitted R-GEN-27 guard.consent", setting(application, "consent", false)},
      {"executor.changed R-GEN-28 guard.change_executor",
       after(way.assigned,
             message("executor.changed", at("T12:00"),
                     {{"change.executor", k_executor.user}, {"change.reasons", "Ill."}}, k_head))},
      {"recusal.decided R-GEN-21 guard.recusal_own",
       deciding(k_head, {{"recusal.outcome", "rejected"}, {"recusal.decision", "No."}})},
      {"recusal.decided R-GEN-21 guard.recusal_replacement",
       deciding(k_executor, {{"recusal.outcome", "granted"},
                             {"recusal.replacement", k_executor.user},
                             {"recusal.decision", "Yes."}})},
      {"person.gone E-24 guard.gone_on",
       after(way.assigned, message("person.gone", at("T12:00"),
                                   {{"gone.ground", "deceased"},
                                    {"gone.document", "Certificate 1"},
                                    {"gone.on", day("2030-01-01")}},
                                   k_registrar))},
      {"register R-GEN-17 guard.rejection_late",
       after(way.filed, task("Task_Register", "2026-12-30T10:00", k_registrar,
                             {{"register.outcome", "reject"}, {"register.missing", "All."}}))},
  };
}

/// `on`: with the settings under which that guard stands.
using On = std::function<Files(Files)>;

void check_under_settings(Files const& files, Cut const& guard, Attempt const& attempt) {
  Story story{without(files, {})};
  auto const answer = attempt(story);
  ASSERT_TRUE(answer) << "it was done";
  EXPECT_EQ(answer->rule, guard.rule);
  LAW(guard.rule.c_str());
  EXPECT_EQ(answer->text, guard.text);
  auto const cuts = guards_of(files.at("service.xml"));
  Story mutant{without(files, *std::ranges::find(cuts, guard.name, &Cut::name))};
  EXPECT_EQ(text_of(attempt(mutant)), "") << "something else forbids it too";
}

void check_all(std::string_view service, std::shared_ptr<Package const> const& package,
               Scenarios const& scenarios, std::map<std::string, On> const& settings = {}) {
  auto const files = files_of(service);
  std::set<std::string> guards;
  for (auto const& guard : guards_of(files.at("service.xml"))) {
    SCOPED_TRACE(guard.name);
    guards.insert(guard.name);
    auto const found = scenarios.find(guard.name);
    ASSERT_NE(found, scenarios.end()) << "no act proves it";
    if (auto const on = settings.find(guard.name); on != settings.end()) {
      check_under_settings(on->second(files), guard, found->second);
      continue;
    }
    Story story{package};
    auto const answer = found->second(story);
    ASSERT_TRUE(answer) << "it was done";
    EXPECT_EQ(answer->rule, guard.rule);
    LAW(guard.rule.c_str());
    EXPECT_EQ(answer->text, guard.text);
    Story mutant{without(files, guard)};
    EXPECT_EQ(text_of(found->second(mutant)), "") << "something else forbids it too";
  }
  for (auto const& [name, attempt] : scenarios)
    EXPECT_TRUE(guards.contains(name)) << name << " is no guard any more";
}

// ---- Service 78 ---------------------------------------------------------------------------------

void in_review_78(Story& story) {
  DONE(story.file("2026-12-17T09:00", released_first_time()));
  DONE(story.complete("Task_Register", "2026-12-17T09:10", k_registrar, accepted_78()));
}
void reviewed_78(Story& story) {
  in_review_78(story);
  DONE(story.complete("Task_Review", "2026-12-17T10:00", k_executor, approved_78()));
}
void drafted_78(Story& story) {
  reviewed_78(story);
  DONE(story.complete("Task_Draft", "2026-12-17T11:00", k_executor, draft_78("conscript")));
}
void reserve_drafted_78(Story& story) {
  reviewed_78(story);
  DONE(story.complete("Task_Draft", "2026-12-17T11:00", k_executor, draft_78("reservist", true)));
}
void refusing_78(Story& story) {
  in_review_78(story);
  DONE(story.complete("Task_Review", "2026-12-17T10:00", k_executor, found_78("G1")));
  DONE(story.complete("Task_RefusalDraft", "2026-12-17T11:00", k_executor, refusal_form()));
}

Scenarios filings_78() {
  auto const bare = [](char const* subtype) {
    return filing(application_78(subtype), [](Context& v) { v["documents"] = List{}; });
  };
  auto const standing = [](char const* word) {
    return setting(application_78("first_time"), "person.subject", word);
  };
  return {
      {"application.submitted R78-20 guard.subtype",
       setting(application_78("naturalised"), "subtype", "somebody")},
      {"application.submitted R78-47 guard.already_registered", standing("registered")},
      {"application.submitted R-WHO-01 guard.not_subject", standing("not_subject")},
      {"application.submitted R-WHO-08 guard.not_yet", standing("not_yet")},
      {"application.submitted INV-19 guard.prescription", bare("dismissed")},
      {"application.submitted INV-19 guard.fitness",
       setting(application_78("dismissed"), "declared.dismissed_for_health", true)},
      {"application.submitted INV-19 guard.release", bare("released")},
      {"application.submitted INV-19 guard.release (2)",
       filing(released_first_time(),
              [](Context& v) { v["documents"] = List{paper("medical_card")}; })},
      {"application.submitted R78-49 guard.registered_before",
       setting(application_78("released"), "declared.registered_before", false)},
      {"application.submitted R78-28 guard.woman_speciality",
       setting(application_78("speciality"), "person.sex", "male")},
      {"application.submitted R78-28 guard.man_only",
       setting(application_78("first_time"), "person.sex", "female")},
      {"application.submitted R78-49 guard.not_registered_before",
       setting(application_78("first_time"), "declared.registered_before", true)},
      {"application.submitted INV-19 guard.medical_card", bare("first_time")},
      {"application.submitted R78-27 guard.fitness_conclusion",
       setting(application_78("first_time"), "declared.fitness_conclusion", false)},
  };
}

Scenarios decisions_78() {
  auto const reviewing = [](char const* box) {
    return after(in_review_78, task("Task_Review", "2026-12-17T10:00", k_executor,
                                    changed(approved_78(), box, false)));
  };
  auto const sign = [](Context const& form) {
    return task("Task_Sign", "2026-12-17T12:00", k_head, form);
  };
  return {
      {"review R78-11 guard.gateway_data", reviewing("checklist.gateway")},
      {"review R78-47 guard.status", reviewing("checklist.status")},
      {"review R78-25 guard.checklist", reviewing("checklist.documents")},
      {"draft R78-13 guard.registration_kind",
       after(reviewed_78,
             task("Task_Draft", "2026-12-17T11:00", k_executor, draft_78("reservist")))},
      {"draft R-CAT-13 guard.reserve_age",
       after(reviewed_78, task("Task_Draft", "2026-12-17T11:00", k_executor,
                               draft_78("reservist", true, "removed")))},
      {"sign INV-07 guard.refusal_content",
       after_setting(refusing_78, "office.superior.ru", {}, sign(signing()))},
      {"sign R78-13 guard.registration_kind",
       after_setting(drafted_78, "person.conscript_until", day("2026-12-17"), sign(signing()))},
      {"sign R-CAT-13 guard.reserve_age", after(reserve_drafted_78, sign(signing_78("removed")))},
  };
}

TEST(GuardsOf78, each_forbids_an_act_that_is_done_without_it) {
  Way const way{.filed = [](Story& s) { DONE(s.file("2026-12-17T09:00", released_first_time())); },
                .assigned = in_review_78,
                .signing = drafted_78,
                .day = "2026-12-17",
                .own_office = "R78-01",
                .registration = accepted_78(),
                .review = approved_78()};
  auto all = of_roles(way);
  all.merge(common(way, application_78("naturalised")));
  all.merge(filings_78());
  all.merge(decisions_78());
  check_all("registration", service_78(), all);
}

// ---- Service 79 ---------------------------------------------------------------------------------

void filed_79(Story& story) {
  DONE(story.file("2026-11-24T09:00", application_79()));
}
void assigned_79(Story& story) {
  filed_79(story);
  DONE(story.complete("Task_Register", "2026-11-24T09:30", k_registrar, accepted_79()));
}
void refused_unheard_79(Story& story) {
  registered_79(story);
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, refusing_79("G1")));
  DONE(story.complete("Task_RefusalDraft", "2026-11-24T11:00", k_executor, refusal_form()));
}
/// Where an un-extended case is told before a refusal, too (R79-15).
void told_unextended_79(Story& story) {
  registered_79(story);
  DONE(story.complete("Task_Review", "2026-11-24T10:00", k_executor, refusing_79("G1")));
  DONE(story.complete("Task_Notice", "2026-11-24T11:00", k_executor, {}));
  DONE(story.complete("Task_NoticeSign", "2026-11-24T11:00", k_executor, signing_notice()));
  DONE(story.answer("Svc_SendNotice", "2026-11-24T11:02"));
}
/// What the engine knows of the extension, without the step that made it.
void extended_already_79(Story& story) {
  proposed_79(story);
  story.now.deadlines.extended = {.code = "extension", .on = day("2026-11-24")};
}

Scenarios words_79() {
  auto const extend = task("Task_Extend", "2026-11-24T15:00", k_head, extension_79());
  return {
      {"application.submitted R79-01 guard.subtype",
       setting(application_79(), "subtype", "something")},
      {"application.submitted R79-01 guard.wish", setting(application_79(), "wish.correct", {})},
      {"application.submitted R79-01 guard.period",
       setting(application_79(), "wish.until", day("1985-04-30"))},
      {"hearing.objection R79-14 guard.objection_window",
       after(hearing_79,
             message("hearing.objection", "2026-12-09T00:00", {{"objection.text", "Late"}}))},
      {"hearing.explanation R79-14 guard.objection_window",
       after(refusal_drafted_79,
             message("hearing.explanation", "2026-12-09T00:00", {{"explanation.text", "Late"}}))},
      {"answers.suffice R79-13 guard.nothing_received",
       after([](Story& s) { extended_79(s, 2); },
             message("answers.suffice", "2026-12-01T10:00", {{"answers.enough", "All is said."}},
                     k_executor))},
      {"hearing.remarks R79-14 guard.remarks_window",
       after(minutes_sent_79,
             message("hearing.remarks", "2026-12-11T00:00", {{"remarks.text", "Late"}}))},
      {"hearing.waiver INV-09 guard.waiver_confirmed",
       after(hearing_79,
             message("hearing.waiver", "2026-12-07T08:00", {{"waiver.confirmed", false}}))},
      {"request.late_answer R79-21 guard.answers_open",
       after([](Story& s) { extended_79(s); }, message("request.late_answer", "2026-12-01T10:00",
                                                       late_answer_79("positive"), k_registrar))},
      {"review R79-24 guard.gateway_data",
       after([](Story& s) { registered_79(s); },
             task("Task_Review", "2026-11-24T10:00", k_executor,
                  changed(present_79(), "checklist.identity", false)))},
      {"review R79-22 guard.ask_first",
       after([](Story& s) { registered_79(s); },
             task("Task_Review", "2026-11-24T10:00", k_executor, refusing_79("no_data")))},
      {"review E-21 guard.contradiction",
       after([](Story& s) { registered_79(s); },
             task("Task_Review", "2026-11-24T10:00", k_executor, refusing_79("contradiction")))},
      {"extend R79-08 guard.requests_first",
       after_setting([](Story& s) { proposed_79(s); }, "requests", List{}, extend)},
      {"extend R79-11 guard.extended_once", after(extended_already_79, extend)},
      {"draft INV-26 guard.mis_first",
       after_setting([](Story& s) { entered_79(s); }, "mis.entered_on", {},
                     task("Task_Draft", "2026-11-24T11:00", k_executor, update_79()))},
  };
}

Scenarios hearings_79() {
  auto const hear = [](char const* local, Context const& form) {
    return task("Task_Hearing", local, k_executor, form);
  };
  Context const in_writing{{"hearing.result", "written"}, {"hearing.conclusion", "refuse"}};
  auto const oral = [](Story& s) {
    hearing_79(s);
    DONE(s.send("hearing.objection", "2026-12-07T08:00",
                {{"objection.text", "No."}, {"objection.oral", true}}));
  };
  auto const late_notice = [](char const* slot) {
    return after([](Story& s) { late_way_79(s, "hearing"); },
                 task("Task_LateNotice", "2027-04-07T12:00", k_executor, notice(slot)));
  };
  auto const early_notice = [](char const* slot) {
    return after(doubted_79, task("Task_Notice", "2026-12-04T11:00", k_executor, notice(slot)));
  };
  return {
      {"notice R79-14 guard.notice_late",
       after(
           [](Story& s) {
             doubted_79(s);
             s.now.timers.clear();
           },
           task("Task_Notice", "2027-04-07T10:00", k_executor, notice("2027-04-08T11:00")))},
      {"notice INV-10 guard.hearing_slot", early_notice("2026-12-09T11:00")},
      {"notice R-GEN-11 guard.slot_hours", early_notice("2026-12-07T13:30")},
      {"notice_sign R79-14 guard.notice_unsigned",
       after_setting(notice_drawn_79, "hearing.slot", at("2027-05-07T09:00"),
                     task("Task_NoticeSign", "2027-04-07T10:00", k_executor, signing_notice()))},
      {"notice_sign INV-10 guard.slot_passed",
       after(notice_drawn_79,
             task("Task_NoticeSign", "2026-12-07T09:00", k_executor, signing_notice()))},
      {"late_notice INV-10 guard.hearing_slot", late_notice("2027-04-13T11:00")},
      {"late_notice R-GEN-11 guard.slot_hours", late_notice("2027-04-08T13:30")},
      {"hearing INV-11 guard.no_show_delivery",
       after_setting(hearing_79, "hearing.delivered_on", {}, hear("2026-12-07T10:00", absence()))},
      {"hearing R79-14 guard.hearing_not_yet",
       after(hearing_79, hear("2026-12-07T08:59", absence()))},
      {"hearing R79-14 guard.minutes_time",
       after(hearing_79,
             hear("2026-12-07T10:00", held("2026-12-07T09:40", "2026-12-07T09:10", "refuse")))},
      {"hearing R79-15 guard.objections_awaited",
       after(told_unextended_79, hear("2026-11-26T18:00", {{"hearing.result", "omitted"},
                                                           {"hearing.conclusion", "refuse"}}))},
      {"hearing R79-14 guard.no_objection",
       after(hearing_79, hear("2026-12-07T10:00", in_writing))},
      {"hearing R79-14 guard.oral_requested", after(oral, hear("2026-12-07T10:00", in_writing))},
      {"hearing R79-14 guard.secretary_chairs",
       after(hearing_79, hear("2026-12-07T10:00",
                              changed(held("2026-12-07T09:00", "2026-12-07T09:40", "refuse"),
                                      "hearing.secretary", k_executor.user)))},
  };
}

Scenarios minutes_79() {
  auto const sign = [](Actor const& who) {
    return task("Task_MinutesSecretary", "2026-12-07T11:01", who, {});
  };
  return {
      {"secretary R79-03 guard.own_office",
       after(chair_signed_79, sign(with(k_secretary, "", "elsewhere")))},
      {"secretary INV-44 guard.recused",
       after_setting(chair_signed_79, "recusal.left", ",201,", sign(k_secretary))},
      {"secretary R79-14 guard.named_secretary",
       after(chair_signed_79, sign(with(k_secretary, "299")))},
      {"secretary R79-14 guard.secretary_chairs",
       after_setting(chair_signed_79, "executor", k_secretary.user, sign(k_secretary))},
      {"minutes.redrafted R79-14 guard.secretary_chairs",
       after(chair_signed_79,
             message("minutes.redrafted", "2026-12-07T12:00",
                     changed(minutes_anew(), "hearing.secretary", k_executor.user), k_executor))},
  };
}

Scenarios signatures_79() {
  auto const sign = [](char const* local) { return task("Task_Sign", local, k_head, signing()); };
  return {
      {"sign R79-19 guard.mis_first",
       after_setting([](Story& s) { drafted_79(s); }, "mis.entered_on", {},
                     sign("2026-11-24T12:00"))},
      {"sign INV-07 guard.refusal_content",
       after_setting(refused_unheard_79, "office.superior.kk", {}, sign("2026-11-24T12:00"))},
      {"sign R79-17 guard.late_answer",
       after_setting(refusal_drafted_79, "answers.unread", true, sign("2026-12-09T11:00"))},
      {"sign INV-09 guard.hearing_first",
       after_setting(refusal_drafted_79, "hearing.ground", {}, sign("2026-12-09T11:00"))},
      {"sign R79-14 guard.refusal_early", after(refusal_drafted_79, sign("2026-12-08T11:00"))},
      {"sign_certificate INV-27 guard.certificate",
       after_setting([](Story& s) { signed_79(s, true); }, "wants_social_support", false,
                     task("Task_SignCertificate", "2026-11-24T13:00", k_head, {}))},
  };
}

TEST(GuardsOf79, each_forbids_an_act_that_is_done_without_it) {
  Way const way{.filed = filed_79,
                .assigned = assigned_79,
                .signing = [](Story& s) { drafted_79(s); },
                .day = "2026-11-24",
                .own_office = "R79-03",
                .registration = accepted_79(),
                .review = present_79()};
  auto all = of_roles(way);
  all.merge(common(way, application_79()));
  all.merge(words_79());
  all.merge(hearings_79());
  all.merge(minutes_79());
  all.merge(signatures_79());
  auto const told_always = [](Files files) {
    auto& xml = files.at("service.xml");
    constexpr std::string_view k_off = R"(id="prelim_notice_unextended" value="false")";
    xml.replace(xml.find(k_off), k_off.size(), R"(id="prelim_notice_unextended" value="true")");
    return files;
  };
  check_all("correction", service_79(), all,
            {{"hearing R79-15 guard.objections_awaited", told_always}});
}

}  // namespace
}  // namespace qyzmet::engine
