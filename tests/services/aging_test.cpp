// Birthdays of reservists (R-CAT-01 .. R-CAT-13, V-CAT): what the tables make of them, and what
// people and their offices see on the day after.
#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>

#include "db/audit.hpp"
#include "db/population.hpp"
#include "engine/terms.hpp"
#include "services/casework/standing.hpp"
#include "services/cli/population.hpp"
#include "services/seeds/seeds.hpp"
#include "services/work/ages.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/site_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

/// "760101" and "3" (a man of the last century) with a serial and the check digit.
std::string iin_of(std::string const& birth, char century_and_sex) {
  for (int serial = 30; serial < 40; ++serial)
    for (char last = '0'; last <= '9'; ++last) {
      auto iin = birth + century_and_sex + "00" + std::to_string(serial) + last;
      if (engine::valid_iin(iin)) return iin;
    }
  return {};
}

/// Service 78 under an act that raises the age of the reserve.
std::shared_ptr<engine::Package const> raised_by(std::string const& years) {
  auto files = seeds::files("registration");
  auto& service = files.at("service.xml");
  std::string const setting = "id=\"reserve_raised\" value=\"";
  auto const at = service.find(setting + "0\"");
  if (at == std::string::npos) throw std::runtime_error{"no such setting"};
  service.replace(at + setting.size(), 1, years);
  auto const hash = seeds::package_hash(files);
  return engine::load_package(std::move(files), hash).value();
}

std::string verdict(std::string const& iin, std::string const& composition,
                    std::string const& category, std::string_view due, std::string_view today,
                    std::string const& raised = "0") {
  auto const package = raised == "0" ? seeds::package("registration").value() : raised_by(raised);
  auto const said = casework::judge_age(*package, seeds::calendar(),
                                        {.person = {},
                                         .iin = iin,
                                         .composition = composition,
                                         .category = category,
                                         .due = *parse_date(due)},
                                        *parse_date(today));
  std::string out;
  for (auto const& [day, value] : said.categories) out += value + " " + to_iso(day) + ", ";
  if (said.limit) out += "removed " + to_iso(*said.limit) + ", ";
  return out + "then " + to_iso(said.due);
}

TEST(Aging, the_category_turns_on_the_birthday) {
  auto const officer = iin_of("760101", '3'), sergeant = iin_of("861122", '3');
  EXPECT_EQ(verdict(officer, "officer", "I", "2026-12-31", "2026-12-31"), "then 2027-01-01");
  EXPECT_EQ(verdict(officer, "officer", "I", "2027-01-01", "2027-01-01"),
            "II 2027-01-01, then 2028-01-01");
  LAW("R-CAT-01");
  LAW("R-CAT-02");
  EXPECT_EQ(verdict(officer, "officer", "II", "2037-01-01", "2037-01-01"),
            "removed 2037-01-01, then 2038-01-01");
  LAW("R-CAT-03");
  EXPECT_EQ(verdict(sergeant, "ranks", "I", "2026-11-21", "2026-11-21"), "then 2026-11-22");
  EXPECT_EQ(verdict(sergeant, "ranks", "I", "2026-11-22", "2026-11-22"), "then 2027-11-22");
  LAW("R-CAT-04");
  EXPECT_EQ(verdict(iin_of("960310", '3'), "special", "II", "2026-11-22", "2026-11-22"),
            "then 2027-03-10");
  LAW("R-CAT-11");
  EXPECT_EQ(verdict(iin_of("801122", '4'), "officer", "II", "2026-11-22", "2026-11-22"),
            "removed 2026-11-22, then 2027-11-22");
  LAW("R-CAT-08");
  EXPECT_EQ(verdict(iin_of("901122", '4'), "ranks", "II", "2026-11-22", "2026-11-22"),
            "removed 2026-11-22, then 2027-11-22");
  LAW("R-CAT-10");
  // Who is born on 29 February turns on 1 March.
  EXPECT_EQ(verdict(iin_of("840229", '3'), "ranks", "I", "2025-02-28", "2025-02-28"),
            "then 2025-03-01");
  EXPECT_EQ(verdict(iin_of("840229", '3'), "ranks", "I", "2025-03-01", "2025-03-01"),
            "II 2025-03-01, then 2026-03-01");
}

TEST(Aging, missed_days_are_caught_up_each_as_of_its_birthday) {
  auto const sergeant = iin_of("861122", '3');
  EXPECT_EQ(verdict(sergeant, "ranks", "I", "2026-11-22", "2038-01-10"),
            "II 2027-11-22, removed 2037-11-22, then 2038-11-22");
  EXPECT_EQ(verdict(sergeant, "ranks", "", "2026-11-24", "2026-11-24"),
            "I 2026-11-24, then 2027-11-22")
      << "what the record did not say";
  EXPECT_EQ(verdict(sergeant, "", "", "2026-11-24", "2038-01-10"), "then 2038-11-22")
      << "nothing follows from an unknown composition";
  EXPECT_EQ(verdict(sergeant, "", "", "2026-11-24", "2048-01-10"),
            "removed 2047-11-22, then 2048-11-22")
      << "but the limit of every one";
}

TEST(Aging, an_act_raises_the_age_of_the_reserve_by_at_most_five_years) {
  auto const turns = [](char const* birth, char sex, char const* composition, char const* day,
                        char const* raised) {
    return verdict(iin_of(birth, sex), composition, "II", day, day, raised);
  };
  EXPECT_EQ(turns("760101", '3', "officer", "2037-01-01", "3"), "then 2038-01-01") << "61 years";
  EXPECT_EQ(turns("730101", '3', "officer", "2036-01-01", "3"), "then 2037-01-01") << "63 years";
  EXPECT_EQ(turns("720101", '3', "officer", "2036-01-01", "3"),
            "removed 2036-01-01, then 2037-01-01");
  EXPECT_EQ(turns("861122", '3', "ranks", "2042-11-21", "5"), "then 2042-11-22") << "55 years";
  EXPECT_EQ(turns("861122", '3', "ranks", "2042-11-22", "5"),
            "removed 2042-11-22, then 2043-11-22");
  EXPECT_EQ(turns("901122", '4', "ranks", "2027-11-22", "1"),
            "removed 2027-11-22, then 2028-11-22");
  EXPECT_EQ(verdict(iin_of("860101", '3'), "ranks", "I", "2027-01-01", "2027-01-01", "5"),
            "II 2027-01-01, then 2028-01-01")
      << "the categories turn as ever";
  EXPECT_ANY_THROW(raised_by("6")) << "not by six";
  LAW("R-CAT-13");
}

/// The people of V-CAT on the register of one office.
class AgingStory : public testing::Test {
 protected:
  AgingStory() : rig_{"aging_" + std::to_string(++rigs_)} {
    at("2026-12-31T10:00");
    place_ = make_place(rig_);
  }
  void at(std::string_view local) { rig_.set_clock(*parse_legal_time(local)); }
  Guest on_register(std::string const& iin, std::string const& composition,
                    std::string const& category) {
    auto const since = *parse_date("2016-05-10");
    db::KnownPerson known{.person = {.id = {},
                                     .iin = iin,
                                     .name = "Сынақов Сынақ",
                                     .phone = {},
                                     .email = {},
                                     .address = {},
                                     .language = "kk"},
                          .registration = db::KnownPerson::OnRegister{.office = place_.office.id,
                                                                      .kind = "reservist",
                                                                      .category = category,
                                                                      .taken_on = since},
                          .facts = {{"relation", "reservist"},
                                    {"composition", composition},
                                    {"category", category},
                                    {"speciality", "medicine"}},
                          .facts_from = since};
    rig_.in_database(
        [&](db::Connection& connection) { return db::load_people(connection, {known}); });
    return rig_.invite(iin, "Сынақов Сынақ");
  }
  int review() {
    int count = 0;
    for (int more = -1; more != 0; count += more) more = rig_.wait(work::review_ages(rig_.world()));
    return count;
  }
  /// The category by the register, by the record and by the tables, over the API.
  std::string shown(Guest const& guest) {
    ApiClient client{rig_};
    client.enter(guest);
    auto const record = client.get("/api/v1/record");
    EXPECT_EQ(record.status, 200) << record.body;
    std::string out;
    for (auto const& entry : record.json.at("registrations").as_array())
      out += std::string{entry.at("category").as_string()} +
             (entry.at("active").as_bool() ? "" : " ended") + " ";
    for (auto const& fact : record.json.at("facts").as_array())
      if (fact.at("fact") == "category" && !fact.as_object().contains("until"))
        out += std::string{fact.at("value").as_string()} + " ";
    return out + record.text("standing.category.value") + " " +
           record.text("standing.subject.value");
  }
  bool cabinet_says(Guest const& guest, std::string const& key) {
    auto const page = unescaped(rig_.get(guest, "/kk/cabinet/registration").body);
    return page.find(rig_.text("kk", key)) != std::string::npos;
  }

  static inline int rigs_ = 0;
  SiteRig rig_;
  Place place_;
};

TEST_F(AgingStory, over_a_birthday_register_record_and_tables_say_the_same) {
  auto const officer = on_register(iin_of("760101", '3'), "officer", "I");
  auto const sergeant = on_register(iin_of("861122", '3'), "ranks", "I");
  auto const warrant = on_register(iin_of("960310", '3'), "special", "II");
  auto const woman = on_register(iin_of("810101", '4'), "officer", "II");
  EXPECT_EQ(review(), 4);
  EXPECT_EQ(shown(officer), "I I I registered") << "50 years on 31 December";
  EXPECT_EQ(shown(woman), "II II II registered");
  at("2027-01-01T00:10");
  EXPECT_EQ(review(), 2) << "whose birthday it is";
  EXPECT_EQ(review(), 0) << "once a day";
  EXPECT_EQ(shown(officer), "II II II registered");
  EXPECT_EQ(shown(sergeant), "I I I registered");
  EXPECT_EQ(shown(warrant), "II II II registered");
  LAW("R-CAT-02");
  LAW("R-CAT-04");
  LAW("R-CAT-11");
  EXPECT_TRUE(cabinet_says(officer, "record.value.category.II"));
  EXPECT_EQ(shown(woman), "II ended removed not_subject");
  EXPECT_TRUE(cabinet_says(woman, "registration.removal.age"));
  EXPECT_TRUE(cabinet_says(woman, "record.value.mark.age"));
  LAW("R-CAT-08");
  LAW("R-CAT-13");
  at("2027-11-22T00:10");
  EXPECT_EQ(review(), 2) << "41 years, and the warrant officer's birthday in March";
  EXPECT_EQ(shown(sergeant), "II II II registered");
  LAW("R-CAT-05");
}

TEST_F(AgingStory, the_examples_of_the_law_are_what_people_and_programs_read) {
  at("2026-11-21T10:00");
  auto const officer = on_register(iin_of("760101", '3'), "officer", "I");
  auto const sergeant = on_register(iin_of("861122", '3'), "ranks", "I");
  auto const warrant = on_register(iin_of("960310", '3'), "special", "II");
  auto const woman = on_register(iin_of("801120", '4'), "officer", "II");
  EXPECT_EQ(review(), 4);
  EXPECT_EQ(shown(sergeant), "I I I registered") << "39 years for one more day";
  EXPECT_TRUE(cabinet_says(sergeant, "record.value.category.I"));
  EXPECT_EQ(shown(warrant), "II II II registered");
  EXPECT_TRUE(cabinet_says(warrant, "record.value.category.II"));
  EXPECT_EQ(shown(woman), "II ended removed not_subject") << "46 years";
  EXPECT_TRUE(cabinet_says(woman, "registration.removal.age"));
  for (auto const* day : {"2026-11-21T10:01", "2026-12-31T23:50"}) {
    at(day);
    review();
    EXPECT_EQ(shown(officer), "I I I registered") << day;
    EXPECT_TRUE(cabinet_says(officer, "record.value.category.I")) << day;
  }
  at("2027-01-01T00:10");
  review();
  EXPECT_EQ(shown(officer), "II II II registered") << "51 years";
  EXPECT_TRUE(cabinet_says(officer, "record.value.category.II"));
  LAW("V-CAT");
}

TEST_F(AgingStory, ten_thousand_people_are_a_matter_of_seconds) {
  auto const package = seeds::package("registration").value();
  auto const today = rig_.world().clock.today();
  auto const people =
      cli::populate(*package, seeds::calendar(),
                    {.people = 10'000, .seed = 5, .today = today, .offices = {place_.office}});
  rig_.in_database([&](db::Connection& connection) { return db::load_people(connection, people); });
  auto const reservists = std::ranges::count_if(people, [](db::KnownPerson const& each) {
    return each.registration && each.registration->kind == "reservist";
  });
  auto const changes = [&] {
    return rig_.in_database([](db::Connection& connection) {
      static db::Sql const sql{"changes_by_age",
                               "select count(*) from military_record where source = 'age'"};
      return std::get<0>(*connection.one<std::int64_t>(sql));
    });
  };
  auto const timed = [&](char const* what) {
    auto const began = std::chrono::steady_clock::now();
    auto const count = review();
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    std::printf("[ aging    ] %s: %d people in %lld ms\n", what, count,
                static_cast<long long>(ms.count()));
    EXPECT_LT(ms, std::chrono::seconds{120}) << what;
    return count;
  };
  EXPECT_EQ(timed("all of them"), reservists);
  EXPECT_EQ(changes(), 0) << "the tables made them";
  at("2027-01-01T00:10");
  auto const next_day = timed("the next day");
  EXPECT_GT(next_day, 0);
  EXPECT_LT(next_day, reservists / 100) << "whose birthday it is";
  at("2028-01-01T00:10");
  EXPECT_EQ(
      timed("a year of missed days"), reservists - [&] {
        return rig_.in_database([](db::Connection& connection) {
          static db::Sql const sql{"removed_by_age",
                                   "select count(*) from registration where removal = 'age' and "
                                   "removed_on = '2027-01-01'"};
          return std::get<0>(*connection.one<std::int64_t>(sql));
        });
      }());
  EXPECT_GT(changes(), 0);
}

}  // namespace
}  // namespace qyzmet::tests
