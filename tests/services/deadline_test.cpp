// The subcommands that need no server: what a person or a script gets on standard output.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/services/command.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::cli {
namespace {

namespace json = boost::json;

using tests::run;

json::object deadline(std::string_view place, std::string_view filed) {
  auto const answer =
      run(run_deadline, {"--service", "military_id", "--place", place, "--filed", filed});
  EXPECT_EQ(answer.code, 0) << answer.error;
  return json::parse(answer.out).as_object();
}

json::object milestone(json::object const& dates, std::string_view code) {
  for (auto const& each : dates.at("milestones").as_array())
    if (each.at("code").as_string() == code) return each.as_object();
  ADD_FAILURE() << "no milestone " << code;
  return {};
}

TEST(DeadlineCommand, PrintsTheFirstExampleOfTheLaw) {
  LAW("R77-40");
  auto const dates = deadline("city", "2026-11-21T10:00");
  EXPECT_EQ(dates.at("accepted"), "2026-11-23");
  EXPECT_EQ(dates.at("due"), "2026-12-02");
  EXPECT_EQ(dates.at("days"), 7);
  EXPECT_EQ(dates.at("place"), "city");
  EXPECT_EQ(dates.at("provisional"), false);
  for (auto const& [code, latest] :
       std::vector<std::pair<char const*, char const*>>{{"registration", "2026-11-23"},
                                                        {"hearing_notice", "2026-11-27"},
                                                        {"objections", "2026-12-01"},
                                                        {"hearing", "2026-12-01"},
                                                        {"draft", "2026-11-30"},
                                                        {"delivery", "2026-12-01"},
                                                        {"place_info", "2026-12-02"},
                                                        {"result", "2026-12-02"}})
    EXPECT_EQ(milestone(dates, code).at("latest"), latest) << code;
  auto const draft = milestone(dates, "draft");
  EXPECT_EQ(draft.at("cite"), "Rules, paragraph 77, part 4");
  EXPECT_EQ(json::serialize(draft.at("explanation").at("counted")),
            R"(["2026-12-01","2026-11-30"])");
}

TEST(DeadlineCommand, GivesEverySkippedDayItsReason) {
  auto const dates = deadline("district", "2026-12-10T18:00");
  auto const result = milestone(dates, "result");
  std::vector<std::string> skipped;
  for (auto const& day : result.at("explanation").at("skipped").as_array())
    skipped.push_back(std::string{day.at("date").as_string()} + ' ' +
                      std::string{day.at("reason").as_string()});
  ASSERT_EQ(skipped.size(), 5U);
  EXPECT_EQ(skipped[0], "2026-12-12 weekend");
  EXPECT_TRUE(skipped[2].starts_with("2026-12-16 independence day; ")) << skipped[2];
  EXPECT_EQ(dates.at("acceptance").at("explanation").at("skipped").at(0).at("reason"),
            "filed after the end of the working day");
}

/// Each code with its latest day, in order.
std::string milestones(json::object const& dates) {
  std::string out;
  for (auto const& each : dates.at("milestones").as_array())
    out += std::string{each.at("code").as_string()} + ' ' +
           std::string{each.at("latest").as_string()} + '\n';
  return out;
}

json::object answered(std::vector<std::string_view> const& arguments) {
  auto const answer = run(run_deadline, arguments);
  EXPECT_EQ(answer.code, 0) << answer.error;
  return json::parse(answer.out).as_object();
}

TEST(DeadlineCommand, GivesTheExamplesOfRegistration) {
  struct Example {
    std::string_view filed, accepted, draft, due;
  };
  for (auto const& [filed, accepted, draft, due] :
       {Example{"2026-11-21T10:00", "2026-11-23", "2026-11-24", "2026-11-25"},
        Example{"2026-11-20T11:00", "2026-11-20", "2026-11-23", "2026-11-24"},
        Example{"2026-12-15T19:30", "2026-12-17", "2026-12-18", "2026-12-21"}}) {
    auto const dates = answered({"--service", "registration", "--filed", filed});
    EXPECT_EQ(dates.at("accepted").as_string(), accepted);
    EXPECT_EQ(dates.at("due").as_string(), due);
    EXPECT_EQ(dates.at("days"), 2);
    EXPECT_FALSE(dates.contains("place"));
    EXPECT_EQ(milestones(dates), "registration " + std::string{accepted} + "\ndraft " +
                                     std::string{draft} + "\nresult " + std::string{due} + '\n');
    LAW("R78-03");
    LAW("R78-08");
    LAW("R78-09");
  }
  auto const dates = answered({"--service", "registration", "--filed", "2026-11-21T10:00"});
  EXPECT_EQ(milestone(dates, "draft").at("cite"), "Rules, paragraph 78, part 4");
}

TEST(DeadlineCommand, GivesTheExamplesOfCorrection) {
  std::string const base{"registration 2026-11-23\ndraft 2026-11-24\nresult "};
  auto const plain = answered({"--service", "correction", "--filed", "2026-11-23T10:00"});
  EXPECT_EQ(plain.at("accepted"), "2026-11-23");
  EXPECT_EQ(plain.at("due"), "2026-11-25");
  EXPECT_EQ(plain.at("provisional"), false);
  EXPECT_EQ(milestones(plain), base + "2026-11-25\n");
  EXPECT_FALSE(plain.contains("extension"));
  LAW("R79-04");
  LAW("R79-05");
  auto const extended = answered(
      {"--service", "correction", "--filed", "2026-11-23T10:00", "--extended-on", "2026-11-24"});
  EXPECT_EQ(extended.at("due"), "2027-04-09");
  EXPECT_EQ(extended.at("days"), 90);
  EXPECT_EQ(extended.at("provisional"), true);
  EXPECT_EQ(extended.at("counting").at("explanation").at("counted").as_array().size(), 90U);
  EXPECT_EQ(milestones(extended), base +
                                      "2027-04-09\nextension_notice 2026-11-27\n"
                                      "hearing_notice 2027-04-06\nobjections 2027-04-08\n"
                                      "hearing 2027-04-08\n");
  LAW("R79-07");
  LAW("R79-09");
  LAW("R79-14");
  auto const& extension = extended.at("extension").as_object();
  EXPECT_EQ(extension.at("decided"), "2026-11-24");
  EXPECT_EQ(extension.at("original_due"), "2026-11-25");
  EXPECT_EQ(extension.at("general_limit").at("latest"), "2027-01-25");
  EXPECT_EQ(extension.at("general_limit").at("exceeded"), true);
  LAW("R79-12");
}

TEST(DeadlineCommand, SaysThatAForecastIsAForecast) {
  EXPECT_EQ(deadline("city", "2027-02-01T10:00").at("provisional"), true);
}

TEST(DeadlineCommand, AnswersWrongUseWithTwoAndAReason) {
  std::vector<std::pair<std::vector<std::string_view>, std::string_view>> const cases{
      {{}, "--service"},
      {{"--service", "x", "--filed", "2026-11-21T10:00"}, "--service"},
      {{"--service", "military_id", "--filed", "2026-11-21T10:00"}, "--place"},
      {{"--service", "military_id", "--place", "x", "--filed", "2026-11-21T10:00"}, "--place"},
      {{"--service", "military_id", "--place", "city"}, "--filed"},
      {{"--service", "military_id", "--place", "city", "--filed", "2026-02-30T10:00"}, "--filed"},
      {{"--service", "military_id", "--place", "city", "--filed", "2026-11-21T24:00"}, "--filed"},
      {{"--service", "military_id", "--place", "city", "--filed", "21.11.2026"}, "--filed"},
      {{"--service", "registration", "--filed", "2026-11-23T10:00", "--extended-on", "2026-11-24"},
       "cannot be extended"},
      {{"--service", "correction", "--filed", "2026-11-23T10:00", "--extended-on", "2026-11-20"},
       "day of acceptance"},
      {{"--service", "correction", "--filed", "2026-11-23T10:00", "--extended-on", "tomorrow"},
       "--extended-on"},
      {{"--colour", "red"}, "unknown option"},
      {{"more"}, "usage"}};
  for (auto const& [arguments, part] : cases) {
    auto const answer = run(run_deadline, arguments);
    EXPECT_EQ(answer.code, 2);
    EXPECT_EQ(answer.out, "");
    EXPECT_NE(answer.error.find(part), answer.error.npos) << answer.error;
  }
}

TEST(FeelCommand, PrintsTheValueAsJson) {
  EXPECT_EQ(run(run_feel, {"1 + 2"}).out, "3\n");
  EXPECT_EQ(run(run_feel, {"-a.b * 2", "--var", "a.b=1.5"}).out, "-3\n");
  EXPECT_EQ(run(run_feel, {"wd_add(d, 1)", "--var", "d=2026-12-15"}).out, "\"2026-12-17\"\n");
  EXPECT_EQ(run(run_feel, {"125.4321987654"}).out, "125.4321987654\n");
  EXPECT_EQ(run(run_feel, {"-.872"}).out, "-0.872\n");
  EXPECT_EQ(
      run(run_feel, {"[x, null, d]", "--var", "x=9007199254740993", "--var", "d=duration\"P14M\""})
          .out,
      "[9007199254740993,null,\"P1Y2M\"]\n");
  EXPECT_EQ(run(run_feel, {"x", "--var", "x={\"b\": {\"c\": \"\\\"\"}}"}).out,
            "{\"b\":{\"c\":\"\\\"\"}}\n");
  EXPECT_EQ(run(run_feel, {"x.b", "--var", "x={\"b\": 3}"}).out, "3\n");
  EXPECT_EQ(run(run_feel, {"at > at", "--var", "at=2026-11-21T05:00:00.000000Z"}).out, "false\n");
  EXPECT_EQ(run(run_feel, {"x + \"!\"", "--var", "x=city"}).out, "\"city!\"\n");
  EXPECT_EQ(run(run_feel, {"x", "--var", "x=two words"}).out, "\"two words\"\n");
  EXPECT_EQ(run(run_feel, {"count(x)", "--var", "x=[1, 2]"}).out, "2\n");
}

TEST(FeelCommand, NamesWhatItRefuses) {
  auto const answer = run(run_feel, {"10/2"});
  EXPECT_EQ(answer.code, 2);
  EXPECT_NE(answer.error.find("byte 2: division '/'"), answer.error.npos) << answer.error;
  EXPECT_EQ(run(run_feel, {}).code, 2);
  EXPECT_EQ(run(run_feel, {"1", "2"}).code, 2);
  EXPECT_EQ(run(run_feel, {"1", "--var", "x"}).code, 2);
  EXPECT_EQ(run(run_feel, {"1", "--var", "x={"}).code, 2);
}

}  // namespace
}  // namespace qyzmet::cli
