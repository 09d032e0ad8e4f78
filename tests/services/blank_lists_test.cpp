// Blanks for military schools as officials enter them, on the page and through the API: given on a
// request, the day of the last issue, the second copy of the issue list, and its last day.
#include <algorithm>

#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

class BlankLists : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("blank_lists");
    place_ = make_place(rig());
    registrar_ = rig().invite("861028400119", "Тіркеуші", {grant("registrar")});
    head_ = rig().invite("800515300087", "Басшы", {grant("head")});
    executor_ = rig().invite("880602300074", "Орындаушы", {grant("executor")});
  }
  static db::Grant grant(std::string const& role, OfficeId office = place_.office.id) {
    return {.role = role, .office = office, .branch = {}};
  }
  /// Each test has ten blanks of a series of its own, received on that day.
  void begin_on(std::string_view local, std::string series) {
    rig().set_clock(*parse_legal_time(local));
    series_ = std::move(series);
    EXPECT_EQ(post("receive", {{"kind", "rank_and_file"},
                               {"series", series_},
                               {"first", "0000001"},
                               {"last", "0000010"},
                               {"paper", "Н-1"}})
                  .status,
              303);
  }
  FormValues giving(std::string const& day) const {
    return {{"series", series_}, {"first", "0000001"},
            {"last", "0000010"}, {"school", "Кадет корпусы " + series_},
            {"request", "15-7"}, {"requested_on", day},
            {"given_on", day}};
  }
  FormValues whole_list(std::string const& day) {
    return {{"giving", std::string{list().at("id").as_string()}},
            {"list", "В-3"},
            {"list_on", day},
            {"returned_on", day},
            {"last_issue_on", ""},
            {"issued_numbers", "0000001-0000005, 0000008"},
            {"unissued_numbers", "0000006 – 0000007; 0000010"},
            {"spoiled_numbers", "0000009"}};
  }
  /// The form `act` of the page, its fields by their own names.
  static PageAnswer post(std::string const& act, FormValues const& values,
                         Guest const& who = registrar_, std::string const& language = "kk") {
    FormValues named;
    for (auto const& [name, value] : values) named.emplace(act + "_" + name, value);
    return rig().post(who, "/" + language + "/blanks/" + act, std::move(named));
  }
  static std::string page(std::string const& path = "/ru/blanks", Guest const& who = registrar_) {
    return unescaped(rig().get(who, path).body);
  }
  static bool says(std::string const& body, std::string const& words) {
    return unescaped(body).find(words) != std::string::npos;
  }
  static std::string text(std::string const& language, std::string const& key,
                          json::object const& arguments = {}) {
    return rig().site().renderer.catalogue().text(language, key, arguments);
  }
  static ApiClient program(Guest const& who, std::string const& role) {
    ApiClient out{rig()};
    out.enter(who, grant(role));
    return out;
  }
  /// What the API tells of the blanks of this test's series.
  json::object list() const {
    auto const all = program(registrar_, "registrar").get("/api/v1/blanks");
    EXPECT_EQ(all.status, 200) << all.body;
    for (auto const& each : all.json.at("lists").as_array())
      if (each.at("series").as_string() == series_) return each.as_object();
    return {};
  }
  std::string in_stock() const {
    auto const all = program(registrar_, "registrar").get("/api/v1/blanks");
    for (auto const& each : all.json.at("receipts").as_array())
      if (each.at("series").as_string() == series_)
        return std::to_string(each.at("in_stock").as_int64());
    return "no receipt";
  }

  std::string series_;
  static inline Place place_;
  static inline Guest registrar_, head_, executor_;
};

TEST_F(BlankLists, TheSecondCopyIsDueTenWorkingDaysAfterTheLastIssue) {
  begin_on("2026-09-01T10:00", "ЕА");
  ASSERT_EQ(post("give", giving("2026-09-01")).status, 303);
  EXPECT_FALSE(list().contains("due")) << "no term runs before the last issue is known";
  EXPECT_TRUE(says(page(), text("ru", "blanks.list.not_told")));
  LAW("R61-02");
  FormValues const told{{"giving", std::string{list().at("id").as_string()}},
                        {"last_issue_on", "2026-09-01"}};
  EXPECT_EQ(post("last_issue", told, head_).status, 303);
  EXPECT_EQ(list().at("due").as_string(), "2026-09-15");
  EXPECT_EQ(list().at("rule").as_string(), "R61-04");
  EXPECT_EQ(list().at("paragraph").at("text").as_string(), "Rules, paragraph 61");
  auto const shown = page();
  EXPECT_TRUE(says(shown, "вторник, 15 сентября 2026")) << shown;
  EXPECT_TRUE(says(shown, "Правила, пункт 61")) << shown;

  auto const late = text("ru", "blanks.list.overdue");
  auto const alert =
      text("ru", "work.alert.blank_list", {{"school", "Кадет корпусы ЕА"}, {"day", "15 сентября"}});
  rig().set_clock(*parse_legal_time("2026-09-15T23:00"));
  EXPECT_FALSE(list().at("overdue").as_bool()) << "the last day";
  EXPECT_FALSE(says(page(), ">" + late + "<"));
  EXPECT_FALSE(says(page("/ru/work"), alert));
  rig().set_clock(*parse_legal_time("2026-09-16T00:01"));
  EXPECT_TRUE(list().at("overdue").as_bool());
  EXPECT_TRUE(says(page(), ">" + late + "<"));
  EXPECT_TRUE(says(page("/ru/work"), alert)) << "the desk says so";
  EXPECT_TRUE(says(page("/ru/work", head_), alert));
  EXPECT_FALSE(says(page("/ru/work", executor_), alert)) << "keeps no blanks";
  LAW("R61-04");

  rig().set_clock(*parse_legal_time("2026-09-17T10:00"));
  ASSERT_EQ(post("return", whole_list("2026-09-17")).status, 303);
  EXPECT_FALSE(list().at("overdue").as_bool()) << "it is here";
  EXPECT_EQ(list().at("last_issue_on").as_string(), "2026-09-01") << "as it was told before";
  EXPECT_FALSE(says(page("/ru/work"), alert));

  begin_on("2026-12-10T10:00", "ЕБ");
  ASSERT_EQ(post("give", giving("2026-12-10")).status, 303);
  ASSERT_EQ(post("last_issue", {{"giving", std::string{list().at("id").as_string()}},
                                {"last_issue_on", "2026-12-10"}})
                .status,
            303);
  EXPECT_EQ(list().at("due").as_string(), "2026-12-25") << "over Independence Day";
  EXPECT_TRUE(says(page(), "пятница, 25 декабря 2026"));
  LAW("V-BLANK");
}

TEST_F(BlankLists, AListAccountsForEveryBlankOrIsRefusedWithWhatIsMissing) {
  begin_on("2026-12-14T10:00", "ЕВ");
  ASSERT_EQ(post("give", giving("2026-12-14")).status, 303);
  EXPECT_EQ(in_stock(), "0");
  auto values = whole_list("2026-12-14");
  values["last_issue_on"] = "2026-12-14";
  auto const refused = [&](std::string const& words) {
    auto const answer = post("return", values, registrar_, "ru");
    EXPECT_EQ(answer.status, 422) << words;
    EXPECT_TRUE(says(answer.body, words)) << words << "\n" << answer.body;
    for (auto const& [name, value] : values)
      if (name != "giving") EXPECT_TRUE(says(answer.body, value)) << "nothing typed is lost";
    EXPECT_TRUE(says(answer.body, "value=\"" + values["giving"] + "\" selected"));
  };
  values["issued_numbers"] = "0000001–0000004";
  refused(text("ru", "error.blank_list_differs",
               {{"given", "10"}, {"named", "8"}, {"numbers", "0000005, 0000008"}}));
  values["issued_numbers"] = "0000001–0000006, 0000008";
  refused(text("ru", "error.blank_twice", {{"numbers", "0000006"}}));
  values["issued_numbers"] = "0000001–0000005, 0000008, 0000011-0000013";
  refused(text("ru", "error.blank_not_given", {{"numbers", "0000011–0000013"}}));
  values["issued_numbers"] = "1-5";
  refused(text("ru", "error.blank_not_given", {{"numbers", "1–5"}}));
  for (auto const* wrong : {"x", "0000005-0000001", "0000001-", "-", "0000001--0000002",
                            "0000001 to 0000005", "000000000001-999999999999"}) {
    values["issued_numbers"] = wrong;
    refused(text("ru", "error.blank_numbers"));
  }
  EXPECT_EQ(in_stock(), "0") << "nothing was written";
  LAW("INV-39");
  values["issued_numbers"] = "0000001-0000005, 0000008";
  ASSERT_EQ(post("return", values).status, 303);
  EXPECT_EQ(in_stock(), "3");
  auto const back = list();
  EXPECT_EQ(back.at("given").as_int64(), back.at("issued").as_int64() +
                                             back.at("unissued").as_int64() +
                                             back.at("spoiled").as_int64());
  EXPECT_EQ(back.at("issued").as_int64(), 6);
  EXPECT_EQ(back.at("spoiled").as_int64(), 1);
  EXPECT_TRUE(says(page(), text("ru", "blanks.list.accounted",
                                {{"issued", "6"}, {"unissued", "3"}, {"spoiled", "1"}})));
  LAW("R61-03");
  LAW("R61-05");
  auto const again = post("return", values, registrar_, "ru");
  EXPECT_EQ(again.status, 422);
  EXPECT_TRUE(says(again.body, text("ru", "error.blank_list_back")));
}

TEST_F(BlankLists, WhatCannotBeGivenIsRefusedWithItsReason) {
  begin_on("2026-12-18T10:00", "ЕГ");
  auto const refused = [&](FormValues const& changes, std::string const& words) {
    auto values = giving("2026-12-18");
    for (auto const& [name, value] : changes) values[name] = value;
    auto const answer = post("give", values, registrar_, "en");
    EXPECT_EQ(answer.status, 422) << words;
    EXPECT_TRUE(says(answer.body, words)) << words;
    EXPECT_EQ(input_value(answer.body, "give_request"), values["request"]);
  };
  refused({{"school", ""}}, text("en", "error.required"));
  refused({{"school", std::string(201, 's')}}, text("en", "error.too_long", {{"max", "200"}}));
  refused({{"requested_on", "18.12.2026"}}, text("en", "error.field_date"));
  refused({{"given_on", "2026-12-19"}}, text("en", "error.blank_day_ahead"));
  refused({{"given_on", "2026-12-17"}}, text("en", "error.blank_day_before_request"));
  refused({{"last", "0000011"}}, text("en", "error.blank_run_not_held"));
  refused({{"last", "0001001"}}, text("en", "error.blank_count", {{"max", "1000"}}));
  ASSERT_EQ(
      post(
          "spoil",
          {{"kind", "rank_and_file"}, {"series", series_}, {"number", "0000004"}, {"paper", "А-1"}})
          .status,
      303);
  refused({}, text("en", "error.blank_not_in_stock", {{"numbers", "0000004"}}));
  auto first = giving("2026-12-18");
  first["last"] = "0000003";
  ASSERT_EQ(post("give", first).status, 303);
  refused({{"first", "0000003"}, {"last", "0000003"}},
          text("en", "error.blank_not_in_stock", {{"numbers", "0000003"}}));
  auto const spoilt = post(
      "spoil",
      {{"kind", "rank_and_file"}, {"series", series_}, {"number", "0000001"}, {"paper", "А-1"}});
  EXPECT_EQ(spoilt.status, 422) << "it is at the school";
  EXPECT_EQ(post("give", giving("2026-12-18"), executor_).status, 403);
  LAW("INV-39");
}

TEST_F(BlankLists, TheDaysOfAListFollowEachOther) {
  begin_on("2026-12-18T10:00", "ЕД");
  ASSERT_EQ(post("give", giving("2026-12-18")).status, 303);
  rig().set_clock(*parse_legal_time("2026-12-22T10:00"));
  auto const refused = [&](std::string const& act, FormValues values, std::string const& words) {
    auto const answer = post(act, values, registrar_, "kk");
    EXPECT_EQ(answer.status, 422) << words;
    EXPECT_TRUE(says(answer.body, words)) << words << answer.body;
  };
  FormValues told{{"giving", std::string{list().at("id").as_string()}},
                  {"last_issue_on", "2026-12-17"}};
  refused("last_issue", told, text("kk", "error.blank_day_before"));
  told["last_issue_on"] = "2026-12-23";
  refused("last_issue", told, text("kk", "error.blank_day_ahead"));
  told["giving"] = "999999";
  refused("last_issue", told, text("kk", "error.choose"));
  auto values = whole_list("2026-12-21");
  refused("return", values, text("kk", "error.required"));  // issued, but when?
  values["last_issue_on"] = "2026-12-22";
  refused("return", values, text("kk", "error.blank_day_after"));
  values["last_issue_on"] = "2026-12-21";
  values["list_on"] = "2026-12-22";
  refused("return", values, text("kk", "error.blank_day_after"));
  values["list_on"] = "2026-12-21";
  values["unissued_numbers"] = "0000001-0000010";
  values["issued_numbers"] = values["spoiled_numbers"] = "";
  refused("return", values, text("kk", "error.blank_none_issued"));
  values["last_issue_on"] = "";
  EXPECT_EQ(post("return", values).status, 303) << "nobody was issued one";
  EXPECT_EQ(in_stock(), "10");
  EXPECT_FALSE(list().contains("last_issue_on"));
}

TEST_F(BlankLists, ProgramsEnterTheSameOnceForOneKey) {
  begin_on("2026-12-21T10:00", "ЕЕ");
  auto client = program(registrar_, "registrar");
  std::string const path = "/api/v1/blanks/";
  json::object give;
  for (auto const& [name, value] : giving("2026-12-21")) give[name] = value;
  ApiHeaders const once{{"Idempotency-Key", "give-once"}};
  EXPECT_EQ(client.post(path + "give", give, once).text("count"), "10");
  EXPECT_EQ(client.post(path + "give", give, once).text("count"), "10") << "the first answer";
  auto const twice = client.post(path + "give", give);
  EXPECT_EQ(twice.status, 422);
  EXPECT_EQ(twice.text("code"), "blank_not_in_stock");
  EXPECT_EQ(twice.text("field"), "first");
  EXPECT_EQ(twice.text("rule"), "INV-39");
  give["kind"] = "officer";
  EXPECT_EQ(client.post(path + "give", give).text("code"), "unknown_field");

  auto const id = std::string{list().at("id").as_string()};
  json::object const told{{"giving", id}, {"last_issue_on", "2026-12-21"}};
  EXPECT_EQ(client.post(path + "last_issue", told).text("count"), "10");
  EXPECT_EQ(list().at("due").as_string(), "2027-01-06") << "1, 2 and 4 January are off";
  json::object back;
  for (auto const& [name, value] : whole_list("2026-12-21")) back[name] = value;
  back["spoiled_numbers"] = "";
  auto const differs = client.post(path + "return", back);
  EXPECT_EQ(differs.status, 422);
  EXPECT_EQ(differs.text("code"), "blank_list_differs");
  EXPECT_EQ(differs.text("field"), "issued_numbers");
  EXPECT_EQ(differs.text("rule"), "INV-39");
  EXPECT_EQ(differs.json.at("errors").at(0).at("arguments").at("numbers").as_string(), "0000009");
  back["spoiled_numbers"] = "0000009";
  EXPECT_EQ(client.post(path + "return", back).text("count"), "10");
  EXPECT_EQ(list().at("list").as_string(), "В-3");
  EXPECT_EQ(program(executor_, "executor").post(path + "give", give).status, 403);
  LAW("INV-39");
}

TEST_F(BlankLists, AnotherOfficeSeesNothingOfItAndCannotEnterIt) {
  begin_on("2026-12-21T10:00", "ЕЖ");
  ASSERT_EQ(post("give", giving("2026-12-21")).status, 303);
  auto const there = rig().in_database([](db::Connection& connection) {
    auto office = *db::find_office(connection, place_.office.id);
    office.id = {};
    office.code = "elsewhere";
    return db::save_office(connection, office);
  });
  auto const other = rig().invite("861028400218", "Басқа", {grant("registrar", there)});
  EXPECT_FALSE(says(page("/ru/blanks", other), "Кадет корпусы ЕЖ"));
  auto const taken = post("return", whole_list("2026-12-21"), other, "en");
  EXPECT_EQ(taken.status, 422);
  EXPECT_TRUE(says(taken.body, text("en", "error.choose")));
  EXPECT_EQ(in_stock(), "0");
}

}  // namespace
}  // namespace qyzmet::tests
