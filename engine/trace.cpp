#include "engine/trace.hpp"

#include <algorithm>

#include "engine/base/check.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::string_view k_waits = "WAIT_TEN_SECONDS";
constexpr std::string_view k_throws = "THROW_ERROR";
constexpr std::string_view k_counts = "INCREMENT_INTEGER_VARIABLE";
constexpr std::chrono::seconds k_wait{10};

FieldType type_of(Value const& value) {
  if (value.as<Decimal>() != nullptr) return FieldType::number;
  if (value.as<bool>() != nullptr) return FieldType::boolean;
  if (value.as<Date>() != nullptr) return FieldType::date;
  if (value.as<Instant>() != nullptr) return FieldType::datetime;
  if (value.as<List>() != nullptr) return FieldType::list;
  return FieldType::text;
}

void declare(Context const& variables, std::string const& prefix, Package& package) {
  for (auto const& [name, value] : variables) {
    if (auto const* const inner = value.as<Context>())
      declare(*inner, prefix + name + ".", package);
    else
      package.variables[prefix + name] = type_of(value);
  }
}

class Tracer {
 public:
  Tracer(Package const& package, Calendar const& calendar, Instant begin,
         std::chrono::seconds duration)
      : package_{package}, calendar_{calendar}, now_{begin}, last_{begin + duration} {}

  Trace run(Context const& variables) {
    apply(Start{.variables = variables});
    for (int steps = 0; steps < k_trace_steps_max && !trace_.refused && next(); ++steps) {
    }
    return std::move(trace_);
  }

 private:
  struct Answer {
    Instant at;
    HandlerResult result;
  };

  Node const& node(NodeIndex index) const { return package_.process.nodes[std::size_t(index)]; }

  /// Applies what comes next; false when nothing does in time.
  bool next() {
    std::erase_if(answers_, [&](Answer const& answer) {  // cancelled meanwhile
      auto const& pending = trace_.end.pending;
      return std::ranges::find(pending, answer.result.token, &Pending::token) == pending.end();
    });
    auto const answer = std::ranges::min_element(answers_, {}, &Answer::at);
    auto const timer = std::ranges::min_element(trace_.end.timers, {}, &Timer::due);
    bool const answers = answer != answers_.end();
    bool const fires = timer != trace_.end.timers.end() && (!answers || timer->due <= answer->at);
    if (trace_.end.ended || (!answers && !fires)) return false;
    auto const at = fires ? timer->due : answer->at;
    if (at > last_) return false;
    now_ = std::max(now_, at);
    if (fires) {
      apply(Tick{});
    } else {
      auto const result = answer->result;
      answers_.erase(answer);
      apply(result);
    }
    return true;
  }

  void apply(decltype(Event::body) body) {
    Event const event{.at = now_,
                      .actor = {.user = "", .role = "system"},
                      .salt = std::string(32, '0'),
                      .body = std::move(body)};
    auto step = engine::step(package_, calendar_, trace_.end, event);
    if (!step) {
      trace_.refused = step.error();
      return;
    }
    trace_.end = std::move(step->next);
    for (auto const& visit : step->visits)
      trace_.lines.push_back({.at = visit.at,
                              .node = node(visit.node).id,
                              .name = node(visit.node).name,
                              .incident = {}});
    for (auto const& fact : step->facts) note(fact);
    for (auto const& effect : step->effects) answer_to(effect);
  }

  void note(Fact const& fact) {
    if (fact.kind == "incident") {
      auto const reason = text_at(fact.data, "reason");
      auto const index = package_.process.find(fact.node);
      trace_.lines.push_back(
          {.at = fact.at, .node = fact.node, .name = node(index).name, .incident = reason});
      trace_.log.push_back("ERROR " + reason);
    }
    if (fact.kind != "recorded") return;
    auto const word = text_at(fact.data, "kind");
    if (word == "CREATE_MARKER_FILE") trace_.log.emplace_back("MARKER_exists");
    if (word.starts_with("SCRIPT_")) trace_.log.push_back(word);
  }

  void answer_to(Effect const& effect) {
    Answer answer{.at = now_,
                  .result = {.token = effect.token, .error_code = {}, .detail = {}, .result = {}}};
    if (effect.kind == k_waits) answer.at = now_ + k_wait;
    if (effect.kind == k_throws) {
      auto const pending = std::ranges::find(trace_.end.pending, effect.token, &Pending::token);
      if (pending == trace_.end.pending.end()) return;
      answer.result.ok = false;
      answer.result.error_code = error_caught_at(node(pending->node));
    }
    answers_.push_back(std::move(answer));
  }

  /// A script's error is any error: the one that an event there waits for.
  std::string error_caught_at(Node const& at) const {
    for (auto const boundary : at.boundary)
      if (node(boundary).event == EventKind::error && !node(boundary).error_code.empty())
        return node(boundary).error_code;
    return std::string{k_throws};
  }

  Package const& package_;
  Calendar const& calendar_;
  Instant now_;
  Instant last_;
  Trace trace_;
  std::vector<Answer> answers_;
};

}  // namespace

Package package_around(Definition definition, Context const& variables) {
  Package package;
  declare(variables, "", package);
  package.term.days_by_place[text_at(variables, "place")] = 1;
  auto const more = Expression::compile("integerVariable + 1");
  check(more.has_value(), "a sum is an expression");
  package.handlers[std::string{k_counts}] = {
      .kind = std::string{k_counts},
      .document = {},
      .assignments = {{.path = "integerVariable", .value = *more, .when = {}}}};
  package.process = std::move(definition);
  return package;
}

Trace trace(Package const& package, Calendar const& calendar, Context const& variables,
            Instant begin, std::chrono::seconds duration) {
  return Tracer{package, calendar, begin, duration}.run(variables);
}

}  // namespace qyzmet::engine
