// A running case moves to an amended package, goes on there, and replays byte for byte.
#include "engine/migration.hpp"

#include "engine/explore.hpp"
#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

using Rules = std::shared_ptr<Package const>;

Rules rules(std::string const& body, std::string hash,
            std::function<void(Package&)> const& change = {}) {
  auto out = std::make_shared<Package>(*package(body));
  out->sha256 = std::move(hash);
  out->service = "game";
  if (change) change(*out);
  return out;
}

std::string const k_old = start() + task("a") + boundary("late", "a", timer("T.result")) + end() +
                          end("l") + flows({"s>a>e", "late>l"});
/// The task has another name, the law gives a day more, and a reminder is new.
std::string const k_new = start() + task("b") + boundary("late", "b", timer("T.result")) +
                          boundary("remind", "b", duration("P1D"), false) + end() + end("l") +
                          end("r") + flows({"s>b>e", "late>l", "remind>r"});

struct Move : Game {
  explicit Move(Rules first = rules(k_old, "old")) : Game{std::move(first)} { packages(package); }

  void packages(Rules const& more) { known[more->sha256] = more; }

  Event moving(Rules const& to, NodeMap nodes, std::string_view local, bool undo = false) {
    return event(
        local, k_admin,
        Migrated{
            .from = package->sha256, .to = to->sha256, .nodes = std::move(nodes), .undo = undo});
  }
  Result<Step> try_move(Rules const& to, NodeMap nodes, std::string_view local) {
    return migrate(*package, *to, seed(), now, moving(to, std::move(nodes), local));
  }
  void keep(Event event, Step made, Rules const& to) {
    before = now;
    now = std::move(made.next);
    std::ranges::move(made.facts, std::back_inserter(facts));
    events.push_back(std::move(event));
    package = to;
    packages(to);
  }
  void move(Rules const& to, NodeMap nodes, std::string_view local) {
    auto const what = moving(to, std::move(nodes), local);
    auto made = migrate(*package, *to, seed(), now, what);
    ASSERT_TRUE(made) << made.error().text << made.error().arguments["element"]
                      << made.error().arguments["reason"];
    keep(what, *std::move(made), to);
  }
  std::string refused(Rules const& to, NodeMap nodes) {
    auto made = try_move(to, std::move(nodes), "2026-11-24T10:00");
    if (made) return "";
    auto const& error = made.error();
    return error.arguments.empty()
               ? error.text
               : error.arguments.at("element") + " " + error.arguments.at("reason");
  }
  Result<std::vector<PastStep>> replayed() const {
    std::vector<Event> stored;
    for (auto const& each : events) stored.push_back(event_from_json(event_json(each)).value());
    return replay_case(
        stored, "old", 1,
        [&](std::string const& hash) {
          auto const found = known.find(hash);
          return found == known.end() ? nullptr : found->second;
        },
        [](std::int64_t) { return std::make_shared<Calendar const>(seed()); });
  }

  std::map<std::string, Rules> known;
  Instance before;
};

void one_day_more(Package& package) {
  package.term.days_by_place["city"] = 8;
}

TEST(Migration, a_case_goes_on_under_the_amended_package) {
  Move story;
  ASSERT_FALSE(story.begun);
  auto const old_due = story.now.deadlines.due;
  auto const token = story.now.tasks.front().token;
  auto const amended = rules(k_new, "new", one_day_more);
  story.move(amended, {{"a", "b"}}, "2026-11-24T10:00");

  EXPECT_EQ(story.at_rest(), (Rest{"b"}));
  EXPECT_EQ(story.now.tasks.front().token, token) << "the same task, not a new one";
  EXPECT_EQ(story.now.deadlines.due, seed().wd_add(old_due, 1));
  ASSERT_EQ(story.now.timers.size(), 2U);
  EXPECT_EQ(story.now.timers[0].due, end_of(story.now.deadlines.due));
  EXPECT_EQ(story.count("timer_moved"), 1);
  EXPECT_EQ(story.count("wait_armed"), 1);
  EXPECT_EQ(story.now.timers[1].due, at("2026-11-25T10:00"));
  EXPECT_EQ(state_json(story.now),
            state_json(instance_from_json(state_json(story.now), amended->term, seed()).value()));

  DONE(story.tick("2026-11-25T10:00"));
  EXPECT_EQ(story.at_rest(), (Rest{"b"}));
  DONE(story.done("b", "2026-11-25T11:00"));
  EXPECT_TRUE(story.now.ended);
  auto const past = story.replayed();
  ASSERT_TRUE(past);
  EXPECT_EQ(state_json(past->back().step.next), state_json(story.now));
}

TEST(Migration, a_move_that_nobody_built_on_is_taken_back) {
  Move story;
  auto const first = story.package;
  auto const was = state_json(story.now);
  story.move(rules(k_new, "new", one_day_more), {{"a", "b"}}, "2026-11-24T10:00");
  auto const back = story.moving(first, {}, "2026-11-25T09:00", true);
  auto made = undo_migration(*first, seed(), story.now, story.before, back);
  ASSERT_TRUE(made) << made.error().text;
  story.keep(back, *std::move(made), first);
  auto same = story.now;
  EXPECT_EQ(same.version, 3);
  same.version = 1;
  same.at = at("2026-11-23T10:00");
  same.next_id = instance_from_json(was, first->term, seed())->next_id;
  EXPECT_EQ(state_json(same), was);
  auto const past = story.replayed();
  ASSERT_TRUE(past);
  EXPECT_EQ(state_json(past->back().step.next), state_json(story.now));

  Move other;
  other.move(rules(k_new, "new"), {{"a", "b"}}, "2026-11-24T10:00");
  DONE(other.tick("2026-11-25T10:00"));
  auto const late = undo_migration(*first, seed(), other.now, other.before,
                                   other.moving(first, {}, "2026-11-25T12:00", true));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().text, "error.migration_moved_on");
}

TEST(Migration, what_has_no_equal_place_is_refused_by_name) {
  Move story;
  EXPECT_EQ(story.refused(rules(k_new, "new"), {}), "a no_such_node");
  EXPECT_EQ(story.refused(rules(k_new, "new"), {{"x", "b"}}), "x unknown_node");
  EXPECT_EQ(story.refused(rules(k_new, "new"), {{"a", "e"}}), "a unequal_kind");
  auto const inside = start() +
                      sub_process(start("s2") + task("a") + end("e2") + flows({"s2>a>e2"})) +
                      end() + flows({"s>sub>e"});
  EXPECT_EQ(story.refused(rules(inside, "new"), {}), "a elsewhere");
  EXPECT_EQ(story.refused(rules(k_old, "new", [](Package& p) { p.service = "other"; }), {}),
            "other service");
  EXPECT_EQ(
      story.refused(
          rules(k_old, "new", [](Package& p) { p.variables["place"] = FieldType::number; }), {}),
      "place variable");
  auto const amended = rules(k_old, "new");
  auto made = migrate(
      *story.package, *amended, seed(), story.now,
      story.event("2026-11-24T10:00", k_clerk, Migrated{.from = "old", .to = "new", .nodes = {}}));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::forbidden);
  made = story.try_move(amended, {}, "2026-12-30T10:00");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "error.timers_due") << "they fire under the old package first";
}

TEST(Migration, waits_that_the_amendment_has_not_are_dropped_and_those_that_had_their_turn_stay) {
  auto const body = start() + task("a") + boundary("remind", "a", duration("P1D"), false) +
                    boundary("word", "a", message(), false) + end() + end("r") + end("w") +
                    flows({"s>a>e", "remind>r", "word>w"});
  Move story{rules(body, "old")};
  DONE(story.tick("2026-11-24T10:00"));
  ASSERT_TRUE(story.now.timers.empty()) << "the reminder has gone out";
  auto const bare = start() + task("a") + boundary("remind", "a", duration("P1D"), false) + end() +
                    end("r") + flows({"s>a>e", "remind>r"});
  story.move(rules(bare, "new"), {}, "2026-11-24T12:00");
  EXPECT_TRUE(story.now.timers.empty()) << "it does not go out twice";
  EXPECT_TRUE(story.now.subscriptions.empty());
  EXPECT_EQ(story.count("wait_dropped"), 1);
  EXPECT_TRUE(story.replayed());
}

TEST(Migration, nothing_that_has_passed_becomes_late) {
  Move story;
  auto const due = story.now.deadlines.due;
  auto const shorter = rules(k_old, "new", [](Package& p) { p.term.days_by_place["city"] = 2; });
  story.move(shorter, {}, "2026-11-30T10:00");
  EXPECT_LT(story.now.deadlines.due, due);
  EXPECT_GE(story.now.deadlines.due, day("2026-11-30"));
  EXPECT_GT(story.now.timers.front().due, story.now.at);
  LAW("E-08");
}

TEST(Migration, a_token_inside_a_scope_moves_with_it) {
  auto const body = [](std::string const& task_id) {
    return start() +
           sub_process(start("s2") + task(task_id) + end("e2") + flows({"s2>" + task_id + ">e2"})) +
           event_sub("stop",
                     node("startEvent", "halt", message("m2")) + end("h") + flows({"halt>h"})) +
           end() + flows({"s>sub>e"});
  };
  Move story{rules(body("a"), "old")};
  story.move(rules(body("b"), "new"), {{"a", "b"}}, "2026-11-24T10:00");
  DONE(story.done("b", "2026-11-24T11:00"));
  EXPECT_TRUE(story.now.ended);
  EXPECT_TRUE(story.replayed());
}

TEST(Migration, step_itself_knows_one_package_and_refuses) {
  Move story;
  auto const made =
      step(*story.package, seed(), story.now, story.moving(story.package, {}, "2026-11-24T10:00"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text, "error.migration");
}

}  // namespace
}  // namespace qyzmet::engine
