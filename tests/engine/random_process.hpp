#pragma once
// Random block-structured processes of every construct of the profile, as BPMN text. The same seed
// gives the same text on every machine.
#include <random>
#include <string>

#include "tests/engine/game.hpp"

namespace qyzmet::engine {

class RandomProcess {
 public:
  explicit RandomProcess(std::uint32_t seed) : random_{seed} {}

  /// A whole file; its process is "p".
  std::string file() {
    auto const main = process("p", true);
    std::string called;
    for (int i = 0; i < calls_; ++i) called += process("q" + std::to_string(i), false);
    return R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:wf="urn:kz:workflow:1"><message id="m" name="word"/><message id="m2" name="stop"/>
      <error id="x" errorCode="E1"/><error id="y" errorCode="E2"/>)" +
           main + called + "</definitions>";
  }

 private:
  static constexpr int k_depth_max = 3;
  static constexpr int k_nodes_max = 40;

  struct Block {
    std::string first, last;  // ids
  };

  /// 0 .. limit - 1; not a distribution of the library, which may differ.
  int pick(int limit) { return int(random_() % std::uint32_t(limit)); }
  std::string fresh(char const* kind) { return kind + std::to_string(++ids_); }
  void connect(std::string const& from, std::string const& to, std::string const& condition = {}) {
    out_ += flows({from + ">" + to + (condition.empty() ? "" : "?" + condition)});
  }

  std::string process(std::string const& id, bool main) {
    main_ = main;
    return "<process id=\"" + id + "\" isExecutable=\"true\">" + scope(0) + "</process>";
  }

  /// Start, blocks, end and perhaps an event sub-process: the inside of a (sub-)process.
  std::string scope(int depth) {
    auto outer = std::exchange(out_, {});
    auto const begin = fresh("s");
    out_ += start(begin);
    auto const middle = sequence(depth);
    auto const last = fresh("e");
    out_ += end_event(last, depth);
    connect(begin, middle.first);
    connect(middle.last, last);
    if (pick(4) == 0) event_sub_process(depth);
    return std::exchange(out_, std::move(outer));
  }

  std::string end_event(std::string const& id, int depth) {
    if (pick(12) == 0) return node("endEvent", id, "<terminateEventDefinition/>");
    if (depth > 0 && pick(8) == 0)
      return node("endEvent", id, "<errorEventDefinition errorRef=\"x\"/>");
    return engine::end(id);
  }

  std::string event(bool errors) {
    auto const kind = pick(errors ? 3 : 2);
    if (kind == 0) return duration("PT" + std::to_string(1 + pick(9)) + "H");
    if (kind == 1) return message(pick(2) == 0 ? "m" : "m2");
    return "<errorEventDefinition errorRef=\"" + std::string{pick(2) == 0 ? "x" : "y"} + "\"/>";
  }

  void event_sub_process(int depth) {
    auto const definition = event(true);
    bool const interrupts = definition.starts_with("<error") || pick(2) == 0;
    auto outer = std::exchange(out_, {});
    auto const begin = fresh("s");
    out_ += node("startEvent", begin, definition, interrupts ? "" : "isInterrupting=\"false\"");
    auto const middle = activity(depth + 1);
    auto const last = fresh("e");
    out_ += engine::end(last);
    connect(begin, middle.first);
    connect(middle.last, last);
    auto inside = std::exchange(out_, std::move(outer));
    out_ += node("subProcess", fresh("ev"), inside, "triggeredByEvent=\"true\"");
  }

  Block sequence(int depth) {
    auto block = this->block(depth);
    for (int more = pick(3); more > 0; --more) {
      auto const next = this->block(depth);
      connect(block.last, next.first);
      block.last = next.last;
    }
    return block;
  }

  Block block(int depth) {
    if (depth >= k_depth_max || ids_ > k_nodes_max) return activity(depth);
    switch (pick(8)) {
      case 0:
        return split(depth, "exclusiveGateway");
      case 1:
        return split(depth, "parallelGateway");
      case 2:
        return events();
      case 3:
        return rework(depth);
      default:
        return activity(depth);
    }
  }

  Block split(int depth, char const* kind) {
    auto const fork = fresh("f");
    auto const join = fresh("j");
    bool const exclusive = std::string_view{kind} == "exclusiveGateway";
    std::string otherwise;
    for (int i = 0, ways = 2 + pick(2); i < ways; ++i) {
      auto const way = sequence(depth + 1);
      connect(fork, way.first, exclusive && i > 0 ? "n = " + std::to_string(i) : "");
      connect(way.last, join);
      if (i == 0) otherwise = fork + "_" + way.first;
    }
    out_ += node(kind, fork, "", exclusive ? "default=\"" + otherwise + "\"" : "");
    out_ += node(kind, join);
    return {fork, join};
  }

  Block events() {
    auto const fork = fresh("g");
    auto const join = fresh("j");
    out_ += node("eventBasedGateway", fork) + node("exclusiveGateway", join);
    for (int i = 0; i < 2; ++i) {
      auto const wait = fresh("c");
      out_ += node("intermediateCatchEvent", wait, event(false));
      connect(fork, wait);
      connect(wait, join);
    }
    return {fork, join};
  }

  /// Done again while n is 3.
  Block rework(int depth) {
    auto const merge = fresh("j");
    auto const ask = fresh("f");
    auto const body = activity(depth + 1);
    auto const wait = fresh("t");
    out_ += node("exclusiveGateway", merge) + task(wait);
    connect(merge, body.first);
    connect(body.last, wait);
    connect(wait, ask);
    auto const on = fresh("j");
    out_ += node("exclusiveGateway", on);
    connect(ask, on);
    connect(ask, merge, "n = 3");
    out_ += node("exclusiveGateway", ask, "", "default=\"" + ask + "_" + on + "\"");
    return {merge, on};
  }

  std::string loop() {
    if (pick(3) != 0) return {};
    return std::string{"<multiInstanceLoopCharacteristics isSequential=\""} +
           (pick(2) == 0 ? "true" : "false") + "\" wf:collection=\"items\" wf:element=\"item\">" +
           (pick(3) == 0 ? "<completionCondition>n = 2</completionCondition>" : "") +
           "</multiInstanceLoopCharacteristics>";
  }

  Block activity(int depth) {
    bool const deep = depth >= k_depth_max || ids_ > k_nodes_max;
    auto id = fresh("a");
    auto const turns = loop();
    switch (pick(deep ? 5 : 7)) {
      case 0:
        out_ += node("serviceTask", id, turns, "wf:handler=\"record\" wf:kind=\"result\"");
        break;
      case 1:
        out_ += node("serviceTask", id, turns, "wf:handler=\"notify\" wf:kind=\"result\"");
        break;
      case 2:
        out_ += node("receiveTask", id, turns,
                     "messageRef=\"m2\" " + std::string{pick(2) == 0 ? "wf:key=\"n\"" : ""});
        break;
      case 5:
        out_ += node("subProcess", id, turns + scope(depth + 1));
        break;
      case 6:
        if (main_) {
          out_ += node("callActivity", id, turns,
                       "calledElement=\"q" + std::to_string(calls_++) +
                           "\" wf:in=\"n = n; items = items\" wf:out=\"n = result.n\"");
          break;
        }
        [[fallthrough]];
      default:
        out_ += node("userTask", id, turns, "wf:role=\"clerk\" wf:form=\"note\"");
    }
    return pick(3) == 0 ? hosting(id, depth) : Block{id, id};
  }

  /// With a boundary event: when it interrupts, its way joins the activity's; else it ends.
  Block hosting(std::string const& id, int depth) {
    auto const definition = event(true);
    bool const interrupts = definition.starts_with("<error") || pick(2) == 0;
    auto const beside = fresh("b");
    out_ += boundary(beside, id, definition, interrupts);
    auto from = beside;
    if (pick(2) == 0) {
      auto const way = activity(depth + 1);
      connect(beside, way.first);
      from = way.last;
    }
    if (interrupts) {
      auto const join = fresh("j");
      out_ += node("exclusiveGateway", join);
      connect(id, join);
      connect(from, join);
      return {id, join};
    }
    auto const last = fresh("e");
    out_ += engine::end(last);
    connect(from, last);
    return {id, id};
  }

  std::mt19937 random_;
  std::string out_;
  int ids_ = 0;
  int calls_ = 0;
  bool main_ = true;
};

}  // namespace qyzmet::engine
