// What people are told: officials of milestones, applicants by cabinet, SMS and e-mail; and when
// each was sent, delivered and read.
#include "db/alerts.hpp"
#include "db/documents.hpp"
#include "db/mail.hpp"
#include "services/work/alerts.hpp"
#include "services/work/mail.hpp"
#include "tests/services/certifying.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

class Told : public SharedService {
 protected:
  static void SetUpTestSuite() { begin("registration"); }
  static int raise() { return site().rig().wait(work::raise_alerts(site().rig().world())); }
  static void send_mail() {
    while (site().rig().wait(work::send_mail(site().rig().world())) > 0) {
    }
  }
  static std::string list(std::string_view role, std::string const& path = "/kk/work") {
    return unescaped(site().rig().get(site().official(role), path).body);
  }
  static std::string case_page(std::string_view role, std::string const& number) {
    return list(role, "/kk/work/cases/" + number);
  }
  static void give_address(Guest const& guest, std::string const& email) {
    site().rig().in_database([&](db::Connection& connection) {
      auto const person = db::find_person(connection, guest.person);
      db::update_contacts(connection, guest.person, person->phone, email, person->address);
    });
  }
  static std::vector<simulators::KeptLetter> letters(std::string_view to) {
    std::vector<simulators::KeptLetter> out;
    for (auto const& letter : site().rig().smtp().letters())
      if (letter.to == to) out.push_back(letter);
    return out;
  }
  static std::string text(std::string const& key) { return site().rig().text("kk", key); }

 private:
};

TEST_F(Told, officials_are_reminded_before_a_milestone_and_the_head_is_told_after_it) {
  give_address(site().official("registrar"), "registrar@office.kz");
  give_address(site().official("head"), "head@office.kz");
  auto const number =
      site().file({.who = "arman", .subtype = "naturalised", .local = "2026-11-20T11:00"});
  auto const remains = text("work.alerts");
  EXPECT_EQ(list("registrar").find(remains), std::string::npos);
  EXPECT_EQ(raise(), 2) << "it is to be registered on the day of receipt, drafted on the next";
  EXPECT_EQ(raise(), 0) << "each is told once";
  auto const registrar = list("registrar");
  EXPECT_NE(registrar.find(remains), std::string::npos);
  EXPECT_NE(registrar.find("№ " + number), std::string::npos);
  EXPECT_EQ(list("head").find(remains), std::string::npos) << "nobody else is";
  site().rig().smtp().faults().set("unavailable");
  EXPECT_EQ(site().rig().wait(work::send_mail(site().rig().world())), 2);
  EXPECT_TRUE(letters("registrar@office.kz").empty());
  site().rig().smtp().faults().set("none");
  site().rig().in_database([](db::Connection& connection) {
    connection.script("update mail set ready_at = clock_timestamp() where status = 'waiting'");
  });
  send_mail();
  auto const told = letters("registrar@office.kz");
  ASSERT_EQ(told.size(), 2U) << "tried again when the server was back";
  EXPECT_NE(told[0].subject.find(number), std::string::npos) << told[0].subject;
  EXPECT_NE(told[0].text.find("/kk/work/cases/" + number), std::string::npos) << told[0].text;

  // The day passes and nothing was done.
  site().at("2026-11-23T09:00");
  site().tick(number);
  ASSERT_FALSE(site().open(number).instance.breaches.empty());
  EXPECT_GE(raise(), 1);
  EXPECT_EQ(raise(), 0);
  auto const head = list("head");
  EXPECT_NE(head.find(remains), std::string::npos);
  EXPECT_NE(head.find("№ " + number), std::string::npos);
  send_mail();
  EXPECT_EQ(letters("head@office.kz").size(), 1U);
  EXPECT_EQ(site()
                .task("registrar", number, "Task_Register",
                      {{"register.outcome", "accept"}, {"executor", site().executor_id()}})
                .status,
            303)
      << "a missed milestone blocks nothing";
  LAW("R77-53");
  EXPECT_GE(raise(), 1) << "the draft is due tomorrow at the latest";
  EXPECT_NE(list("executor").find(remains), std::string::npos) << "its executor is reminded";
}

/// What is asked beside the process is asked of another than the process waits for.
TEST_F(Told, who_is_asked_beside_the_process_is_reminded_during_the_case_and_after_it) {
  auto const write = [](std::string const& who, std::string const& number,
                        std::string const& message, FormValues values) {
    values["key"] = "told-" + message;
    auto const& guest = site().applicant(who);
    auto const form =
        site().rig().post(guest, "/kk/cabinet/cases/" + number + "/messages/" + message, values);
    return certified(site().rig(), guest, form).status;
  };
  auto const mine = [](std::string_view role, std::string const& number) {
    auto const page = list(role);
    auto const from = page.find(text("work.alerts"));
    auto const until = page.find("<table", from);
    return from != std::string::npos && page.substr(from, until - from).contains("№ " + number);
  };
  auto const number =
      site().file({.who = "dias", .subtype = "naturalised", .local = "2026-11-23T10:00"});
  EXPECT_EQ(site()
                .task("registrar", number, "Task_Register",
                      {{"register.outcome", "accept"}, {"executor", site().executor_id()}})
                .status,
            303);
  EXPECT_EQ(site()
                .task("executor", number, "Task_Review",
                      {{"review.outcome", "refuse"},
                       {"review.ground", "G1"},
                       {"review.reasons", "Құжат жалған."}})
                .status,
            303);
  EXPECT_EQ(site()
                .task("executor", number, "Task_RefusalDraft",
                      {{"refusal.reasons", "Нұсқаманы ешкім бермеген."}})
                .status,
            303);
  EXPECT_EQ(site().sign(number).status, 303);
  site().carry_out();
  ASSERT_TRUE(site().open(number).instance.ended);
  EXPECT_EQ(write("dias", number, "complaint.filed", {{"complaint.text", "Келіспеймін."}}), 303);
  EXPECT_EQ(to_iso(*site().open(number).due("complaint.passed")), "2026-11-26");
  site().at("2026-11-25T10:00");
  EXPECT_GE(raise(), 1) << "after the end of the case";
  EXPECT_TRUE(mine("registrar", number));
  EXPECT_FALSE(mine("executor", number));
  EXPECT_EQ(raise(), 0) << "once";

  auto const second =
      site().file({.who = "yermek", .subtype = "naturalised", .local = "2026-11-25T10:00"});
  EXPECT_EQ(site()
                .task("registrar", second, "Task_Register",
                      {{"register.outcome", "accept"}, {"executor", site().executor_id()}})
                .status,
            303);
  EXPECT_EQ(write("yermek", second, "recusal.asked",
                  {{"recusal.person", site().executor_id()},
                   {"recusal.ground", "relative"},
                   {"recusal.reasons", "Туысым."}}),
            303);
  site().at("2026-11-30T09:00");
  site().tick(second);
  ASSERT_EQ(site().open(second).row.fields.stage, "executor");
  ASSERT_EQ(site().open(second).row.fields.milestone, "recusal.decided");
  raise();
  EXPECT_TRUE(mine("head", second)) << "the head decides on the recusal";
  EXPECT_FALSE(mine("executor", second)) << "not who is to be recused";
  LAW("R77-53");
}

TEST_F(Told, a_message_says_when_it_was_sent_delivered_and_read) {
  auto const number =
      site().file({.who = "bauyrzhan", .subtype = "naturalised", .local = "2026-11-20T11:00"});
  give_address(site().applicant("bauyrzhan"), "bauyrzhan@example.kz");
  site().approve(number,
                 {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}},
                 "2026-11-20T12:00", "2026-11-23T10:00", "2026-11-24T10:00");
  auto const notices = [&] {
    return site().rig().in_database([&](db::Connection& connection) {
      return db::notices_of_case(connection, site().open(number).row.id);
    });
  };
  ASSERT_EQ(notices().size(), 1U);
  EXPECT_EQ(notices()[0].channel, "sms");
  EXPECT_TRUE(notices()[0].delivered.has_value());
  EXPECT_FALSE(notices()[0].read.has_value());
  auto page = case_page("executor", number);
  EXPECT_NE(page.find(text("message.channel.sms")), std::string::npos) << page;
  EXPECT_NE(page.find(text("message.mail.waiting")), std::string::npos);
  EXPECT_EQ(page.find(text("message.read") + ":"), std::string::npos);
  send_mail();
  auto const told = letters("bauyrzhan@example.kz");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].text.find("/kk/cabinet/cases/" + number), std::string::npos);
  EXPECT_EQ(told[0].text.find("900721300028"), std::string::npos) << "no personal data by mail";
  auto const cabinet = site().cabinet("bauyrzhan").body;
  auto const at = cabinet.find("/kk/cabinet/notices/");
  ASSERT_NE(at, std::string::npos);
  auto const path = cabinet.substr(at, cabinet.find('"', at) - at);
  EXPECT_LT(site().rig().get(site().applicant("bauyrzhan"), path).status, 400);
  EXPECT_TRUE(notices()[0].read.has_value());
  page = case_page("executor", number);
  EXPECT_NE(page.find(text("message.read") + ":"), std::string::npos);
  EXPECT_EQ(page.find(text("message.mail.waiting")), std::string::npos) << "the letter is away";
  LAW("R-GEN-25");
}

TEST_F(Told, new_cases_go_to_the_executor_with_the_fewest_open_ones) {
  auto const second =
      site().rig().invite("781104300039", "Қызметкер екінші",
                          {{.role = "executor", .office = site().office().id, .branch = {}}});
  auto const number =
      site().file({.who = "timur", .subtype = "naturalised", .local = "2026-11-20T11:00"});
  auto const page = case_page("registrar", number);
  auto const chosen = "value=\"" + std::to_string(second.user.value) + "\" checked";
  EXPECT_NE(page.find(chosen), std::string::npos) << page;
  EXPECT_EQ(page.find("value=\"" + site().executor_id() + "\" checked"), std::string::npos);
}

}  // namespace
}  // namespace qyzmet::tests
