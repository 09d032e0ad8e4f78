// The reductions of the explorer change no verdict: random processes with terms of days, guards
// and observers are explored with them and without any, day by day, and both find the same. What is
// found day by day in a drawing of a service with a fault is found with them, too.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/explore.hpp"
#include "tests/engine/mutants.hpp"
#include "tests/engine/random_process.hpp"
#include "tests/engine/stages_78.hpp"

namespace qyzmet::engine {
namespace {

constexpr int k_compared = 60;
constexpr std::size_t k_nodes_max = 22;
constexpr std::size_t k_states_max = 1'500;
constexpr std::size_t k_mutants_every = 2;
constexpr std::size_t k_mutant_states_max = 1'000;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Hours become working days: from the step, from the day that a form noted, of the term. Some
/// branches ask what a form made of its answer, not the answer.
std::string in_days(std::string text) {
  constexpr std::string_view timers[] = {
      "<timeDuration>P1D</timeDuration>",
      "<timeDuration>P2D</timeDuration>",
      "<timeDuration>P9D</timeDuration>",
      "<timeDate>wd_add(stamp, 1)</timeDate>",
      "<timeDate>wd_add(stamp, 2)</timeDate>",
      "<timeDate>wd_add(T.start, 2)</timeDate>",
      "<timeDate>T.end</timeDate>",
      "<timeDate>wd_add(event.date, 2)</timeDate>",
      "<timeDate>if event.date &lt; wd_add(T.start, 3) then wd_add(T.start, 3) else T.end"
      "</timeDate>",
  };
  for (std::size_t hours = 1; hours <= std::size(timers); ++hours)
    replace_all(text, "<timeDuration>PT" + std::to_string(hours) + "H</timeDuration>",
                timers[hours - 1]);
  replace_all(text, "<conditionExpression>n = 1<", "<conditionExpression>mode = \"on\"<");
  replace_all(text, "<conditionExpression>n = 2<",
              "<conditionExpression>event.date &lt;= wd_add(stamp, 1)<");
  return text;
}

Expression feel(std::string_view text) {
  return Expression::compile(text).value();
}

/// The form notes the day, turns a switch both ways and may be refused because of what was noted.
void teach(Form& form, std::uint32_t number) {
  auto const assign = [&](char const* path, char const* value, char const* when) {
    form.assignments.push_back(
        {.path = path,
         .value = feel(value),
         .when = when == nullptr ? std::nullopt : std::optional{feel(when)}});
  };
  if (number % 3 == 0) assign("held", "stamp", nullptr);
  if (number % 5 == 0)
    form.guards.push_back({.require = feel("stamp = null or event.date <= wd_add(stamp, 2)"),
                           .when = feel("mode = \"on\""),
                           .rule = "RULE",
                           .cite = "",
                           .text = "",
                           .field = ""});
  assign("stamp", "event.date", number % 2 == 0 ? "mode = null" : nullptr);
  assign("mode", "\"on\"", "n = 1");
  assign("mode", "\"off\"", "n = 2");
}

/// What a law could say of two tasks of the drawing.
std::string observers(Definition const& process, std::uint32_t number) {
  std::vector<std::string> tasks;
  for (auto const& node : process.nodes)
    if (node.kind == NodeKind::user_task) tasks.push_back(node.id);
  if (tasks.empty()) return {};
  auto const a = tasks[number % tasks.size()], b = tasks[number / 7 % tasks.size()];
  std::string const formulas[] = {
      "completes(" + a + ") -> O completes(" + b + ")",
      "completes(" + a + ") and {mode = \"on\"} -> {event.date <= wd_add(stamp, 1)}",
      "at(" + a + ") and {mode = \"on\"} -> {n != 2}",
      "ended and {mode = \"on\" or n = 3} -> O completes(" + b + ")",
      "{event.date > T.end and mode = \"on\"} -> O completes(" + b + ")",
      "completes(" + b + ") and {held != null and n = 2} -> {held = stamp}",
      "not completes(" + a + ") S completes(" + b + ") -> {stamp != null}",
  };
  std::string out = "<observers xmlns=\"urn:kz:qyzmet:observers:1\">";
  for (std::size_t i = number % 2; i < std::size(formulas); i += 2)
    out += "<observer id=\"o" + std::to_string(i) + "\" rule=\"R\" cite=\"c\"><![CDATA[" +
           formulas[i] + "]]></observer>";
  return out + "</observers>";
}

/// Nothing when it is too big to be gone through day by day.
std::shared_ptr<Package> small_package(std::uint32_t number) {
  auto const xml = in_days(RandomProcess{number}.file());
  auto definition = read_bpmn(xml, "p.bpmn", "p", Profile::test);
  if (!definition) throw std::runtime_error{report(definition.error()) + xml};
  if (definition->nodes.size() > k_nodes_max) return nullptr;
  auto out = std::make_shared<Package>(*package(start() + end() + flows({"s>e"})));
  out->process = *std::move(definition);
  teach(out->forms["note"], number);
  out->citations["c"] = {.id = "c", .text = {}, .source = "act"};
  out->roles = {{"clerk", {}}};
  out->variables["mode"] = FieldType::text;
  for (auto const* path : {"stamp", "held"}) out->variables[path] = FieldType::date;
  if (auto text = observers(out->process, number); !text.empty())
    out->files["observers.xml"] = std::move(text);
  return out;
}

ExploreReport explored(Package const& rules, bool reduced) {
  ExploreOptions options;
  options.reduced = reduced;
  options.states_max = k_states_max;
  return explore(rules, seed(), options);
}

/// What was found, and which nodes nothing leads to.
std::set<std::string> verdicts(ExploreReport const& report) {
  std::set<std::string> out;
  for (auto const& finding : report.findings) out.insert(finding.property + " " + finding.element);
  return out;
}

bool is_whole(ExploreReport const& report) {
  return std::ranges::find(report.findings, "unfinished", &Finding::property) ==
         report.findings.end();
}

TEST(ExploreReduction, finds_what_is_found_day_by_day) {
  int compared = 0, failing = 0;
  std::size_t few = 0, many = 0;
  std::set<std::string> properties;
  for (std::uint32_t number = 1; compared < k_compared && number < 20'000; ++number) {
    auto const rules = small_package(number);
    if (rules == nullptr) continue;
    auto const whole = explored(*rules, false);
    if (!is_whole(whole)) continue;
    auto const reduced = explored(*rules, true);
    EXPECT_EQ(verdicts(reduced), verdicts(whole)) << "process " << number;
    EXPECT_EQ(reduced.markings, whole.markings) << "process " << number;
    EXPECT_LE(reduced.states, whole.states) << "process " << number;
    ++compared;
    failing += int(!whole.proven());
    few += reduced.states;
    many += whole.states;
    for (auto const& finding : whole.findings) properties.insert(finding.property);
  }
  EXPECT_EQ(compared, k_compared);
  EXPECT_GT(failing, k_compared / 20) << "nothing was compared but what is proven";
  EXPECT_LT(failing, k_compared * 19 / 20);
  for (auto const* property : {"observer", "dead_node"})
    EXPECT_TRUE(properties.contains(property)) << property << " was never found";
  std::printf("[ REDUCED  ] %d processes, %d of them with findings: %zu states instead of %zu\n",
              compared, failing, few, many);
}

/// A form that asks for nothing and leaves the variables as they are.
Form silent(std::string const& id, Form form) {
  form.id = id;
  form.fields.clear();
  form.assignments.clear();
  return form;
}

void expect_same(Package const& rules, std::string const& found) {
  auto const whole = explored(rules, false);
  ASSERT_TRUE(is_whole(whole));
  auto const reduced = explored(rules, true);
  EXPECT_EQ(verdicts(reduced), verdicts(whole));
  EXPECT_EQ(reduced.markings, whole.markings);
  if (found.empty())
    EXPECT_TRUE(whole.proven());
  else
    EXPECT_TRUE(verdicts(whole).contains(found)) << found << " is not found";
}

/// Two branches: one waits before it asks about `n`, but only when the switch is on; the other
/// turns it on.
std::shared_ptr<Package> beside_a_switch() {
  auto const drawn =
      package(start() + task("a") + node("parallelGateway", "f") + task("turn") + end("e1") +
              task("wait") + node("exclusiveGateway", "g", "", "default=\"g_e2\"") + end("e2") +
              node("exclusiveGateway", "h") + end("e3") + end("e4") +
              flows({"s>a>f", "f>turn>e1", "f>wait>g", "g>e2", "g>h?mode = \"on\"", "h>e3?n = 1",
                     "h>e4?n = 2"}));
  auto out = std::make_shared<Package>(*drawn);
  auto turn = silent("turn", out->forms["note"]);
  turn.assignments.push_back({.path = "mode", .value = feel("\"on\""), .when = std::nullopt});
  out->forms["none"] = silent("none", turn);
  out->forms["turn"] = std::move(turn);
  auto& nodes = out->process.nodes;
  nodes[std::size_t(out->process.find("turn"))].form = "turn";
  nodes[std::size_t(out->process.find("wait"))].form = "none";
  return out;
}

TEST(ExploreReduction, what_a_token_beside_can_make_matter_is_kept) {
  expect_same(*beside_a_switch(), "incident h");
}

/// Nothing behind the task inside reads `n`, only what runs beside when its time has come.
TEST(ExploreReduction, an_answer_that_only_a_timer_around_asks_for_is_kept) {
  auto const inside = start("s1") + task("a") + task("b") + end("e1") + flows({"s1>a>b>e1"});
  auto out = std::make_shared<Package>(
      *package(start() + sub_process(inside) +
               boundary("late", "sub", timer("wd_add(event.date, 2)"), false) +
               node("exclusiveGateway", "g") + end("e") + end("e2") + end("e3") +
               flows({"s>sub>e", "late>g", "g>e2?n = 1", "g>e3?n = 2"})));
  out->forms["none"] = silent("none", out->forms["note"]);
  out->process.nodes[std::size_t(out->process.find("b"))].form = "none";
  expect_same(*out, "incident g");
}

/// Part of what the start of an event sub-process asks is set by a task in its scope, part before.
TEST(ExploreReduction, what_an_event_asks_of_before_and_of_beside_is_kept) {
  auto const asks = node("startEvent", "begins", message(), "isInterrupting=\"true\"") +
                    node("exclusiveGateway", "g", "", "default=\"g_e1\"") + end("e1") + end("e2") +
                    flows({"begins>g>e1", "g>e2?n != 1 and mode = \"on\""});
  auto out =
      std::make_shared<Package>(*package(start() + task("a") + task("turn") + task("b") + end() +
                                         flows({"s>a>turn>b>e"}) + event_sub("esp", asks)));
  auto turn = silent("turn", out->forms["note"]);
  turn.assignments.push_back({.path = "mode", .value = feel("\"on\""), .when = std::nullopt});
  out->forms["none"] = silent("none", turn);
  out->forms["turn"] = std::move(turn);
  out->forms["word"].fields.clear();
  for (auto const& [id, form] : {std::pair{"turn", "turn"}, std::pair{"b", "none"}})
    out->process.nodes[std::size_t(out->process.find(id))].form = form;
  expect_same(*out, "");
}

/// Two calls of one process, each with an `n` of its own.
TEST(ExploreReduction, what_a_turn_holds_is_kept_with_it) {
  auto const called = R"(<process id="q" isExecutable="true">)" + start("s1") + task("a") +
                      task("b") + node("exclusiveGateway", "g", "", "default=\"g_e3\"") +
                      end("e1") + end("e2") + end("e3") +
                      flows({"s1>a>b>g>e3", "g>e1?n = 1", "g>e2?n = 2"}) + "</process>";
  auto const twice = std::string{
      "<multiInstanceLoopCharacteristics isSequential=\"false\">"
      "<loopCardinality>2</loopCardinality>"
      "</multiInstanceLoopCharacteristics>"};
  auto out = std::make_shared<Package>(*package(
      start() + node("callActivity", "c", twice, "calledElement=\"q\"") + end() + flows({"s>c>e"}),
      called));
  out->forms["none"] = silent("none", out->forms["note"]);
  out->process.nodes[std::size_t(out->process.find("b"))].form = "none";
  expect_same(*out, "");
}

/// The shorter way keeps the rule, the longer one to the same place breaks it.
TEST(ExploreReduction, what_an_observer_remembers_is_kept) {
  auto out = std::make_shared<Package>(
      *package(start() + task("a") + node("exclusiveGateway", "g", "", "default=\"g_m\"") +
               task("x") + node("exclusiveGateway", "m") + task("b") + end() +
               flows({"s>a>g>m>b>e", "g>x?n = 1", "x>m"})));
  out->forms["none"] = silent("none", out->forms["note"]);
  for (auto const* id : {"x", "b"})
    out->process.nodes[std::size_t(out->process.find(id))].form = "none";
  out->citations["c"] = {.id = "c", .text = {}, .source = "act"};
  out->files["observers.xml"] =
      R"(<observers xmlns="urn:kz:qyzmet:observers:1"><observer id="o" rule="R" cite="c">)"
      "completes(b) -> not O completes(x)</observer></observers>";
  expect_same(*out, "observer o");
}

/// A task that notes its day, then one that does not, then a gateway.
std::shared_ptr<Package> noting_a_day(std::string const& behind,
                                      std::initializer_list<std::string> paths) {
  auto out = std::make_shared<Package>(
      *package(start() + task("a") + task("b") + behind + flows({"s>a>b>g"}) + flows(paths)));
  out->variables["stamp"] = FieldType::date;
  auto noting = silent("noting", out->forms["note"]);
  out->forms["none"] = silent("none", noting);
  noting.assignments.push_back(
      {.path = "stamp", .value = feel("event.date"), .when = std::nullopt});
  out->forms["noting"] = std::move(noting);
  for (auto const& [id, form] : {std::pair{"a", "noting"}, std::pair{"b", "none"}})
    out->process.nodes[std::size_t(out->process.find(id))].form = form;
  return out;
}

/// How long ago a day was decides long after it.
TEST(ExploreReduction, days_are_kept_as_far_back_as_they_are_asked_for) {
  expect_same(*noting_a_day(
                  node("exclusiveGateway", "g", "", "default=\"g_h\"") + end("e1") +
                      node("exclusiveGateway", "h") + end("e2") + end("e3"),
                  {"g>h", "g>e1?event.date &lt;= wd_add(stamp, 4)",
                   "h>e2?event.date &lt;= wd_add(stamp, 6)", "h>e3?event.date > wd_add(stamp, 7)"}),
              "incident h");
}

/// That a day has come, once it has, is true for ever: not so what asks whether it has passed.
TEST(ExploreReduction, whether_a_day_has_passed_is_kept) {
  for (auto const* kept : {"wd_add(stamp, 2) >= event.date", "event.date &lt;= wd_add(stamp, 2)",
                           "not(event.date > wd_add(stamp, 2))"})
    expect_same(*noting_a_day(node("exclusiveGateway", "g") + end("e1") + end("e2"),
                              {"g>e1?" + std::string{kept}, "g>e2?event.date &lt; T.start"}),
                "incident g");
}

/// What a timer asked on the day on which it was armed is asked again when the term is extended.
/// Before that it makes no difference, and by then the day that it asked about has come.
TEST(ExploreReduction, what_a_timer_asked_when_it_was_armed_is_kept) {
  auto const late =
      timer("if event.date >= wd_add(stamp, 1) then wd_add(T.end, 1) else wd_add(T.start, 8)");
  auto const extend = node("serviceTask", "x", "", "wf:handler=\"term.extend\" wf:kind=\"more\"");
  auto out = std::make_shared<Package>(
      *package(start() + task("a") + task("b") + node("parallelGateway", "f") + task("c") +
               boundary("late", "c", late, false) + end("e1") + end("e2") + task("d") + extend +
               end("e3") + flows({"s>a>b>f", "f>c>e1", "late>e2", "f>d>x>e3"})));
  out->term.extensions.push_back(
      {.code = "more", .days = 10, .rule = "R", .cite = "c", .milestones = {}});
  out->handlers["more"] = {.kind = "more", .document = "", .assignments = {}};
  out->variables["stamp"] = FieldType::date;
  auto const form = [&](std::string const& task, std::string_view when) {
    auto& made = out->forms[task] = silent(task, out->forms["note"]);
    made.guards.push_back({.require = feel(when),
                           .when = std::nullopt,
                           .rule = "RULE",
                           .cite = "",
                           .text = "",
                           .field = ""});
    out->process.nodes[std::size_t(out->process.find(task))].form = task;
  };
  form("a", "event.date <= wd_add(T.start, 2)");
  out->forms["a"].assignments.push_back(
      {.path = "stamp", .value = feel("event.date"), .when = std::nullopt});
  form("b", "event.date = wd_add(T.start, 2)");
  form("c", "event.date < T.start");
  form("d", "event.date = wd_add(T.start, 3)");
  out->citations["c"] = {.id = "c", .text = {}, .source = "act"};
  out->files["observers.xml"] =
      R"(<observers xmlns="urn:kz:qyzmet:observers:1"><observer id="o" rule="R" cite="c">)"
      "completes(late) and {T.extended_on != null} -> {event.date > wd_add(T.start, 9)}"
      "</observer></observers>";
  expect_same(*out, "observer o");
}

/// Two fields of the application are asked long after it; one may stay empty.
TEST(ExploreReduction, fields_of_the_application_are_kept) {
  auto out = std::make_shared<Package>(*package(
      node("startEvent", "s", message()) + task("a") +
      node("exclusiveGateway", "g", "", "default=\"g_h\"") + end("e1") +
      node("exclusiveGateway", "h") + end("e2") + end("e3") +
      flows({"s>a>g>h", "g>e1?wish = \"one\"", "h>e2?until != null", "h>e3?wish = \"two\""})));
  auto& form = out->forms["word"];
  form.fields.clear();
  for (auto const* name : {"wish", "until"}) {
    Field field;
    field.name = name;
    field.type = name == std::string_view{"wish"} ? FieldType::choice : FieldType::date;
    field.required = field.type == FieldType::choice;
    if (field.required)
      for (auto const* value : {"one", "two", "three"})
        field.choices.push_back({.value = value, .text = "t", .available = std::nullopt});
    out->variables[name] = field.type;
    form.fields.push_back(std::move(field));
  }
  form.guards.push_back({.require = feel("wish != null"),
                         .when = std::nullopt,
                         .rule = "RULE",
                         .cite = "",
                         .text = "",
                         .field = ""});
  out->forms["none"] = silent("none", out->forms["note"]);
  out->process.nodes[std::size_t(out->process.find("a"))].form = "none";
  expect_same(*out, "incident h");
  EXPECT_EQ(explored(*out, true).findings.size(), 1U) << "both ends are reached";
}

/// The task that the application leads to sets the same field anew.
TEST(ExploreReduction, a_field_of_the_application_that_is_set_again_is_tried) {
  expect_same(
      *package(node("startEvent", "s", message()) + node("exclusiveGateway", "g") + end("e1") +
               task("a") + end("e2") + flows({"s>g", "g>e1?n = 1", "g>a?n = 2", "a>e2"})),
      "incident g");
}

/// Which of two days to come is the first depends on when the one was noted, and that is over
/// before either has come.
TEST(ExploreReduction, days_to_come_keep_their_order) {
  auto const behind = boundary("late", "a", timer("wd_add(T.start, 6)")) + end("e3") +
                      node("exclusiveGateway", "g", "", "default=\"g_e2\"") + end("e1") + end("e2");
  auto const first = std::string{"event.date &lt;= wd_add(stamp, 2) and event.date > T.end"};
  expect_same(*noting_a_day(behind, {"late>e3", "g>e2", "g>e1?" + first}), "");
}

TEST(ExploreReduction, finds_faults_of_service_78_that_are_found_day_by_day) {
  std::size_t compared = 0, found = 0;
  auto const all = mutants(*service_78());
  for (std::size_t i = 0; i < all.size(); i += k_mutants_every) {
    if (!refused_by_validation(all[i]).empty()) continue;
    Story story{all[i].package};
    DONE(story.file("2026-11-23T10:00", application_78("first_time")));
    ExploreOptions options;
    options.from = story.now;
    auto const reduced = verdicts(explore(*all[i].package, seed(), options));
    options.reduced = false;
    options.states_max = k_mutant_states_max;
    auto whole = verdicts(explore(*all[i].package, seed(), options));
    whole.erase("unfinished ");
    EXPECT_TRUE(std::ranges::includes(reduced, whole)) << all[i].id;
    ++compared;
    found += whole.size();
  }
  EXPECT_GT(found, compared / 4) << "hardly anything was found day by day";
  std::printf("[ REDUCED  ] %zu faults of service 78: %zu findings day by day\n", compared, found);
}

}  // namespace
}  // namespace qyzmet::engine
