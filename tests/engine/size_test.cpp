// What is written can be read again: a step whose state would be too long is refused.
#include "engine/size.hpp"

#include <gtest/gtest.h>

#include "tests/engine/game.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::size_t k_free = k_json_bytes_max - k_size_reserve_bytes;

/// A task whose form takes a text of any length, and one after it without a form of its own.
std::shared_ptr<Package const> wordy() {
  auto out = std::make_shared<Package>(
      *package(start() + node("userTask", "t", "", "wf:role=\"clerk\" wf:form=\"word\"") +
               task("u") + end() + flows({"s>t>u>e"})));
  out->variables["text"] = FieldType::text;
  Field text;
  text.name = "text";
  text.type = FieldType::long_text;
  text.size_max = k_json_bytes_max * 2;
  out->forms["word"].fields.push_back(text);
  out->forms["word"].role = "";
  return out;
}

/// Bytes of the state with an empty text.
std::size_t bare_bytes() {
  Game game{wordy()};
  EXPECT_FALSE(game.done("t", "2026-11-23T11:00", {{"text", "x"}}));
  return state_json(game.now).size() - 1;
}

void expect_readable(Game const& game) {
  auto const bytes = state_json(game.now);
  auto const read = instance_from_json(bytes, game.package->term, seed());
  ASSERT_TRUE(read);
  EXPECT_EQ(state_json(*read), bytes);
}

TEST(Size, what_people_write_goes_to_the_last_byte_that_is_free_and_not_beyond) {
  auto const bare = bare_bytes();
  Game fits{wordy()};
  EXPECT_FALSE(fits.done("t", "2026-11-23T11:00", {{"text", std::string(k_free - bare, 'x')}}));
  EXPECT_EQ(state_json(fits.now).size(), k_free);
  expect_readable(fits);
  Game over{wordy()};
  auto const before = state_json(over.now);
  auto const error =
      over.done("t", "2026-11-23T11:00", {{"text", std::string(k_free - bare + 1, 'x')}});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::too_large);
  EXPECT_EQ(error->text, "error.case_too_large");
  EXPECT_EQ(error->arguments.at("max"), "224");
  EXPECT_EQ(state_json(over.now), before) << "nothing changed";
}

TEST(Size, control_characters_count_as_they_are_written) {
  Game game{wordy()};
  auto const error = game.done("t", "2026-11-23T11:00", {{"text", std::string(40'000, '\x01')}});
  ASSERT_TRUE(error) << "40,000 characters of six bytes";
  EXPECT_EQ(error->text, "error.case_too_large");
}

TEST(Size, a_full_case_still_takes_short_acts_and_what_comes_by_itself) {
  Game game{wordy()};
  ASSERT_FALSE(
      game.done("t", "2026-11-23T11:00", {{"text", std::string(k_free - bare_bytes(), 'x')}}));
  ASSERT_FALSE(game.done("u", "2026-11-23T12:00"));
  EXPECT_TRUE(game.now.ended);
  expect_readable(game);
}

/// The last bytes of all: filled beside the forms, as a system's event would.
TEST(Size, nothing_is_written_that_could_not_be_read) {
  for (std::size_t const more : {0U, 1U}) {
    Game game{wordy()};
    ASSERT_FALSE(game.done("t", "2026-11-23T11:00", {{"text", "x"}}));
    auto ended = game.now;
    auto const quiet = step(*game.package, seed(), ended,
                            game.event("2026-11-23T12:00", k_clerk,
                                       CompleteTask{.task = "u", .form = {}, .signature = {}}));
    ASSERT_TRUE(quiet);
    auto const room = k_json_bytes_max - state_json(quiet->next).size();
    set_path(game.now.variables, "text", std::string(room + 1 + more, 'x'));
    auto const error = game.done("u", "2026-11-23T12:00");
    if (more == 0) {
      EXPECT_FALSE(error);
      EXPECT_EQ(state_json(game.now).size(), k_json_bytes_max);
      expect_readable(game);
    } else {
      ASSERT_TRUE(error);
      EXPECT_EQ(error->arguments.at("max"), "256");
    }
  }
}

TEST(Size, messages_that_came_early_cannot_make_a_case_unreadable) {
  auto rules = std::make_shared<Package>(*wordy());
  rules->forms["word"].early = Duration{.months = 0, .seconds = 3600 * 24 * 30};
  rules->forms["word"].role = "clerk";
  Game game{std::move(rules)};
  std::optional<Error> error;
  int kept = 0;
  for (; kept < 50 && !error; ++kept)
    error = game.apply(game.event("2026-11-23T11:00", k_clerk,
                                  ReceiveMessage{.message = "word",
                                                 .message_id = std::to_string(kept),
                                                 .form = {{"text", std::string(16'000, 'x')}},
                                                 .signature = {}}));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text, "error.case_too_large");
  EXPECT_EQ(kept, 15) << "14 of 16 kB go into 224 KiB";
  expect_readable(game);
}

TEST(Size, the_cheap_bound_is_never_below_the_bytes) {
  Value const values[] = {{},
                          true,
                          -9'007'199'254'740'993,
                          *Decimal::parse("-1234567890.12345678"),
                          "қазақ \"\\\x01\xff",
                          day("2026-11-23"),
                          at("2026-11-23T10:00"),
                          Duration{.months = -14, .seconds = 0},
                          List{1, "x", List{}},
                          Context{{"имя", Context{{"\x02", "\n\x7f"}}}, {"b", List{true}}}};
  for (auto const& value : values)
    EXPECT_GE(json_bytes_at_most(value), to_json(value).size()) << to_json(value);
}

}  // namespace
}  // namespace qyzmet::engine
