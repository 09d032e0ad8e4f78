// What the law forbids, tested on the engine itself: every state x role x action, random lawful
// lives of cases, and nonsense.
#include <map>
#include <random>

#include "tests/engine/stages_78.hpp"
#include "tests/engine/stages_79.hpp"

namespace qyzmet::engine {
namespace {

void expect_lawful_or_named(Play const& play, int forbidden_min) {
  std::vector<Actor> const roles{k_citizen, k_registrar, k_executor, k_secretary,
                                 k_head,    k_operator,  k_admin,    k_system};
  int forbidden = 0;
  for (auto const& stage : play.stages) {
    Story reached{play.package};
    stage.reach(reached);
    auto const before = state_json(reached.now);
    for (auto const& action : play.actions())
      for (auto const& actor : roles) {
        Story story = reached;
        auto const error = play.act(story, action, stage.local, actor);
        bool const allowed = play.allows(stage, reached, {actor.role, action});
        EXPECT_EQ(!error, allowed)
            << stage.name << " / " << actor.role << " / " << action << " / " << text_of(error);
        if (!error) continue;
        ++forbidden;
        EXPECT_FALSE(error->rule.empty()) << stage.name << " / " << actor.role << " / " << action;
        EXPECT_EQ(state_json(story.now), before) << "a refused event changes nothing";
      }
  }
  EXPECT_GT(forbidden, forbidden_min);
}

TEST(Matrix, every_state_role_and_action_is_either_lawful_or_answered_with_its_rule) {
  expect_lawful_or_named(play_77(), 2'500);
  expect_lawful_or_named(play_78(), 400);
  expect_lawful_or_named(play_79(), 1'500);
}

TEST(Matrix, people_of_another_office_branch_or_case_are_refused_everywhere) {
  for (auto const* play : {&play_77(), &play_78(), &play_79()})
    for (auto const& stage : play->stages) {
      Story reached{play->package};
      stage.reach(reached);
      for (auto const& [role, action] : stage.allowed) {
        Actor const stranger{.user = "777", .role = role, .unit = "elsewhere"};
        Story story = reached;
        auto const error = play->act(story, action, stage.local, stranger);
        ASSERT_TRUE(error) << stage.name << " / " << role << " / " << action;
        EXPECT_EQ(error->code, ErrorCode::forbidden);
        EXPECT_FALSE(error->rule.empty());
        LAW("INV-45");
      }
    }
}

// ---- Random lives ---------------------------------------------------------------------------

class Life {
 public:
  explicit Life(unsigned number) : random_{number} {}

  Story story;

  /// Lives until the case ends, or for `steps` actions.
  void run(int steps) {
    clock_ = at("2026-11-20T08:00") + std::chrono::minutes{random_() % 40'000};
    auto const& subtypes = story.package->subtypes;
    auto variables = application(subtypes[random_() % subtypes.size()].code,
                                 random_() % 2 == 0 ? "city" : "district");
    ASSERT_FALSE(story.file(local(), variables));
    for (int i = 0; i < steps && !story.now.ended; ++i) {
      clock_ += std::chrono::minutes{random_() % (random_() % 5 == 0 ? 4'000 : 300)};
      if (random_() % 25 == 0)
        (void)story.send("application.withdrawn", local());
      else if (random_() % 6 == 0)
        (void)story.tick(local());
      else
        move();
    }
  }

 private:
  std::string local() const {
    auto const text = to_iso(Instant{clock_ + k_legal_offset});
    return text.substr(0, 16);
  }

  template <class T>
  T const& any(std::vector<T> const& from) {
    return from[random_() % from.size()];
  }

  void move() {
    if (!story.now.pending.empty() && random_() % 2 == 0) {
      auto const& node = story.package->process.nodes[std::size_t(any(story.now.pending).node)].id;
      ASSERT_FALSE(story.answer(node, local(), random_() % 5 != 0));
      return;
    }
    if (random_() % 6 == 0) {
      (void)story.send("hearing.waiver", local(), {{"waiver.confirmed", true}});
      (void)story.send("hearing.objection", local(), {{"objection.text", "No."}});
    }
    if (story.now.tasks.empty()) return;
    auto const& node = story.package->process.nodes[std::size_t(any(story.now.tasks).node)];
    static std::map<std::string, Actor> const people{{"registrar", k_registrar},
                                                     {"executor", k_executor},
                                                     {"secretary", k_secretary},
                                                     {"head", k_head},
                                                     {"branch_operator", k_operator}};
    (void)story.complete(node.id, local(), people.at(node.role), form(node.id));
  }

  Context form(std::string const& task) {
    if (task == "Task_Review" && random_() % 2 == 0)
      return finding(any(std::vector<std::string>{"G1", "G2", "G3"}));
    if (task == "Task_Sign") return signing(random_() % 3 == 0 ? "return" : "sign");
    if (task == "Task_LateGround")
      return {{"late.choice", any(std::vector<std::string>{"approve", "waiver", "hearing"})},
              {"late.reasons", "Found late."}};
    if (task == "Task_Receive" && random_() % 3 == 0)
      return {{"delivery.condition", "damaged"}, {"delivery.damage", "Torn"}};
    if (task == "Task_Issue")
      return handover(story.package->subtype(story.variable("subtype"))->old_id != "none" &&
                      random_() % 2 == 0);
    return good_form(task, local());
  }

  std::mt19937 random_;
  Instant clock_;
};

void check_life(Story const& story) {
  Instant last{};
  for (auto const& fact : story.facts) {
    EXPECT_GE(fact.at, last);
    last = fact.at;
  }
  LAW("INV-31");
  EXPECT_TRUE(story.now.incidents.empty());
  if (!story.now.ended) return;
  EXPECT_TRUE(story.now.tokens.empty() && story.now.tasks.empty() && story.now.timers.empty() &&
              story.now.subscriptions.empty() && story.now.pending.empty() &&
              story.now.scopes.empty());
  auto const at_date = [&](std::string_view path) {
    return at_path(story.now.variables, path).as<Date>();
  };
  if (story.state() == "refused") {
    bool const waived = at_path(story.now.variables, "hearing.waived") == Value{true};
    auto const* const delivered = at_date("hearing.delivered_on");
    auto const* const signed_on = at_date("decision.signed_on");
    ASSERT_NE(signed_on, nullptr);
    bool const in_time =
        delivered != nullptr && *signed_on >= seed().wd_add(*delivered, 3) &&
        (*at_date("hearing.sent_on") <= story.now.deadlines.find("hearing_notice")->latest ||
         story.breached("hearing_notice"));
    bool const urgent = story.variable("late.choice") == "urgent";
    EXPECT_TRUE(waived || urgent || in_time);
    LAW("INV-09");
    EXPECT_TRUE(*signed_on <= story.now.deadlines.due || story.breached("result"));
  }
  if (story.state() == "issued") {
    EXPECT_NE(at_date("decision.signed_on"), nullptr);
    EXPECT_NE(at_date("delivery.received_on"), nullptr);
    EXPECT_EQ(story.variable("decision.outcome"), "issue");
    LAW("INV-13");
    EXPECT_TRUE(*at_date("delivery.received_on") <= story.now.deadlines.find("delivery")->latest ||
                story.breached("delivery"));
    LAW("INV-28");
    if (story.package->subtype(story.variable("subtype"))->old_id == "required") {
      EXPECT_EQ(at_path(story.now.variables, "old_id.received"), Value{true});
    }
  }
  if (story.state() != "withdrawn") {
    EXPECT_NE(story.variable("decision.head"), story.variable("executor"));
  }
}

TEST(Matrix, random_lives_stay_lawful_and_replay_to_the_same_bytes) {
  std::map<std::string, int> endings;
  for (unsigned number = 0; number < 60; ++number) {
    Life life{number};
    life.run(80);
    auto const& story = life.story;
    check_life(story);
    ++endings[story.now.ended ? story.state() : "open"];
    Instance again;
    for (auto const& event : story.events) {
      auto const bytes = event_json(event);
      auto const read = event_from_json(bytes);
      ASSERT_TRUE(read);
      ASSERT_EQ(event_json(*read), bytes);
      auto result = step(*story.package, seed(), again, *read);
      ASSERT_TRUE(result) << result.error().text;
      auto stored = instance_from_json(state_json(result->next), story.package->term, seed());
      ASSERT_TRUE(stored);
      ASSERT_EQ(state_json(*stored), state_json(result->next));
      again = *std::move(stored);
    }
    ASSERT_EQ(state_json(again), state_json(story.now));
  }
  for (auto const* ending : {"issued", "refused", "withdrawn"})
    EXPECT_GT(endings[ending], 0) << ending << " was never reached";
}

// ---- Nonsense -------------------------------------------------------------------------------

class Nonsense {
 public:
  explicit Nonsense(unsigned number) : random_{number} {}

  Event event(Instance const& now) {
    static std::vector<Actor> const actors{k_citizen,   k_registrar, k_executor, k_head,
                                           k_secretary, k_operator,  k_admin,    k_system};
    auto const shift = std::chrono::minutes{std::int64_t(random_() % 4'000) - 500};
    return {.at = now.at + shift,
            .actor = actors[random_() % actors.size()],
            .salt = std::string(32, 'a'),
            .body = body(now)};
  }

 private:
  Value value(int depth) {
    switch (random_() % (depth > 0 ? 9 : 7)) {
      case 0:
        return {};
      case 1:
        return random_() % 2 == 0;
      case 2:
        return std::int64_t(random_() % 1000) - 500;
      case 3:
        return std::string{"sign"};
      case 4:
        return std::string(random_() % 300, 'x');
      case 5:
        return day("2026-12-15");
      case 6:
        return at("2026-12-15T10:00");
      case 7:
        return List{value(depth - 1), value(depth - 1)};
      default:
        return context(depth - 1);
    }
  }

  Context context(int depth) {
    static std::vector<std::string> const names{"review.outcome",
                                                "review.ground",
                                                "hearing.slot",
                                                "sign.decision",
                                                "T",
                                                "event",
                                                "id.number",
                                                "x",
                                                "subtype",
                                                "place"};
    Context out;
    for (auto i = random_() % 5; i > 0; --i) out[names[random_() % names.size()]] = value(depth);
    return out;
  }

  decltype(Event::body) body(Instance const& now) {
    static std::vector<std::string> const all = play_77().actions();
    auto const& action = all[random_() % all.size()];
    switch (random_() % 8) {
      case 0:
        return Start{.variables = context(3)};
      case 1:
        return HandlerResult{.token = std::int32_t(random_() % 60),
                             .ok = random_() % 2 == 0,
                             .error_code = random_() % 2 == 0 ? "" : "E1",
                             .detail = "",
                             .result = context(2)};
      case 2:
        return RetryIncident{.token = std::int32_t(random_() % 60)};
      case 3:
        return Tick{};
      case 4:
        return CalendarChanged{.version = std::int64_t(random_() % 3)};
      case 5:
        return ReceiveMessage{
            .message = action, .message_id = "", .form = context(2), .signature = {}};
      default:
        return CompleteTask{
            .task = action,
            .form = random_() % 3 == 0 && action.starts_with("Task_")
                        ? good_form(action, "2026-12-14T10:00")
                        : context(2),
            .signature = SignatureEvidence{.document = text_at(now.variables, "draft.document"),
                                           .signature = "",
                                           .signer = k_head.user}};
    }
  }

  std::mt19937 random_;
};

TEST(Matrix, ten_thousand_random_events_neither_crash_nor_break_a_case) {
  Nonsense nonsense{1};
  int accepted = 0;
  for (int i = 0; i < 10'000;) {
    Story story;
    stages()[std::size_t(i) % stages().size()].reach(story);
    for (int j = 0; j < 40; ++j, ++i) {
      auto event = nonsense.event(story.now);
      auto const result = step(*story.package, seed(), story.now, event);
      if (!result) {
        EXPECT_FALSE(result.error().text.empty());
        continue;
      }
      ++accepted;
      EXPECT_GE(result->next.at, story.now.at);
      EXPECT_EQ(result->next.version, story.now.version + 1);
      story.now = result->next;
      ASSERT_TRUE(event_from_json(event_json(event)));
    }
  }
  EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace qyzmet::engine
