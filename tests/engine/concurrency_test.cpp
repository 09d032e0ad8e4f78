// Which nodes can be busy beside each other, in small drawings.
#include <gtest/gtest.h>

#include "engine/explore_concurrency.hpp"
#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

/// Of pairs "a b" those that can be beside each other.
std::string beside(std::string const& body, std::initializer_list<std::string> pairs) {
  auto const drawn = package(body);
  Concurrency const concurrency{drawn->process};
  std::string out;
  for (auto const& pair : pairs) {
    auto const space = pair.find(' ');
    auto const a = drawn->process.find(pair.substr(0, space));
    auto const b = drawn->process.find(pair.substr(space + 1));
    EXPECT_EQ(concurrency.beside(a, b), concurrency.beside(b, a)) << pair;
    if (concurrency.beside(a, b)) out += (out.empty() ? "" : ", ") + pair;
  }
  return out;
}

TEST(Concurrency, branches_are_beside_each_other_unless_one_is_chosen) {
  auto const split = [](std::string const& kind) {
    return beside(start() +
                      node(kind, "f", "", kind == "exclusiveGateway" ? "default=\"f_a\"" : "") +
                      task("a") + task("b") + task("c") + end("e1") + end("e2") +
                      flows({"s>f>a>c>e1", "b>e2"}) +
                      flows({kind == "exclusiveGateway" ? "f>b?n = 1" : "f>b"}),
                  {"a a", "a b", "c b", "a c", "f a"});
  };
  EXPECT_EQ(split("parallelGateway"), "a b, c b");
  EXPECT_EQ(split("exclusiveGateway"), "");
}

TEST(Concurrency, a_boundary_event_ends_its_host_or_runs_beside_it) {
  auto const hosted = [](bool interrupting) {
    auto const inside = start("s1") + task("a") + end("e1") + flows({"s1>a>e1"});
    return beside(start() + sub_process(inside) + boundary("b", "sub", message(), interrupting) +
                      task("c") + task("d") + end("e") + end("e2") + flows({"s>sub>d>e", "b>c>e2"}),
                  {"sub a", "sub c", "a c", "d c", "d a"});
  };
  EXPECT_EQ(hosted(true), "sub a");
  EXPECT_EQ(hosted(false), "sub a, sub c, a c, d c");
}

TEST(Concurrency, an_event_sub_process_begins_beside_all_of_its_scope_or_ends_it) {
  auto const listening = [](bool interrupting) {
    auto const inside =
        node("startEvent", "begins", message(),
             interrupting ? "isInterrupting=\"true\"" : "isInterrupting=\"false\"") +
        task("c") + end("e1") + flows({"begins>c>e1"});
    return beside(start() + task("a") + end() + flows({"s>a>e"}) + event_sub("esp", inside),
                  {"a begins", "a c", "c c"});
  };
  EXPECT_EQ(listening(true), "");
  EXPECT_EQ(listening(false), "a begins, a c, c c");
}

TEST(Concurrency, turns_at_the_same_time_are_beside_themselves) {
  auto const turns = [](std::string const& sequential) {
    auto const inside = start("s1") + task("a") + task("b") + end("e1") + flows({"s1>a>b>e1"});
    return beside(start() +
                      sub_process("<multiInstanceLoopCharacteristics isSequential=\"" + sequential +
                                  "\"><loopCardinality>2</loopCardinality>"
                                  "</multiInstanceLoopCharacteristics>" +
                                  inside) +
                      task("z") + end() + flows({"s>sub>z>e"}),
                  {"a a", "a b", "sub a", "a z"});
  };
  EXPECT_EQ(turns("false"), "a a, a b, sub a");
  EXPECT_EQ(turns("true"), "sub a");
}

}  // namespace
}  // namespace qyzmet::engine
