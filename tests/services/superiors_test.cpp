// The term of a case passes: the body above its office is told, by mail and in the work list of its
// head, once, and of nobody's person (E-09).
#include "services/casework/registers.hpp"
#include "services/work/alerts.hpp"
#include "services/work/mail.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class Superiors : public testing::Test {
 protected:
  static constexpr std::string_view k_address = "department@example.kz";

  int raise() { return site_.rig().wait(work::raise_alerts(site_.rig().world())); }
  std::vector<simulators::KeptLetter> letters() {
    while (site_.rig().wait(work::send_mail(site_.rig().world())) > 0) {
    }
    std::vector<simulators::KeptLetter> out;
    for (auto const& letter : site_.rig().smtp().letters())
      if (letter.to == k_address) out.push_back(letter);
    return out;
  }
  std::string page(Guest const& guest, std::string const& path) {
    return unescaped(site_.rig().get(guest, path).body);
  }
  /// The rig keeps short offices; the register wants whole ones.
  static db::Office whole(db::Office office) {
    for (auto const& each : casework::office_texts())
      if ((office.*each.text).empty()) office.*each.text = "1";
    office.phone = "+7 717 200 00 01";
    return office;
  }
  FormValues office_form() {
    auto const office = whole(site_.office());
    FormValues out{{"place", office.place}, {"active", "true"}};
    for (auto const& each : casework::office_texts())
      out[std::string{each.name}] = office.*each.text;
    return out;
  }
  PageAnswer keep(FormValues more) {
    auto form = office_form();
    for (auto& [name, value] : more) form[name] = value;
    return site_.rig().post(admin_, "/kk/admin/offices/" + std::to_string(site_.office().id.value),
                            form);
  }
  /// Filed on Friday, 20 November 2026: its last day is the 24th.
  std::string overdue_on_the_25th() {
    auto number =
        site_.file({.who = "arman", .subtype = "naturalised", .local = "2026-11-20T11:00"});
    site_.at("2026-11-24T17:00");
    site_.tick(number);
    raise();
    EXPECT_TRUE(letters().empty()) << "the last day is not over";
    site_.at("2026-11-25T09:00");
    site_.tick(number);
    return number;
  }

  ServiceRig site_{"registration"};
  Guest admin_ =
      site_.rig().invite("770412300138", "Әкімші", {{.role = "admin", .office = {}, .branch = {}}});
  Guest chief_ =
      site_.rig().invite("700101300088", "Департамент басшысы",
                         {{.role = "head", .office = site_.other_office().id, .branch = {}}});
};

TEST_F(Superiors, are_told_once_when_the_term_has_passed) {
  ASSERT_EQ(keep({{"superior", std::to_string(site_.other_office().id.value)},
                  {"superior_email", std::string{k_address}}})
                .status,
            303);
  auto const number = overdue_on_the_25th();
  EXPECT_EQ(page(chief_, "/kk/work").find("№ " + number), std::string::npos);
  EXPECT_GE(raise(), 1);
  auto const told = letters();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].subject.contains(number)) << told[0].subject;
  for (auto const& word : {site_.office().name_kk, site_.office().name_ru, number})
    EXPECT_TRUE(told[0].text.contains(word)) << told[0].text;
  EXPECT_TRUE(told[0].text.contains("Рабочих дней после него: 1.")) << told[0].text;
  EXPECT_TRUE(told[0].text.contains("24.11.2026")) << told[0].text;
  auto const applicant = site_.open(number).row.person;
  auto const person = site_.rig().in_database(
      [&](db::Connection& connection) { return *db::find_person(connection, applicant); });
  for (auto const& own : {person.iin, person.name, person.phone})
    EXPECT_FALSE(told[0].text.contains(own)) << "nothing of the applicant";
  auto const list = page(chief_, "/ru/work");
  EXPECT_TRUE(list.contains("№ " + number + ", " + site_.office().name_ru)) << list;
  EXPECT_FALSE(list.contains("/work/cases/" + number)) << "the case stays where it is";
  EXPECT_EQ(raise(), 0);
  site_.at("2026-11-26T09:00");
  raise();
  EXPECT_EQ(letters().size(), 1U) << "exactly once";
  LAW("E-09");
}

TEST_F(Superiors, who_cannot_be_told_stands_at_the_administrator_until_there_is_an_address) {
  auto const number = overdue_on_the_25th();
  raise();
  auto const stuck = [&] { return page(admin_, "/en/admin/incidents").contains(number); };
  EXPECT_TRUE(letters().empty());
  EXPECT_TRUE(stuck());
  EXPECT_EQ(keep({{"superior_email", "no address"}}).status, 422);
  EXPECT_EQ(keep({{"superior", std::to_string(site_.office().id.value)}}).status, 422)
      << "nobody stands above oneself";
  ASSERT_EQ(keep({{"superior_email", "wrong@example.kz"}}).status, 303);
  raise();
  site_.rig().smtp().faults().set("reject");
  EXPECT_TRUE(letters().empty());
  EXPECT_TRUE(stuck()) << "the address takes no mail";
  site_.rig().smtp().faults().set("none");
  ASSERT_EQ(keep({{"superior_email", std::string{k_address}}}).status, 303);
  EXPECT_EQ(letters().size(), 1U) << "nothing was lost";
  EXPECT_FALSE(stuck());
  LAW("E-09");
}

TEST_F(Superiors, stand_in_no_circle_and_an_office_above_others_takes_no_applications) {
  auto other = whole(site_.other_office());
  other.superior = site_.office().id;
  other.above_only = true;
  site_.rig().in_database([&](db::Connection& connection) {
    ASSERT_TRUE(casework::keep_office(connection, other, std::nullopt));
  });
  auto const refused = keep({{"superior", std::to_string(other.id.value)}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_TRUE(unescaped(refused.body).contains(site_.rig().text("kk", "error.superior_circle")));
  auto const offered = site_.rig().in_database([&](db::Connection& connection) {
    auto const offices = db::offices(connection);
    return std::ranges::count_if(offices, &db::Office::is_offered);
  });
  EXPECT_EQ(offered, 1);
}

}  // namespace
}  // namespace qyzmet::tests
