// The journal of Annex 15 and the marks on the cards of Annex 5 as officials read them, page by
// page and through the API: of the own office alone, with the case of each entry, each look on
// record.
#include "db/audit.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr std::string_view k_conscript = "020501500169", k_reservist = "770412300138";
constexpr std::string_view k_registers = "/work/registers";

class RegisterEntries : public testing::Test {
 protected:
  /// Two people on the registers of the first office, both of whom then move to the other one.
  static void SetUpTestSuite() {
    site_ = new ServiceRig{"registration"};
    there_ = site().rig().invite("861028400218", "Ақсу тіркеушісі", {at_other_office()});
    empty_ = registers(here(), "");
    auto const conscript =
        site().file({.who = "dias",
                     .subtype = "first_time",
                     .details = {{"declared.released_from_prison", "true"},
                                 {"declared.fitness_conclusion", "true"}},
                     .files = {{"medical_card", "%PDF-1.4 card"}, {"release", "%PDF-1.4 release"}},
                     .local = "2026-11-12T10:00"});
    site().approve(conscript, {{"registration.kind", "conscript"}}, "2026-11-12T11:00",
                   "2026-11-12T12:00", "2026-11-12T15:00");
    auto const reservist =
        site().file({.who = "timur", .subtype = "naturalised", .local = "2026-11-13T10:00"});
    site().approve(reservist,
                   {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}},
                   "2026-11-13T11:00", "2026-11-13T12:00", "2026-11-13T15:00");
    conscript_case_ = conscript;
    reservist_case_ = reservist;
    before_ = registers(here(), "");
    site().at("2026-11-20T10:00");
    for (auto const iin : {k_conscript, k_reservist}) {
      json::object const event{{"id", "move-" + std::string{iin}},
                               {"iin", iin},
                               {"kind", "moved"},
                               {"district", "5516"},
                               {"address", "Ақсу қ., 5"},
                               {"effective", "2026-11-18"}};
      EXPECT_EQ(site().residence(json::serialize(event) + "\n").code, 0);
    }
  }
  static void TearDownTestSuite() {
    delete site_;
    site_ = nullptr;
  }
  static ServiceRig& site() { return *site_; }
  static Guest const& here() { return site().official("registrar"); }
  static Guest const& there() { return there_; }
  static db::Grant at_other_office() {
    return {.role = "registrar", .office = site().other_office().id, .branch = {}};
  }

  static PageAnswer registers(Guest const& official, std::string const& query,
                              std::string const& language = "kk") {
    return site().rig().get(official, "/" + language + std::string{k_registers} + query);
  }
  static PageAnswer find(Guest const& official, FormValues values) {
    values.emplace("show", "journal");
    for (auto const* name : {"from", "until", "iin"}) values.emplace(name, "");
    return site().rig().post(official, "/kk" + std::string{k_registers}, std::move(values));
  }
  static bool says(PageAnswer const& answer, std::string const& words) {
    return unescaped(answer.body).find(words) != std::string::npos;
  }
  static std::string text(std::string const& key, std::string_view language = "kk") {
    return site().rig().text(language, key);
  }
  static std::string mark(std::string const& of, std::string_view language = "kk") {
    return text("registers.mark." + of, language);
  }
  static std::vector<db::ReadEntry> looks_at(std::string const& who) {
    return site().rig().in_database([&](db::Connection& connection) {
      return db::reads_of(connection, site().applicant(who).person, 0, 100);
    });
  }
  static ApiClient program(Guest const& official, OfficeId office, std::string role = "registrar") {
    ApiClient out{site().rig(), "kk"};
    out.enter(official, db::Grant{.role = std::move(role), .office = office, .branch = {}});
    return out;
  }
  static json::array items(ApiAnswer const& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json.at("items").as_array();
  }

  static inline PageAnswer empty_, before_;
  static inline std::string conscript_case_, reservist_case_;

 private:
  static inline ServiceRig* site_ = nullptr;
  static inline Guest there_;
};

TEST_F(RegisterEntries, an_office_that_has_written_nothing_says_so) {
  EXPECT_EQ(empty_.status, 200);
  EXPECT_TRUE(says(empty_, text("registers.none.journal"))) << empty_.body;
  for (std::string const language : {"kk", "ru", "en"}) {
    auto const journal = registers(here(), "?from=2020-01-01&until=2020-12-31", language);
    EXPECT_TRUE(says(journal, text("registers.none.period", language)));
    auto const cards = registers(here(), "?show=cards&person=0", language);
    EXPECT_TRUE(says(cards, text("registers.none.person", language)));
  }
}

TEST_F(RegisterEntries, the_office_reads_what_a_decision_wrote_with_its_case) {
  EXPECT_TRUE(says(before_, mark("15.5"))) << before_.body;
  EXPECT_TRUE(says(before_, "/work/cases/" + conscript_case_ + "\""));
  EXPECT_TRUE(says(before_, text("registration.basis.application")));
  EXPECT_TRUE(says(before_, std::string{k_conscript}));
  EXPECT_FALSE(says(before_, mark("15.18"))) << "nobody has moved yet";
  EXPECT_FALSE(says(before_, reservist_case_)) << "the journal is for conscripts only";
  auto const cards = registers(here(), "?show=cards");
  EXPECT_TRUE(says(cards, mark("5.taken")));
  EXPECT_TRUE(says(cards, "/work/cases/" + reservist_case_ + "\""));
  EXPECT_FALSE(says(cards, conscript_case_));
  LAW("R78-12");
  for (auto const* role : {"executor", "head"})
    EXPECT_TRUE(says(registers(site().official(role), ""), conscript_case_)) << role;
  EXPECT_TRUE(
      says(site().rig().get(here(), "/kk/work"), "\"/kk" + std::string{k_registers} + "\""));
}

TEST_F(RegisterEntries, a_move_stands_in_the_journals_of_both_offices_each_its_own) {
  auto const old_office = registers(here(), ""), new_office = registers(there(), "");
  EXPECT_TRUE(says(old_office, mark("15.18"))) << old_office.body;
  EXPECT_TRUE(says(old_office, "Қайда: Ақсу"));
  EXPECT_TRUE(says(old_office, text("registration.removal.moved")));
  EXPECT_FALSE(says(old_office, mark("15.2"))) << "that column stands at the other office";
  EXPECT_TRUE(says(new_office, mark("15.2"))) << new_office.body;
  EXPECT_TRUE(says(new_office, "Қайдан: Қордай"));
  EXPECT_FALSE(says(new_office, mark("15.18")));
  EXPECT_FALSE(says(new_office, mark("15.5")));
  EXPECT_FALSE(says(new_office, conscript_case_)) << "the case is the first office's";
  EXPECT_LT(old_office.body.find("18-баған"), old_office.body.find("5-баған"))
      << "the newest first";
  LAW("R78-45");
  auto const old_cards = registers(here(), "?show=cards"),
             new_cards = registers(there(), "?show=cards");
  EXPECT_TRUE(says(old_cards, mark("5.removed")) && says(old_cards, mark("5.taken")));
  EXPECT_TRUE(says(new_cards, mark("5.taken")) && !says(new_cards, mark("5.removed")));
  LAW("R78-45");
}

TEST_F(RegisterEntries, only_officials_of_an_office_come_in) {
  EXPECT_EQ(registers(site().official("branch_operator"), "").status, 403);
  EXPECT_EQ(registers(site().applicant("dias"), "").status, 403);
  EXPECT_EQ(registers({}, "").status, 303) << "to the login page";
  EXPECT_EQ(find(site().applicant("dias"), {{"iin", std::string{k_reservist}}}).status, 403);
}

TEST_F(RegisterEntries, entries_are_found_by_period_and_by_iin) {
  auto const by_period = find(here(), {{"from", "2026-11-19"}, {"until", "2026-11-30"}});
  ASSERT_EQ(by_period.status, 303) << by_period.body;
  auto const later = site().rig().get(here(), by_period.location);
  EXPECT_TRUE(says(later, mark("15.18")) && !says(later, mark("15.5"))) << later.body;

  auto const by_iin = find(here(), {{"iin", std::string{k_conscript}}});
  ASSERT_EQ(by_iin.status, 303) << by_iin.body;
  EXPECT_EQ(by_iin.location.find(k_conscript), std::string::npos) << "no IIN in an address";
  auto const one = site().rig().get(here(), by_iin.location);
  EXPECT_TRUE(says(one, mark("15.18")) && says(one, mark("15.5")));
  EXPECT_EQ(find(here(), {{"iin", "020501500160"}}).status, 422) << "a wrong check digit";
  for (std::string const iin : {"840211400098", "861028400218"}) {
    auto const none = find(here(), {{"iin", iin}});
    if (none.status != 303) continue;
    EXPECT_TRUE(says(site().rig().get(here(), none.location), text("registers.none.person")));
  }
  auto const reversed = find(here(), {{"from", "2026-11-30"}, {"until", "2026-11-01"}});
  EXPECT_EQ(reversed.status, 422);
  EXPECT_TRUE(says(reversed, text("error.period_reversed")));
  EXPECT_FALSE(says(reversed, conscript_case_)) << "nobody is shown beside an error";
  EXPECT_EQ(registers(here(), "?from=soon").status, 422);
}

TEST_F(RegisterEntries, each_look_is_on_record_for_the_person) {
  auto const conscript = looks_at("dias").size(), reservist = looks_at("timur").size();
  registers(here(), "");
  auto const looks = looks_at("dias");
  ASSERT_EQ(looks.size(), conscript + 1) << "once, however many entries the page has";
  EXPECT_EQ(looks.front().purpose, "register");
  EXPECT_EQ(looks.front().fields, "name,iin,registration");
  EXPECT_EQ(looks.front().role, "registrar");
  EXPECT_EQ(looks_at("timur").size(), reservist) << "who was not shown was not looked at";
  find(here(), {{"iin", std::string{k_conscript}}});
  EXPECT_EQ(looks_at("dias").size(), conscript + 1) << "an address shows nobody";
  EXPECT_TRUE(says(site().cabinet("dias", "/readers"), text("read.purpose.register")));
}

TEST_F(RegisterEntries, the_case_shows_what_both_offices_wrote_and_leads_to_the_own_register) {
  auto const page = site().rig().get(here(), "/kk/work/cases/" + conscript_case_);
  ASSERT_EQ(page.status, 200);
  for (auto const& words : {mark("15.5"), mark("15.18"), mark("15.2")})
    EXPECT_TRUE(says(page, words)) << words;
  auto const from = page.body.find(std::string{k_registers} + "?show=journal");
  ASSERT_NE(from, std::string::npos) << page.body;
  auto const path = unescaped(page.body.substr(from, page.body.find('"', from) - from));
  auto const own = site().rig().get(here(), "/kk" + path);
  EXPECT_TRUE(says(own, mark("15.18")) && says(own, std::string{k_conscript})) << own.body;
  EXPECT_TRUE(says(registers(there(), path.substr(k_registers.size())), mark("15.2")))
      << "the same person at the other office: what that one wrote";
  LAW("R78-45");
}

TEST_F(RegisterEntries, programs_of_an_office_read_the_same) {
  std::string const journal = "/api/v1/registers/journal", cards = "/api/v1/registers/cards";
  auto old_office = program(here(), site().office().id);
  auto new_office = program(there(), site().other_office().id);
  auto const first = old_office.get(journal + "?limit=1");
  auto const removed = items(first);
  ASSERT_EQ(removed.size(), 1U);
  EXPECT_EQ(removed[0].at("mark"), "18");
  EXPECT_EQ(removed[0].at("movement"), "removed");
  EXPECT_EQ(removed[0].at("reason"), "moved");
  EXPECT_EQ(removed[0].at("left_to").at("name"), "Ақсу");
  EXPECT_EQ(removed[0].at("person").at("iin").as_string(), k_conscript);
  EXPECT_EQ(removed[0].at("paragraph").at("text"), "15-қосымша");
  EXPECT_FALSE(removed[0].as_object().contains("case")) << "no case orders a move";
  auto const second = old_office.get(journal + "?limit=1&cursor=" + first.text("next_cursor"));
  auto const taken = items(second);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].at("mark"), "5");
  EXPECT_EQ(taken[0].at("case").as_string(), "/api/v1/cases/" + conscript_case_);
  EXPECT_EQ(second.text("next_cursor"), "") << "the last page";
  LAW("R78-12");

  auto const arrived = items(new_office.get(journal));
  ASSERT_EQ(arrived.size(), 1U);
  EXPECT_EQ(arrived[0].at("mark"), "2");
  EXPECT_EQ(arrived[0].at("came_from").at("name"), "Қордай");
  LAW("R78-45");
  auto const marks = items(old_office.get(cards));
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].at("mark"), "removed");
  EXPECT_EQ(marks[1].at("number").as_string(), reservist_case_);
  EXPECT_EQ(marks[1].at("paragraph").at("text"), "5-қосымша");
  EXPECT_EQ(items(old_office.get(journal + "?from=2026-11-19")).size(), 1U);
  EXPECT_EQ(items(old_office.get(journal + "?iin=" + std::string{k_conscript})).size(), 2U);
  EXPECT_TRUE(items(old_office.get(journal + "?iin=" + std::string{k_reservist})).empty());
  for (auto const& [query, field] : std::map<std::string, std::string>{{"?from=soon", "from"},
                                                                       {"?iin=1", "iin"},
                                                                       {"?limit=101", "limit"},
                                                                       {"?cursor=x", "cursor"}}) {
    auto const refused = old_office.get(journal + query);
    EXPECT_GE(refused.status, 400) << query;
    EXPECT_EQ(refused.text("field"), field) << refused.body;
  }
  auto const record = old_office.get("/api/v1/cases/" + conscript_case_ + "/record");
  ASSERT_EQ(record.status, 200) << record.body;
  EXPECT_EQ(record.json.at("entries").as_array().size(), 3U) << "of both offices";
  auto citizen = ApiClient{site().rig()};
  citizen.enter(site().applicant("dias"));
  EXPECT_EQ(citizen.get(journal).status, 403);
  EXPECT_EQ(citizen.get("/api/v1/record").status, 200);
}

}  // namespace
}  // namespace qyzmet::tests
