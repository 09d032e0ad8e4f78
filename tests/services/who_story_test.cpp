// Who is subject to registration (law 4.1), by what the record of the person says: what the person
// meets in the cabinet and over the API, and which application service 78 takes.
#include <algorithm>

#include "db/population.hpp"
#include "db/registers.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

std::string const k_paper = "%PDF-1.4 a paper";

class WhoIsSubject : public testing::Test {
 protected:
  static void SetUpTestSuite() { site_ = new ServiceRig{"registration"}; }
  static void TearDownTestSuite() {
    delete site_;
    site_ = nullptr;
  }
  static ServiceRig& site() { return *site_; }

  /// What the register held of the person before this system.
  static void taken_over(std::string const& who, db::FactValues const& facts) {
    auto const people = signing_people();
    auto const found = std::ranges::find(people, who, &signing::DemoPerson::id);
    db::KnownPerson known{.person = {.id = {},
                                     .iin = found->iin,
                                     .name = found->surname + " " + found->given,
                                     .phone = "+77010000001",
                                     .email = {},
                                     .address = "Қордай ауылы, 1",
                                     .language = "kk"},
                          .facts = facts,
                          .facts_from = *parse_date("2020-01-10")};
    auto const count = site().rig().in_database(
        [&](db::Connection& connection) { return db::load_people(connection, {known}); });
    ASSERT_EQ(count, 1U);
  }
  static std::string fact(std::string const& who, std::string_view name) {
    auto const record = site().rig().in_database([&](db::Connection& connection) {
      return db::record_on(connection, site().applicant(who).person, *parse_date("2026-11-24"));
    });
    for (auto const& each : record)
      if (each.fact == name) return each.value;
    return {};
  }
  /// The cabinet and the API say the same of the person.
  static void expect_standing(std::string const& who, std::string const& value) {
    auto const page = unescaped(site().cabinet(who, "/registration").body);
    EXPECT_NE(page.find(site().rig().text("kk", "standing.subject." + value)), std::string::npos)
        << who << "\n"
        << page;
    ApiClient client{site().rig()};
    client.enter(site().applicant(who));
    auto const record = client.get("/api/v1/record");
    EXPECT_EQ(record.text("standing.subject.value"), value) << who;
    EXPECT_FALSE(record.text("standing.subject.paragraph.text").empty()) << record.body;
  }
  static Filing filing(std::string const& who, std::string const& subtype) {
    Filing out{.who = who, .subtype = subtype, .local = "2026-11-20T11:00"};
    if (subtype == "dismissed") out.files = {{"prescription", k_paper}};
    if (subtype == "first_time") {
      out.details = {{"declared.fitness_conclusion", "true"}};
      out.files = {{"medical_card", k_paper}};
    }
    if (subtype == "speciality")
      out.details = {{"declared.speciality", "true"}, {"declared.speciality_group", "medicine"}};
    return out;
  }
  static void expect_refused(Filing const& application) {
    auto const answer = site().try_pages(application, "check");
    EXPECT_GE(answer.status, 400) << application.who << " " << application.subtype;
    auto const package =
        site().rig().world().library.in_force("registration", site().rig().world().clock.today());
    auto const page = unescaped(answer.body);
    EXPECT_NE(page.find(package->texts.at("kk").at("guard.not_subject")), std::string::npos)
        << page;
    EXPECT_EQ(page.find(site().rig().text("kk", "apply.check.button")), std::string::npos)
        << "there is nothing to sign";
  }
  static void approve(std::string const& number, FormValues draft) {
    site().approve(number, std::move(draft), "2026-11-20T12:00", "2026-11-23T10:00",
                   "2026-11-24T10:00");
  }

 private:
  static inline ServiceRig* site_ = nullptr;
};

TEST_F(WhoIsSubject, who_lost_citizenship_is_not_until_it_is_accepted_again) {
  auto const ended = site().file(filing("bauyrzhan", "naturalised"));
  site().at("2026-11-20T12:00");
  EXPECT_EQ(
      site()
          .rig()
          .post(site().official("registrar"), "/kk/work/cases/" + ended + "/messages/person.gone",
                {{"gone.ground", "citizenship_lost"},
                 {"gone.document", "Жарлық № 5"},
                 {"gone.on", "2026-11-19"},
                 {"key", "gone-1"}})
          .status,
      303);
  site().carry_out();
  expect_standing("bauyrzhan", "not_subject");
  expect_refused(filing("bauyrzhan", "first_time"));
  expect_refused(filing("bauyrzhan", "dismissed"));
  LAW("R-WHO-01");
  // Whoever accepts citizenship applies as a new citizen.
  approve(site().file(filing("bauyrzhan", "naturalised")),
          {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}});
  EXPECT_EQ(fact("bauyrzhan", "mark"), "citizenship_accepted");
  EXPECT_EQ(fact("bauyrzhan", "relation"), "reservist");
  expect_standing("bauyrzhan", "registered");
}

TEST_F(WhoIsSubject, who_serves_a_sentence_is_not_until_the_release) {
  taken_over("dias", {{"imprisoned", "yes"}, {"relation", "removed"}});
  site().at("2026-11-20T10:00");
  expect_standing("dias", "not_subject");
  auto application = filing("dias", "first_time");
  expect_refused(application);
  expect_refused(filing("dias", "naturalised"));
  LAW("R-WHO-04");
  application.details.emplace("declared.released_from_prison", "true");
  application.files.emplace("release", k_paper + " release");
  approve(site().file(application), {{"registration.kind", "conscript"}});
  EXPECT_EQ(fact("dias", "imprisoned"), "no") << "the record says it has ended";
  expect_standing("dias", "registered");
}

TEST_F(WhoIsSubject, who_lives_abroad_for_good_is_not) {
  taken_over("arman", {{"abroad", "yes"}});
  site().at("2026-11-20T10:00");
  expect_standing("arman", "not_subject");
  for (auto const* subtype : {"naturalised", "dismissed", "first_time"})
    expect_refused(filing("arman", subtype));
  LAW("R-WHO-05");
}

TEST_F(WhoIsSubject, who_serves_in_a_special_body_is_not_until_the_dismissal) {
  taken_over("yermek", {{"serving", "yes"}});
  site().at("2026-11-20T10:00");
  expect_standing("yermek", "not_subject");
  expect_refused(filing("yermek", "naturalised"));
  LAW("R-WHO-06");
  approve(site().file(filing("yermek", "dismissed")),
          {{"registration.kind", "reservist"},
           {"registration.came_from", "law_enforcement"},
           {"registration.composition", "ranks"}});
  EXPECT_EQ(fact("yermek", "serving"), "no");
  expect_standing("yermek", "registered");
}

TEST_F(WhoIsSubject, the_limit_of_age_is_that_of_the_composition_that_is_known) {
  // A woman of 40 years: past the limit of rank and file (35), not of officers (45).
  auto const number = site().file(filing("aigul", "naturalised"));
  auto const source = site().open(number).row.id;
  auto const entered = [&](std::string_view day, db::FactValues const& facts) {
    auto const person = site().applicant("saule").person;
    site().rig().in_database([&](db::Connection& connection) {
      db::enter_facts(connection, person, source, *parse_date(day), facts);
    });
  };
  entered("2026-11-02", {{"speciality", "medicine"}});
  expect_standing("saule", "subject");
  entered("2026-11-03", {{"composition", "ranks"}});
  expect_standing("saule", "not_subject");
  expect_refused(filing("saule", "speciality"));
  LAW("R-WHO-03");
  entered("2026-11-04", {{"composition", "officer"}});
  expect_standing("saule", "subject");
  EXPECT_EQ(site().try_pages(filing("saule", "speciality"), "check").status, 200);
}

TEST_F(WhoIsSubject, who_was_removed_for_good_or_died_is_not) {
  taken_over("timur", {{"relation", "removed"}});
  taken_over("madina", {{"mark", "deceased"}, {"speciality", "medicine"}});
  site().at("2026-11-20T10:00");
  expect_standing("timur", "not_subject");
  expect_refused(filing("timur", "first_time"));
  expect_refused(filing("timur", "naturalised"));
  expect_standing("madina", "not_subject");
  expect_refused(filing("madina", "speciality"));
  LAW("R-WHO-03");
}

}  // namespace
}  // namespace qyzmet::tests
