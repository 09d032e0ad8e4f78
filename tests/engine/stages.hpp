#pragma once
// The states of a case of service 77 in which somebody may try something: how each is reached, and
// who may do what there. Written from the law (law.md 1.3, 1.4), not from what the program answers;
// the matrix tests hold the engine and the raw HTTP surface against it. Plain values, read only.
#include <functional>
#include <map>
#include <set>

#include "tests/engine/stages_beside.hpp"

namespace qyzmet::engine {

struct Stage {
  std::string name;
  std::string local;  // time of the next action
  std::function<void(Story&)> reach;
  std::set<Cell> allowed;
};

inline void filed(Story& story) {
  DONE(story.file("2026-12-10T10:00", application("lost_damaged", "district")));
}
inline void assigned(Story& story) {
  filed(story);
  DONE(story.complete("Task_Register", "2026-12-10T11:00", k_registrar, registered()));
}
inline void drafting(Story& story) {
  assigned(story);
  DONE(story.complete("Task_Review", "2026-12-11T10:00", k_executor, approval()));
}
inline void drafted(Story& story) {
  drafting(story);
  DONE(story.complete("Task_Draft", "2026-12-11T11:00", k_executor, draft()));
}
inline void doubted(Story& story) {
  assigned(story);
  DONE(story.complete("Task_Review", "2026-12-11T10:00", k_executor, finding()));
}
/// Drawn, and not signed yet.
inline void notice_drawn(Story& story) {
  doubted(story);
  DONE(story.complete("Task_Notice", "2026-12-11T12:00", k_executor, notice("2026-12-14T09:00")));
}
inline void notifying(Story& story) {
  notice_drawn(story);
  DONE(story.complete("Task_NoticeSign", "2026-12-11T12:00", k_executor, signing_notice()));
}
inline void hearing(Story& story) {
  notifying(story);
  DONE(story.answer("Svc_SendNotice", "2026-12-11T12:05"));
}
inline void heard(Story& story) {
  hearing(story);
  DONE(story.complete("Task_Hearing", "2026-12-14T10:00", k_executor, absence()));
}
inline void refusal_drafted(Story& story) {
  heard(story);
  DONE(story.complete("Task_RefusalDraft", "2026-12-14T11:00", k_executor, refusal_form()));
}
inline void refusing(Story& story) {
  refusal_drafted(story);
  DONE(story.complete("Task_Sign", "2026-12-17T11:00", k_head, signing()));
}
inline void late(Story& story) {
  assigned(story);
  DONE(story.complete("Task_Review", "2026-12-15T10:00", k_executor, finding()));
}
inline void late_way(Story& story, std::string_view choice) {
  late(story);
  DONE(story.complete("Task_LateGround", "2026-12-15T11:00", k_head,
                      {{"late.choice", choice}, {"late.reasons", "Found late."}}));
}
inline void signed_positive(Story& story) {
  drafted(story);
  DONE(story.complete("Task_Sign", "2026-12-11T12:00", k_head, signing()));
}
inline void dispatched(Story& story) {
  signed_positive(story);
  DONE(story.complete("Task_Dispatch", "2026-12-11T13:00", k_registrar,
                      {{"delivery.registry_number", "R-1"}}));
}
inline void damaged(Story& story) {
  dispatched(story);
  DONE(story.complete("Task_Receive", "2026-12-11T14:00", k_operator,
                      {{"delivery.condition", "damaged"}, {"delivery.damage", "Torn"}}));
}
inline void informing(Story& story) {
  dispatched(story);
  DONE(story.complete("Task_Receive", "2026-12-11T14:00", k_operator,
                      {{"delivery.condition", "accepted"}}));
}
inline void waiting(Story& story) {
  informing(story);
  DONE(story.answer("Svc_SendPlaceInfo", "2026-12-11T14:05"));
}
inline void handed_over(Story& story) {
  waiting(story);
  DONE(story.complete("Task_Issue", "2026-12-11T15:00", k_operator, handover()));
}
inline void stored_too_long(Story& story) {
  waiting(story);
  DONE(story.tick("2027-01-11T15:00"));
  DONE(story.answer("Svc_NotifyUnclaimed", "2027-01-11T15:01"));
}

inline void sent_back(Story& story) {
  stored_too_long(story);
  DONE(story.complete("Task_Return", "2027-01-12T10:00", k_operator,
                      {{"returned.registry_number", "B-1"}}));
}
inline void asked_again(Story& story) {
  sent_back(story);
  DONE(story.send("delivery.requested", "2027-01-12T12:00"));
}
/// Heard in person; the minutes are not signed yet.
inline void heard_in_person(Story& story) {
  hearing(story);
  DONE(story.complete("Task_Hearing", "2026-12-14T10:00", k_executor,
                      held("2026-12-14T09:00", "2026-12-14T09:40", "refuse")));
}
inline void chair_signed(Story& story) {
  heard_in_person(story);
  DONE(story.complete("Task_Minutes", "2026-12-14T11:00", k_executor));
}
inline void minutes_signed(Story& story) {
  chair_signed(story);
  DONE(story.complete("Task_MinutesSecretary", "2026-12-14T11:02", k_secretary));
}
inline void minutes_sent(Story& story) {
  minutes_signed(story);
  DONE(story.answer("Svc_SendMinutes", "2026-12-14T11:05"));
}
inline void reworked(Story& story) {
  drafted(story);
  DONE(story.complete("Task_Sign", "2026-12-11T12:00", k_head, signing("return")));
}
inline void spoiled(Story& story) {
  damaged(story);
  DONE(story.answer("Svc_SpoilBlank", "2026-12-11T14:01"));
}
/// The old sample has to be handed in, and good_form() forgets it.
inline void exchanging(Story& story) {
  DONE(story.file("2026-12-10T10:00", application("old_sample", "city")));
  DONE(story.complete("Task_Register", "2026-12-10T11:00", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-11T10:00", k_executor, approval()));
  DONE(story.complete("Task_Draft", "2026-12-11T11:00", k_executor, draft()));
  DONE(story.complete("Task_Sign", "2026-12-11T12:00", k_head, signing()));
  DONE(story.complete("Task_Dispatch", "2026-12-11T13:00", k_registrar,
                      {{"delivery.registry_number", "R-1"}}));
  DONE(story.complete("Task_Receive", "2026-12-11T14:00", k_operator,
                      {{"delivery.condition", "accepted"}}));
  DONE(story.answer("Svc_SendPlaceInfo", "2026-12-11T14:05"));
}

inline void refused(Story& story) {
  refusing(story);
  DONE(story.answer("Svc_SendRefusal", "2026-12-17T11:02"));
}

inline Cell const k_withdraw{"citizen", "application.withdrawn"};

/// Until the decision is signed or the applicant withdraws.
inline std::vector<Stage> stages_of_the_decision() {
  return {
      {"submitted", "2026-12-10T11:00", filed, {{"registrar", "Task_Register"}, k_withdraw}},
      {"review", "2026-12-11T10:00", assigned, {{"executor", "Task_Review"}, k_withdraw}},
      {"draft", "2026-12-11T11:00", drafting, {{"executor", "Task_Draft"}, k_withdraw}},
      {"sign", "2026-12-11T12:00", drafted, {{"head", "Task_Sign"}, k_withdraw}},
      {"notice", "2026-12-11T12:00", doubted, {{"executor", "Task_Notice"}, k_withdraw}},
      {"notice sign",
       "2026-12-11T12:01",
       notice_drawn,
       {{"executor", "Task_NoticeSign"}, k_withdraw}},
      {"sending", "2026-12-11T12:01", notifying, {k_withdraw}},
      {"hearing",
       "2026-12-14T10:00",
       hearing,
       {{"executor", "Task_Hearing"},
        {"citizen", "hearing.objection"},
        {"citizen", "hearing.waiver"},
        k_withdraw}},
      {"minutes", "2026-12-14T11:00", heard_in_person, {{"executor", "Task_Minutes"}, k_withdraw}},
      {"minutes of the secretary",
       "2026-12-14T11:01",
       chair_signed,
       {{"secretary", "Task_MinutesSecretary"}, {"executor", "minutes.redrafted"}, k_withdraw}},
      {"sending minutes", "2026-12-14T11:03", minutes_signed, {k_withdraw}},
      {"remarks",
       "2026-12-14T12:00",
       minutes_sent,
       {{"executor", "Task_RefusalDraft"}, k_withdraw}},
      {"refusal", "2026-12-14T11:00", heard, {{"executor", "Task_RefusalDraft"}, k_withdraw}},
      {"refusal too early", "2026-12-15T11:00", refusal_drafted, {k_withdraw}},
      {"refusal sign", "2026-12-17T11:00", refusal_drafted, {{"head", "Task_Sign"}, k_withdraw}},
      {"refusing", "2026-12-17T11:01", refusing, {}},
      {"refused", "2026-12-17T12:00", refused, {}},
      {"late", "2026-12-15T11:00", late, {{"head", "Task_LateGround"}, k_withdraw}},
      {"urgent",
       "2026-12-15T12:00",
       [](Story& s) { late_way(s, "urgent"); },
       {{"executor", "Task_RefusalDraft"}, k_withdraw}},
      {"late hearing",
       "2026-12-15T12:00",
       [](Story& s) { late_way(s, "hearing"); },
       {{"executor", "Task_LateNotice"}, k_withdraw}},
      {"waiver asked",
       "2026-12-15T12:00",
       [](Story& s) {
         late_way(s, "waiver");
         DONE(s.answer("Svc_AskWaiver", "2026-12-15T11:01"));
       },
       {{"citizen", "hearing.waiver"}, k_withdraw}},
      {"withdrawn",
       "2026-12-11T12:00",
       [](Story& s) {
         assigned(s);
         DONE(s.send("application.withdrawn", "2026-12-11T10:00"));
         DONE(s.answer("Svc_NotifyWithdrawn", "2026-12-11T10:01"));
       },
       {}},
  };
}

/// From the signed decision on.
inline std::vector<Stage> stages_of_the_delivery() {
  return {
      {"dispatch", "2026-12-11T13:00", signed_positive, {{"registrar", "Task_Dispatch"}}},
      {"receive", "2026-12-11T14:00", dispatched, {{"branch_operator", "Task_Receive"}}},
      {"damaged", "2026-12-11T14:01", damaged, {}},
      {"replace",
       "2026-12-11T15:00",
       [](Story& s) {
         spoiled(s);
         DONE(s.answer("Svc_NotifyDamaged", "2026-12-11T14:01"));
       },
       {{"executor", "Task_Replace"}}},
      {"informing", "2026-12-11T14:01", informing, {}},
      {"at branch",
       "2026-12-11T15:00",
       waiting,
       {{"branch_operator", "Task_Issue"}, {"branch_operator", "delivery.defective"}}},
      {"branch closed", "2026-12-13T15:00", waiting, {{"branch_operator", "delivery.defective"}}},
      {"returned as defective",
       "2026-12-14T10:30",
       [](Story& s) {
         waiting(s);
         DONE(s.send("delivery.defective", "2026-12-14T10:00", {{"delivery.damage", "Torn"}},
                     k_operator));
       },
       {}},
      {"registering", "2026-12-11T15:01", handed_over, {}},
      {"issued",
       "2026-12-11T16:00",
       [](Story& s) {
         handed_over(s);
         DONE(s.answer("Svc_RegisterIssue", "2026-12-11T15:02"));
       },
       {}},
      {"unclaimed", "2027-01-12T10:00", stored_too_long, {{"branch_operator", "Task_Return"}}},
      {"sent back", "2027-01-12T11:00", sent_back, {{"citizen", "delivery.requested"}}},
      {"asked again", "2027-01-12T13:00", asked_again, {{"registrar", "Task_Dispatch"}}},
      {"rework", "2026-12-11T13:00", reworked, {{"executor", "Task_Review"}, k_withdraw}},
      {"old sample at branch",
       "2026-12-11T15:00",
       exchanging,
       {{"branch_operator", "delivery.defective"}}},
  };
}

inline std::vector<Stage> const& stages() {
  static std::vector<Stage> const all = [] {
    auto out = stages_of_the_decision();
    for (auto& each : stages_of_the_delivery()) out.push_back(std::move(each));
    return out;
  }();
  return all;
}

/// A form that would be accepted if the action were lawful.
inline Context good_form(std::string const& action, std::string const& local) {
  auto const tomorrow = to_iso(seed().wd_add(legal_date(at(local)), 1)) + "T10:00";
  std::map<std::string, Context> const forms{
      {"Task_Register", registered()},
      {"Task_Review", approval()},
      {"Task_Draft", draft()},
      {"Task_Sign", signing()},
      {"Task_Notice", notice(tomorrow)},
      {"Task_LateNotice", notice(tomorrow)},
      {"Task_NoticeSign", signing_notice()},
      {"Task_Hearing", absence()},
      {"Task_Minutes", {}},
      {"Task_MinutesSecretary", {}},
      {"minutes.redrafted", minutes_anew()},
      {"Task_RefusalDraft", refusal_form()},
      {"Task_LateGround", {{"late.choice", "hearing"}, {"late.reasons", "Found late."}}},
      {"Task_Dispatch", {{"delivery.registry_number", "R-2"}}},
      {"Task_Receive", {{"delivery.condition", "accepted"}}},
      {"Task_Replace", {{"replacement.act", "1"}, {"id.series", "A"}, {"id.number", "2"}}},
      {"Task_Issue", handover()},
      {"Task_Return", {{"returned.registry_number", "B-1"}}},
      {"application.withdrawn", {}},
      {"hearing.objection", {{"objection.text", "I disagree."}}},
      {"delivery.requested", {}},
      {"delivery.defective", {{"delivery.damage", "Torn"}}},
      {"hearing.waiver", {{"waiver.confirmed", true}}}};
  return forms.at(action);
}

/// One service before its people: what is asked of it in the matrix tests.
struct Play {
  std::shared_ptr<Package const> package;
  std::vector<Stage> stages;
  Context (*good_form)(std::string const& action, std::string const& local);
  std::map<std::string, std::string> waits = {};  // message -> key of the wait that is meant

  std::string wait(std::string const& action) const {
    auto const found = waits.find(action);
    return found == waits.end() ? std::string{} : found->second;
  }
  std::vector<std::string> actions() const {
    std::vector<std::string> out;
    for (auto const& node : package->process.nodes)
      if (node.kind == NodeKind::user_task) out.push_back(node.id);
    for (auto const& [id, form] : package->forms)
      if (!form.role.empty() && id != "application.submitted") out.push_back(id);
    return out;
  }

  Context form(std::string const& action, std::string const& local) const {
    return is_beside(*package, action) ? good_beside_form(action, local) : good_form(action, local);
  }
  /// By the table of the stage, and what may come beside the process.
  bool allows(Stage const& stage, Story const& reached, Cell const& cell) const {
    return is_beside(*package, cell.second)
               ? beside_cells(reached.now, legal_date(at(stage.local))).contains(cell)
               : stage.allowed.contains(cell);
  }

  std::optional<Error> act(Story& story, std::string const& action, std::string const& local,
                           Actor const& actor) const {
    auto form = this->form(action, local);
    if (auto const* const message = package->form(action); message != nullptr && message->beside)
      for (auto const& field : message->fields)
        if (field.shown && !field.shown->is_true(story.now.variables, seed()))
          form.erase(field.name);
    return action.starts_with("Task_")
               ? story.complete(action, local, actor, std::move(form))
               : story.send(action, local, std::move(form), actor, wait(action));
  }
};

inline Play const& play_77() {
  static Play const play{.package = service_77(), .stages = stages(), .good_form = good_form};
  return play;
}

}  // namespace qyzmet::engine
