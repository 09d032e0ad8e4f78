// Ten thousand random processes under random events: nothing crashes, no token is lost, what was
// written is read again, and a replay gives the same bytes.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/engine/random_process.hpp"
#include "tests/support/repeated.hpp"

namespace qyzmet::engine {
namespace {

constexpr int k_processes = repeated(10'000);
constexpr int k_events = 14;

std::shared_ptr<Package> random_package(std::uint32_t number) {
  auto const xml = RandomProcess{number}.file();
  auto definition = read_bpmn(xml, "p.bpmn", "p", Profile::test);
  if (!definition) throw std::runtime_error{report(definition.error()) + xml};
  auto out = std::make_shared<Package>(*package(start() + end() + flows({"s>e"})));
  out->process = *std::move(definition);
  out->variables["items"] = FieldType::list;
  out->forms["word"].early = Duration{.months = 0, .seconds = 5 * 3600};
  return out;
}

/// What must hold in every state; the first thing that does not, or "".
class Inspector {
 public:
  Inspector(Definition const& definition, Instance const& instance)
      : definition_{definition}, now_{instance} {}

  std::string run() const {
    if (now_.ended) {
      bool const over = now_.tokens.empty() && now_.scopes.empty() && now_.timers.empty() &&
                        now_.tasks.empty() && now_.subscriptions.empty() && now_.pending.empty() &&
                        now_.incidents.empty() && now_.loops.empty() && now_.early.empty();
      return over ? "" : "an ended case has something left";
    }
    bool const waits = !now_.tasks.empty() || !now_.timers.empty() || !now_.pending.empty() ||
                       !now_.subscriptions.empty() || !now_.incidents.empty();
    if (!waits) return "nothing waits, nothing ended";
    for (auto const& open : now_.scopes)
      if (auto wrong = look_at(open); !wrong.empty()) return wrong;
    for (auto const& token : now_.tokens)
      if (auto wrong = look_at(token); !wrong.empty()) return wrong;
    for (auto const& loop : now_.loops)
      if (auto wrong = look_at(loop); !wrong.empty()) return wrong;
    return look_at_waits();
  }

 private:
  Token const* token(std::int32_t id) const {
    auto const found = std::ranges::find(now_.tokens, id, &Token::id);
    return found == now_.tokens.end() ? nullptr : &*found;
  }
  bool has_scope(std::int32_t id) const {
    return std::ranges::find(now_.scopes, id, &ScopeInstance::id) != now_.scopes.end();
  }
  template <class Items>
  static bool holds(Items const& items, std::int32_t token) {
    return std::ranges::any_of(items, [&](auto const& item) { return item.token == token; });
  }

  std::string look_at(ScopeInstance const& open) const {
    if (open.parent != k_none && !has_scope(open.parent)) return "a scope without its parent";
    if (open.token != k_none && token(open.token) == nullptr) return "a scope without its token";
    bool const lives =
        std::ranges::any_of(now_.tokens, [&](Token const& t) { return t.scope == open.id; }) ||
        std::ranges::any_of(now_.scopes,
                            [&](ScopeInstance const& s) { return s.parent == open.id; });
    if (!lives) return "a scope that should be done";
    if (open.is_turn() && !holds(now_.loops, open.token)) return "a turn without its loop";
    return "";
  }

  std::string look_at(Token const& at) const {
    if (!has_scope(at.scope)) return "a token without its scope";
    auto const& node = definition_.nodes[std::size_t(at.node)];
    if (holds(now_.incidents, at.id) || holds(now_.loops, at.id)) return "";
    auto const rests = [&] {
      switch (node.kind) {
        case NodeKind::user_task:
          return holds(now_.tasks, at.id);
        case NodeKind::service_task:
          return holds(now_.pending, at.id);
        case NodeKind::receive_task:
        case NodeKind::catch_event:
        case NodeKind::event_gateway:
          return holds(now_.timers, at.id) || holds(now_.subscriptions, at.id);
        case NodeKind::sub_process:
        case NodeKind::call_activity:
          return holds(now_.scopes, at.id);
        case NodeKind::parallel_gateway:
          return true;
        default:
          return false;
      }
    }();
    return rests ? "" : "a token rests at " + node.id + " for nothing";
  }

  std::string look_at(Loop const& loop) const {
    auto const* const host = token(loop.token);
    if (host == nullptr) return "a loop without its token";
    auto const turns = std::ranges::count_if(now_.scopes, [&](ScopeInstance const& open) {
      return open.is_turn() && open.token == loop.token;
    });
    bool const sequential = definition_.nodes[std::size_t(host->node)].multi->sequential;
    return turns == (sequential ? 1 : loop.total - loop.completed) ? "" : "turns are missing";
  }

  std::string look_at_waits() const {
    auto const placed = [&](auto const& wait) {
      return wait.token != k_none ? token(wait.token) != nullptr : has_scope(wait.scope);
    };
    if (!std::ranges::all_of(now_.timers, placed)) return "a timer of nobody";
    if (!std::ranges::all_of(now_.subscriptions, placed)) return "a subscription of nobody";
    if (!std::ranges::all_of(now_.incidents, placed)) return "an incident of nobody";
    auto const rests = [&](auto const& wait) { return token(wait.token) != nullptr; };
    if (!std::ranges::all_of(now_.tasks, rests)) return "a task of nobody";
    if (!std::ranges::all_of(now_.pending, rests)) return "an effect of nobody";
    return "";
  }

  Definition const& definition_;
  Instance const& now_;
};

/// One random process and what happens to it.
class Life {
 public:
  explicit Life(std::uint32_t number) : random_{number}, package_{random_package(number)} {}

  /// What went wrong, or "".
  std::string run() {
    List items;
    for (int i = pick(4); i > 0; --i) items.emplace_back(i);
    Context variables{{"place", "city"}, {"items", std::move(items)}};
    if (pick(3) != 0) variables["n"] = pick(4);
    if (auto wrong = apply(k_clerk, Start{.variables = std::move(variables)}); !wrong.empty())
      return wrong;
    for (int i = 0; i < k_events && !now_.ended; ++i)
      if (auto wrong = one_event(i); !wrong.empty()) return wrong;
    return replay();
  }
  bool ended() const { return now_.ended; }

 private:
  int pick(std::size_t limit) { return int(random_() % limit); }
  template <class Items>
  auto const& any(Items const& items) {
    return items[std::size_t(pick(items.size()))];
  }

  std::string one_event(int number) {
    switch (pick(8)) {
      case 0:
        return tick();
      case 1:
      case 2:
        return tell(number);
      case 3:
        return answer();
      case 4:
        if (now_.incidents.empty()) return complete();
        return apply(k_admin, RetryIncident{.token = any(now_.incidents).token});
      default:
        return now_.pending.empty() || pick(2) == 0 ? complete() : answer();
    }
  }

  std::string tick() {
    if (now_.timers.empty()) return "";
    at_ = std::max(at_, std::ranges::min_element(now_.timers, {}, &Timer::due)->due);
    return apply(k_system, Tick{});
  }

  Context form() { return pick(3) == 0 ? Context{} : Context{{"n", pick(5)}}; }

  std::string complete() {
    if (now_.tasks.empty()) return tick();
    auto const& task = any(now_.tasks);
    return apply(k_clerk, CompleteTask{.task = package_->process.nodes[std::size_t(task.node)].id,
                                       .form = form(),
                                       .signature = {},
                                       .token = task.token});
  }

  std::string tell(int number) {
    std::string key;
    std::string message = pick(2) == 0 ? "word" : "stop";
    if (!now_.subscriptions.empty() && pick(2) == 0) {
      auto const& wait = any(now_.subscriptions);
      message = wait.message;
      key = wait.key;
    }
    return apply(k_clerk, ReceiveMessage{.message = message,
                                         .message_id = std::to_string(number),
                                         .form = form(),
                                         .signature = {},
                                         .key = key});
  }

  std::string answer() {
    if (now_.pending.empty()) return complete();
    auto result = answer_to(any(now_.pending).token);
    result.ok = pick(3) != 0;
    if (!result.ok && pick(2) == 0) result.error_code = pick(2) == 0 ? "E1" : "E2";
    return apply(k_system, std::move(result));
  }

  /// A refused event changes nothing; an accepted one leaves a sound state that can be read again.
  std::string apply(Actor const& actor, decltype(Event::body) body) {
    at_ += std::chrono::minutes{pick(90)};
    Event event{.at = at_, .actor = actor, .salt = std::string(32, '0'), .body = std::move(body)};
    auto step = engine::step(*package_, seed(), now_, event);
    if (!step) return now_.version == 0 ? "refused: " + step.error().text : "";
    auto const bytes = state_json(step->next);
    auto read = instance_from_json(bytes, package_->term, seed());
    if (!read || state_json(*read) != bytes) return "the state cannot be read again: " + bytes;
    events_.push_back(event_json(event));
    now_ = *std::move(read);
    auto wrong = Inspector{package_->process, now_}.run();
    return wrong.empty() ? wrong : wrong + ": " + bytes;
  }

  std::string replay() const {
    Instance again;
    for (auto const& bytes : events_) {
      auto const event = event_from_json(bytes);
      if (!event) return "an event cannot be read again";
      auto step = engine::step(*package_, seed(), again, *event);
      if (!step) return "a replayed event is refused";
      again = std::move(step->next);
    }
    return state_json(again) == state_json(now_) ? "" : "a replay gives other bytes";
  }

  std::mt19937 random_;
  std::shared_ptr<Package> package_;
  Instance now_;
  Instant at_ = at("2026-11-23T10:00");
  std::vector<std::string> events_;
};

TEST(RandomProcesses, never_crash_lose_no_token_and_replay_to_the_same_bytes) {
  int ended = 0;
  for (std::uint32_t number = 1; number <= k_processes; ++number) {
    Life life{number};
    auto const wrong = life.run();
    ASSERT_EQ(wrong, "") << "process " << number << "\n" << RandomProcess{number}.file();
    ended += int(life.ended());
  }
  EXPECT_GT(ended, k_processes / 20) << "many reach their end";
}

TEST(RandomProcesses, are_what_production_accepts) {
  for (std::uint32_t number = 1; number <= 500; ++number) {
    auto const xml = RandomProcess{number}.file();
    auto const read = read_bpmn(xml, "p.bpmn", "p");
    if (read) continue;
    for (auto const& violation : read.error())
      ASSERT_TRUE(violation.reason == "several_processes") << report(read.error()) << xml;
  }
}

}  // namespace
}  // namespace qyzmet::engine
