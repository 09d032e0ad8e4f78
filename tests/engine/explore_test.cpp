// The explorer on small processes whose states can be counted by hand, and the observers that run
// beside it.
#include <gtest/gtest.h>

#include "engine/explore.hpp"
#include "engine/observers.hpp"
#include "tests/engine/story.hpp"

namespace qyzmet::engine {
namespace {

std::string element(std::string_view kind, std::string_view id, std::string_view body = {},
                    std::string_view attributes = {}) {
  return "<" + std::string{kind} + " id=\"" + std::string{id} + "\" " + std::string{attributes} +
         ">" + std::string{body} + "</" + std::string{kind} + ">";
}
std::string task(std::string_view id) {
  return element("userTask", id, "", "wf:role=\"clerk\" wf:form=\"note\"");
}
std::string gateway(std::string_view kind, std::string_view id, std::string_view otherwise = {}) {
  auto const attribute =
      otherwise.empty() ? std::string{} : "default=\"" + std::string{otherwise} + "\"";
  return element(std::string{kind} + "Gateway", id, "", attribute);
}
std::string const k_start = element("startEvent", "s");
std::string const k_end = element("endEvent", "e");

/// A way "a b c" makes the flows a_b and b_c; "g x | n = 1" gives its flows a condition.
std::string ways(std::initializer_list<std::string_view> all) {
  std::string out;
  for (auto const way : all) {
    auto const bar = way.find(" | ");
    std::istringstream words{std::string{way.substr(0, bar)}};
    std::string from, to;
    words >> from;
    while (words >> to) {
      out += "<sequenceFlow id=\"" + from + "_" + to + "\" sourceRef=\"" + from +
             "\" targetRef=\"" + to + "\">";
      if (bar != way.npos)
        out +=
            "<conditionExpression>" + std::string{way.substr(bar + 3)} + "</conditionExpression>";
      out += "</sequenceFlow>";
      from = to;
    }
  }
  return out;
}

/// One number, n, is asked by every form.
std::shared_ptr<Package const> drawn(std::string const& body) {
  auto const xml =
      "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
      "xmlns:wf=\"urn:kz:workflow:1\"><message id=\"m\" name=\"stop\"/>"
      "<error id=\"x\" errorCode=\"E1\"/><process id=\"p\" isExecutable=\"true\">" +
      body + "</process></definitions>";
  auto definition = read_bpmn(xml, "p.bpmn", {}, Profile::test);
  if (!definition) throw std::runtime_error{report(definition.error())};
  auto out = std::make_shared<Package>();
  out->process = *std::move(definition);
  out->term.days_by_place["city"] = 7;
  out->variables = {{"place", FieldType::text}, {"n", FieldType::number}};
  for (auto const* id : {"note", "stop"}) {
    Form form;
    form.id = id;
    form.role = std::string_view{id} == "note" ? "" : "clerk";
    form.rule = "RULE";
    Field number;
    number.name = "n";
    number.type = FieldType::number;
    form.fields.push_back(number);
    out->forms[id] = form;
  }
  return out;
}

ExploreReport explored(std::string const& body) {
  return explore(*drawn(body), seed());
}

Finding const* found(ExploreReport const& report, std::string_view property,
                     std::string_view element = {}) {
  for (auto const& finding : report.findings)
    if (finding.property == property && (element.empty() || finding.element == element))
      return &finding;
  return nullptr;
}

std::string listed(ExploreReport const& report) {
  std::string out;
  for (auto const& finding : report.findings)
    out += finding.property + " " + finding.element + ": " + finding.text + "\n";
  return out;
}

void expect_counts(ExploreReport const& report, std::size_t states, std::size_t transitions) {
  EXPECT_EQ(report.states, states);
  EXPECT_EQ(report.transitions, transitions);
}

/// Every entry but the last one leads on; what the last one shows is up to the caller.
std::vector<Replayed> replayed(Package const& rules, Finding const& finding) {
  auto out = replay(rules, seed(), finding.script);
  EXPECT_EQ(out.size(), finding.script.size());
  for (auto const& entry : out) EXPECT_FALSE(entry.refused) << entry.refused->text;
  return out;
}

TEST(Explore, one_task_has_two_states) {
  auto const report = explored(k_start + task("a") + k_end + ways({"s a e"}));
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 2, 1);
}

TEST(Explore, two_tasks_beside_each_other_have_four) {
  auto const report =
      explored(k_start + gateway("parallel", "f") + task("a") + task("b") +
               gateway("parallel", "j") + k_end + ways({"s f", "f a j", "f b j", "j e"}));
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 4, 4);
}

std::string const k_choice = k_start + task("t") + gateway("exclusive", "g", "g_b") + task("a") +
                             task("b") + k_end + ways({"s t g", "g a | n = 1", "g b"});
std::string const k_merged = gateway("exclusive", "m") + ways({"a m", "b m", "m e"});
std::string const k_joined = gateway("parallel", "j") + task("z") + ways({"a j", "b j", "j z e"});

TEST(Explore, answers_are_tried_once_for_each_way_that_they_open) {
  auto const report = explored(k_choice + k_merged);
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 4, 4);
}

TEST(Explore, a_join_of_what_was_a_choice_is_stuck) {
  auto const rules = drawn(k_choice + k_joined);
  auto const report = explore(*rules, seed());
  expect_counts(report, 5, 4);
  auto const* const stuck = found(report, "option_to_complete");
  ASSERT_NE(stuck, nullptr) << listed(report);
  EXPECT_EQ(stuck->script.size(), 1U) << "it is lost from the beginning";
  EXPECT_NE(found(report, "dead_node", "z"), nullptr);
  replayed(*rules, *stuck);
}

TEST(Explore, a_withdrawal_does_not_hide_what_is_stuck) {
  auto const withdrawal =
      element("subProcess", "w",
              element("startEvent", "ws", "<messageEventDefinition messageRef=\"m\"/>") +
                  element("endEvent", "we") + ways({"ws we"}),
              "triggeredByEvent=\"true\"");
  auto const report = explored(k_choice + k_joined + withdrawal);
  EXPECT_EQ(found(report, "option_to_complete"), nullptr) << listed(report);
  EXPECT_NE(found(report, "option_to_complete_unaided"), nullptr) << listed(report);
}

TEST(Explore, what_an_administrator_states_of_a_failed_effect_is_gone_through) {
  auto rules = std::make_shared<Package>(
      *drawn(k_start + element("serviceTask", "n", "", "wf:handler=\"notify\" wf:kind=\"told\"") +
             task("t") + k_end + ways({"s n t e"})));
  rules->citations["c"] = {.id = "c", .text = {}, .source = "act"};
  rules->roles = {{"clerk", {}}, {"admin", {}}};
  rules->files["observers.xml"] =
      "<observers xmlns=\"urn:kz:qyzmet:observers:1\"><observer id=\"o\" rule=\"R\" cite=\"c\">"
      "completes(n) -&gt; not acts(admin)</observer></observers>";
  auto const report = explore(*rules, seed(), {});
  auto const* const stated = found(report, "observer", "o");
  ASSERT_NE(stated, nullptr) << listed(report);
  ASSERT_TRUE(stated->script.back().event);
  EXPECT_TRUE(std::holds_alternative<ResolveIncident>(stated->script.back().event->body));
  replayed(*rules, *stated);
}

std::string rework(std::string const& handler) {
  auto const late = element("boundaryEvent", "late",
                            "<timerEventDefinition><timeDate>T.end</timeDate>"
                            "</timerEventDefinition>",
                            "attachedToRef=\"a\" cancelActivity=\"false\"");
  auto const service =
      element("serviceTask", "o", "", "wf:handler=\"" + handler + "\" wf:kind=\"result\"");
  return k_start + gateway("exclusive", "m") + task("a") + gateway("exclusive", "g", "g_e") +
         k_end + late + service + element("endEvent", "eo") +
         ways({"s m a g", "g m | n = 1", "g e", "late o eo"});
}

TEST(Explore, a_late_notice_in_every_round_is_not_bounded) {
  auto const rules = drawn(rework("notify"));
  auto const report = explore(*rules, seed());
  auto const* const unsafe = found(report, "safe", "o");
  ASSERT_NE(unsafe, nullptr) << listed(report);
  auto const last = replayed(*rules, *unsafe).back().instance;
  EXPECT_EQ(std::ranges::count(last.tokens, rules->process.find("o"), &Token::node), 2);
}

TEST(Explore, a_record_in_every_round_is) {
  auto const report = explored(rework("record"));
  EXPECT_TRUE(report.proven()) << listed(report);
}

TEST(Explore, conditions_that_leave_a_gap_are_an_incident) {
  auto const rules = drawn(k_start + task("t") + gateway("exclusive", "g") + task("a") + task("b") +
                           k_end + ways({"s t g", "g a | n = 1", "g b | n > 1"}) + k_merged);
  auto const report = explore(*rules, seed());
  auto const* const gap = found(report, "incident", "g");
  ASSERT_NE(gap, nullptr) << listed(report);
  EXPECT_EQ(gap->script.size(), 2U);
  EXPECT_EQ(replayed(*rules, *gap).back().instance.incidents.front().reason, "error.no_branch");
}

TEST(Explore, the_present_state_of_a_case_is_a_beginning_too) {
  auto const rules = drawn(k_choice + k_merged);
  auto const whole = explore(*rules, seed());
  ASSERT_TRUE(whole.proven()) << listed(whole);
  Story story{rules};
  Actor const clerk{.user = "1", .role = "clerk"};
  DONE(story.file("2026-11-23T10:00", {{"place", "city"}}, clerk));
  Actor const anybody{.user = "1", .role = "clerk"};
  DONE(story.complete("t", "2026-11-23T11:00", anybody, {{"n", 1}}));
  ExploreOptions options;
  options.from = story.now;
  auto const report = explore(*rules, seed(), options);
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 2, 1);
}

TEST(Explore, cases_that_can_be_told_apart_have_numbers_of_their_own) {
  auto const package = service_77();
  auto const nothing = first_registers(load_observers(*package).value());
  StateNumbers numbers{*package, seed()};
  auto const filed = [&](std::string const& when, std::string const& place) {
    Story story;
    EXPECT_EQ(text_of(story.file(when, application("dismissed", place))), "");
    return story.now;
  };
  auto const one = numbers.number(filed("2026-12-10T10:00", "city"), nothing);
  EXPECT_EQ(numbers.number(filed("2026-12-10T10:05", "city"), nothing), one);
  EXPECT_NE(numbers.number(filed("2026-12-10T10:00", "district"), nothing), one) << "the term";
  EXPECT_NE(numbers.number(filed("2026-12-10T10:00", "city"), ~nothing), one) << "the past";
  EXPECT_NE(numbers.number(filed("2026-12-11T10:00", "city"), nothing), one) << "the day";
  Story further;
  EXPECT_EQ(text_of(further.file("2026-12-10T10:00", application("dismissed", "city"))), "");
  EXPECT_EQ(
      text_of(further.complete("Task_Register", "2026-12-10T11:00", k_registrar, registered())),
      "");
  EXPECT_NE(numbers.number(further.now, nothing), one) << "where it stands";
}

TEST(Explore, turns_that_are_alike_are_counted_not_told_apart) {
  auto const loop = element("userTask", "a",
                            "<multiInstanceLoopCharacteristics><loopCardinality>3"
                            "</loopCardinality></multiInstanceLoopCharacteristics>",
                            "wf:role=\"clerk\" wf:form=\"note\"");
  auto const report = explored(k_start + loop + k_end + ways({"s a e"}));
  EXPECT_TRUE(report.proven()) << listed(report);
  expect_counts(report, 4, 6);  // each turn that is open is tried: 3 + 2 + 1
}

TEST(Explore, it_stops_when_told_to_and_at_its_limit) {
  ExploreOptions options;
  options.progress = [](ExploreProgress const&) { return false; };
  auto const report = explore(*service_77(), seed(), options);
  EXPECT_TRUE(report.stopped);
  EXPECT_FALSE(report.proven());
  options = {};
  options.states_max = 100;
  auto const limited = explore(*service_77(), seed(), options);
  EXPECT_NE(found(limited, "unfinished"), nullptr) << listed(limited);
}

/// "at: why" of a formula that is refused, "" of one that is not.
std::string wrong(std::string_view text) {
  auto const formula = parse_formula(text);
  return formula ? "" : std::to_string(formula.error().at) + ": " + formula.error().text;
}

TEST(Formula, the_language_is_as_documented) {
  for (auto const* text :
       {"true", "G false", "not O enters(a)", "H (ended -> breach(result))",
        "at(a) and completes(b) or orders(\"x.y\") -> {n = 1}", "Y acts(head) S signs(d.e)",
        "(not produces(d) S signs(d))", "{text = \"}\"} -> ended", "G not Y O H ended"})
    EXPECT_EQ(wrong(text), "") << text;
}

TEST(Formula, an_error_names_its_place) {
  EXPECT_EQ(wrong(""), "0: a predicate is missing");
  EXPECT_EQ(wrong("O enters(a"), "10: a closing parenthesis is missing");
  EXPECT_EQ(wrong("enters a"), "7: a name in parentheses is missing");
  EXPECT_EQ(wrong("enters()"), "7: a name is missing");
  EXPECT_EQ(wrong("true or leaves(a)"), "8: leaves is no predicate");
  EXPECT_EQ(wrong("true true"), "5: nothing more is expected here");
  EXPECT_EQ(wrong("(true"), "5: a closing parenthesis is missing");
  EXPECT_EQ(wrong("{n = }"), "5: not FEEL-mini: unexpected_end");
  EXPECT_EQ(wrong("ended and {n"), "10: the closing brace is missing");
  EXPECT_EQ(wrong(std::string(5'000, ' ')), "0: too long");
  EXPECT_NE(wrong(std::string(100, '(')), "");
  std::string nots;
  for (int i = 0; i < 100; ++i) nots += "not ";
  EXPECT_NE(wrong(nots + "ended"), "");
}

/// Which entries of a script break a formula: "2 4".
std::string broken(Package rules, std::string_view formula, std::vector<Moved> const& script) {
  rules.citations["c"] = {.id = "c", .text = {}, .source = "act"};
  rules.roles = {{"clerk", {}}, {"head", {}}};
  rules.files["observers.xml"] =
      "<observers xmlns=\"urn:kz:qyzmet:observers:1\"><observer id=\"o\" rule=\"R\" cite=\"c\">"
      "<![CDATA[" +
      std::string{formula} + "]]></observer></observers>";
  auto const observers = load_observers(rules);
  EXPECT_TRUE(observers) << report(observers ? std::vector<Violation>{} : observers.error());
  std::string out;
  auto const entries = replay(rules, seed(), script);
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!entries[i].broken.empty()) out += (out.empty() ? "" : " ") + std::to_string(i);
  return out;
}

TEST(Observers, temporal_operators_look_back) {
  auto const rules =
      drawn(k_start + task("a") + task("b") + task("c") + k_end + ways({"s a b c e"}));
  Actor const clerk{.user = "1", .role = "clerk"};
  Story game{rules};
  DONE(game.file("2026-11-23T10:00", {{"place", "city"}}, clerk));
  DONE(game.complete("a", "2026-11-23T11:00", clerk, {{"n", 1}}));
  DONE(game.complete("b", "2026-11-23T12:00", clerk, {{"n", 2}}));
  DONE(game.complete("c", "2026-11-23T13:00", clerk, {{"n", 3}}));
  std::vector<Moved> script;
  for (auto const& event : game.events)
    script.push_back({.day = legal_date(event.at), .event = event});
  auto const judged = [&](std::string_view formula) { return broken(*rules, formula, script); };
  EXPECT_EQ(judged("O completes(b)"), "0 1");
  EXPECT_EQ(judged("H not completes(b)"), "2 3");
  EXPECT_EQ(judged("Y completes(a)"), "0 1 3");
  EXPECT_EQ(judged("not completes(c) S completes(a)"), "0 3");
  EXPECT_EQ(judged("completes(c) -> O completes(a) and O completes(b)"), "");
  EXPECT_EQ(judged("ended -> {n < 3}"), "3");
  EXPECT_EQ(judged("at(b) or enters(c) or ended"), "0");
  EXPECT_EQ(judged("acts(clerk)"), "");
  EXPECT_EQ(judged("acts(head) or true and not false"), "");
}

std::string reasons(std::string_view observers) {
  auto rules = *service_77();
  rules.files["observers.xml"] = observers;
  auto const loaded = load_observers(rules);
  if (loaded) return "";
  auto const& first = loaded.error().front();
  return first.file + ":" + std::to_string(first.line) + " " + first.reason;
}

TEST(Observers, service_77_has_its_own) {
  auto const observers = load_observers(*service_77());
  ASSERT_TRUE(observers) << report(observers.error());
  EXPECT_GE(observers->size(), 20U);
}

TEST(Observers, a_package_names_only_what_it_has) {
  std::string const head = "<observers xmlns=\"urn:kz:qyzmet:observers:1\">\n";
  auto const one = [&](std::string_view formula) {
    return reasons(head + "<observer id=\"x\" rule=\"R\" cite=\"p77.1\">\n  " +
                   std::string{formula} + "\n</observer></observers>");
  };
  EXPECT_EQ(one("ended -> O signs(draft.document)"), "");
  EXPECT_EQ(one("at(Nowhere)"), "observers.xml:3 unknown_name");
  EXPECT_EQ(one("ended ->\n orders(nothing)"), "observers.xml:4 unknown_name");
  EXPECT_EQ(one("true\n and {no.path = 1}"), "observers.xml:4 unknown_name");
  EXPECT_EQ(one("breach(never)"), "observers.xml:3 unknown_name");
  EXPECT_EQ(one("acts(nobody)"), "observers.xml:3 unknown_name");
  EXPECT_EQ(one("true and\n\n and"), "observers.xml:5 formula");
  EXPECT_EQ(reasons("<a/>"), "observers.xml:1 not_observers");
  EXPECT_EQ(reasons(head + "<other/></observers>"), "observers.xml:2 unknown_element");
  EXPECT_EQ(reasons(head + "<observer id=\"x\" rule=\"R\" cite=\"no\">true</observer></observers>"),
            "observers.xml:2 unknown_citation");
  EXPECT_EQ(reasons(head + "<observer id=\"x\" rule=\"R\">true</observer></observers>"),
            "observers.xml:2 missing_attribute");
}

}  // namespace
}  // namespace qyzmet::engine
