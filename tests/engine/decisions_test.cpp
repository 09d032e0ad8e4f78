// Decision tables: the rows of the law in services/registration/decisions.dmn, held against the law
// itself (law.md 4.1), and what a wrong file is told.
#include "engine/decisions.hpp"

#include "tests/engine/stages_78.hpp"

namespace qyzmet::engine {
namespace {

DecisionTable const& table(std::string_view id) {
  return *service_78()->decision(id);
}

std::string category(std::string_view sex, std::string_view composition, int age) {
  return table("category")
      .choose("category", {{"sex", sex}, {"composition", composition}, {"age", age}}, seed());
}

/// Who somebody is, unless it is said otherwise: a citizen at large, on no register.
Context person(Context const& other) {
  Context out{{"citizen", true}, {"sex", "male"},    {"speciality", false}, {"in_prison", false},
              {"abroad", false}, {"serving", false}, {"past_limit", false}, {"registered", false},
              {"age", 30},       {"birthday", false}};
  for (auto const& [name, value] : other) out.insert_or_assign(name, value);
  return out;
}

void expect_subject(Context const& other, std::string_view result, std::string_view rule) {
  auto const decision = table("subject").decide(person(other), seed());
  ASSERT_TRUE(decision) << result;
  EXPECT_EQ(text_at(decision->outputs, "result"), result);
  EXPECT_EQ(decision->rule, rule);
  LAW(std::string{rule}.c_str());
}

TEST(Decisions, who_is_subject_to_registration) {
  expect_subject({{"citizen", false}}, "not_subject", "R-WHO-01");
  expect_subject({{"in_prison", true}}, "not_subject", "R-WHO-04");
  expect_subject({{"abroad", true}}, "not_subject", "R-WHO-05");
  expect_subject({{"serving", true}}, "not_subject", "R-WHO-06");
  expect_subject({{"past_limit", true}}, "not_subject", "R-WHO-03");
  expect_subject({{"sex", "female"}}, "not_subject", "R-WHO-02");
  expect_subject({{"sex", "female"}, {"speciality", true}}, "subject", "R-WHO-08");
  expect_subject({{"age", 16}}, "not_yet", "R-WHO-08");
  expect_subject({{"age", 17}, {"birthday", true}}, "automatic", "R-WHO-09");
  expect_subject({{"age", 17}}, "subject", "R-WHO-08");
  expect_subject({}, "subject", "R-WHO-08");
  expect_subject({{"registered", true}}, "registered", "R78-47");
  expect_subject({{"sex", "female"}, {"speciality", true}, {"registered", true}}, "registered",
                 "R78-47");
}

TEST(Decisions, the_category_by_sex_composition_and_age) {
  struct Row {
    std::string_view rule, sex, composition;
    int from, until;
    std::string_view category;
  };
  constexpr Row k_rows[] = {
      {"R-CAT-01", "male", "officer", 17, 50, "I"},
      {"R-CAT-02", "male", "officer", 51, 60, "II"},
      {"R-CAT-03", "male", "officer", 61, 99, "removed"},
      {"R-CAT-04", "male", "ranks", 17, 40, "I"},
      {"R-CAT-05", "male", "ranks", 41, 50, "II"},
      {"R-CAT-06", "male", "ranks", 51, 99, "removed"},
      {"R-CAT-07", "female", "officer", 17, 45, "II"},
      {"R-CAT-08", "female", "officer", 46, 99, "removed"},
      {"R-CAT-09", "female", "ranks", 17, 35, "II"},
      {"R-CAT-10", "female", "ranks", 36, 99, "removed"},
      {"R-CAT-11", "male", "special", 17, 50, "II"},
      {"R-CAT-12", "male", "special", 51, 99, "removed"},
      {"R-CAT-09", "female", "special", 17, 35, "II"},
      {"R-CAT-10", "female", "special", 36, 99, "removed"},
  };
  for (auto const& row : k_rows) {
    for (int age = row.from; age <= row.until; ++age)
      EXPECT_EQ(category(row.sex, row.composition, age), row.category) << row.rule << " " << age;
    auto const decision =
        table("category")
            .decide({{"sex", row.sex}, {"composition", row.composition}, {"age", row.from}},
                    seed());
    EXPECT_EQ(decision->rule, row.rule);
    LAW(std::string{row.rule}.c_str());
  }
}

TEST(Decisions, a_category_never_rises_with_age_and_is_there_for_everybody) {
  std::map<std::string, int> const rank{{"I", 2}, {"II", 1}, {"removed", 0}};
  for (auto const* sex : {"male", "female"})
    for (auto const* composition : {"ranks", "special", "officer"}) {
      int last = 2;
      for (int age = 0; age < 120; ++age) {
        auto const found = rank.find(category(sex, composition, age));
        ASSERT_NE(found, rank.end()) << sex << " " << composition << " " << age;
        EXPECT_LE(found->second, last);
        last = found->second;
      }
    }
  LAW("INV-36");
}

TEST(Decisions, the_notification_is_for_conscripts_until_27_unless_they_have_served) {
  auto const kind = [](std::string_view sex, int age, bool served) {
    return table("kind").choose("kind", {{"sex", sex}, {"age", age}, {"term_served", served}},
                                seed());
  };
  EXPECT_EQ(kind("male", 26, false), "conscript");
  EXPECT_EQ(kind("male", 27, false), "reservist");
  EXPECT_EQ(kind("male", 20, true), "reservist");
  EXPECT_EQ(kind("female", 20, false), "reservist");
  LAW("R78-13");
}

TEST(Decisions, a_move_is_written_down_by_both_offices) {
  auto const* const table = service_78()->decision("move");
  ASSERT_NE(table, nullptr);
  auto const said = [&](std::string const& kind, std::string_view output) {
    return table->choose(output, {{"kind", kind}}, seed());
  };
  EXPECT_EQ(said("conscript", "paper"), "15");
  EXPECT_EQ(said("conscript", "removed"), "18");
  EXPECT_EQ(said("conscript", "taken"), "2");
  EXPECT_EQ(said("reservist", "paper"), "5");
  EXPECT_EQ(said("reservist", "removed"), "removed");
  EXPECT_EQ(said("reservist", "taken"), "taken");
  LAW("R78-45");
}

TEST(Decisions, a_departure_is_written_down_by_the_office) {
  auto const* const table = service_78()->decision("removal");
  ASSERT_NE(table, nullptr);
  auto const said = [&](std::string const& kind, std::string const& reason) {
    auto const answer = table->decide({{"kind", kind}, {"reason", reason}}, seed());
    return answer ? text_at(answer->outputs, "paper") + " " + text_at(answer->outputs, "mark") : "";
  };
  EXPECT_EQ(said("conscript", "deceased"), "15 17");
  EXPECT_EQ(said("conscript", "citizenship_lost"), "15 citizenship_lost");
  EXPECT_EQ(said("reservist", "deceased"), "5 removed");
  EXPECT_EQ(said("reservist", "citizenship_lost"), "5 removed");
  LAW("E-24");
}

TEST(Decisions, who_is_past_the_age_of_the_reserve_is_marked_on_the_card) {
  auto const said = table("removal").decide({{"kind", "reservist"}, {"reason", "age"}}, seed());
  ASSERT_TRUE(said);
  EXPECT_EQ(text_at(said->outputs, "paper") + " " + text_at(said->outputs, "mark"), "5 removed");
  EXPECT_EQ(said->rule, "R-CAT-13");
  EXPECT_EQ(said->cite, "lms.42");
  LAW("R-CAT-13");
}

TEST(Decisions, an_application_ends_what_kept_somebody_off_the_register) {
  auto const said = [](std::string_view subtype, bool released) {
    auto const answer =
        table("returns").decide({{"subtype", subtype}, {"released", released}}, seed());
    return answer ? text_at(answer->outputs, "fact") + " " + text_at(answer->outputs, "from") +
                        " " + text_at(answer->outputs, "to") + " " + answer->rule
                  : "";
  };
  EXPECT_EQ(said("naturalised", false), "mark citizenship_lost citizenship_accepted R-WHO-08");
  EXPECT_EQ(said("dismissed", false), "serving yes no R-WHO-06");
  EXPECT_EQ(said("released", false), "imprisoned yes no R-WHO-04");
  EXPECT_EQ(said("first_time", true), "imprisoned yes no R-WHO-04");
  EXPECT_EQ(said("first_time", false), "");
  EXPECT_EQ(said("speciality", false), "");
  LAW("R-WHO-04");
  LAW("R-WHO-06");
}

TEST(Decisions, ages_change_on_the_day_of_birth_in_the_number) {
  auto const born = [](std::string_view iin) { return iin_facts(iin)->born; };
  // V-CAT: a sergeant born on 22.11.1986 is 39 on the day before his birthday.
  EXPECT_EQ(full_years(day("1986-11-22"), day("2026-11-21")), 39);
  EXPECT_EQ(full_years(day("1986-11-22"), day("2026-11-22")), 40);
  EXPECT_EQ(full_years(day("1976-01-01"), day("2026-12-31")), 50);
  EXPECT_EQ(full_years(day("1976-01-01"), day("2027-01-01")), 51);
  EXPECT_EQ(to_iso(birthday(day("2004-02-29"), 27)), "2031-03-01");
  EXPECT_EQ(full_years(day("2004-02-29"), day("2031-02-28")), 26);
  EXPECT_EQ(full_years(day("2004-02-29"), day("2032-02-29")), 28);
  EXPECT_EQ(to_iso(born("091121500109")), "2009-11-21");
  EXPECT_TRUE(iin_facts("091121500109")->male);
  EXPECT_FALSE(iin_facts("850315400015")->male);
  EXPECT_EQ(to_iso(born("850315400015")), "1985-03-15");
  EXPECT_EQ(to_iso(born("000229600014")), "2000-02-29");
  EXPECT_FALSE(iin_facts("123456789012"));
}

std::string const k_small = R"(<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">
  <decision id="d"><decisionTable hitPolicy="FIRST">
    <input><inputExpression><text>age</text></inputExpression></input>
    <output name="o"/>
    <rule><inputEntry><text>[1..3], 7</text></inputEntry>
      <outputEntry><text>"a"</text></outputEntry></rule>
    <rule><inputEntry><text>&gt;= 10</text></inputEntry>
      <outputEntry><text>"b"</text></outputEntry></rule>
  </decisionTable></decision></definitions>)";

std::string refused(std::string const& from, std::string const& to) {
  auto text = k_small;
  text.replace(text.find(from), from.size(), to);
  auto const read = read_decisions(text, "decisions.dmn");
  return read ? "" : read.error().front().reason;
}

TEST(Decisions, tests_are_those_of_dmn) {
  auto const tables = read_decisions(k_small, "decisions.dmn").value();
  auto const said = [&](Value age) {
    return tables.at("d").choose("o", {{"age", std::move(age)}}, seed());
  };
  EXPECT_EQ(said(2), "a");
  EXPECT_EQ(said(7), "a");
  EXPECT_EQ(said(5), "");
  EXPECT_EQ(said(10), "b");
  EXPECT_EQ(said({}), "") << "no test holds for what is not known";
}

TEST(Decisions, a_wrong_file_is_refused_with_its_reason) {
  EXPECT_EQ(refused("FIRST", "COLLECT"), "unknown_value");
  EXPECT_EQ(refused("20191111", "20211108"), "not_decisions");
  EXPECT_EQ(refused("[1..3], 7", "1 / 2"), "expression");
  EXPECT_EQ(refused("<inputEntry><text>[1..3], 7</text></inputEntry>", ""), "rows");
  EXPECT_EQ(refused("<output name=\"o\"/>", ""), "no_table");
  EXPECT_EQ(refused("<decision id=\"d\">", "<decision>"), "missing_attribute");
  EXPECT_EQ(refused("</definitions>", "<x>"), "malformed");
  auto files = Files{};
  for (auto const& [name, text] : service_78()->files) files[name] = text;
  auto& text = files["decisions.dmn"];
  text.replace(text.find(">p5<"), 4, ">p6<");
  auto const loaded = load_package(files, std::string(64, '0'));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().front().reason, "unknown_citation");
}

}  // namespace
}  // namespace qyzmet::engine
