// Turns of multi-instance activities and called processes: what they see, what comes back, what
// ends them, and that every state can be written down and read again.
#include <gtest/gtest.h>

#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

std::string loop(std::string_view attributes, std::string_view inside = {}) {
  return "<multiInstanceLoopCharacteristics " + std::string{attributes} + ">" +
         std::string{inside} + "</multiInstanceLoopCharacteristics>";
}
std::string const k_each = "wf:collection=\"items\" wf:element=\"item\"";
std::string many_tasks(std::string_view id, std::string_view inside = {},
                       std::string_view attributes = {}) {
  return node("userTask", id, loop(k_each + " " + std::string{attributes}, inside),
              "wf:role=\"clerk\" wf:form=\"note\"");
}
std::string call(std::string_view id, std::string_view process, std::string_view attributes = {},
                 std::string_view inside = {}) {
  return node("callActivity", id, inside,
              "calledElement=\"" + std::string{process} + "\" " + std::string{attributes});
}
std::string process(std::string_view id, std::string const& body) {
  return "<process id=\"" + std::string{id} + "\" isExecutable=\"true\">" + body + "</process>";
}

/// `form` of the package sets `path` instead of n.
std::shared_ptr<Package const> with_field(std::shared_ptr<Package const> const& from,
                                          std::string const& path) {
  auto out = std::make_shared<Package>(*from);
  out->forms["note"].fields[0].name = path;
  return out;
}

Context items(std::initializer_list<int> numbers) {
  List list;
  for (int const number : numbers) list.emplace_back(number);
  return {{"items", std::move(list)}};
}

/// As Game, but the variables need not be declared: the list stands in them before the start.
class Turns : public Story {
 public:
  explicit Turns(std::shared_ptr<Package const> rules, Context const& variables)
      : Story{declared(rules, variables)} {
    auto all = variables;
    all["place"] = "city";
    begun = file("2026-11-23T10:00", std::move(all), k_clerk);
  }
  std::optional<Error> begun;

  static std::shared_ptr<Package const> declared(std::shared_ptr<Package const> const& rules,
                                                 Context const& variables) {
    auto out = std::make_shared<Package>(*rules);
    for (auto const& [name, value] : variables)
      out->variables[name] = value.as<List>() != nullptr ? FieldType::list : FieldType::number;
    return out;
  }

  /// Every state is written down and read again before the next event.
  std::optional<Error> act(Actor const& actor, decltype(Event::body) body,
                           std::string_view local = "2026-11-23T11:00") {
    auto const bytes = state_json(now);
    auto read = instance_from_json(bytes, package->term, seed());
    if (!read) return read.error();
    EXPECT_EQ(state_json(*read), bytes);
    now = *std::move(read);
    return apply(event(local, actor, std::move(body)));
  }
  std::optional<Error> done(std::string_view id, std::size_t which, Context form = {}) {
    auto const index = package->process.find(id);
    for (auto const& task : now.tasks)
      if (task.node == index && which-- == 0)
        return act(k_clerk, CompleteTask{.task = std::string{id},
                                         .form = std::move(form),
                                         .signature = {},
                                         .token = task.token});
    return Error{.code = ErrorCode::not_found, .text = "no such task", .field = {}};
  }
  std::multiset<std::string> at_rest() const {
    std::multiset<std::string> out;
    for (auto const& token : now.tokens)
      out.insert(package->process.nodes[std::size_t(token.node)].id);
    return out;
  }
  Value value(std::string_view path) const { return at_path(now.variables, path); }
};

// ---- Multi-instance ---------------------------------------------------------------------------

TEST(Turns, a_parallel_activity_is_done_once_for_each_item_in_any_order) {
  auto const body = start() + many_tasks("t") + task("u") + end() + flows({"s>t>u>e"});
  Turns game{with_field(package(body), "item.answer"), items({1, 2, 3})};
  DONE(game.begun);
  EXPECT_EQ(game.at_rest(), (Rest{"t", "t", "t", "t"})) << "the activity and its three turns";
  EXPECT_EQ(game.now.tasks.size(), 3U);
  DONE(game.done("t", 1, {{"item.answer", 20}}));
  DONE(game.done("t", 0, {{"item.answer", 10}}));
  EXPECT_TRUE(game.value("item").is_null()) << "the element is the turn's own";
  DONE(game.done("t", 0, {{"item.answer", 30}}));
  EXPECT_EQ(game.at_rest(), Rest{"u"});
  EXPECT_EQ(to_json(game.value("items")), R"([{"answer":10},{"answer":20},{"answer":30}])")
      << "each item comes back to its place";
  EXPECT_TRUE(game.now.loops.empty());
  EXPECT_EQ(game.now.scopes.size(), 1U);
}

TEST(Turns, a_sequential_activity_begins_the_next_turn_when_one_is_done) {
  auto const body = start() + many_tasks("t", "", "isSequential=\"true\"") + task("u") + end() +
                    flows({"s>t>u>e"});
  Turns game{with_field(package(body), "item"), items({1, 2, 3})};
  for (int turn = 0; turn < 3; ++turn) {
    ASSERT_EQ(game.now.tasks.size(), 1U);
    auto const scope = game.now.scopes.back();
    EXPECT_EQ(scope.loop, turn);
    EXPECT_EQ(at_path(scope.variables, "item"), Value{turn + 1});
    DONE(game.done("t", 0, {{"item", 10 * turn}}));
  }
  EXPECT_EQ(game.at_rest(), Rest{"u"});
  EXPECT_EQ(to_json(game.value("items")), "[0,10,20]");
}

TEST(Turns, nothing_to_do_completes_at_once_and_nonsense_is_an_incident) {
  auto const body = start() + many_tasks("t") + task("u") + end() + flows({"s>t>u>e"});
  EXPECT_EQ((Turns{package(body), items({})}.at_rest()), Rest{"u"});
  for (auto const& [count, text] : std::map<std::string, std::string>{
           {"-1", "-1"}, {"\"three\"", "\"three\""}, {"101", "101"}, {"n", "n"}}) {
    auto const counted =
        start() +
        node("userTask", "t", loop("", "<loopCardinality>" + count + "</loopCardinality>"),
             "wf:role=\"clerk\" wf:form=\"note\"") +
        end() + flows({"s>t>e"});
    Turns game{package(counted), {}};
    ASSERT_EQ(game.now.incidents.size(), 1U) << count;
    EXPECT_EQ(game.now.incidents[0].reason, "error.loop_count");
    EXPECT_EQ(game.now.incidents[0].detail, text);
    EXPECT_EQ(game.at_rest(), Rest{"t"}) << "nothing is lost";
  }
  Turns game{package(body), {{"items", 5}}};
  ASSERT_EQ(game.now.incidents.size(), 1U) << "not a list";
  game.now.variables["items"] = List{Value{1}};
  DONE(game.act(k_admin, RetryIncident{.token = game.now.incidents[0].token}));
  EXPECT_EQ(game.at_rest(), (Rest{"t", "t"}));
}

TEST(Turns, a_completion_condition_ends_the_others) {
  auto const body =
      start() +
      many_tasks("t",
                 "<completionCondition>item = 7 or numberOfCompletedInstances = 2 and "
                 "numberOfInstances = 4 and numberOfActiveInstances = 2</completionCondition>") +
      task("u") + end() + flows({"s>t>u>e"});
  auto const rules = with_field(package(body), "item");
  Turns by_value{rules, items({1, 2, 3, 4})};
  DONE(by_value.done("t", 2, {{"item", 7}}));
  EXPECT_EQ(by_value.at_rest(), Rest{"u"});
  EXPECT_EQ(by_value.count("cancelled"), 3);
  EXPECT_EQ(to_json(by_value.value("items")), "[1,2,7,4]");
  Turns by_number{rules, items({1, 2, 3, 4})};
  DONE(by_number.done("t", 0, {{"item", 0}}));
  EXPECT_EQ(by_number.now.tasks.size(), 3U);
  DONE(by_number.done("t", 0, {{"item", 0}}));
  EXPECT_EQ(by_number.at_rest(), Rest{"u"});
}

TEST(Turns, sub_processes_effects_and_messages_have_turns_too) {
  auto const inside = start("is") +
                      node("serviceTask", "n", "", "wf:handler=\"notify\" wf:kind=\"result\"") +
                      end("ie") + flows({"is>n>ie"});
  auto const body = start() + node("subProcess", "sub", loop(k_each) + inside) + task("u") + end() +
                    flows({"s>sub>u>e"});
  Turns game{package(body), items({5, 6})};
  EXPECT_EQ(game.at_rest(), (Rest{"n", "n", "sub", "sub", "sub"}));
  ASSERT_EQ(game.effects.size(), 2U);
  EXPECT_EQ(at_path(game.effects[1].data, "item"), Value{6}) << "an effect sees its turn";
  DONE(game.act(k_system, answer_to(game.effects[1].token)));
  DONE(game.act(k_system, answer_to(game.effects[0].token)));
  EXPECT_EQ(game.at_rest(), Rest{"u"});

  auto const keyed = start() +
                     node("receiveTask", "r", loop(k_each), "messageRef=\"m\" wf:key=\"item\"") +
                     end() + flows({"s>r>e"});
  Turns waiting{package(keyed), items({5, 6})};
  auto const say = [&](std::string key) {
    return waiting.act(
        k_clerk,
        ReceiveMessage{
            .message = "word", .message_id = key, .form = {}, .signature = {}, .key = key});
  };
  EXPECT_EQ(say("7")->text, "error.not_possible_now");
  EXPECT_EQ(say("")->text, "error.not_possible_now") << "without a key it is another message";
  DONE(say("6"));
  EXPECT_EQ(say("6")->text, "error.not_possible_now");
  DONE(say("5"));
  EXPECT_TRUE(waiting.now.ended);
}

TEST(Turns, boundary_events_and_errors_concern_the_activity_as_a_whole) {
  auto const raise = node("endEvent", "boom", "<errorEventDefinition errorRef=\"x\"/>");
  auto const inside = start("is") + task("a") + raise + flows({"is>a>boom"});
  auto const body = start() + node("subProcess", "sub", loop(k_each) + inside) +
                    boundary("late", "sub", duration("PT2H")) + end("el") +
                    boundary("beside", "sub", message(), false) + task("b") + end("eb") +
                    boundary("caught", "sub", "<errorEventDefinition errorRef=\"x\"/>") +
                    task("c") + end("ec") + task("u") + end() +
                    flows({"s>sub>u>e", "late>el", "beside>b>eb", "caught>c>ec"});
  Turns game{package(body), items({1, 2})};
  EXPECT_EQ(game.now.timers.size(), 1U) << "not one for each turn";
  DONE(game.act(k_clerk,
                ReceiveMessage{.message = "word", .message_id = "1", .form = {}, .signature = {}}));
  EXPECT_EQ(game.at_rest(), (Rest{"a", "a", "b", "sub", "sub", "sub"}));
  auto failing = game;
  DONE(failing.done("a", 1));
  EXPECT_EQ(failing.at_rest(), (Rest{"b", "c"})) << "an error of one turn ends all of them";
  EXPECT_TRUE(failing.now.timers.empty() && failing.now.loops.empty());
  DONE(game.act(k_system, Tick{}, "2026-11-23T12:00"));
  EXPECT_EQ(game.at_rest(), Rest{"b"});
}

TEST(Turns, turns_inside_turns_see_both_elements) {
  auto const inner = node("userTask", "t", loop("wf:collection=\"row\" wf:element=\"cell\""),
                          "wf:role=\"clerk\" wf:form=\"note\"");
  auto const body = start() +
                    node("subProcess", "sub",
                         loop("wf:collection=\"rows\" wf:element=\"row\"") + start("is") + inner +
                             end("ie") + flows({"is>t>ie"})) +
                    end() + flows({"s>sub>e"});
  Context const rows{{"rows", List{List{1, 2}, List{3}}}};
  Turns game{with_field(package(body), "cell"), rows};
  ASSERT_EQ(game.now.tasks.size(), 3U);
  auto const token = game.now.tasks[2].token;
  auto const scope = std::ranges::find(game.now.tokens, token, &Token::id)->scope;
  auto const seen = environment(*game.package, seed(), game.now,
                                game.event("2026-11-23T11:00", k_clerk, Tick{}), scope);
  EXPECT_EQ(at_path(seen, "cell"), Value{3});
  EXPECT_EQ(to_json(at_path(seen, "row")), "[3]");
  EXPECT_EQ(at_path(seen, "loopCounter"), Value{1}) << "of the innermost";
  for (int i = 0; i < 3; ++i) DONE(game.done("t", 0, {{"cell", 7 + i}}));
  EXPECT_TRUE(game.now.ended);
  EXPECT_EQ(to_json(game.value("rows")), "[[7,8],[9]]");
}

TEST(Turns, an_activity_that_makes_more_tokens_than_the_limit_stops_and_loses_none) {
  // Each turn forks; 100 turns of 100 would be 10 000 tokens.
  auto const inner = node("userTask", "t", loop("", "<loopCardinality>100</loopCardinality>"),
                          "wf:role=\"clerk\" wf:form=\"note\"");
  auto const body = start() +
                    node("subProcess", "sub",
                         loop("", "<loopCardinality>100</loopCardinality>") + start("is") + inner +
                             end("ie") + flows({"is>t>ie"})) +
                    end() + flows({"s>sub>e"});
  Turns game{package(body), {}};
  DONE(game.begun);
  ASSERT_FALSE(game.now.incidents.empty());
  EXPECT_EQ(game.now.incidents[0].reason, "error.too_many_tokens");
  EXPECT_LE(game.now.tokens.size(), 1'200U);
  EXPECT_LT(state_json(game.now).size(), k_json_bytes_max) << "the state can be read again";
}

// ---- Call activity ----------------------------------------------------------------------------

std::string const k_called = process("q", start("qs") + task("a") + end("qe") + flows({"qs>a>qe"}));

TEST(Call, a_called_process_has_its_own_variables_and_gives_back_what_it_is_asked_for) {
  auto const body = start() +
                    call("c", "q",
                         "wf:in=\"n = n + 1; m = &quot;a;b&quot;\" "
                         "wf:out=\"n = result.n + n; back = result.m\"") +
                    task("u") + end() + flows({"s>c>u>e"});
  Turns game{package(body, k_called), {{"n", 5}}};
  DONE(game.begun);
  EXPECT_EQ(game.at_rest(), (Rest{"a", "c"}));
  ASSERT_EQ(game.now.scopes.size(), 2U);
  EXPECT_EQ(to_json(game.now.scopes[1].variables), R"({"m":"a;b","n":6})");
  DONE(game.done("a", 0, {{"n", 40}}));
  EXPECT_EQ(game.at_rest(), Rest{"u"});
  EXPECT_EQ(game.value("n"), Value{45});
  EXPECT_EQ(game.value("back"), Value{"a;b"});
  EXPECT_TRUE(game.value("m").is_null()) << "what is not asked for stays there";
}

TEST(Call, errors_come_out_of_a_called_process_and_interruption_goes_into_it) {
  auto const failing =
      process("q", start("qs") + task("a") +
                       node("endEvent", "boom", "<errorEventDefinition errorRef=\"x\"/>") +
                       flows({"qs>a>boom"}));
  auto const body = start() + call("c", "q") +
                    boundary("caught", "c", "<errorEventDefinition errorRef=\"x\"/>") + task("f") +
                    end("ef") + boundary("late", "c", duration("PT2H")) + task("l") + end("el") +
                    end() + flows({"s>c>e", "caught>f>ef", "late>l>el"});
  Turns failed{package(body, failing), {}};
  auto late = failed;
  DONE(failed.done("a", 0));
  EXPECT_EQ(failed.at_rest(), Rest{"f"});
  DONE(late.act(k_system, Tick{}, "2026-11-23T12:00"));
  EXPECT_EQ(late.at_rest(), Rest{"l"});
  EXPECT_EQ(late.now.scopes.size(), 1U);
}

TEST(Call, each_turn_of_a_call_is_a_process_of_its_own) {
  auto const body = start() +
                    call("c", "q",
                         "wf:in=\"n = item.n\" wf:out=\"item.back = result.n; "
                         "sum = sum + result.n\"",
                         loop(k_each)) +
                    task("u") + end() + flows({"s>c>u>e"});
  List list;
  for (int const n : {1, 2}) list.emplace_back(Context{{"n", n}});
  Turns game{package(body, k_called), {{"items", list}, {"sum", 0}}};
  DONE(game.begun);
  DONE(game.done("a", 1, {{"n", 20}}));
  DONE(game.done("a", 0, {{"n", 10}}));
  EXPECT_EQ(game.at_rest(), Rest{"u"});
  EXPECT_EQ(game.value("sum"), Value{30});
  EXPECT_EQ(to_json(game.value("items")), R"([{"back":10,"n":1},{"back":20,"n":2}])");
}

TEST(Call, a_called_process_may_end_by_terminating_and_hear_its_own_events) {
  auto const listening =
      process("q", start("qs") + task("a") + node("endEvent", "qe", "<terminateEventDefinition/>") +
                       event_sub("hear", node("startEvent", "hs", message()) + task("h") +
                                             end("he") + flows({"hs>h>he"})) +
                       flows({"qs>a>qe"}));
  auto const body = start() + call("c", "q") + task("u") + end() + flows({"s>c>u>e"});
  Turns game{package(body, listening), {}};
  auto heard = game;
  DONE(game.done("a", 0));
  EXPECT_EQ(game.at_rest(), Rest{"u"});
  EXPECT_TRUE(game.now.subscriptions.empty());
  DONE(heard.act(
      k_clerk, ReceiveMessage{.message = "word", .message_id = "1", .form = {}, .signature = {}}));
  EXPECT_EQ(heard.at_rest(), (Rest{"c", "h"}));
  DONE(heard.done("h", 0));
  EXPECT_EQ(heard.at_rest(), Rest{"u"});
}

std::vector<std::string> reasons_of(std::string const& body, std::string const& more) {
  auto const xml = R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:wf="urn:kz:workflow:1"><process id="p" isExecutable="true">)" +
                   body + "</process>" + more + "</definitions>";
  std::vector<std::string> out;
  auto const read = read_bpmn(xml, "p.bpmn", "p", Profile::test);
  if (!read)
    for (auto const& violation : read.error()) out.push_back(violation.reason);
  return out;
}

TEST(Call, what_is_called_must_exist_must_not_call_itself_and_starts_by_itself) {
  using Reasons = std::vector<std::string>;
  auto const around = [](std::string const& middle) {
    return start() + middle + end() + flows({"s>c>e"});
  };
  EXPECT_EQ(reasons_of(around(call("c", "q")), k_called), Reasons{});
  EXPECT_EQ(reasons_of(around(call("c", "zz")), k_called), Reasons{"unknown_called_element"});
  EXPECT_EQ(reasons_of(around(call("c", "p")), ""), Reasons{"recursive_call"});
  auto const back = process("q", start("qs") + call("qc", "p") + end("qe") + flows({"qs>qc>qe"}));
  EXPECT_EQ(reasons_of(around(call("c", "q")), back), Reasons{"recursive_call"});
  auto const spoken =
      process("q", node("startEvent", "qs", duration("PT1H")) + end("qe") + flows({"qs>qe"}));
  EXPECT_EQ(reasons_of(around(call("c", "q")), spoken), Reasons{"start_event_kind"});
  EXPECT_EQ(reasons_of(around(call("c", "q", "wf:in=\"n + 1\"")), k_called), Reasons{"mapping"});
  EXPECT_EQ(reasons_of(around(call("c", "q", "wf:out=\"n = )\"")), k_called),
            Reasons{"expression"});
}

TEST(Call, processes_of_a_package_stand_in_files_of_their_own) {
  auto const file = [](std::string_view id, std::string const& body) {
    return R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:wf="urn:kz:workflow:1">)" +
           process(id, body) + "</definitions>";
  };
  auto const main = file("p", start() + call("c", "q") + end() + flows({"s>c>e"}));
  auto const called = file("q", start("qs") + end("qe") + flows({"qs>qe"}));
  auto const clash = file("q", start("s") + end("qe") + flows({"s>qe"}));
  auto const unused = file("r", start("rs") + end("re") + flows({"rs>re"}));
  auto const read = [&](std::vector<BpmnFile> const& files) {
    auto const result = read_bpmn(files);
    return result ? std::string{} : result.error()[0].file + " " + result.error()[0].reason;
  };
  EXPECT_EQ(read({{"p.bpmn", main}, {"q.bpmn", called}}), "");
  EXPECT_EQ(read({{"p.bpmn", main}, {"q.bpmn", called}, {"r.bpmn", unused}}),
            "r.bpmn uncalled_process");
  EXPECT_EQ(read({{"p.bpmn", main}, {"q.bpmn", clash}}), "q.bpmn duplicate_id");
  EXPECT_EQ(read({{"p.bpmn", main}}), "p.bpmn unknown_called_element");
}

}  // namespace
}  // namespace qyzmet::engine
