#include "engine/value.hpp"

#include <gtest/gtest.h>

#include <random>

#include "engine/base/utf8.hpp"

namespace qyzmet::engine {
namespace {

Instant instant(char const* text) {
  return parse_instant(text).value();
}
Date date(char const* text) {
  return parse_date(text).value();
}

std::string reason(std::string_view json) {
  auto const value = from_json(json);
  return value ? "accepted" : value.error().arguments.at("reason");
}

TEST(Value, FindsAndSetsValuesAtDottedPaths) {
  Context context;
  set_path(context, "hearing.slot", date("2026-12-15"));
  set_path(context, "hearing.form", "oral");
  EXPECT_EQ(at_path(context, "hearing.slot"), Value{date("2026-12-15")});
  EXPECT_EQ(text_at(context, "hearing.form"), "oral");
  EXPECT_TRUE(at_path(context, "hearing.place").is_null());
  EXPECT_TRUE(at_path(context, "hearing.form.of").is_null());
  EXPECT_TRUE(at_path(context, "").is_null());
  EXPECT_EQ(text_at(context, "hearing.slot"), "");
  set_path(context, "hearing", 3);
  set_path(context, "hearing.slot", 4);
  EXPECT_EQ(to_json(context), R"({"hearing":{"slot":4}})");
}

TEST(Value, WritesCanonicalJson) {
  Context const context{{"b", List{1, "two", {}, true}},
                        {"a", Context{{"day", date("2026-11-21")}}},
                        {"at", instant("2026-11-21T05:00:00.000000Z")},
                        {"for", Duration{.months = 14}},
                        {"sum", Decimal::parse("1.25").value()},
                        {"big", std::int64_t{9007199254740992}}};
  EXPECT_EQ(to_json(context),
            R"({"a":{"day":{"$date":"2026-11-21"}},"at":{"$at":"2026-11-21T05:00:00.000000Z"},)"
            R"("b":[1,"two",null,true],"big":{"$number":"9007199254740992"},)"
            R"("for":{"$duration":"P1Y2M"},"sum":{"$number":"1.25"}})");
}

// The example of RFC 8785, section 3.2.3.
TEST(Value, OrdersNamesByUtf16CodeUnits) {
  Context const context{{"\xE2\x82\xAC", "Euro Sign"},
                        {"\r", "Carriage Return"},
                        {"\xEF\xAC\xB3", "Hebrew Letter Dalet With Dagesh"},
                        {"1", "One"},
                        {"\xF0\x9F\x98\x80", "Emoji: Grinning Face"},
                        {"\xC2\x80", "Control"},
                        {"\xC3\xB6", "Latin Small Letter O With Diaeresis"}};
  EXPECT_EQ(to_json(context),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
            "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
            "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
            "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(Value, EscapesWhatRfc8785EscapesAndNothingElse) {
  EXPECT_EQ(to_json("\b\t\n\f\r\"\\/\x01\x1f\x7f"),
            "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7f\"");
  EXPECT_EQ(to_json("\xD2\x9A\xF0\x9F\x98\x80"), "\"\xD2\x9A\xF0\x9F\x98\x80\"");
  // What is no text comes out as the replacement character, so the result is always JSON.
  EXPECT_EQ(to_json("a\xC0\x80z\xED\xA0\x80"),
            "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(to_json(std::string{"\0", 1}), "\"\xEF\xBF\xBD\"");
}

TEST(Value, ReadsJsonInAnyOrderAndSpacing) {
  auto const value = from_json(" { \"b\" : [ 1 , -2 ] , \"a\" : \"\\u0041\\ud83d\\ude00\" } \n");
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json(*value), "{\"a\":\"A\xF0\x9F\x98\x80\",\"b\":[1,-2]}");
  EXPECT_EQ(to_json(from_json("-0").value()), "0");
}

TEST(Value, RefusesJsonThatIsNotExact) {
  for (auto const* json :
       {"1.0", "1e2", "9007199254740992", "-9007199254740992", "99999999999999999999", "0.5"})
    EXPECT_EQ(reason(json), "number") << json;
  for (auto const* json : {R"({"a":1,"a":1})", R"({"b":{"a":1,"\u0061":2}})"})
    EXPECT_EQ(reason(json), "duplicate_key") << json;
  for (auto const* json :
       {R"({"$date":"2026-02-30"})", R"({"$date":"2026-1-1"})", R"({"$date":1})", R"({"$x":"y"})",
        R"({"$date":"2026-11-21","a":1})", R"({"$at":"2026-11-21T05:00:00Z"})", R"({"":1,"$":2})",
        R"({"$at":"2026-11-21T25:00:00.000000Z"})", R"({"$number":"1"})", R"({"$number":"1.50"})",
        R"({"$duration":"P12M"})", R"({"$duration":"P1M1D"})", R"({"$duration":"P"})"})
    EXPECT_EQ(reason(json), "tag") << json;
  EXPECT_EQ(reason(R"("\u0000")"), "nul");
  EXPECT_EQ(reason(R"({"a\u0000b":1})"), "nul");
  for (auto const* json : {"", " ", "{", "[1,]", "{\"a\":1,}", "nul", "'a'", "[1] 2", "// x\n1",
                           "01", "+1", "\"\t\"", "\"\xC0\x80\"", "\"\\ud800\"", "\"\\x\"",
                           "\xEF\xBB\xBF"
                           "1",
                           "NaN", "Infinity"})
    EXPECT_EQ(reason(json), "syntax") << json;
}

TEST(Value, LimitsDepthAndSizeOfJson) {
  auto const nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(from_json(nested(k_json_depth_max)));
  EXPECT_EQ(reason(nested(k_json_depth_max + 1)), "too_deep");
  std::string const text(k_json_bytes_max - 2, 'a');
  EXPECT_TRUE(from_json('"' + text + '"'));
  auto const refused = from_json('"' + text + "a\"");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::too_large);
}

TEST(Value, ReadsAndWritesDurations) {
  for (auto const* text :
       {"PT0S", "P1Y", "P14D", "P1Y2M", "-P1M", "PT1S", "P1DT2H3M4S", "-PT36M", "P10DT1S"}) {
    auto const duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(to_text(*duration), text);
  }
  EXPECT_EQ(to_text(parse_duration("P12M").value()), "P1Y");
  EXPECT_EQ(to_text(parse_duration("PT25H").value()), "P1DT1H");
  for (auto const* text :
       {"", "P", "PT", "P1", "1D", "P1DT", "P1M2D", "P1W", "PT1.5S", "P-1D", "P1D2D", "PT1S2M",
        "P1H", "P99999999999999999999D", "p1d", "P 1D", "P9223372036854775807D"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Value, TakesInstantsOnlyInTheirOneForm) {
  EXPECT_EQ(to_iso(instant("2026-12-31T23:59:59.999999Z")), "2026-12-31T23:59:59.999999Z");
  for (auto const* text :
       {"2026-12-31T24:00:00.000000Z", "2026-12-31T23:60:00.000000Z", "2026-12-31 23:59:59.999999Z",
        "2026-12-31T23:59:59.999999", "2026-13-31T23:59:59.999999Z", "2026-12-31T-1:59:59.999999Z"})
    EXPECT_EQ(parse_instant(text), std::nullopt) << text;
}

// ---- The round trip, on random values -----------------------------------------------------------

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_{seed} {}

  Value value(int depth) {
    switch (below(depth > 0 ? 9 : 7)) {
      case 0:
        return {};
      case 1:
        return below(2) == 0;
      case 2:
        return number();
      case 3:
        return text();
      case 4:
        return date("2024-01-01") + std::chrono::days{static_cast<int>(below(5000))};
      case 5:
        return instant("2024-01-01T00:00:00.000000Z") +
               std::chrono::microseconds{static_cast<std::int64_t>(below(1ULL << 52))};
      case 6:
        return below(2) == 0
                   ? Duration{.months = static_cast<std::int64_t>(below(1000)) - 500}
                   : Duration{.seconds = static_cast<std::int64_t>(below(1 << 30)) - 1000};
      case 7:
        return list(depth - 1);
      default:
        return context(depth - 1);
    }
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  Value number() {
    auto const value = static_cast<std::int64_t>(random_()) >> below(64);
    auto const scale = Decimal::parse("0.01").value();
    return below(2) == 0 ? Value{value} : Value{Decimal::multiply(value, scale).value_or(0)};
  }
  std::string text() {
    constexpr char const* k_pieces[] = {"a",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\x01",
                                        "/",
                                        "\x7f",
                                        " ",
                                        "\xD2\x9A",
                                        "\xE2\x82\xAC",
                                        "Z",
                                        "\t",
                                        "0",
                                        "\xC2\x80",
                                        "\xEF\xAC\xB3",
                                        "\xF0\x9F\x98\x80"};
    std::string text;
    for (auto size = below(6); size > 0; --size) text += k_pieces[below(std::size(k_pieces))];
    return text;
  }
  Value list(int depth) {
    List list;
    for (auto size = below(4); size > 0; --size) list.push_back(value(depth));
    return list;
  }
  Value context(int depth) {
    Context context;
    for (auto size = below(5); size > 0; --size) context.emplace(text(), value(depth));
    return context;
  }

  std::mt19937_64 random_;
};

TEST(Value, ComesBackFromJsonTheSameAndTheBytesToo) {
  Generator generator{20261121};
  for (int i = 0; i < 5'000; ++i) {
    Value const value = generator.value(4);
    std::string const json = to_json(value);
    auto const read = from_json(json);
    ASSERT_TRUE(read) << json;
    ASSERT_EQ(*read, value) << json;
    ASSERT_EQ(to_json(*read), json);
  }
}

TEST(Value, SurvivesDamagedJson) {
  Generator generator{7};
  std::mt19937_64 random{7};
  for (int i = 0; i < 5'000; ++i) {
    std::string json = to_json(generator.value(3));
    json[random() % json.size()] = static_cast<char>(random() % 256);
    // Whatever is accepted is a value with one canonical form.
    if (auto const read = from_json(json)) {
      std::string const canonical = to_json(*read);
      ASSERT_EQ(to_json(from_json(canonical).value()), canonical);
    }
  }
}

TEST(Utf8, AcceptsExactlyTheScalarValues) {
  for (auto const* good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(valid_utf8(good)) << good;
  for (auto const* bad :
       {"\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xBF"})
    EXPECT_FALSE(valid_utf8(bad)) << bad;
}

}  // namespace
}  // namespace qyzmet::engine
