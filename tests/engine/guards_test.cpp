// Every guard of service 77 forbids something, and nobody would notice its absence but the test
// here: for each guard of service.xml there is an act that it forbids, and the same act is tried
// once more under a package from which exactly this guard was cut out.
#include <functional>
#include <map>
#include <set>

#include "tests/engine/guard_cuts.hpp"
#include "tests/engine/stages.hpp"

namespace qyzmet::engine {
namespace {

// ---- What each of them forbids ------------------------------------------------------------------

using Answer = std::optional<Error>;
using Attempt = std::function<Answer(Story&)>;

Actor elsewhere(Actor actor) {
  actor.unit = "elsewhere";
  return actor;
}

Attempt filing(std::function<void(Context&)> change, std::string_view subtype = "dismissed") {
  return [=](Story& story) {
    auto variables = application(subtype, "city");
    change(variables);
    return story.file("2026-12-10T10:00", variables);
  };
}

Attempt doing(std::function<void(Story&)> reach, std::string_view task, std::string_view local,
              Actor const& actor, Context const& form) {
  return [=](Story& story) {
    reach(story);
    return story.complete(task, local, actor, form);
  };
}

Attempt reviewing_with(std::string_view field, Value value) {
  auto form = approval();
  form[std::string{field}] = std::move(value);
  return doing(assigned, "Task_Review", "2026-12-11T10:00", k_executor, form);
}
Attempt reviewing(std::string_view box) {
  return reviewing_with(box, false);
}

/// The register has the person on it, the executor says the contrary.
Attempt refusing_as_unregistered() {
  auto form = finding("G3");
  form["record.registered"] = true;
  return doing(assigned, "Task_Review", "2026-12-11T10:00", k_executor, form);
}

/// The head turns a late doubt into a positive decision although something lacks.
Attempt approving_late(std::string_view name, Value value = false) {
  auto form = checklist();
  form["late.choice"] = "approve";
  form["late.reasons"] = "All is well.";
  form[std::string{name}] = std::move(value);
  return doing(late, "Task_LateGround", "2026-12-15T11:00", k_head, form);
}

Attempt approving_at_hearing(std::string_view name, Value value = false) {
  auto form = held("2026-12-14T09:00", "2026-12-14T09:40", "approve");
  form[std::string{name}] = std::move(value);
  return doing(hearing, "Task_Hearing", "2026-12-14T10:00", k_executor, form);
}

/// A variable is changed behind the process's back: the guard holds even then.
Attempt after_setting(std::function<void(Story&)> reach, std::string_view path, Value value,
                      Attempt attempt) {
  return [=](Story& story) {
    reach(story);
    set_path(story.now.variables, path, value);
    return attempt(story);
  };
}

Attempt task(std::string_view node, std::string_view local, Actor const& actor, Context form) {
  return [=](Story& story) { return story.complete(node, local, actor, form); };
}

Attempt issuing(std::string_view local, bool duty = true) {
  return after_setting(waiting, "branch.is_duty", duty,
                       task("Task_Issue", local, k_operator, handover()));
}

/// On a day on which the calendar says that this branch is closed.
Answer issuing_at_a_closed_branch(Story& story) {
  waiting(story);
  set_path(story.now.variables, "branch.code", "esil-1");
  auto const closed =
      Calendar::from_csv(1, seed().to_csv() + "closed,esil-1,2026-12-11,2026-12-11,repair\n")
          .value();
  auto const done =
      step(*story.package, closed, story.now,
           story.event("2026-12-11T15:00", k_operator,
                       CompleteTask{.task = "Task_Issue", .form = handover(), .signature = {}}));
  return done ? Answer{} : Answer{done.error()};
}

Attempt written_hearing(bool oral) {
  return [oral](Story& story) {
    hearing(story);
    if (oral) {
      EXPECT_EQ(text_of(story.send("hearing.objection", "2026-12-14T08:00",
                                   {{"objection.text", "No."}, {"objection.oral", true}})),
                "");
    }
    return story.complete("Task_Hearing", "2026-12-14T10:00", k_executor,
                          {{"hearing.result", "written"}, {"hearing.conclusion", "refuse"}});
  };
}

/// The timer that takes the notice away at midnight was lost.
Answer notice_without_its_timer(Story& story) {
  doubted(story);
  story.now.timers.clear();
  return story.complete("Task_Notice", "2026-12-15T09:00", k_executor, notice("2026-12-17T11:00"));
}

Context unmatched() {
  auto form = handover();
  form["identity.matched"] = false;
  return form;
}

Context of_a_representative() {
  auto form = handover();
  form["issue.collector"] = "representative";
  return form;
}

Actor signing_executor() {
  auto actor = k_head;
  actor.user = k_executor.user;
  return actor;
}
Actor other_executor() {
  auto actor = k_executor;
  actor.user = "299";
  return actor;
}

Actor other_secretary() {
  auto actor = k_secretary;
  actor.user = "299";
  return actor;
}

/// The form of the hearing, or of its minutes drawn up anew, with the chair as the secretary.
Context keeping_own_minutes(Context form) {
  form["hearing.secretary"] = k_executor.user;
  return form;
}

using Scenarios = std::map<std::string, Attempt>;

Scenarios of_roles() {
  auto stranger = k_citizen;
  stranger.user = "101";
  return {
      {"citizen INV-45 guard.own_case",
       [stranger](Story& story) {
         filed(story);
         return story.send("application.withdrawn", "2026-12-10T11:00", {}, stranger);
       }},
      {"registrar R77-02 guard.own_office",
       doing(filed, "Task_Register", "2026-12-10T11:00", elsewhere(k_registrar), registered())},
      {"executor R77-02 guard.own_office",
       doing(assigned, "Task_Review", "2026-12-11T10:00", elsewhere(k_executor), approval())},
      {"executor R-GEN-28 guard.assigned_executor",
       doing(assigned, "Task_Review", "2026-12-11T10:00", other_executor(), approval())},
      {"head R77-02 guard.own_office",
       doing(drafted, "Task_Sign", "2026-12-11T12:00", elsewhere(k_head), signing())},
      {"head R-GEN-28 guard.four_eyes",
       doing(drafted, "Task_Sign", "2026-12-11T12:00", signing_executor(), signing())},
      {"secretary R77-02 guard.own_office", doing(chair_signed, "Task_MinutesSecretary",
                                                  "2026-12-14T11:01", elsewhere(k_secretary), {})},
      {"secretary R77-39 guard.named_secretary",
       doing(chair_signed, "Task_MinutesSecretary", "2026-12-14T11:01", other_secretary(), {})},
      {"secretary R77-39 guard.secretary_chairs",
       after_setting(chair_signed, "executor", k_secretary.user,
                     task("Task_MinutesSecretary", "2026-12-14T11:01", k_secretary, {}))},
      {"branch_operator R77-42 guard.chosen_branch",
       doing(waiting, "Task_Issue", "2026-12-11T15:00", elsewhere(k_operator), handover())},
  };
}

Scenarios of_messages() {
  return {
      {"application.submitted R77-01 guard.subtype",
       filing([](Context& v) { v["subtype"] = "lost_everything"; })},
      {"application.submitted R-GEN-04 guard.certified", filing([](Context& v) {
         set_path(v, "certified.by", "password");
         set_path(v, "certified.confirmed_at", at("2026-12-10T09:59"));
       })},
      {"application.submitted INV-04 guard.certified",
       filing([](Context& v) { set_path(v, "certified.signature", Value{}); })},
      {"application.submitted R-GEN-27 guard.consent",
       filing([](Context& v) { v["consent"] = false; })},
      {"application.submitted R77-08 guard.branch",
       filing([](Context& v) { set_path(v, "branch.id", Value{}); })},
      {"application.submitted INV-17 guard.loss_proof",
       filing([](Context& v) { v["documents"] = List{}; }, "lost_damaged")},
      {"application.submitted R77-23 guard.court_ruling",
       filing([](Context& v) { v["documents"] = List{}; }, "rank_restored")},
      {"hearing.objection R77-37 guard.objection_window",
       [](Story& story) {
         hearing(story);
         return story.send("hearing.objection", "2026-12-16T00:00", {{"objection.text", "Late"}});
       }},
      {"hearing.explanation R77-37 guard.objection_window",
       [](Story& story) {
         heard(story);
         return story.send("hearing.explanation", "2026-12-16T00:00",
                           {{"explanation.text", "Late"}});
       }},
      {"hearing.remarks R77-39 guard.remarks_window",
       [](Story& story) {
         minutes_sent(story);
         return story.send("hearing.remarks", "2026-12-19T00:00", {{"remarks.text", "Late"}});
       }},
      {"hearing.waiver INV-09 guard.waiver_confirmed",
       [](Story& story) {
         hearing(story);
         return story.send("hearing.waiver", "2026-12-14T08:00", {{"waiver.confirmed", false}});
       }},
  };
}

Scenarios of_review() {
  return {
      {"register R-GEN-17 guard.rejection_late",
       doing(filed, "Task_Register", "2026-12-14T10:00", k_registrar,
             {{"register.outcome", "reject"}, {"register.missing", "The ruling."}})},
      {"review R77-29 guard.gateway_data", reviewing("checklist.photo")},
      {"review E-31 guard.photo_old", reviewing_with("photo.taken_on", *parse_date("2006-12-11"))},
      {"review E-31 guard.photo_query", reviewing_with("photo.answered", true)},
      {"review R77-62 guard.is_registered", refusing_as_unregistered()},
      {"review R77-62 guard.registered", reviewing("checklist.registered")},
      {"review R77-17 guard.peacetime", reviewing("checklist.served")},
      {"review R77-31 guard.checklist", reviewing("checklist.documents")},
      {"draft R77-43 guard.id_kind",
       [](Story& story) {
         drafting(story);
         auto form = draft();
         form["record.composition"] = "officer";
         return story.complete("Task_Draft", "2026-12-11T11:00", k_executor, form);
       }},
      {"notice R77-33 guard.notice_late", notice_without_its_timer},
      {"notice INV-10 guard.hearing_slot",
       doing(doubted, "Task_Notice", "2026-12-11T12:00", k_executor, notice("2026-12-17T11:00"))},
      {"notice R-GEN-11 guard.slot_hours",
       doing(doubted, "Task_Notice", "2026-12-11T12:00", k_executor, notice("2026-12-14T13:30"))},
      {"notice_sign R77-33 guard.notice_unsigned",
       after_setting(notice_drawn, "hearing.slot", at("2026-12-17T09:00"),
                     task("Task_NoticeSign", "2026-12-15T09:00", k_executor, signing_notice()))},
      {"notice_sign INV-10 guard.slot_passed",
       doing(notice_drawn, "Task_NoticeSign", "2026-12-14T09:00", k_executor, signing_notice())},
      {"late_ground R77-29 guard.gateway_data", approving_late("checklist.identity")},
      {"late_ground E-31 guard.photo_old",
       approving_late("photo.taken_on", *parse_date("2006-12-11"))},
      {"late_ground E-31 guard.photo_query", approving_late("photo.answered", true)},
      {"late_ground R77-62 guard.registered", approving_late("checklist.registered")},
      {"late_ground R77-17 guard.peacetime", approving_late("checklist.served")},
      {"late_ground R77-31 guard.checklist", approving_late("checklist.documents")},
      {"late_notice INV-10 guard.hearing_slot",
       doing([](Story& story) { late_way(story, "hearing"); }, "Task_LateNotice",
             "2026-12-15T12:00", k_executor, notice("2026-12-21T11:00"))},
      {"late_notice R-GEN-11 guard.slot_hours",
       doing([](Story& story) { late_way(story, "hearing"); }, "Task_LateNotice",
             "2026-12-15T12:00", k_executor, notice("2026-12-17T13:30"))},
  };
}

Scenarios of_hearing() {
  return {
      {"hearing INV-11 guard.no_show_delivery",
       after_setting(hearing, "hearing.delivered_on", Value{},
                     task("Task_Hearing", "2026-12-14T10:00", k_executor, absence()))},
      {"hearing R77-35 guard.hearing_not_yet",
       doing(hearing, "Task_Hearing", "2026-12-14T08:59", k_executor, absence())},
      {"hearing R77-39 guard.minutes_time",
       doing(hearing, "Task_Hearing", "2026-12-14T10:00", k_executor,
             held("2026-12-14T08:00", "2026-12-14T09:40", "refuse"))},
      {"hearing R77-39 guard.secretary_chairs",
       doing(hearing, "Task_Hearing", "2026-12-14T10:00", k_executor,
             keeping_own_minutes(held("2026-12-14T09:00", "2026-12-14T09:40", "refuse")))},
      {"minutes.redrafted R77-39 guard.secretary_chairs",
       [](Story& story) {
         chair_signed(story);
         return story.send("minutes.redrafted", "2026-12-14T12:00",
                           keeping_own_minutes(minutes_anew()), k_executor);
       }},
      {"hearing R77-37 guard.no_objection", written_hearing(false)},
      {"hearing R77-37 guard.oral_requested", written_hearing(true)},
      {"hearing R77-29 guard.gateway_data", approving_at_hearing("checklist.photo")},
      {"hearing E-31 guard.photo_old",
       approving_at_hearing("photo.taken_on", *parse_date("2006-12-11"))},
      {"hearing E-31 guard.photo_query", approving_at_hearing("photo.answered", true)},
      {"hearing R77-62 guard.registered", approving_at_hearing("checklist.registered")},
      {"hearing R77-17 guard.peacetime", approving_at_hearing("checklist.served")},
      {"hearing R77-31 guard.checklist", approving_at_hearing("checklist.documents")},
  };
}

Scenarios of_signing() {
  auto const sign = [](std::string_view local) {
    return task("Task_Sign", local, k_head, signing());
  };
  return {
      {"sign INV-07 guard.refusal_content",
       after_setting(refusal_drafted, "office.superior", Value{}, sign("2026-12-17T11:00"))},
      {"sign INV-09 guard.hearing_first",
       after_setting(refusal_drafted, "hearing.ground", "G1", sign("2026-12-17T11:00"))},
      {"sign R77-36 guard.refusal_early",
       doing(refusal_drafted, "Task_Sign", "2026-12-16T23:59", k_head, signing())},
      {"sign R77-17 guard.peacetime",
       after_setting(drafted, "checklist.served", false, sign("2026-12-11T12:00"))},
  };
}

Scenarios of_issue() {
  return {
      {"issue R77-11 guard.branch_closed", issuing("2026-12-16T12:00")},  // Independence Day
      {"issue R77-11 guard.branch_hours", issuing("2026-12-14T18:00", false)},
      {"issue R77-12 guard.branch_hours", issuing("2026-12-14T20:00")},
      {"issue R77-13 guard.branch_saturday", issuing("2026-12-12T10:00", false)},
      {"issue R77-12 guard.branch_hours (2)", issuing("2026-12-12T13:00")},
      {"issue E-29 guard.branch_shut", issuing_at_a_closed_branch},
      {"issue E-14 guard.holder",
       doing(waiting, "Task_Issue", "2026-12-11T15:00", k_operator, of_a_representative())},
      {"issue R77-52 guard.identified",
       doing(waiting, "Task_Issue", "2026-12-11T15:00", k_operator, unmatched())},
      {"issue R77-28 guard.old_id",
       doing(exchanging, "Task_Issue", "2026-12-11T15:00", k_operator, handover())},
      {"issue R77-17 guard.peacetime",
       after_setting(waiting, "checklist.served", false,
                     task("Task_Issue", "2026-12-11T15:00", k_operator, handover()))},
  };
}

Scenarios of_branches() {
  auto const* const local = "2026-12-11T15:00";
  auto there = k_operator;
  there.unit = "b2";
  auto const move = [=](Story& story) {
    return story.send("branch.moved", local, good_beside_form("branch.moved", local), k_registrar);
  };
  auto const moved = [=](std::function<void(Story&)> const& reach) {
    return [=](Story& story) {
      reach(story);
      EXPECT_EQ(text_of(move(story)), "");
    };
  };
  return {
      {"branch.moved E-28 guard.place_under_way",
       [=](Story& story) {
         informing(story);
         return move(story);
       }},
      {"branch.arrived E-29 guard.place_unsigned",
       [=](Story& story) {
         moved(waiting)(story);
         return story.send("branch.arrived", local, {}, there);
       }},
      {"receive E-29 guard.place_unsigned", doing(moved(dispatched), "Task_Receive", local, there,
                                                  {{"delivery.condition", "accepted"}})},
      {"issue E-29 guard.id_under_way",
       doing(moved(waiting), "Task_Issue", local, there, handover())},
  };
}

Scenarios of_beside() {
  auto const deciding = [](Actor const& person, Context const& form) {
    return [=](Story& story) {
      assigned(story);
      bool const own = person.user == k_head.user;
      EXPECT_EQ(text_of(story.send(
                    own ? "recusal.declared_head" : "recusal.declared", "2026-12-11T10:00",
                    {{"recusal.ground", "interest"}, {"recusal.reasons", "A dispute."}}, person)),
                "");
      return story.send("recusal.decided", "2026-12-11T11:00", form, k_head);
    };
  };
  auto const task = [](char const* id, Actor const& actor, Context const& form) -> Attempt {
    return [=](Story& story) { return story.complete(id, "2026-12-11T12:00", actor, form); };
  };
  return {
      {"registrar INV-44 guard.recused",
       after_setting(filed, "recusal.left", ",201,",
                     task("Task_Register", k_registrar, registered()))},
      {"executor INV-44 guard.recused", after_setting(assigned, "recusal.left", ",202,",
                                                      task("Task_Review", k_executor, approval()))},
      {"secretary INV-44 guard.recused",
       [](Story& story) {
         chair_signed(story);
         set_path(story.now.variables, "recusal.left", ",201,");
         return story.complete("Task_MinutesSecretary", "2026-12-14T11:01", k_secretary);
       }},
      {"head INV-44 guard.recused",
       after_setting(drafted, "recusal.left", ",203,", task("Task_Sign", k_head, signing()))},
      {"head R-GEN-28 guard.was_executor",
       after_setting(drafted, "change.left", ",203,", task("Task_Sign", k_head, signing()))},
      {"executor.changed R-GEN-28 guard.change_executor",
       [](Story& story) {
         assigned(story);
         return story.send("executor.changed", "2026-12-11T10:00",
                           {{"change.executor", k_executor.user}, {"change.reasons", "Ill."}},
                           k_head);
       }},
      {"recusal.decided R-GEN-21 guard.recusal_own",
       deciding(k_head, {{"recusal.outcome", "rejected"}, {"recusal.decision", "No."}})},
      {"recusal.decided R-GEN-21 guard.recusal_replacement",
       deciding(k_executor, {{"recusal.outcome", "granted"},
                             {"recusal.replacement", k_executor.user},
                             {"recusal.decision", "Yes."}})},
      {"person.gone E-24 guard.gone_on",
       [](Story& story) {
         assigned(story);
         return story.send("person.gone", "2026-12-11T10:00",
                           {{"gone.ground", "deceased"},
                            {"gone.document", "Certificate 1"},
                            {"gone.on", day("2026-12-12")}},
                           k_registrar);
       }},
  };
}

Scenarios scenarios() {
  Scenarios out;
  for (auto const& part : {of_roles(), of_messages(), of_review(), of_hearing(), of_signing(),
                           of_issue(), of_branches(), of_beside()})
    out.insert(part.begin(), part.end());
  return out;
}

// ---- The gate -----------------------------------------------------------------------------------

TEST(Guards, every_guard_has_an_act_that_it_forbids_and_every_act_its_guard) {
  std::set<std::string> guards, acts;
  for (auto const& guard : guards_of(package_files().at("service.xml"))) guards.insert(guard.name);
  for (auto const& [name, attempt] : scenarios()) acts.insert(name);
  for (auto const& guard : guards)
    EXPECT_TRUE(acts.contains(guard)) << guard << " has no act that proves it";
  for (auto const& act : acts) EXPECT_TRUE(guards.contains(act)) << act << " is no guard any more";
}

TEST(Guards, the_file_and_the_package_hold_the_same_guards) {
  std::size_t loaded = 0;
  for (auto const& [role, guards] : service_77()->roles) loaded += guards.size();
  for (auto const& [id, form] : service_77()->forms) loaded += form.guards.size();
  EXPECT_EQ(guards_of(package_files().at("service.xml")).size(), loaded);
}

TEST(Guards, each_forbids_its_act_with_its_rule_and_paragraph) {
  auto const all = scenarios();
  for (auto const& guard : guards_of(package_files().at("service.xml"))) {
    SCOPED_TRACE(guard.name);
    auto const found = all.find(guard.name);
    if (found == all.end()) continue;
    Story story;
    auto const answer = found->second(story);
    ASSERT_TRUE(answer) << "it was done";
    EXPECT_EQ(answer->rule, guard.rule);
    LAW(guard.rule.c_str());
    EXPECT_EQ(answer->text, guard.text);
    EXPECT_TRUE(service_77()->citations.contains(answer->cite));
  }
}

TEST(Guards, the_act_is_done_as_soon_as_the_guard_is_cut_out) {
  auto const all = scenarios();
  for (auto const& guard : guards_of(package_files().at("service.xml"))) {
    SCOPED_TRACE(guard.name);
    auto const found = all.find(guard.name);
    if (found == all.end()) continue;
    Story mutant{without(package_files(), guard)};
    auto const answer = found->second(mutant);
    EXPECT_EQ(text_of(answer), "") << "something else forbids it too: the act proves nothing";
  }
}

}  // namespace
}  // namespace qyzmet::engine
