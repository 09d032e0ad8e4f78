// A notice of a hearing that does not arrive (E-10): what its addressee opens in the cabinet is
// delivered, and the case goes on with it; what nobody opens goes the way that the process draws,
// and the executor is told.
#include <gtest/gtest.h>

#include <optional>

#include "db/documents.hpp"
#include "db/incidents.hpp"
#include "db/outbox.hpp"
#include "services/work/mail.hpp"
#include "services/work/outbox.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/certifying.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

/// Every try but the last has failed; now comes that one.
void last_try_of(ServiceRig& site) {
  site.rig().in_database([](db::Connection& connection) {
    connection.script("update outbox set ready_at = clock_timestamp(), attempts = " +
                      std::to_string(work::k_attempts_max - 1));
  });
  site.carry_out();
}

class Undelivered : public testing::Test {
 protected:
  Undelivered() {
    number_ = site_.file({.who = k_who, .subtype = "dismissed", .local = "2026-12-10T17:00"});
    done("registrar", "Task_Register", {{"executor", site_.executor_id()}});
    done("executor", "Task_Review",
         {{"review.outcome", "refuse"},
          {"review.ground", "G2"},
          {"review.reasons", "Қаулыға қол қойылмаған."}});
    site_.rig().sms().faults().set("lose");
  }
  void done(std::string_view role, std::string const& task, FormValues values) {
    auto const answer = site_.task(role, number_, task, std::move(values));
    EXPECT_EQ(answer.status, 303) << task << "\n" << unescaped(answer.body);
    site_.carry_out();
  }
  void notice(std::string_view local, std::string const& slot) {
    site_.at(local);
    done("executor", "Task_Notice",
         {{"hearing.mode", "in_person"}, {"hearing.slot", slot}, {"hearing.place", "12"}});
    EXPECT_EQ(site_.sign_notice(number_).status, 303);
    site_.carry_out();
  }
  void last_try() { last_try_of(site_); }
  std::string at() {
    std::string out;
    auto const open = site_.open(number_);
    for (auto const* node : open.open_tasks()) out += node->id + " ";
    return out;
  }
  bool waits() { return !site_.open(number_).instance.pending.empty(); }
  std::string variable(std::string_view path) {
    auto const value = engine::at_path(site_.open(number_).instance.variables, path);
    auto const* day = value.as<Date>();
    return day == nullptr ? std::string{} : to_iso(*day);
  }
  /// The newest message of the cabinet, opened.
  PageAnswer open_notice() {
    auto const page = site_.cabinet(k_who).body;
    auto const from = page.find("/kk/cabinet/notices/");
    EXPECT_NE(from, std::string::npos) << page;
    return site_.rig().get(site_.applicant(k_who), page.substr(from, page.find('"', from) - from));
  }
  PageAnswer write(std::string const& message, FormValues values) {
    values["key"] = message;
    auto const form = site_.rig().post(
        site_.applicant(k_who), "/kk/cabinet/cases/" + number_ + "/messages/" + message, values);
    return certified(site_.rig(), site_.applicant(k_who), form);
  }
  bool executor_is_told() {
    auto text = site_.rig().text("kk", "work.alert.undelivered");
    text = text.substr(text.find(". ") + 2);
    auto const page = unescaped(site_.rig().get(site_.official("executor"), "/kk/work").body);
    return page.contains(text) && page.contains("№ " + number_);
  }
  std::size_t incidents() {
    return site_.rig()
        .in_database([](db::Connection& connection) { return db::outbox_incidents(connection, 9); })
        .size();
  }

  static constexpr char const* k_who = "aigul";
  ServiceRig site_{"military_id"};
  std::string number_;
};

TEST_F(Undelivered, what_is_opened_in_the_cabinet_is_delivered_and_the_hearing_can_be_held) {
  notice("2026-12-11T09:00", "2026-12-14T11:00");
  EXPECT_TRUE(waits()) << "the message is lost on the way";
  EXPECT_GE(write("hearing.objection", {{"objection.text", "Келіспеймін."}}).status, 400);
  site_.at("2026-12-11T09:20");
  EXPECT_EQ(open_notice().status, 200);
  site_.carry_out();
  EXPECT_FALSE(waits()) << "at once, without a further try in its turn";
  EXPECT_EQ(at(), "Task_Hearing ");
  EXPECT_EQ(variable("hearing.delivered_on"), "2026-12-11");
  EXPECT_FALSE(executor_is_told());
  EXPECT_EQ(write("hearing.objection", {{"objection.text", "Келіспеймін."}}).status, 303);
  site_.at("2026-12-14T11:30");
  done("executor", "Task_Hearing",
       {{"hearing.result", "no_show"}, {"hearing.conclusion", "refuse"}});
  EXPECT_EQ(at(), "Task_RefusalDraft ");
  LAW("R-GEN-25");
  LAW("E-10");
  LAW("R77-38");
}

/// The two days end between the page that shows the objection and its signature.
TEST_F(Undelivered, an_objection_that_is_certified_too_late_is_refused_with_its_words) {
  notice("2026-12-11T09:00", "2026-12-14T11:00");
  EXPECT_EQ(open_notice().status, 200);
  site_.carry_out();
  auto const& guest = site_.applicant(k_who);
  auto const form =
      site_.rig().post(guest, "/kk/cabinet/cases/" + number_ + "/messages/hearing.objection",
                       {{"key", "late"}, {"objection.text", "Келіспеймін, себебі бар."}});
  auto const page = statement_after(site_.rig(), guest, form);
  ASSERT_FALSE(page.path.empty()) << form.body;
  site_.at("2026-12-16T10:00");
  auto const late = send_signature(site_.rig(), guest, page, site_.rig().sign(k_who, page.xml));
  EXPECT_EQ(late.status, 403) << late.body;
  auto const said = unescaped(late.body);
  EXPECT_NE(said.find("data-rule=\"R77-37\""), std::string::npos) << said;
  EXPECT_NE(said.find("Келіспеймін, себебі бар."), std::string::npos);
  EXPECT_EQ(variable("objection.received_on"), "");
}

TEST_F(Undelivered, who_has_opened_it_can_waive_the_hearing) {
  notice("2026-12-11T09:00", "2026-12-14T11:00");
  EXPECT_GE(write("hearing.waiver", {{"waiver.confirmed", "true"}}).status, 400);
  ApiClient program{site_.rig(), "kk"};
  ASSERT_EQ(program.sign_in(k_who).status, 201);
  auto const list = program.get("/api/v1/notices");
  auto const& item = list.json.at("items").at(0);
  EXPECT_EQ(item.at("kind").as_string(), "hearing_notice") << list.body;
  EXPECT_EQ(program.get("/api/v1/notices/" + std::string{item.at("id").as_string()}).status, 200);
  site_.carry_out();
  EXPECT_EQ(write("hearing.waiver", {{"waiver.confirmed", "true"}}).status, 303);
  EXPECT_EQ(at(), "Task_RefusalDraft ");
}

TEST_F(Undelivered, what_nobody_opens_is_sent_anew_in_time_and_is_a_late_ground_after_it) {
  notice("2026-12-11T09:00", "2026-12-14T11:00");
  last_try();
  EXPECT_FALSE(waits());
  EXPECT_EQ(incidents(), 0U) << "the law says how it goes on, not an administrator";
  EXPECT_EQ(at(), "Task_Notice ") << "today is not later than T-3";
  EXPECT_EQ(variable("hearing.sent_on"), "2026-12-11");
  EXPECT_EQ(variable("hearing.delivered_on"), "");
  EXPECT_TRUE(executor_is_told());
  EXPECT_EQ(open_notice().status, 200);
  site_.carry_out();
  EXPECT_EQ(at(), "Task_Notice ") << "that one counts no more";
  notice("2026-12-14T17:00", "2026-12-15T11:00");
  EXPECT_FALSE(executor_is_told()) << "another one is on its way";
  site_.at("2026-12-15T09:00");
  last_try();
  EXPECT_EQ(at(), "Task_LateGround ") << "after T-3 the head chooses";
  EXPECT_TRUE(executor_is_told());
  LAW("E-10");
  LAW("R-GEN-25");
}

TEST_F(Undelivered, a_silent_gateway_is_for_administrators_and_the_cabinet_counts_all_the_same) {
  site_.rig().sms().faults().set("unavailable");
  notice("2026-12-11T09:00", "2026-12-14T11:00");
  last_try();
  EXPECT_EQ(incidents(), 1U) << "nobody knows what arrived";
  EXPECT_TRUE(executor_is_told());
  EXPECT_EQ(open_notice().status, 200);
  EXPECT_FALSE(executor_is_told()) << "it was delivered";
  site_.carry_out();
  EXPECT_EQ(incidents(), 0U);
  EXPECT_EQ(at(), "Task_Hearing ");
}

/// Nothing counts from the delivery of a decision: it is sent to the cabinet.
TEST(UndeliveredDecision, has_gone_out_when_it_stands_in_the_cabinet) {
  ServiceRig site{"registration"};
  auto const number =
      site.file({.who = "arman", .subtype = "naturalised", .local = "2026-11-23T10:00"});
  auto const done = [](PageAnswer const& answer) { EXPECT_EQ(answer.status, 303) << answer.body; };
  done(site.task("registrar", number, "Task_Register",
                 {{"register.outcome", "accept"}, {"executor", site.executor_id()}}));
  done(site.task("executor", number, "Task_Review",
                 {{"review.outcome", "refuse"},
                  {"review.ground", "G1"},
                  {"review.reasons", "Құжат жалған."}}));
  done(site.task("executor", number, "Task_RefusalDraft",
                 {{"refusal.reasons", "Нұсқаманы ешкім бермеген."}}));
  site.rig().sms().faults().set("lose");
  done(site.sign(number));
  site.carry_out();
  EXPECT_FALSE(site.open(number).instance.ended) << "tried again";
  last_try_of(site);
  EXPECT_TRUE(site.open(number).instance.ended);
  EXPECT_EQ(site.open(number).state_code(), "refused");
}

}  // namespace
}  // namespace qyzmet::tests
