// Service 77 between the head's signature and the citizen's hand: delivery, storage at the branch,
// hand-over, and the ways back. Minutes of a hearing stand at the end.
#include <algorithm>

#include "tests/engine/stages.hpp"
#include "tests/engine/ways_77.hpp"

namespace qyzmet::engine {
namespace {

/// The package with `from` in one of its files written as `to`.
std::shared_ptr<Package const> changed(std::string const& file, std::string_view from,
                                       std::string_view to) {
  auto files = package_files();
  auto& text = files.at(file);
  auto const at = text.find(from);
  if (at == text.npos) throw std::runtime_error{"not in " + file + ": " + std::string{from}};
  text.replace(at, from.size(), to);
  auto package = load_package(std::move(files), std::string(64, '1'));
  if (!package) throw std::runtime_error{report(package.error())};
  return *package;
}

int ordered(Story const& story, std::string_view kind) {
  return int(std::ranges::count(story.effects, kind, &Effect::kind));
}

std::string issuing(Story& story, Context const& form) {
  return rule_of(story.complete("Task_Issue", "2026-11-27T11:00", k_operator, form));
}

// ---- The old ID -------------------------------------------------------------------------------

TEST(Issue, a_damaged_id_is_asked_for_and_recorded_but_never_a_condition) {
  for (bool const brought : {true, false}) {
    Story story;
    at_branch(story, "lost_damaged");
    EXPECT_EQ(issuing(story, handover(brought)), "");
    EXPECT_EQ(at_path(story.now.variables, "old_id.received"), Value{brought});
    EXPECT_EQ(story.variable("old_id.receipt").empty(), !brought) << "a receipt for what was taken";
    EXPECT_EQ(ordered(story, "military_id.issue"), 1);
    LAW("E-11");
  }
}

TEST(Issue, without_the_original_the_id_stays_at_the_branch) {
  for (auto const* const subtype : {"old_sample", "name_change"}) {
    Story story;
    at_branch(story, subtype);
    EXPECT_EQ(issuing(story, handover()), "R77-28");
    EXPECT_EQ(story.state(), "at_branch");
    LAW("E-11");
    EXPECT_EQ(issuing(story, handover(true)), "");
  }
}

TEST(Issue, who_has_lost_the_original_gets_nothing_and_applies_anew) {
  Story story;
  at_branch(story, "name_change");
  auto form = handover();
  form["old_id.lost"] = true;
  EXPECT_EQ(issuing(story, form), "");
  EXPECT_EQ(ordered(story, "military_id.issue"), 0);
  EXPECT_EQ(story.effects.back().kind, "original_lost");
  EXPECT_EQ(story.date("issue.on"), "") << "nothing was handed over";
  DONE(story.answer("Svc_NotifyLost", "2026-11-27T11:01"));
  DONE(story.complete("Task_Return", "2026-11-27T12:00", k_operator,
                      {{"returned.registry_number", "B-7"}}));
  EXPECT_EQ(story.effects.back().kind, "blank.spoiled");
  DONE(story.answer("Svc_VoidBlank", "2026-11-27T12:01"));
  EXPECT_TRUE(story.now.ended);
  EXPECT_EQ(story.state(), "unclaimed");
  EXPECT_TRUE(story.now.breaches.empty());
  LAW("E-11");
  Story again;
  DONE(again.file("2026-11-30T10:00", application("lost_damaged", "city")));
}

TEST(Issue, whose_original_is_wanted_is_data_of_the_package) {
  auto const package = changed("service.xml", "old-id=\"required\"", "old-id=\"if_present\"");
  Story story{package};
  at_branch(story, "old_sample");
  EXPECT_EQ(issuing(story, handover()), "") << "old_sample is the first that wants it";
  Story other{package};
  at_branch(other, "name_change");
  EXPECT_EQ(issuing(other, handover()), "R77-28");
  LAW("E-11");
}

// ---- Who collects -----------------------------------------------------------------------------

TEST(Issue, a_representative_is_refused_whatever_is_shown) {
  Story story;
  at_branch(story);
  auto form = handover();
  form["issue.collector"] = "representative";
  auto const refused = story.complete("Task_Issue", "2026-11-27T11:00", k_operator, form);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->rule, "E-14");
  EXPECT_EQ(refused->field, "issue.collector");
  EXPECT_EQ(refused->text, "guard.holder");
  LAW("E-14");
  EXPECT_EQ(story.state(), "at_branch");
}

TEST(Issue, a_power_of_attorney_is_a_setting_of_the_package) {
  Story story{changed("service.xml", "id=\"power_of_attorney\" value=\"false\"",
                      "id=\"power_of_attorney\" value=\"true\"")};
  at_branch(story);
  auto form = handover();
  form["issue.collector"] = "representative";
  EXPECT_NE(issuing(story, form), "") << "its number is asked for";
  form["issue.attorney"] = "sealed:4";
  EXPECT_EQ(issuing(story, form), "");
  LAW("E-14");
}

// ---- A defective blank ------------------------------------------------------------------------

TEST(Issue, a_defective_blank_goes_back_the_same_day_and_nothing_else_changes) {
  Story story;
  approved_draft(story);
  DONE(story.complete("Task_Sign", "2026-11-26T12:00", k_head, signing()));
  DONE(story.complete("Task_Dispatch", "2026-11-26T15:00", k_registrar,
                      {{"delivery.registry_number", "R-17"}}));
  EXPECT_FALSE(story.variable("delivery.registry").empty());
  auto const due = story.now.deadlines.due;
  DONE(story.complete("Task_Receive", "2026-11-27T10:00", k_operator,
                      {{"delivery.condition", "damaged"}, {"delivery.damage", "Torn cover"}}));
  EXPECT_FALSE(story.variable("delivery.act").empty()) << "the act says what came";
  EXPECT_EQ(story.date("delivery.checked_on"), "2026-11-27");
  EXPECT_EQ(story.date("delivery.received_on"), "");
  EXPECT_EQ(story.effects.back().kind, "blank.spoiled");
  EXPECT_EQ(story.state(), "replacing");
  DONE(story.answer("Svc_SpoilBlank", "2026-11-27T10:00"));
  EXPECT_EQ(story.effects.back().kind, "delivery_delayed");
  DONE(story.answer("Svc_NotifyDamaged", "2026-11-27T10:01"));
  EXPECT_EQ(ordered(story, "place_info"), 0);
  DONE(story.complete("Task_Replace", "2026-11-27T12:00", k_executor,
                      {{"replacement.act", "A-3"}, {"id.series", "AB"}, {"id.number", "0000002"}}));
  DONE(story.complete("Task_Dispatch", "2026-11-27T15:00", k_registrar,
                      {{"delivery.registry_number", "R-18"}}));
  DONE(story.complete("Task_Receive", "2026-11-30T10:00", k_operator,
                      {{"delivery.condition", "accepted"}}));
  EXPECT_EQ(story.variable("id.number"), "0000002");
  EXPECT_EQ(story.effects.back().kind, "place_info");
  EXPECT_EQ(story.now.deadlines.due, due);
  EXPECT_FALSE(story.now.deadlines.extended.has_value());
  EXPECT_TRUE(story.now.breaches.empty());
  LAW("E-12");
}

// ---- Where it lies ----------------------------------------------------------------------------

TEST(Issue, the_place_is_told_only_when_the_branch_has_scanned_the_id) {
  Story story;
  approved_draft(story);
  DONE(story.complete("Task_Sign", "2026-11-26T12:00", k_head, signing()));
  EXPECT_EQ(ordered(story, "place_info"), 0);
  DONE(story.complete("Task_Dispatch", "2026-11-26T15:00", k_registrar,
                      {{"delivery.registry_number", "R-17"}}));
  EXPECT_EQ(ordered(story, "place_info"), 0) << "it is under way";
  DONE(story.complete("Task_Receive", "2026-11-27T10:00", k_operator,
                      {{"delivery.condition", "accepted"}}));
  EXPECT_EQ(ordered(story, "place_info"), 1);
  LAW("E-28");
}

// ---- Nobody comes -----------------------------------------------------------------------------

TEST(Issue, an_unclaimed_id_is_reminded_of_and_goes_back_after_a_month) {
  Story story;
  at_branch(story);
  for (auto const& [when, node] :
       std::map<std::string, std::string>{{"2026-11-30T10:05", "Svc_Remind3"},
                                          {"2026-12-07T10:05", "Svc_Remind10"},
                                          {"2026-12-17T10:05", "Svc_Remind20"}}) {
    auto const before = ordered(story, "reminder");
    DONE(story.tick(when));
    EXPECT_EQ(ordered(story, "reminder"), before + 1) << when;
    DONE(story.answer(node, when));
  }
  EXPECT_EQ(story.tick("2026-12-27T10:04")->text, "error.nothing_due");
  DONE(story.tick("2026-12-27T10:05"));
  EXPECT_FALSE(story.open("Task_Issue"));
  DONE(story.answer("Svc_NotifyUnclaimed", "2026-12-27T10:06"));
  EXPECT_EQ(story.state(), "unclaimed");
  DONE(story.complete("Task_Return", "2026-12-28T10:00", k_operator,
                      {{"returned.registry_number", "B-4"}}));
  EXPECT_EQ(story.state(), "at_provider");
  EXPECT_FALSE(story.now.ended) << "it is kept until it is claimed";
  EXPECT_TRUE(story.now.breaches.empty()) << "the service was rendered in time";
  LAW("E-13");
  LAW("R77-51");
}

TEST(Issue, what_was_not_collected_is_delivered_again_without_a_new_review) {
  Story story;
  asked_again(story);
  EXPECT_TRUE(story.open("Task_Dispatch"));
  EXPECT_FALSE(story.open("Task_Review") || story.open("Task_Sign"));
  EXPECT_TRUE(story.now.breaches.empty()) << "the term was kept the first time";
  auto const places = ordered(story, "place_info");
  DONE(story.complete("Task_Dispatch", "2027-01-13T10:00", k_registrar,
                      {{"delivery.registry_number", "R-19"}}));
  DONE(story.complete("Task_Receive", "2027-01-14T10:00", k_operator,
                      {{"delivery.condition", "accepted"}}));
  EXPECT_EQ(ordered(story, "place_info"), places + 1) << "told anew";
  DONE(story.answer("Svc_SendPlaceInfo", "2027-01-14T10:05"));
  DONE(story.complete("Task_Issue", "2027-01-15T10:00", k_operator, handover()));
  DONE(story.answer("Svc_RegisterIssue", "2027-01-15T10:01"));
  EXPECT_TRUE(story.now.ended);
  EXPECT_EQ(story.state(), "issued");
  EXPECT_TRUE(story.now.breaches.empty());
  LAW("E-13");
}

TEST(Issue, reminders_that_are_due_together_with_the_end_of_storage_are_not_sent) {
  Story story;
  at_branch(story);
  DONE(story.tick("2027-01-11T15:00"));
  EXPECT_EQ(ordered(story, "reminder"), 0) << "nobody is reminded of what goes back";
  EXPECT_EQ(story.effects.back().kind, "unclaimed");
  EXPECT_EQ(story.now.pending.size(), 1U);
}

TEST(Issue, a_reminder_that_cannot_be_delivered_keeps_no_case_open) {
  Story story;
  at_branch(story);
  DONE(story.tick("2026-11-30T10:05"));
  DONE(story.complete("Task_Issue", "2026-11-30T11:00", k_operator, handover()));
  DONE(story.answer("Svc_RegisterIssue", "2026-11-30T11:01"));
  EXPECT_TRUE(story.now.ended);
  EXPECT_TRUE(story.now.pending.empty());
}

// ---- Minutes ----------------------------------------------------------------------------------

TEST(Issue, minutes_are_signed_before_the_decision_is_drafted_and_remarked_on) {
  Story story;
  heard_in_person(story);
  EXPECT_FALSE(story.open("Task_RefusalDraft"));
  auto const minutes = story.variable("hearing.minutes_document");
  EXPECT_FALSE(minutes.empty());
  auto const sent = story.effects.size();
  DONE(story.complete("Task_Minutes", "2026-12-14T11:00", k_executor));
  EXPECT_EQ(story.effects.size(), sent) << "one signature is not enough";
  DONE(story.complete("Task_MinutesSecretary", "2026-12-14T11:01", k_secretary));
  EXPECT_EQ(story.effects.back().kind, "minutes");
  EXPECT_EQ(story.effects.back().sha256, minutes) << "what was signed is what is sent";
  EXPECT_EQ(rule_of(story.send("hearing.remarks", "2026-12-14T11:01", {{"remarks.text", "No"}})),
            "R77-39");
  DONE(story.answer("Svc_SendMinutes", "2026-12-14T11:05"));
  DONE(story.send("hearing.remarks", "2026-12-14T12:00", {{"remarks.text", "Not what I said."}}));
  EXPECT_EQ(story.variable("remarks.text"), "Not what I said.");
  EXPECT_TRUE(story.open("Task_RefusalDraft"));
  EXPECT_EQ(rule_of(story.send("hearing.remarks", "2026-12-19T00:00", {{"remarks.text", "No"}})),
            "R77-39")
      << "three working days after the 14th; the 16th is a holiday";
  LAW("R77-39");
}

TEST(Issue, minutes_signed_after_two_working_days_say_why) {
  Story story;
  heard_in_person(story);
  auto late = story;
  EXPECT_EQ(text_of(story.complete("Task_Minutes", "2026-12-17T11:00", k_executor)), "")
      << "the second working day after the 14th";
  EXPECT_NE(text_of(late.complete("Task_Minutes", "2026-12-18T09:00", k_executor)), "");
  DONE(late.complete("Task_Minutes", "2026-12-18T09:00", k_executor,
                     {{"minutes.delay", "The chair was ill."}}));
  LAW("R77-39");
  late = story;
  EXPECT_EQ(text_of(story.complete("Task_MinutesSecretary", "2026-12-17T18:00", k_secretary)), "");
  EXPECT_EQ(late.complete("Task_MinutesSecretary", "2026-12-18T09:00", k_secretary)->field,
            "minutes.secretary_delay")
      << "the days are those of both";
  DONE(late.complete("Task_MinutesSecretary", "2026-12-18T09:00", k_secretary,
                     {{"minutes.secretary_delay", "The secretary was ill."}}));
  LAW("R77-39");
}

TEST(Issue, the_secretary_signs_what_the_chair_has_signed_and_nobody_else_does) {
  Story story;
  heard_in_person(story);
  auto const minutes = story.variable("hearing.minutes_document");
  DONE(story.complete("Task_Minutes", "2026-12-14T11:00", k_executor));
  EXPECT_EQ(story.events.back().actor.user, k_executor.user);
  EXPECT_EQ(story.variable("hearing.minutes_document"), minutes);
  EXPECT_EQ(due_of(*story.package, seed(), story.now, "minutes_secretary"), day("2026-12-17"))
      << "two working days; the 16th is a holiday";
  for (auto const& other : {k_executor, k_head, k_operator}) {
    auto as_secretary = other;
    as_secretary.role = "secretary";
    Story again = story;
    EXPECT_NE(text_of(again.complete("Task_MinutesSecretary", "2026-12-14T11:01", as_secretary)),
              "");
    EXPECT_EQ(rule_of(again.complete("Task_MinutesSecretary", "2026-12-14T11:01", other)),
              "R-GEN-28");
  }
  DONE(story.complete("Task_MinutesSecretary", "2026-12-14T11:02", k_secretary));
  auto const& signed_by = std::get<CompleteTask>(story.events.back().body).signature;
  ASSERT_TRUE(signed_by);
  EXPECT_EQ(signed_by->document, minutes) << "byte for byte the same";
  EXPECT_EQ(signed_by->signer, k_secretary.user);
  LAW("R77-39");
}

TEST(Issue, a_secretary_who_cannot_sign_is_replaced_and_both_sign_the_new_minutes) {
  Story story;
  chair_signed(story);
  auto const first = story.variable("hearing.minutes_document");
  auto form = minutes_anew();
  form["hearing.secretary"] = k_executor.user;
  EXPECT_EQ(rule_of(story.send("minutes.redrafted", "2026-12-14T12:00", form, k_executor)),
            "R77-39")
      << "two people sign";
  form["hearing.secretary"] = k_head.user;
  DONE(story.send("minutes.redrafted", "2026-12-14T12:00", form, k_executor));
  EXPECT_FALSE(story.open("Task_MinutesSecretary"));
  EXPECT_NE(story.variable("hearing.minutes_document"), first);
  DONE(story.complete("Task_Minutes", "2026-12-14T12:01", k_executor));
  EXPECT_EQ(rule_of(story.complete("Task_MinutesSecretary", "2026-12-14T12:02", k_secretary)),
            "R77-39")
      << "no more";
  auto head = k_head;
  head.role = "secretary";
  DONE(story.complete("Task_MinutesSecretary", "2026-12-14T12:02", head));
  EXPECT_EQ(story.effects.back().kind, "minutes");
  LAW("R77-39");
}

/// The chair is recused and the secretary takes the case over: the case goes on all the same.
TEST(Issue, a_secretary_who_becomes_the_executor_names_another_one) {
  Story story;
  heard_in_person(story);
  set_path(story.now.variables, "executor", k_secretary.user);
  auto chair = k_executor;
  chair.user = k_secretary.user;
  DONE(story.complete("Task_Minutes", "2026-12-14T12:00", chair));
  EXPECT_EQ(rule_of(story.complete("Task_MinutesSecretary", "2026-12-14T12:01", k_secretary)),
            "R77-39");
  auto form = minutes_anew();
  form["hearing.secretary"] = k_head.user;
  DONE(story.send("minutes.redrafted", "2026-12-14T12:02", form, chair));
  DONE(story.complete("Task_Minutes", "2026-12-14T12:03", chair));
  auto head = k_head;
  head.role = "secretary";
  DONE(story.complete("Task_MinutesSecretary", "2026-12-14T12:04", head));
  LAW("R77-39");
}

TEST(Issue, a_written_hearing_has_no_minutes) {
  Story story;
  hearing(story);
  DONE(story.send("hearing.objection", "2026-12-14T08:00", {{"objection.text", "No."}}));
  DONE(story.complete("Task_Hearing", "2026-12-14T10:00", k_executor,
                      {{"hearing.result", "written"}, {"hearing.conclusion", "refuse"}}));
  EXPECT_TRUE(story.open("Task_RefusalDraft"));
  EXPECT_EQ(story.variable("hearing.minutes_document"), "");
  LAW("R77-39");
}

}  // namespace
}  // namespace qyzmet::engine
