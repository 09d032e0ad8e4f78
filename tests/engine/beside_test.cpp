// Messages beside the process: they move no token, may follow the end, and nothing of the process
// reads what they set.
#include "tests/engine/stages.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::engine {
namespace {

Checked<std::shared_ptr<Package const>> with(std::string const& old, std::string const& now) {
  auto files = package_files();
  auto& xml = files.at("service.xml");
  auto const at = xml.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  xml.replace(at, old.size(), now);
  return load_package(std::move(files), std::string(64, '0'));
}

TEST(Beside, a_message_moves_no_token) {
  Story story;
  assigned(story);
  auto const before = story.now;
  DONE(story.send("recusal.asked", "2026-12-11T10:00",
                  good_beside_form("recusal.asked", "2026-12-11T10:00")));
  EXPECT_EQ(story.now.tokens, before.tokens);
  EXPECT_EQ(story.now.tasks, before.tasks);
  EXPECT_EQ(story.now.timers, before.timers);
  EXPECT_EQ(story.now.deadlines.due, before.deadlines.due);
  EXPECT_EQ(due_of(*story.package, seed(), story.now, "recusal.decided"), day("2026-12-17"))
      << "three working days, over the holiday";
}

TEST(Beside, the_two_days_for_objections_run_on_when_the_hearing_came_before_their_end) {
  Story story;
  hearing(story);
  DONE(story.complete("Task_Hearing", "2026-12-14T10:00", k_executor, absence()));
  DONE(story.complete("Task_RefusalDraft", "2026-12-14T11:00", k_executor, refusal_form()));
  auto const sent = story.now;
  DONE(story.send(
      "hearing.explanation", "2026-12-15T23:00",
      {{"explanation.text", "The ruling, signed."}, {"explanation.document", sha("ruling", 1)}}));
  EXPECT_EQ(story.now.tokens, sent.tokens);
  EXPECT_EQ(story.variable("explanation.text"), "The ruling, signed.");
  EXPECT_EQ(rule_of(story.send("hearing.explanation", "2026-12-16T00:00",
                               {{"explanation.text", "Too late"}})),
            "R77-37");
  EXPECT_EQ(rule_of(story.complete("Task_Sign", "2026-12-15T23:30", k_head, signing())), "R77-36")
      << "nothing is signed while they run";
  LAW("R77-37");
  DONE(story.complete("Task_Sign", "2026-12-17T09:00", k_head, signing("return")));
}

TEST(Beside, who_does_not_want_the_id_ends_the_case_after_the_decision) {
  Story story;
  drafted(story);
  EXPECT_EQ(rule_of(story.send("delivery.declined", "2026-12-11T11:30", {})), "E-15")
      << "before it the application is withdrawn";
  DONE(story.complete("Task_Sign", "2026-12-11T12:00", k_head, signing()));
  EXPECT_TRUE(story.send("application.withdrawn", "2026-12-11T13:00"));
  DONE(story.send("delivery.declined", "2026-12-11T13:00", {{"declined.reason", "Found it."}}));
  EXPECT_TRUE(story.now.ended);
  EXPECT_EQ(story.state(), "declined");
  EXPECT_TRUE(story.now.tokens.empty() && story.now.tasks.empty() && story.now.timers.empty());
  LAW("E-15");
}

TEST(Beside, who_was_not_accepted_may_complain_as_who_was_refused) {
  Story story;
  filed(story);
  DONE(story.complete("Task_Register", "2026-12-10T11:00", k_registrar,
                      {{"register.outcome", "reject"}, {"register.missing", "The ruling."}}));
  DONE(story.answer("Svc_NotifyRejected", "2026-12-10T11:01"));
  EXPECT_EQ(story.variable("decision.outcome"), "rejected");
  auto late = story;
  DONE(story.send("complaint.filed", "2027-03-11T10:00", {{"complaint.text", "It was there."}}));
  EXPECT_EQ(at_path(story.now.variables, "complaint.late"), Value{false});
  DONE(late.send("complaint.filed", "2027-03-12T10:00", {{"complaint.text", "It was there."}}));
  EXPECT_EQ(at_path(late.now.variables, "complaint.late"), Value{true});
  LAW("E-32");
}

TEST(Beside, what_was_ordered_is_answered_after_the_end_as_well) {
  Story story;
  assigned(story);
  DONE(story.send("person.gone", "2026-12-11T10:00",
                  good_beside_form("person.gone", "2026-12-11T10:00"), k_registrar));
  EXPECT_TRUE(story.now.ended);
  EXPECT_TRUE(story.now.tokens.empty() && story.now.tasks.empty() && story.now.timers.empty());
  EXPECT_TRUE(story.now.subscriptions.empty() && story.now.scopes.empty());
  ASSERT_EQ(story.now.errands.size(), 2U);
  EXPECT_EQ(public_state(*story.package, story.now)->code, "terminated");
  auto const read = instance_from_json(state_json(story.now), story.package->term, seed());
  ASSERT_TRUE(read);
  EXPECT_EQ(state_json(*read), state_json(story.now));
  auto const token = story.now.errands.front().token;
  HandlerResult const answer{
      .token = token, .ok = true, .error_code = {}, .detail = {}, .result = {}};
  Event const event{.at = at("2026-12-11T10:05"),
                    .actor = k_system,
                    .salt = std::string(32, '0'),
                    .body = answer};
  DONE(story.apply(event));
  EXPECT_EQ(story.now.errands.size(), 1U);
  EXPECT_EQ(story.apply(event)->code, ErrorCode::gone) << "once";
  EXPECT_EQ(rule_of(story.send("recusal.asked", "2026-12-11T11:00",
                               good_beside_form("recusal.asked", "2026-12-11T11:00"))),
            "INV-29")
      << "what belongs to an open case does not follow its end";
}

TEST(Beside, the_process_may_not_read_what_such_a_message_sets) {
  EXPECT_TRUE(with("decision.outcome = null", "decision.outcome = null"));
  auto const refused = with("require=\"checklist.registered = true\"",
                            "require=\"checklist.registered = true and recusal.late = null\"");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().reason, "beside") << report(refused.error());
}

/// A branch that is named anew is one that the application could have named: the hand-over, which
/// alone asks for it, ends the message. Without that end the process would depend on it.
TEST(Beside, guards_may_read_what_comes_in_the_place_of_the_application_until_their_form_is_sent) {
  auto const refused = [](std::string const& old, std::string const& now) {
    auto const loaded = with(old, now);
    return loaded ? std::string{} : loaded.error().front().reason;
  };
  EXPECT_EQ(refused("decision.outcome = \"issue\"' until=\"issue.operator\"",
                    "decision.outcome = \"issue\"'"),
            "beside");
  EXPECT_EQ(refused("<assign path=\"issue.operator\" value=\"actor.user\"/>",
                    "<assign path=\"issue.operator\" value=\"actor.user\" when=\"consent\"/>"),
            "beside")
      << "not always set";
  EXPECT_EQ(refused("<assign path=\"returned.on\" value=\"event.date\"/>",
                    "<assign path=\"returned.on\" value=\"event.date\"/>"
                    "<assign path=\"issue.operator\" value=\"null\"/>"),
            "beside")
      << "taken back";
  EXPECT_EQ(refused("<assign path=\"returned.on\" value=\"event.date\"/>",
                    "<assign path=\"returned.on\" value=\"event.date\" when=\"branch.is_duty\"/>"),
            "beside")
      << "what is assigned is more than a guard";
}

Actor there() {
  auto actor = k_operator;
  actor.unit = "b2";
  return actor;
}

TEST(Beside, another_branch_has_the_case_and_the_head_signs_the_place_anew) {
  Story story;
  waiting(story);
  auto const first = std::string{story.variable("draft.document")};
  auto const* const local = "2026-12-14T10:00";
  auto const move = [&] {
    return story.send("branch.moved", local, good_beside_form("branch.moved", local), k_registrar);
  };
  DONE(move());
  EXPECT_TRUE(story.open("Task_Issue")) << "no token moved";
  EXPECT_EQ(due_of(*story.package, seed(), story.now, "branch.signed"), day("2026-12-15"));
  EXPECT_EQ(story.variable("draft.document"), first) << "not signed yet";
  EXPECT_EQ(story.effects.back().kind, "branch_left") << "nobody goes there in vain";
  EXPECT_EQ(story.state(), "between_branches");
  EXPECT_EQ(rule_of(story.complete("Task_Issue", "2026-12-14T11:00", k_operator, handover())),
            "R77-42")
      << "the first branch has it no more";
  EXPECT_EQ(text_of(story.complete("Task_Issue", "2026-12-14T11:00", there(), handover())),
            "guard.id_under_way E-29 ");
  EXPECT_EQ(text_of(story.send("branch.arrived", local, {}, there())),
            "guard.place_unsigned E-29 ");
  ReceiveMessage const of_first{
      .message = "branch.signed",
      .message_id = "other",
      .form = {},
      .signature = SignatureEvidence{
          .document = first, .signature = sha("signature", 0), .signer = k_head.user}};
  EXPECT_EQ(rule_of(story.apply(story.event(local, k_head, of_first))), "INV-05")
      << "the new paper, not the earlier one";
  DONE(story.send("branch.signed", local, {}, k_head));
  EXPECT_EQ(story.variable("draft.document"), story.variable("branch.document"));
  EXPECT_EQ(story.effects.back().kind, "branch_left") << "no paper before the ID is there";
  EXPECT_EQ(due_of(*story.package, seed(), story.now, "branch.arrived"), day("2026-12-18"))
      << "three working days, over the holiday";
  EXPECT_EQ(rule_of(story.send("branch.arrived", local, {}, k_operator)), "R77-42");
  DONE(story.send("branch.arrived", local, {}, there()));
  EXPECT_EQ(story.effects.back().kind, "branch_moved");
  EXPECT_EQ(story.effects.back().sha256, story.variable("branch.document"));
  EXPECT_EQ(story.state(), "at_branch");
  EXPECT_EQ(rule_of(story.send("branch.arrived", local, {}, there())), "E-29") << "once";
  DONE(story.complete("Task_Issue", "2026-12-14T11:00", there(), handover()));
  EXPECT_EQ(rule_of(move()), "E-29") << "it is in the citizen's hands";
  LAW("E-28");
  LAW("E-29");
}

std::vector<std::string> clocks(Story const& story) {
  std::vector<std::string> out;
  for (auto const& timer : story.now.timers)
    out.push_back(story.package->process.nodes[std::size_t(timer.node)].id + " " +
                  to_iso(legal_date(timer.due)));
  std::ranges::sort(out);
  return out;
}

/// E-13 counts from where the ID can be fetched: nothing runs on the way, and all of it anew there.
TEST(Beside, the_month_and_the_reminders_count_from_the_arrival_at_the_new_branch) {
  Story story;
  waiting(story);
  DONE(story.tick("2026-12-14T14:05"));
  DONE(story.answer("Svc_Remind3", "2026-12-14T14:06"));
  ASSERT_EQ(clocks(story),
            (std::vector<std::string>{"Bnd_Remind10 2026-12-21", "Bnd_Remind20 2026-12-31",
                                      "Bnd_Storage 2027-01-11"}));
  DONE(story.send("branch.moved", "2026-12-15T10:00",
                  good_beside_form("branch.moved", "2026-12-15T10:00"), k_registrar));
  EXPECT_TRUE(clocks(story).empty());
  EXPECT_TRUE(story.open("Task_Issue"));
  DONE(story.send("branch.signed", "2026-12-15T11:00", {}, k_head));
  DONE(story.send("branch.arrived", "2026-12-17T12:00", {}, there()));
  EXPECT_EQ(clocks(story),
            (std::vector<std::string>{"Bnd_Remind10 2026-12-27", "Bnd_Remind20 2027-01-06",
                                      "Bnd_Remind3 2026-12-20", "Bnd_Storage 2027-01-17"}));
  EXPECT_EQ(story.now.tasks.size(), 1U);
  DONE(story.tick("2026-12-20T12:00"));
  EXPECT_EQ(story.effects.back().kind, "reminder") << "the third day is told again";
  DONE(story.answer("Svc_Remind3", "2026-12-20T12:01"));
  DONE(story.tick("2027-01-17T12:00"));
  EXPECT_EQ(story.effects.back().kind, "unclaimed");
  LAW("E-13");
  LAW("E-29");
}

/// E-12 at the branch to which the ID was passed on: it goes back to the provider from there, too.
TEST(Beside, an_id_that_comes_damaged_from_another_branch_goes_back_to_the_provider) {
  Story story;
  waiting(story);
  Context const torn{{"delivery.damage", "Torn on the way"}};
  DONE(story.send("branch.moved", "2026-12-14T10:00",
                  good_beside_form("branch.moved", "2026-12-14T10:00"), k_registrar));
  EXPECT_EQ(rule_of(story.send("delivery.defective", "2026-12-15T10:00", torn, k_operator)),
            "R77-42")
      << "the first branch has it no more";
  EXPECT_NE(text_of(story.send("delivery.defective", "2026-12-15T10:00", {}, there())), "")
      << "not without a reason";
  DONE(story.send("delivery.defective", "2026-12-15T10:00", torn, there()));
  EXPECT_EQ(story.state(), "replacing");
  EXPECT_EQ(story.effects.back().kind, "blank.spoiled");
  EXPECT_FALSE(story.open("Task_Issue"));
  EXPECT_EQ(story.date("delivery.checked_on"), "2026-12-15") << "the act is of the same day";
  EXPECT_EQ(story.date("branch.left_on"), "") << "it is not awaited there any more";
  EXPECT_TRUE(at_path(story.now.variables, "delivery.again").is_null()) << "the term still runs";
  EXPECT_EQ(clocks(story),
            (std::vector<std::string>{"Bnd_DispatchLate 2026-12-18", "Bnd_TermLate 2026-12-19"}));
  DONE(story.answer("Svc_SpoilBlank", "2026-12-15T10:01"));
  DONE(story.answer("Svc_NotifyDamaged", "2026-12-15T10:02"));
  EXPECT_EQ(rule_of(story.send("branch.arrived", "2026-12-15T10:05", {}, there())), "E-29");
  DONE(story.complete("Task_Replace", "2026-12-15T12:00", k_executor,
                      {{"replacement.act", "A-3"}, {"id.series", "AB"}, {"id.number", "2"}}));
  DONE(story.complete("Task_Dispatch", "2026-12-15T15:00", k_registrar,
                      {{"delivery.registry_number", "R-18"}}));
  DONE(story.send("branch.signed", "2026-12-15T15:30", {}, k_head));
  DONE(story.complete("Task_Receive", "2026-12-15T16:00", there(),
                      {{"delivery.condition", "accepted"}}));
  DONE(story.answer("Svc_SendPlaceInfo", "2026-12-15T16:01"));
  EXPECT_EQ(clocks(story).back(), "Bnd_Storage 2027-01-15") << "a month from there";
  DONE(story.complete("Task_Issue", "2026-12-15T17:00", there(), handover()));
  EXPECT_TRUE(story.now.breaches.empty());
  LAW("E-12");
}

TEST(Beside, a_defect_that_is_found_after_the_term_is_no_second_breach_of_it) {
  Story story;
  waiting(story);
  DONE(story.send("delivery.defective", "2027-01-05T12:00",
                  {{"delivery.damage", "A page is blank"}}, k_operator));
  DONE(story.answer("Svc_SpoilBlank", "2027-01-05T12:01"));
  DONE(story.answer("Svc_NotifyDamaged", "2027-01-05T12:02"));
  EXPECT_TRUE(clocks(story).empty());
  EXPECT_TRUE(story.now.breaches.empty());
  EXPECT_TRUE(story.open("Task_Replace"));
  LAW("E-12");
}

/// A move before the ID lies anywhere stops no clock, and its paper goes out with the delivery.
TEST(Beside, no_paper_of_the_old_place_goes_out_while_the_new_one_waits_for_its_signature) {
  Story story;
  dispatched(story);
  auto const before = clocks(story);
  DONE(story.send("branch.moved", "2026-12-11T13:30",
                  good_beside_form("branch.moved", "2026-12-11T13:30"), k_registrar));
  EXPECT_EQ(clocks(story), before);
  Context const accepted{{"delivery.condition", "accepted"}};
  EXPECT_EQ(text_of(story.complete("Task_Receive", "2026-12-11T14:00", there(), accepted)),
            "guard.place_unsigned E-29 ");
  DONE(story.send("branch.signed", "2026-12-11T14:10", {}, k_head));
  DONE(story.complete("Task_Receive", "2026-12-11T14:20", there(), accepted));
  EXPECT_EQ(story.effects.back().kind, "place_info");
  EXPECT_EQ(story.effects.back().sha256, story.variable("branch.document"));
  EXPECT_EQ(text_of(story.send("branch.moved", "2026-12-11T14:21",
                               good_beside_form("branch.moved", "2026-12-11T14:21"), k_registrar)),
            "guard.place_under_way E-28 ");
  DONE(story.answer("Svc_SendPlaceInfo", "2026-12-11T14:22"));
  DONE(story.complete("Task_Issue", "2026-12-11T15:00", there(), handover()));
  LAW("E-28");
  LAW("E-29");
}

TEST(Beside, a_mended_copy_of_the_old_place_is_drawn_anew_after_a_move) {
  Story story;
  waiting(story);
  auto const* const local = "2026-12-14T10:00";
  DONE(story.send("slip.asked", local, good_beside_form("slip.asked", local)));
  DONE(story.send("slip.redrawn", local, good_beside_form("slip.redrawn", local), k_executor));
  DONE(story.send("branch.moved", local, good_beside_form("branch.moved", local), k_registrar));
  EXPECT_EQ(rule_of(story.send("slip.signed", local, {}, k_head)), "R-GEN-22")
      << "it names the old branch";
  DONE(story.send("slip.redrawn", local, good_beside_form("slip.redrawn", local), k_executor));
  DONE(story.send("slip.signed", local, {}, k_head));
}

TEST(Beside, what_waits_for_a_message_holds_or_renews_names_what_there_is) {
  auto const refused = [](std::string const& old, std::string const& now) {
    auto const loaded = with(old, now);
    return loaded ? std::string{} : loaded.error().front().reason;
  };
  EXPECT_EQ(refused("awaits=\"branch.signed\"", "awaits=\"hearing.waiver\""), "unknown_message");
  EXPECT_EQ(refused("awaits=\"branch.signed\"", "awaits=\"person.gone\""), "unknown_message");
  EXPECT_EQ(refused("awaits=\"branch.signed\"", "awaits=\"branch.signed\" require=\"true\""),
            "missing_attribute");
  EXPECT_EQ(refused("holds=\"Sub_Storage\"", "holds=\"Sub_Shelf\""), "unknown_node");
  EXPECT_EQ(refused("renews=\"Sub_Storage\"", "renews=\"Sub_Storage\" ends=\"true\""),
            "unknown_value");
  EXPECT_EQ(refused("rule=\"E-13\" cite=\"p77.10\"",
                    "rule=\"E-13\" cite=\"p77.10\" renews=\"Sub_Storage\""),
            "unknown_attribute");
}

TEST(Beside, the_wrong_office_may_be_found_out_until_the_papers_are_checked) {
  auto const pass_on = [](Story& story) {
    auto const* const local = "2026-12-11T09:00";
    return story.send("office.redirected", local, good_beside_form("office.redirected", local),
                      k_registrar);
  };
  Story story;
  assigned(story);
  auto checked = story;
  DONE(pass_on(story));
  EXPECT_EQ(to_iso(story.now.deadlines.accepted), "2026-12-11");
  EXPECT_TRUE(story.open("Task_Register")) << "the competent office begins from the beginning";
  EXPECT_FALSE(story.open("Task_Review"));
  EXPECT_EQ(story.variable("executor"), "");
  EXPECT_EQ(story.date("registered_on"), "");
  DONE(story.complete("Task_Register", "2026-12-11T10:00", k_registrar, registered()));
  DONE(story.complete("Task_Review", "2026-12-14T10:00", k_executor, approval()));
  DONE(checked.complete("Task_Review", "2026-12-11T08:00", k_executor, approval()));
  EXPECT_EQ(rule_of(pass_on(checked)), "R-GEN-20") << "what was judged is judged here";
  LAW("R-GEN-20");
}

TEST(Beside, a_text_is_mended_in_one_place_only) {
  Story story;
  refused(story);
  auto const local = "2026-12-18T10:00";
  DONE(story.send("slip.asked", local, good_beside_form("slip.asked", local)));
  auto const text = std::string{story.variable("refusal.reasons")};
  auto const mend = [&](std::string words) {
    return story.send("slip.drafted", local,
                      {{"slip.mended", "A letter."},
                       {"refusal.reasons", std::move(words)},
                       {"slip.document", sha("slip", 1)}},
                      k_executor);
  };
  EXPECT_EQ(rule_of(mend(text + std::string(61, 'x'))), "R-GEN-22");
  EXPECT_EQ(rule_of(mend("x" + text + std::string(60, 'x'))), "R-GEN-22") << "two places";
  EXPECT_EQ(text_of(mend(text + std::string(60, 'x'))), "");
  LAW("R-GEN-22");
}

TEST(Beside, mobilisation_opens_its_branch_for_new_cases_and_open_ones_keep_their_rules) {
  auto const approve = [](Story& story) {
    auto form = approval();
    form["checklist.served"] = false;
    return rule_of(story.complete("Task_Review", "2026-12-11T10:00", k_executor, form));
  };
  auto const file = [](Story& story, std::string_view mode) {
    auto variables = application("dismissed", "district");
    variables["mode"] = mode;
    DONE(story.file("2026-12-10T10:00", variables));
    DONE(story.complete("Task_Register", "2026-12-10T11:00", k_registrar, registered()));
  };
  Story earlier, later;
  file(earlier, "peacetime");
  file(later, "mobilisation");
  EXPECT_EQ(approve(later), "") << "nobody has to have served";
  EXPECT_EQ(approve(earlier), "R77-17") << "it was filed before";
  LAW("E-33");
}

TEST(Beside, another_executor_goes_on_where_the_case_stands) {
  auto const change = [](Story& story, std::string const& to) {
    return rule_of(story.send("executor.changed", "2026-12-11T10:00",
                              {{"change.executor", to}, {"change.reasons", "Ill."}}, k_head));
  };
  Story story;
  assigned(story);
  auto const before = story.now;
  EXPECT_EQ(change(story, k_executor.user), "R-GEN-28") << "the present one";
  EXPECT_EQ(change(story, k_head.user), "R-GEN-28") << "who names";
  set_path(story.now.variables, "recusal.left", ",299,");
  EXPECT_EQ(change(story, "299"), "R-GEN-28") << "who was recused";
  set_path(story.now.variables, "recusal.left", Value{});
  set_path(story.now.variables, "decision.head", "299");
  EXPECT_EQ(change(story, "299"), "R-GEN-28") << "who signed the decision";
  set_path(story.now.variables, "decision.head", Value{});
  EXPECT_EQ(change(story, "299"), "");
  EXPECT_EQ(story.variable("executor"), "299");
  EXPECT_EQ(story.now.tokens, before.tokens);
  EXPECT_EQ(story.now.tasks, before.tasks);
  EXPECT_EQ(story.now.deadlines.due, before.deadlines.due);
  EXPECT_EQ(rule_of(story.complete("Task_Review", "2026-12-11T11:00", k_executor, approval())),
            "R-GEN-28")
      << "who was it acts no more";
  auto second = k_executor;
  second.user = "299";
  DONE(story.complete("Task_Review", "2026-12-11T11:00", second, approval()));
  LAW("R-GEN-28");
}

}  // namespace
}  // namespace qyzmet::engine
