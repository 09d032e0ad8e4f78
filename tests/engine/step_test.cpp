// The token game, element by element (workflow.md part 3), on small processes.
#include <gtest/gtest.h>

#include <set>

#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

TEST(Step, a_plain_process_starts_waits_and_ends) {
  Game game{start() + task("t") + end() + flows({"s>t>e"})};
  DONE(game.begun);
  EXPECT_EQ(game.at_rest(), Rest{"t"});
  EXPECT_EQ(game.now.version, 1);
  DONE(game.done("t", "2026-11-23T11:00", {{"n", 5}}));
  EXPECT_TRUE(game.now.ended);
  EXPECT_EQ(at_path(game.now.variables, "n"), Value{5});
  EXPECT_EQ(game.done("t", "2026-11-23T12:00")->code, ErrorCode::gone);
  EXPECT_EQ(game.tick("2026-11-23T12:00")->code, ErrorCode::gone);
}

TEST(Step, a_case_starts_once_and_only_by_its_start) {
  Game game{start() + task("t") + end() + flows({"s>t>e"})};
  EXPECT_EQ(game.file("2026-11-23T10:00", {{"place", "city"}}, k_clerk)->text,
            "error.already_started");
  Story empty{game.package};
  EXPECT_EQ(empty.complete("t", "2026-11-23T10:00", k_clerk)->text, "error.not_started");
  EXPECT_EQ(empty.file("2026-11-23T10:00", {{"place", "moon"}}, k_clerk)->field, "place");
  EXPECT_EQ(empty.file("2026-11-23T10:00", {{"place", "city"}, {"iin", "1"}}, k_clerk)->text,
            "error.unknown_field");
  EXPECT_EQ(empty.file("2026-11-23T10:00", {{"place", 7}}, k_clerk)->text, "error.field_type");
}

std::string const k_fork =
    start() + node("exclusiveGateway", "g", "", "default=\"g_c\"") + task("a") + task("b") +
    task("c") + end("ea") + end("eb") + end("ec") +
    flows({"s>g", "g>a?n = 1", "g>b?n &lt; 3", "g>c", "a>ea", "b>eb", "c>ec"});

TEST(Step, an_exclusive_gateway_takes_the_first_true_flow_or_the_default) {
  EXPECT_EQ((Game{k_fork, {{"n", 1}}}.at_rest()), Rest{"a"});
  EXPECT_EQ((Game{k_fork, {{"n", 2}}}.at_rest()), Rest{"b"});
  EXPECT_EQ((Game{k_fork, {{"n", 3}}}.at_rest()), Rest{"c"});
  EXPECT_EQ((Game{k_fork, {}}.at_rest()), Rest{"c"}) << "null is not true";
}

TEST(Step, a_gateway_without_a_way_out_becomes_an_incident_that_can_be_retried) {
  auto const body = start() + task("t") + node("exclusiveGateway", "g") + end("ea") + end("eb") +
                    boundary("b", "t", message(), false) + end("e2") +
                    flows({"s>t>g", "g>ea?n = 1", "g>eb?n = 2", "b>e2"});
  Game game{body};
  DONE(game.begun);
  DONE(game.done("t", "2026-11-23T11:00", {{"n", 9}}));
  EXPECT_EQ(game.at_rest(), Rest{"g"});
  ASSERT_EQ(game.now.incidents.size(), 1U);
  EXPECT_EQ(game.now.incidents[0].reason, "error.no_branch");
  auto const token = game.now.incidents[0].token;
  auto const retry = [&](Actor const& actor, std::int32_t which) {
    return game.apply(game.event("2026-11-23T12:00", actor, RetryIncident{.token = which}));
  };
  EXPECT_EQ(retry(k_clerk, token)->rule, "R-GEN-28");
  EXPECT_EQ(retry(k_admin, 999)->text, "error.no_such_incident");
  set_path(game.now.variables, "n", 2);
  DONE(retry(k_admin, token));
  EXPECT_TRUE(game.now.ended);
}

TEST(Step, a_parallel_join_waits_for_one_token_on_each_incoming_flow) {
  auto const body = start() + node("parallelGateway", "f") + task("a") + task("b") +
                    node("parallelGateway", "j") + end() + flows({"s>f>a>j>e", "f>b>j"});
  Game game{body};
  EXPECT_EQ(game.at_rest(), (Rest{"a", "b"}));
  DONE(game.done("a", "2026-11-23T11:00"));
  EXPECT_EQ(game.at_rest(), (Rest{"b", "j"}));
  DONE(game.done("b", "2026-11-23T11:01"));
  EXPECT_TRUE(game.now.ended);
}

TEST(Step, two_tokens_on_one_flow_do_not_pass_a_join) {
  auto const body = start() + node("parallelGateway", "f") + node("exclusiveGateway", "x") +
                    task("b") + node("parallelGateway", "j") + end() +
                    node("exclusiveGateway", "y", "", "default=\"y_j\"") + end("e2") +
                    flows({"s>f", "f>x", "f>y", "y>j", "y>x?n = 7", "x>j", "j>e", "f>b>e2"});
  Game game{body, {{"n", 7}}};
  EXPECT_EQ(game.at_rest(), (Rest{"b", "j", "j"}));
  DONE(game.done("b", "2026-11-23T11:00"));
  EXPECT_FALSE(game.now.ended) << "the deadlock is the correct answer";
}

TEST(Step, the_first_event_after_an_event_gateway_disarms_the_others) {
  auto const body =
      start() + node("eventBasedGateway", "g") + node("intermediateCatchEvent", "word", message()) +
      node("intermediateCatchEvent", "late", duration("PT2H")) + task("a") + task("b") + end("ea") +
      end("eb") + flows({"s>g", "g>word>a>ea", "g>late>b>eb"});
  Game said{body};
  DONE(said.say("word", "2026-11-23T11:59"));
  EXPECT_EQ(said.at_rest(), Rest{"a"});
  EXPECT_TRUE(said.now.timers.empty() && said.now.subscriptions.empty());

  // The time was over when the word came, though nobody had looked at the clock.
  Game waited{body};
  EXPECT_EQ(waited.say("word", "2026-11-23T15:00")->rule, "RULE");
  DONE(waited.tick("2026-11-23T15:00"));
  EXPECT_EQ(waited.at_rest(), Rest{"b"});
  EXPECT_EQ(waited.facts.back().at, at("2026-11-23T12:00"));
}

TEST(Step, timers_fire_before_a_later_event_each_with_its_own_time) {
  auto const body = start() + task("t") + end() + boundary("b2", "t", duration("PT2H"), false) +
                    service("r2", "breach") + end("e2") +
                    boundary("b1", "t", duration("PT1H"), false) + service("r1", "record") +
                    end("e1") + flows({"s>t>e", "b1>r1>e1", "b2>r2>e2"});
  Game game{body};
  DONE(game.done("t", "2026-11-23T16:00"));
  std::vector<std::string> order;
  std::set<std::string> timers;
  for (auto const& fact : game.facts) {
    if (fact.kind == "timer_fired") timers.insert(to_json(at_path(fact.data, "timer")));
    if (fact.kind == "breach" || fact.kind == "recorded")
      order.push_back(fact.kind + to_iso(fact.at).substr(10, 6));
  }
  EXPECT_EQ(timers.size(), 2U) << "each timer is known by its own number";
  EXPECT_FALSE(timers.contains("null"));
  EXPECT_EQ(order, (std::vector<std::string>{"recordedT06:00", "breachT07:00"}));
  EXPECT_TRUE(game.now.ended);
}

TEST(Step, a_timer_armed_in_the_past_fires_with_the_event_that_armed_it) {
  auto const body = start() + task("t") +
                    node("intermediateCatchEvent", "w", timer("date\"2026-11-01\"")) + task("u") +
                    end() + flows({"s>t>w>u>e"});
  Game game{body};
  DONE(game.done("t", "2026-11-24T09:00"));
  EXPECT_EQ(game.at_rest(), Rest{"u"});
  EXPECT_EQ(game.facts.back().at, at("2026-11-24T09:00"));
  EXPECT_EQ(game.now.version, 2) << "one event, one step";
}

TEST(Step, a_day_valued_timer_is_due_at_the_next_local_midnight) {
  auto const body =
      start() + node("intermediateCatchEvent", "w", timer("T.end")) + end() + flows({"s>w>e"});
  Game game{body};
  ASSERT_EQ(game.now.timers.size(), 1U);
  EXPECT_EQ(game.now.timers[0].due, at("2026-12-03T00:00"));
  EXPECT_EQ(game.tick("2026-12-02T23:59")->text, "error.nothing_due");
  DONE(game.tick("2026-12-03T00:00"));
}

TEST(Step, a_month_keeps_the_time_of_day_and_ends_on_the_last_day_that_exists) {
  auto const body = start() + task("t") + node("intermediateCatchEvent", "w", duration("P1M")) +
                    end() + flows({"s>t>w>e"});
  Game game{body};
  DONE(game.done("t", "2027-01-31T10:30"));
  EXPECT_EQ(game.now.timers.at(0).due, at("2027-02-28T10:30"));
}

TEST(Step, a_timer_without_a_due_time_is_an_incident) {
  auto const body = start() + task("t") + boundary("b", "t", timer("n"), false) + end("e2") +
                    end() + flows({"s>t>e", "b>e2"});
  Game game{body, {{"n", 4}}};
  DONE(game.begun);
  ASSERT_EQ(game.now.incidents.size(), 1U);
  EXPECT_EQ(game.now.incidents[0].reason, "error.timer_without_due");
  EXPECT_EQ(game.at_rest(), Rest{"t"});
  DONE(game.done("t", "2026-11-23T11:00"));
  EXPECT_TRUE(game.now.ended);
}

TEST(Step, an_interrupting_boundary_ends_the_activity_and_another_runs_beside_it) {
  auto const body = start() + task("t") + end() + boundary("stop", "t", message("m2")) + task("u") +
                    end("eu") + boundary("note", "t", message(), false) + service("r", "record") +
                    end("er") + flows({"s>t>e", "stop>u>eu", "note>r>er"});
  Game game{body};
  DONE(game.say("word", "2026-11-23T11:00"));
  DONE(game.say("word", "2026-11-23T11:05"));
  EXPECT_EQ(game.count("recorded"), 2) << "a person may write twice";
  EXPECT_EQ(game.at_rest(), Rest{"t"});
  DONE(game.say("stop", "2026-11-23T11:10"));
  EXPECT_EQ(game.at_rest(), Rest{"u"});
  EXPECT_EQ(game.say("word", "2026-11-23T11:15")->code, ErrorCode::conflict);
}

TEST(Step, a_message_is_taken_once) {
  auto const body = start() + task("t") + end() + boundary("note", "t", message(), false) +
                    end("er") + flows({"s>t>e", "note>er"});
  Game game{body};
  auto const again = [&] {
    return game.apply(game.event(
        "2026-11-23T11:00", k_clerk,
        ReceiveMessage{.message = "word", .message_id = "same", .form = {}, .signature = {}}));
  };
  DONE(again());
  EXPECT_EQ(again()->text, "error.duplicate_message");
}

TEST(Step, a_sub_process_completes_when_nothing_in_it_is_left) {
  auto const body = start() +
                    sub_process(start("is") + node("parallelGateway", "f") + task("a") + task("b") +
                                end("ea") + end("eb") + flows({"is>f>a>ea", "f>b>eb"})) +
                    task("t") + end() + flows({"s>sub>t>e"});
  Game game{body};
  EXPECT_EQ(game.at_rest(), (Rest{"a", "b", "sub"}));
  DONE(game.done("a", "2026-11-23T11:00"));
  EXPECT_EQ(game.at_rest(), (Rest{"b", "sub"}));
  DONE(game.done("b", "2026-11-23T11:01"));
  EXPECT_EQ(game.at_rest(), Rest{"t"});
  EXPECT_EQ(game.now.scopes.size(), 1U);
}

TEST(Step, an_interrupting_event_sub_process_cancels_everything_else_once) {
  auto const inside =
      start("is") + task("a") + service("n", "notify") + node("parallelGateway", "f") + end("ea") +
      end("en") + flows({"is>f>a>ea", "f>n>en"}) +
      event_sub("stopped", node("startEvent", "ss", message("m2")) + task("w") + end("ew") +
                               flows({"ss>w>ew"})) +
      event_sub("heard", node("startEvent", "hs", message(), "isInterrupting=\"false\"") +
                             task("h") + end("eh") + flows({"hs>h>eh"}));
  Game game{start() + sub_process(inside) + boundary("late", "sub", duration("P1D")) + end("el") +
            task("t") + end() + flows({"s>sub>t>e", "late>el"})};
  EXPECT_EQ(game.at_rest(), (Rest{"a", "n", "sub"}));
  DONE(game.say("word", "2026-11-23T11:00"));
  EXPECT_EQ(game.at_rest(), (Rest{"a", "h", "n", "sub"}));
  auto const before = game.now;
  DONE(game.say("stop", "2026-11-23T11:01"));
  EXPECT_EQ(game.at_rest(), (Rest{"sub", "w"}));
  EXPECT_EQ(changes(before, game.now).pending_cancelled.size(), 1U);
  EXPECT_EQ(game.say("stop", "2026-11-23T11:02")->code, ErrorCode::conflict);
  EXPECT_EQ(game.say("word", "2026-11-23T11:02")->code, ErrorCode::conflict);
  auto late = game;
  DONE(game.done("w", "2026-11-23T11:03"));
  EXPECT_EQ(game.at_rest(), Rest{"t"});
  DONE(late.tick("2026-11-24T10:00"));
  EXPECT_TRUE(late.now.ended);
  EXPECT_TRUE(late.now.timers.empty() && late.now.scopes.empty());
}

TEST(Step, a_terminate_end_stops_its_own_scope_only) {
  auto const stop = node("endEvent", "stop", "<terminateEventDefinition/>");
  auto const body = start() +
                    sub_process(start("is") + node("parallelGateway", "f") + task("a") + task("b") +
                                end("eb") + stop + flows({"is>f>a>stop", "f>b>eb"})) +
                    task("t") + end() + flows({"s>sub>t>e"});
  Game game{body};
  DONE(game.done("a", "2026-11-23T11:00"));
  EXPECT_EQ(game.at_rest(), Rest{"t"});
}

TEST(Step, an_error_is_caught_innermost_first_and_exactly_before_generally) {
  auto const raise = node("endEvent", "boom", "<errorEventDefinition errorRef=\"x\"/>");
  auto const inside = start("is") + task("a") + raise + flows({"is>a>boom"});
  auto const outside = [](std::string const& sub) {
    return start() + sub + boundary("any", "sub", "<errorEventDefinition/>") + task("ta") +
           end("ea") + boundary("exact", "sub", "<errorEventDefinition errorRef=\"x\"/>") +
           task("te") + end("ee") + task("t") + end() +
           flows({"s>sub>t>e", "any>ta>ea", "exact>te>ee"});
  };
  Game boundary_only{outside(sub_process(inside))};
  DONE(boundary_only.done("a", "2026-11-23T11:00"));
  EXPECT_EQ(boundary_only.at_rest(), Rest{"te"});

  auto const handler =
      event_sub("caught", node("startEvent", "cs", "<errorEventDefinition errorRef=\"x\"/>") +
                              task("c") + end("ec") + flows({"cs>c>ec"}));
  Game inner{outside(sub_process(inside + handler))};
  DONE(inner.done("a", "2026-11-23T11:00"));
  EXPECT_EQ(inner.at_rest(), (Rest{"c", "sub"}));
  DONE(inner.done("c", "2026-11-23T11:01"));
  EXPECT_EQ(inner.at_rest(), Rest{"t"});

  Game nobody{start() + sub_process(inside) + task("t") + end() + flows({"s>sub>t>e"})};
  DONE(nobody.done("a", "2026-11-23T11:00"));
  ASSERT_EQ(nobody.now.incidents.size(), 1U);
  EXPECT_EQ(nobody.now.incidents[0].reason, "error.uncaught");
  EXPECT_FALSE(nobody.now.ended) << "never a silent end";
}

std::string const k_effect = start() + service("n", "notify") +
                             boundary("failed", "n", "<errorEventDefinition errorRef=\"y\"/>") +
                             task("f") + end("ef") + task("t") + end() +
                             flows({"s>n>t>e", "failed>f>ef"});

TEST(Step, an_effect_waits_for_its_answer_and_is_answered_once) {
  Game game{k_effect};
  ASSERT_EQ(game.effects.size(), 1U);
  EXPECT_EQ(game.effects[0].handler, "notify");
  EXPECT_EQ(game.effects[0].token, game.now.pending[0].token);
  auto const token = game.now.pending[0].token;
  DONE(game.report_effect(true, "", "2026-11-23T11:00"));
  EXPECT_EQ(game.at_rest(), Rest{"t"});
  EXPECT_EQ(game.apply(game.event("2026-11-23T11:01", k_system, answer_to(token)))->text,
            "error.no_such_effect");
}

TEST(Step, a_failed_effect_is_an_incident_or_a_business_error) {
  Game technical{k_effect};
  auto const first = technical.now.pending[0].token;
  DONE(technical.report_effect(false, "", "2026-11-23T11:00"));
  ASSERT_EQ(technical.now.incidents.size(), 1U);
  EXPECT_EQ(technical.now.incidents[0].detail, "why");
  EXPECT_EQ(technical.at_rest(), Rest{"n"});
  DONE(
      technical.apply(technical.event("2026-11-23T12:00", k_admin, RetryIncident{.token = first})));
  ASSERT_EQ(technical.effects.size(), 2U);
  EXPECT_NE(technical.effects[1].token, first) << "a key is never used again";
  EXPECT_TRUE(technical.now.incidents.empty());

  Game business{k_effect};
  DONE(business.report_effect(false, "E2", "2026-11-23T11:00"));
  EXPECT_EQ(business.at_rest(), Rest{"f"});
  Game unknown{k_effect};
  DONE(unknown.report_effect(false, "E9", "2026-11-23T11:00"));
  EXPECT_EQ(unknown.now.incidents.at(0).reason, "error.uncaught");
}

/// The notice of k_effect takes over when it was sent and when it was delivered.
std::shared_ptr<Package const> told_package(std::string_view handler = "notify") {
  auto const body = start() + service("n", handler) + task("t") + end() + flows({"s>n>t>e"});
  auto out = std::make_shared<Package>(*package(body));
  Handler notice{.kind = "result", .document = {}, .assignments = {}};
  for (std::string const name : {"sent", "delivered"}) {
    out->variables.emplace(name, FieldType::datetime);
    notice.assignments.push_back(
        {.path = name, .value = *Expression::compile("result." + name + "_at"), .when = {}});
  }
  out->handlers.emplace("result", std::move(notice));
  return out;
}

ResolveIncident stated(std::int32_t token) {
  return {.token = token,
          .reason = "handed over at the office",
          .sent_at = at("2026-11-23T11:00"),
          .delivered_at = {}};
}

TEST(Resolution, an_administrator_states_what_was_done_in_place_of_a_failed_effect) {
  for (bool const failed : {true, false}) {
    Game game{told_package()};
    auto const token = game.now.pending[0].token;
    if (failed) DONE(game.report_effect(false, "", "2026-11-23T11:00"));
    auto const event = game.event("2026-11-23T12:00", k_admin, stated(token));
    DONE(game.apply(event));
    EXPECT_EQ(game.at_rest(), Rest{"t"});
    EXPECT_TRUE(game.now.incidents.empty());
    EXPECT_TRUE(game.now.pending.empty());
    EXPECT_EQ(at_path(game.now.variables, "sent"), Value{at("2026-11-23T11:00")});
    EXPECT_TRUE(at_path(game.now.variables, "delivered").is_null()) << "nobody proved it";
    auto const told = std::ranges::find(game.facts, "resolved", &Fact::kind);
    ASSERT_NE(told, game.facts.end());
    EXPECT_EQ(text_at(told->data, "reason"), "handed over at the office");
    EXPECT_EQ(told->node, "n");
    EXPECT_EQ(event_json(*event_from_json(event_json(event))), event_json(event));
    EXPECT_EQ(game.apply(event)->text, "error.no_such_incident") << "once";
  }
}

TEST(Resolution, delivery_counts_only_where_it_is_stated) {
  Game game{told_package()};
  auto proven = stated(game.now.pending[0].token);
  proven.delivered_at = at("2026-11-23T11:30");
  DONE(game.apply(game.event("2026-11-23T12:00", k_admin, proven)));
  EXPECT_EQ(at_path(game.now.variables, "delivered"), Value{at("2026-11-23T11:30")});
}

TEST(Resolution, what_cannot_be_is_refused_with_the_field_and_changes_nothing) {
  Game game{told_package()};
  auto const token = game.now.pending[0].token;
  auto const refusal = [&](ResolveIncident said, Actor const& by = k_admin) {
    auto const error = game.apply(game.event("2026-11-23T12:00", by, std::move(said)));
    return error ? error->field + " " + error->text : std::string{};
  };
  auto const changed = [&](auto change) {
    auto said = stated(token);
    change(said);
    return refusal(said);
  };
  EXPECT_EQ(refusal(stated(token), k_clerk), " error.role");
  EXPECT_EQ(refusal(stated(token + 1)), " error.no_such_incident");
  EXPECT_EQ(changed([](auto& said) { said.reason = "so"; }), "reason error.reason_short");
  EXPECT_EQ(changed([](auto& said) { said.reason = std::string(501, 'x'); }),
            "reason error.too_long");
  EXPECT_EQ(changed([](auto& said) { said.reason = std::string(20, '\xFF'); }),
            "reason error.field_type");
  EXPECT_EQ(changed([](auto& said) { said.sent_at.reset(); }), "sent_at error.required");
  EXPECT_EQ(changed([](auto& said) { said.sent_at = at("2026-11-23T12:01"); }),
            "sent_at error.not_then");
  EXPECT_EQ(changed([](auto& said) { said.sent_at = at("2026-11-23T09:59"); }),
            "sent_at error.not_then");
  EXPECT_EQ(changed([](auto& said) { said.delivered_at = at("2026-11-23T10:59"); }),
            "delivered_at error.not_then");
  EXPECT_EQ(changed([](auto& said) { said.delivered_at = at("2026-11-23T12:01"); }),
            "delivered_at error.not_then");
  EXPECT_EQ(game.at_rest(), Rest{"n"});
  DONE(game.apply(game.event("2026-11-23T12:00", k_admin, stated(token))));
}

TEST(Resolution, what_the_handler_does_not_take_over_is_not_stated) {
  Game game{k_effect};
  auto said = stated(game.now.pending[0].token);
  EXPECT_EQ(game.apply(game.event("2026-11-23T12:00", k_admin, said))->text, "error.unknown_field");
  said.sent_at.reset();
  said.delivered_at = at("2026-11-23T12:00");
  EXPECT_EQ(game.apply(game.event("2026-11-23T12:00", k_admin, said))->field, "delivered_at");
  said.delivered_at.reset();
  DONE(game.apply(game.event("2026-11-23T12:00", k_admin, said)));
}

TEST(Resolution, an_entry_in_a_register_and_a_fault_of_the_process_are_not_stated) {
  Game entry{told_package("register")};
  EXPECT_EQ(
      entry.apply(entry.event("2026-11-23T12:00", k_admin, stated(entry.now.pending[0].token)))
          ->text,
      "error.entry_not_stated");
  Game fault{start() + task("t") + node("exclusiveGateway", "g") + end("ea") + end("eb") +
             flows({"s>t>g", "g>ea?n = 1", "g>eb?n = 2"})};
  DONE(fault.done("t", "2026-11-23T11:00", {{"n", 9}}));
  ASSERT_EQ(fault.now.incidents.size(), 1U);
  auto const token = fault.now.incidents[0].token;
  EXPECT_EQ(fault.apply(fault.event("2026-11-23T12:00", k_admin, stated(token)))->text,
            "error.no_such_incident");
}

TEST(Step, an_endless_loop_stops_as_an_incident) {
  auto const body = start() + task("t") + node("exclusiveGateway", "x") + service("r", "record") +
                    node("exclusiveGateway", "y", "", "default=\"y_x\"") + end() +
                    flows({"s>t>x>r>y", "y>x", "y>e?n = 1"});
  Game game{body};
  DONE(game.done("t", "2026-11-23T11:00"));
  ASSERT_EQ(game.now.incidents.size(), 1U);
  EXPECT_EQ(game.now.incidents[0].reason, "error.too_many_moves");
}

TEST(Step, only_the_system_ticks_answers_and_changes_calendars) {
  Game game{k_effect};
  for (auto const& body :
       std::vector<decltype(Event::body)>{Tick{}, answer_to(1), CalendarChanged{.version = 1}}) {
    auto const error = game.apply(game.event("2026-11-23T11:00", k_clerk, body));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::forbidden);
    EXPECT_EQ(error->arguments.at("role"), "system");
  }
}

TEST(Step, an_event_that_arrives_with_an_older_clock_does_not_turn_time_back) {
  Game game{start() + task("t") + task("u") + end() + flows({"s>t>u>e"})};
  DONE(game.done("t", "2026-11-23T12:00"));
  DONE(game.done("u", "2026-11-23T11:00"));
  EXPECT_EQ(game.now.at, at("2026-11-23T12:00"));
  LAW("INV-31");
}

TEST(Step, values_that_a_form_does_not_know_are_refused_and_change_nothing) {
  Game game{start() + task("t") + end() + flows({"s>t>e"})};
  auto const before = state_json(game.now);
  EXPECT_EQ(game.done("t", "2026-11-23T11:00", {{"m", 5}})->text, "error.unknown_field");
  EXPECT_EQ(game.done("t", "2026-11-23T11:00", {{"n", "five"}})->text, "error.field_type");
  EXPECT_EQ(game.done("x", "2026-11-23T11:00")->code, ErrorCode::not_found);
  EXPECT_EQ(state_json(game.now), before);
  EXPECT_TRUE(refusal(*game.package, seed(), game.now,
                      game.event("2026-11-23T11:00", k_registrar,
                                 CompleteTask{.task = "t", .form = {}, .signature = {}})));
}

TEST(Step, changes_tell_exactly_which_rows_differ) {
  auto const body = start() + task("t") + boundary("b", "t", timer("T.end"), false) + end("eb") +
                    service("n", "notify") + task("u") + end() + flows({"s>t>n>u>e", "b>eb"});
  Game game{body};
  auto const begun = changes(Instance{}, game.now);
  EXPECT_EQ(begun.tasks_added.size(), 1U);
  EXPECT_EQ(begun.timers_added.size(), 1U);
  auto const before = game.now;
  DONE(game.done("t", "2026-11-23T11:00"));
  auto const next = changes(before, game.now);
  EXPECT_EQ(next.tasks_removed, std::vector{before.tasks[0].token});
  EXPECT_EQ(next.timers_removed, std::vector{before.timers[0].id});
  EXPECT_TRUE(next.tasks_added.empty() && next.timers_moved.empty());
}

TEST(Step, event_bytes_are_canonical_and_read_back) {
  Event const event{.at = at("2026-11-23T10:00"),
                    .actor = k_clerk,
                    .salt = "00",
                    .body = CompleteTask{.task = "t", .form = {{"n", 5}}, .signature = {}}};
  EXPECT_EQ(event_json(event),
            R"({"actor":{"role":"clerk","unit":"","user":"1"},)"
            R"("at":{"$at":"2026-11-23T05:00:00.000000Z"},)"
            R"("body":{"form":{"n":5},"signature":null,"task":"t","type":"complete"},)"
            R"("salt":"00"})");
  for (auto const* bad :
       {"", "[]", "{}", R"({"actor":{},"at":1,"body":{},"salt":""})",
        R"({"actor":{"role":"a","unit":"","user":""},"at":{"$at":"2026-11-23T05:00:00.000000Z"},)"
        R"("body":{"type":"nothing"},"salt":""})"})
    EXPECT_FALSE(event_from_json(bad)) << bad;
}

TEST(Step, a_broken_state_is_refused_and_never_trusted) {
  Game game{start() + task("t") + end() + flows({"s>t>e"})};
  auto const good = state_json(game.now);
  auto const term = game.package->term;
  ASSERT_TRUE(instance_from_json(good, term, seed()));
  for (auto const& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"tokens\":[[", "\"tokens\":[[[],"},
           {"\"ended\":false", "\"ended\":0"},
           {"\"calendar\":1", "\"calendar\":2"},
           {"\"place\":\"city\"", "\"place\":\"moon\""},
           {"\"messages\":[]", "\"messages\":{}"}}) {
    auto text = good;
    auto const found = text.find(from);
    ASSERT_NE(found, std::string::npos) << from;
    text.replace(found, from.size(), to);
    EXPECT_FALSE(instance_from_json(text, term, seed())) << to;
  }
}

}  // namespace
}  // namespace qyzmet::engine
