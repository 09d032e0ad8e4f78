// Offices of the whole country, whose place decides the term, and the people who live there.
#include <algorithm>
#include <map>

#include "db/registers.hpp"
#include "engine/terms.hpp"
#include "services/casework/act.hpp"
#include "services/casework/places.hpp"
#include "services/cli/places.hpp"
#include "services/cli/population.hpp"
#include "services/seeds/seeds.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/command.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

engine::Package const& package(std::string const& service) {
  static std::map<std::string, std::shared_ptr<engine::Package const>> loaded;
  auto& one = loaded[service];
  if (!one) one = seeds::package(service).value();
  return *one;
}

std::string place(std::string_view code) {
  auto const found = casework::place_of_code(package("military_id"), seeds::calendar(), code);
  return found ? found->place + " " + found->reason : "";
}

TEST(Places, the_classifier_of_territories_tells_the_kind_of_place) {
  for (auto const* code : {"1110", "1519", "3528", "5522", "6324", "4319"})
    EXPECT_EQ(place(code), "city regional") << code;
  for (auto const* code : {"1030", "1170", "3148", "5568", "6368", "1199"})
    EXPECT_EQ(place(code), "district district") << code;
  for (auto const* code : {"7112", "7114", "7511", "7519", "7911", "7917", "751910000", "7110"})
    EXPECT_EQ(place(code), "city republican") << code;
  EXPECT_EQ(place("117030000"), "district district") << "a settlement is in its district";
  for (auto const* code : {"", "cli-1", "11", "11700", "7O12", "0000000000"})
    EXPECT_EQ(place(code), "") << code;
  EXPECT_EQ(place("1109"), "") << "the classifier has no such area";
  db::Office office;
  office.code = "1109";
  office.place = "district";
  EXPECT_EQ(casework::place_of(package("military_id"), seeds::calendar(), office), "district")
      << "then people say it";
  LAW("R-KATO-01");
}

class PlacesOfTheCountry : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("places");
    rig().set_clock(*parse_instant("2026-12-10T05:00:00.000000Z"));
  }
  static Answer command(int (*command)(cli::Arguments), std::vector<std::string> words = {}) {
    words.insert(words.end(), {"--config", rig().config_file()});
    return run(command, {words.begin(), words.end()});
  }

 private:
};

TEST_F(PlacesOfTheCountry, the_term_is_that_of_the_office_that_gives_the_service) {
  EXPECT_EQ(command(cli::run_office_load).code, 0);
  auto const again = command(cli::run_office_load);
  EXPECT_EQ(again.out, "0 offices, 0 branches\n");
  auto offices = rig().in_database([](db::Connection& c) { return db::offices(c); });
  std::map<OfficeId, std::string> departments;
  for (auto const& office : offices)
    if (office.above_only) departments[office.id] = office.code;
  EXPECT_EQ(departments.size(), 20U);
  std::erase_if(offices, [](db::Office const& office) { return office.above_only; });
  for (auto const& office : offices)
    EXPECT_EQ(office.superior ? departments[*office.superior] : "", office.code.substr(0, 2));
  auto const branches = rig().in_database([](db::Connection& c) { return db::branches(c); });
  EXPECT_EQ(offices.size(), 220U);
  std::map<std::string, int> regions, served;
  for (auto const& office : offices) ++regions[office.code.substr(0, 2)];
  EXPECT_EQ(regions.size(), 20U) << "17 regions and 3 cities";
  for (auto const& branch : branches) ++served[std::to_string(branch.office.value)];
  EXPECT_EQ(served.size(), offices.size()) << "each office has a branch to receive at";

  auto const citizen = invite_signer(rig(), "arman");
  auto const at_code = [&](std::string_view code) {
    Place out;
    out.office = *std::ranges::find(offices, code, &db::Office::code);
    out.branch = *std::ranges::find(branches, out.office.id, &db::Branch::office);
    return out;
  };
  auto const days = [&](std::string_view code) {
    auto const at = at_code(code);
    // What the register says of the place does not count beside its territory.
    rig().in_database([office = at.office](db::Connection& c) mutable {
      office.place = office.place == "city" ? "district" : "city";
      db::save_office(c, office);
    });
    auto const base = fill_in(rig(), citizen, at).page;
    auto const page = base.substr(0, base.rfind('/') + 1);
    auto const why = unescaped(rig().get(citizen, page + "branch").body);
    EXPECT_NE(why.find(std::string{code} + " аумағына"), std::string::npos) << why;
    return why.find("7 жұмыс күні") != std::string::npos   ? 7
           : why.find("5 жұмыс күні") != std::string::npos ? 5
                                                           : 0;
  };
  EXPECT_EQ(days("1148"), 5) << "Esil district of Akmola region";
  EXPECT_EQ(days("7112"), 7) << "Esil district of the capital";
  EXPECT_EQ(days("1110"), 7) << "a city of regional significance";
  auto const page = fill_in(rig(), citizen, at_code("1110")).page;
  auto const choice =
      unescaped(rig().get(citizen, page.substr(0, page.rfind('/') + 1) + "office").body);
  EXPECT_NE(choice.find("<summary>Ақмола облысының"), std::string::npos)
      << "so many offices stand under the bodies above them";
  auto const sent = fill_in(rig(), citizen, at_code("7112"));
  auto const filed = send_signature(rig(), citizen, sent, rig().sign("arman", sent.xml)).location;
  constexpr std::string_view k_before = "/kk/cabinet/cases/";
  ASSERT_TRUE(filed.starts_with(k_before)) << filed;
  auto const number = filed.substr(k_before.size(), filed.rfind('/') - k_before.size());
  auto const open = rig().wait(casework::open_case(rig().world(), number));
  EXPECT_EQ(open->instance.deadlines.days, 7) << "and so the case that was filed";
  EXPECT_NE(unescaped(rig().get(citizen, "/kk/cabinet/cases/" + number).body).find("7112 аумағына"),
            std::string::npos);
  LAW("R77-05");
}

TEST_F(PlacesOfTheCountry, are_told_to_everybody_with_the_sites_and_that_it_is_free) {
  std::map<std::string, std::vector<std::string>> const sites{
      {"military_id", {"www.gov.kz", "www.egov.kz", "www.gov4c.kz"}},
      {"registration", {"www.mod.gov.kz", "www.gov.kz", "www.egov.kz", "www.gov4c.kz"}}};
  auto const citizen = invite_signer(rig(), "arman");
  for (auto const& [service, named] : sites)
    for (std::string const language : {"kk", "ru", "en"}) {
      auto const page = rig().get(citizen, "/" + language + "/services/" + service);
      ASSERT_EQ(page.status, 200) << service;
      auto const shown = unescaped(page.body);
      for (auto const& site : named) EXPECT_TRUE(shown.contains(site)) << site << shown;
      auto const& free = package(service).texts.at(language).at("passport.cost");
      EXPECT_TRUE(shown.contains(free)) << shown;
    }
  LAW("R77-14");
  LAW("R78-14");
  LAW("R77-09");
  LAW("R78-06");
}

TEST(Places, who_stops_a_loading_keeps_what_came_and_can_begin_again) {
  SiteRig rig{"loading"};
  int rows = 0;
  auto const places = rig.in_database([&rows](db::Connection& connection) {
    return cli::load_places(connection, [&rows](std::size_t of) {
      EXPECT_GT(of, 200U);
      return ++rows < 5;
    });
  });
  EXPECT_EQ(rows, 5);
  EXPECT_EQ(places.offices, 4);
  EXPECT_EQ(places.branches, 0);
  auto offices = rig.in_database([](db::Connection& c) { return db::offices(c); });
  auto const people = cli::populate(package("registration"), seeds::calendar(),
                                    {.people = 2500,
                                     .seed = 11,
                                     .today = *parse_date("2026-12-10"),
                                     .offices = std::move(offices)});
  std::vector<std::size_t> heard;
  auto const load = [&](std::size_t most) {
    return rig.in_database([&](db::Connection& connection) {
      return db::load_people(connection, people, [&](std::size_t count) {
        heard.push_back(count);
        return heard.size() < most;
      });
    });
  };
  EXPECT_EQ(load(2), 2000U) << "a transaction that has begun ends";
  EXPECT_EQ(heard, (std::vector<std::size_t>{1000, 1000}));
  EXPECT_EQ(load(100), 500U) << "the others come the next time";
}

TEST_F(PlacesOfTheCountry, a_population_is_loaded_once_and_stands_where_the_tables_say) {
  auto const loaded = command(cli::run_demo_population, {"--people", "1500", "--seed", "7"});
  EXPECT_EQ(loaded.code, 0) << loaded.error;
  EXPECT_TRUE(loaded.out.starts_with("1500 people, ")) << loaded.out;
  EXPECT_EQ(loaded.error, "") << "nobody watches a pipe";
  EXPECT_TRUE(command(cli::run_demo_population, {"--people", "1500", "--seed", "7"})
                  .out.starts_with("0 people, "));
  EXPECT_EQ(command(cli::run_demo_population, {"--people", "none"}).code, 2);
  EXPECT_EQ(command(cli::run_demo_population, {"--people", "0"}).code, 2);

  auto offices = rig().in_database([](db::Connection& c) { return db::offices(c); });
  std::erase_if(offices, [](db::Office const& office) { return office.above_only; });
  std::ranges::sort(offices, {}, &db::Office::code);
  auto const today = *parse_date("2026-12-10");
  cli::Census const census{.people = 1500, .seed = 7, .today = today, .offices = offices};
  auto const& rules = package("registration");
  auto const people = cli::populate(rules, seeds::calendar(), census);
  std::map<std::string, int> kinds, places;
  for (std::size_t i = 0; i < people.size(); i += 7) {  // no divisor of the number of offices
    auto const& one = people[i];
    ASSERT_TRUE(engine::valid_iin(one.person.iin)) << one.person.iin;
    auto const facts = engine::iin_facts(one.person.iin);
    auto const stored = rig().in_database([&](db::Connection& c) {
      auto const person = db::find_person_by_iin(c, one.person.iin);
      return std::tuple{person, db::active_registration(c, person->id),
                        db::record_on(c, person->id, today), db::military_ids(c, person->id)};
    });
    auto const& [person, registration, record, ids] = stored;
    EXPECT_EQ(person->name, one.person.name);
    EXPECT_EQ(registration.has_value(), one.registration.has_value());
    if (!registration) continue;
    EXPECT_EQ(registration->basis, "taken_over");
    auto const fact = [&](std::string_view name) {
      auto const found = std::ranges::find(record, name, &db::RecordFact::fact);
      return found == record.end() ? std::string{} : found->value;
    };
    EXPECT_EQ(fact("relation"), registration->kind);
    EXPECT_EQ(ids.size(), registration->kind == "reservist" ? 1U : 0U);
    auto const age = engine::full_years(facts->born, today);
    auto const sex = facts->male ? "male" : "female";
    EXPECT_EQ(
        rules.decision("kind")->choose(
            "kind", {{"sex", sex}, {"age", age}, {"term_served", fact("term_served") == "yes"}},
            seeds::calendar()),
        registration->kind);
    if (registration->kind == "reservist")
      EXPECT_EQ(rules.decision("category")
                    ->choose("category",
                             {{"sex", sex}, {"age", age}, {"composition", fact("composition")}},
                             seeds::calendar()),
                registration->category);
    ++kinds[registration->kind + registration->category];
    ++places[std::to_string(registration->office.value)];
  }
  EXPECT_EQ(kinds.size(), 3U) << "conscripts, and reservists of both categories";
  EXPECT_GT(places.size(), 50U) << "all over the country";
}

}  // namespace
}  // namespace qyzmet::tests
