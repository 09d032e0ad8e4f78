// Correlation by key, and messages that come before their wait.
#include <gtest/gtest.h>

#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

/// "word" may come three days early.
std::shared_ptr<Package const> patient(std::string const& body) {
  auto out = std::make_shared<Package>(*package(body));
  out->forms["word"].early = Duration{.months = 0, .seconds = 3 * 24 * 3600};
  Assignment came{.path = "came", .value = *Expression::compile("event.date"), .when = {}};
  Assignment who{.path = "who", .value = *Expression::compile("actor.user"), .when = {}};
  out->forms["word"].assignments = {came, who};
  return out;
}

class Post : public Game {
 public:
  using Game::Game;

  std::optional<Error> tell(std::string_view local, std::string id, std::string key = {},
                            Context form = {}) {
    return apply(event(local, {.user = "7", .role = "clerk"},
                       ReceiveMessage{.message = "word",
                                      .message_id = std::move(id),
                                      .form = std::move(form),
                                      .signature = {},
                                      .key = std::move(key)}));
  }
};

std::string const k_later = start() + task("t") + node("intermediateCatchEvent", "c", message()) +
                            task("u") + end() + flows({"s>t>c>u>e"});

TEST(Early, a_message_is_kept_until_its_wait_opens_and_counts_from_the_day_it_came) {
  Post game{patient(k_later)};
  DONE(game.tell("2026-11-23T11:00", "a", "", {{"n", 4}}));
  EXPECT_EQ(game.at_rest(), Rest{"t"});
  EXPECT_EQ(game.facts.back().kind, "message_kept");
  EXPECT_TRUE(at_path(game.now.variables, "n").is_null()) << "nothing changes before its time";
  auto const bytes = state_json(game.now);
  auto const read = instance_from_json(bytes, game.package->term, seed());
  ASSERT_TRUE(read);
  EXPECT_EQ(state_json(*read), bytes);
  DONE(game.done("t", "2026-11-25T10:00"));
  EXPECT_EQ(game.at_rest(), Rest{"u"});
  EXPECT_EQ(at_path(game.now.variables, "n"), Value{4});
  EXPECT_EQ(game.date("came"), "2026-11-23");
  EXPECT_EQ(game.variable("who"), "7") << "of the one who sent it";
  EXPECT_TRUE(game.now.early.empty());
}

TEST(Early, a_message_is_known_by_its_id_and_kept_once) {
  Post game{patient(k_later)};
  DONE(game.tell("2026-11-23T11:00", "a"));
  EXPECT_EQ(game.tell("2026-11-23T11:01", "a")->text, "error.duplicate_message");
  EXPECT_EQ(game.tell("2026-11-23T11:01", "")->text, "error.message_without_id");
  EXPECT_EQ(game.now.early.size(), 1U);
  DONE(game.done("t", "2026-11-23T12:00"));
  EXPECT_EQ(game.tell("2026-11-23T12:01", "a")->text, "error.duplicate_message");
}

TEST(Early, a_message_expires) {
  Post game{patient(k_later)};
  DONE(game.tell("2026-11-23T11:00", "a"));
  DONE(game.done("t", "2026-11-26T11:00"));
  EXPECT_EQ(game.at_rest(), Rest{"c"});
  EXPECT_EQ(game.count("message_expired"), 1);
  EXPECT_TRUE(game.now.early.empty());
}

TEST(Early, what_is_kept_is_bounded_and_typed) {
  Post game{patient(k_later)};
  EXPECT_EQ(game.tell("2026-11-23T11:00", "x", "", {{"n", "four"}})->text, "error.field_type");
  EXPECT_EQ(game.tell("2026-11-23T11:00", "x", std::string(201, 'k'))->code, ErrorCode::too_large);
  for (int i = 0; i < 50; ++i) DONE(game.tell("2026-11-23T11:00", std::to_string(i)));
  EXPECT_EQ(game.tell("2026-11-23T11:00", "51")->code, ErrorCode::too_large);
  EXPECT_EQ(game.now.early.size(), 50U);
}

TEST(Early, a_form_that_is_not_acceptable_when_its_time_comes_leaves_the_wait_open) {
  auto rules = std::make_shared<Package>(*patient(k_later));
  rules->forms["word"].fields[0].required = true;
  Post game{rules};
  DONE(game.tell("2026-11-23T11:00", "a"));
  DONE(game.done("t", "2026-11-23T12:00"));
  EXPECT_EQ(game.at_rest(), Rest{"c"});
  ASSERT_EQ(game.count("message_refused"), 1);
  DONE(game.tell("2026-11-23T12:01", "b", "", {{"n", 1}}));
  EXPECT_EQ(game.at_rest(), Rest{"u"});
}

TEST(Early, the_wait_that_opened_first_gets_the_message_that_came_first) {
  auto const keyed = [](std::string_view id, std::string_view key) {
    return node("receiveTask", id, "", "messageRef=\"m\" wf:key=\"" + std::string{key} + "\"");
  };
  auto const body = start() + task("t") + node("parallelGateway", "f") + keyed("a", "n") +
                    keyed("b", "n") + keyed("c", "&quot;x&quot;") + end("ea") + end("eb") +
                    end("ec") + flows({"s>t>f", "f>a>ea", "f>b>eb", "f>c>ec"});
  Post game{patient(body)};
  DONE(game.tell("2026-11-23T11:00", "1", "5"));
  DONE(game.tell("2026-11-23T11:01", "2", "y"));
  DONE(game.done("t", "2026-11-23T12:00", {{"n", 5}}));
  EXPECT_EQ(game.at_rest(), (Rest{"b", "c"}));
  EXPECT_EQ(game.now.early.size(), 1U) << "nobody waits for y";
  DONE(game.tell("2026-11-23T12:01", "3", "x"));
  DONE(game.tell("2026-11-23T12:02", "4", "5"));
  EXPECT_TRUE(game.now.ended);
  EXPECT_TRUE(game.now.early.empty());
}

TEST(Early, an_early_message_answers_an_event_gateway_and_interrupts_at_once) {
  auto const gateway = start() + task("t") + node("eventBasedGateway", "g") +
                       node("intermediateCatchEvent", "c", message()) +
                       node("intermediateCatchEvent", "w", duration("PT1H")) + task("a") +
                       task("b") + end("ea") + end("eb") + flows({"s>t>g", "g>c>a>ea", "g>w>b>eb"});
  Post game{patient(gateway)};
  DONE(game.tell("2026-11-23T11:00", "1"));
  DONE(game.done("t", "2026-11-23T12:00"));
  EXPECT_EQ(game.at_rest(), Rest{"a"});
  EXPECT_TRUE(game.now.timers.empty());
  auto const hosted = start() + task("t") + task("u") + end() + boundary("b", "u", message()) +
                      task("c") + end("ec") + flows({"s>t>u>e", "b>c>ec"});
  Post interrupted{patient(hosted)};
  DONE(interrupted.tell("2026-11-23T11:00", "1"));
  DONE(interrupted.done("t", "2026-11-23T12:00"));
  EXPECT_EQ(interrupted.at_rest(), Rest{"c"});
}

TEST(Key, a_wait_without_a_key_is_an_incident_and_waits_when_there_is_one) {
  auto const body = start() + task("t") + end() +
                    node("boundaryEvent", "b", message(), "attachedToRef=\"t\" wf:key=\"n\"") +
                    end("eb") + flows({"s>t>e", "b>eb"});
  Post game{patient(body)};
  ASSERT_EQ(game.now.incidents.size(), 1U);
  EXPECT_EQ(game.now.incidents[0].reason, "error.message_without_key");
  set_path(game.now.variables, "n", 3);
  DONE(game.apply(game.event("2026-11-23T12:00", k_admin,
                             RetryIncident{.token = game.now.incidents[0].token})));
  ASSERT_EQ(game.now.subscriptions.size(), 1U);
  EXPECT_EQ(game.now.subscriptions[0].key, "3");
  DONE(game.tell("2026-11-23T12:01", "1", "3"));
  EXPECT_TRUE(game.now.ended);
}

TEST(Key, the_start_of_an_event_sub_process_can_be_retried_in_its_own_scope) {
  auto const inside = start("is") + task("a") + end("ie") +
                      event_sub("ev", node("startEvent", "hs", message(), "wf:key=\"n\"") +
                                          task("h") + end("he") + flows({"hs>h>he"})) +
                      flows({"is>a>ie"});
  auto const body = start() + sub_process(inside) + task("u") + end() + flows({"s>sub>u>e"});
  Post game{patient(body)};
  ASSERT_EQ(game.now.incidents.size(), 1U);
  EXPECT_EQ(game.now.incidents[0].token, k_none);
  auto left = game;
  set_path(game.now.variables, "n", 3);
  DONE(game.apply(game.event("2026-11-23T12:00", k_admin, RetryIncident{.token = k_none})));
  DONE(game.tell("2026-11-23T12:01", "1", "3"));
  EXPECT_EQ(game.at_rest(), (Rest{"h", "sub"}));
  DONE(left.done("a", "2026-11-23T12:00"));
  EXPECT_TRUE(left.now.incidents.empty()) << "it goes with its scope";
}

TEST(Key, messages_with_tokens_and_keys_have_canonical_bytes) {
  Event const told{
      .at = at("2026-11-23T10:00"),
      .actor = k_clerk,
      .salt = "00",
      .body = ReceiveMessage{
          .message = "word", .message_id = "1", .form = {}, .signature = {}, .key = "k"}};
  Event const done{.at = at("2026-11-23T10:00"),
                   .actor = k_clerk,
                   .salt = "00",
                   .body = CompleteTask{.task = "t", .form = {}, .signature = {}, .token = 7}};
  for (auto const& event : {told, done}) {
    auto const read = event_from_json(event_json(event));
    ASSERT_TRUE(read);
    EXPECT_EQ(event_json(*read), event_json(event));
  }
}

}  // namespace
}  // namespace qyzmet::engine
