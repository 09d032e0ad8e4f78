// Who is taken on which register, on what ground, and how the person sees it.
#include "db/registers.hpp"
#include "engine/terms.hpp"
#include "services/seeds/seeds.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

std::string const k_paper = "%PDF-1.4 a prescription";

TEST(Ground, it_follows_from_age_service_and_where_somebody_comes_from) {
  auto const package = seeds::package("registration").value();
  auto const* const table = package->decision("ground");
  ASSERT_NE(table, nullptr);
  auto const ground = [&](std::string_view sex, int age, bool served, std::string_view from) {
    auto const decision =
        table->decide({{"sex", sex}, {"age", age}, {"term_served", served}, {"came_from", from}},
                      seeds::calendar());
    return engine::text_at(decision->outputs, "ground") + " " + decision->cite;
  };
  EXPECT_EQ(ground("male", 26, false, "law_enforcement"), "dismissed p70.1");
  EXPECT_EQ(ground("male", 27, false, "law_enforcement"), "reserve p70.1");
  EXPECT_EQ(ground("male", 26, true, "law_enforcement"), "reserve p70.1");
  EXPECT_EQ(ground("female", 26, false, "law_enforcement"), "reserve p70.1");
  EXPECT_EQ(ground("male", 25, false, "cadet"), "expelled p70.2");
  EXPECT_EQ(ground("male", 26, false, "cadet"), "age p70.1") << "schools send nobody of 26";
  EXPECT_EQ(ground("male", 25, true, "cadet"), "reserve p70.1");
  EXPECT_EQ(ground("male", 20, false, ""), "age p70.1");
}

/// One man of 24 years, who has not served, and his way onto the register.
class Standing : public testing::Test {
 protected:
  std::string apply(std::string const& subtype, FormValues details, FormValues files) {
    return site.file({.who = "dias",
                      .subtype = subtype,
                      .details = std::move(details),
                      .files = std::move(files),
                      .local = "2026-11-20T11:00"});
  }
  void approve(std::string const& number, FormValues draft) {
    site.approve(number, std::move(draft), "2026-11-20T12:00", "2026-11-23T10:00",
                 "2026-11-24T10:00");
  }
  std::string fact(std::string_view name) {
    auto const record = site.rig().in_database([&](db::Connection& connection) {
      return db::record_on(connection, site.applicant("dias").person, *parse_date("2026-11-24"));
    });
    for (auto const& each : record)
      if (each.fact == name) return each.value;
    return {};
  }
  std::string kind() {
    auto const active = site.rig().in_database([&](db::Connection& connection) {
      return db::active_registration(connection, site.applicant("dias").person);
    });
    return active ? active->kind : "";
  }
  bool page_says(std::string const& key) {
    auto const page = unescaped(site.cabinet("dias", "/registration").body);
    return page.find(site.rig().text("kk", key)) != std::string::npos;
  }

  ServiceRig site{"registration"};
};

TEST_F(Standing, dismissed_from_a_law_enforcement_body_before_27_he_becomes_a_conscript) {
  EXPECT_TRUE(page_says("standing.subject.subject")) << "subject, and on no register yet";
  auto const number = apply("dismissed", {}, {{"prescription", k_paper}});
  site.at("2026-11-20T12:00");
  EXPECT_EQ(site.task("registrar", number, "Task_Register",
                      {{"register.outcome", "accept"}, {"executor", site.executor_id()}})
                .status,
            303);
  site.at("2026-11-23T10:00");
  EXPECT_EQ(site.task("executor", number, "Task_Review",
                      {{"checklist.gateway", "true"},
                       {"checklist.documents", "true"},
                       {"checklist.status", "true"},
                       {"review.outcome", "approve"}})
                .status,
            303);
  auto const reserve = site.task("executor", number, "Task_Draft",
                                 {{"registration.kind", "reservist"},
                                  {"registration.came_from", "law_enforcement"},
                                  {"registration.composition", "ranks"}});
  EXPECT_EQ(reserve.status, 403) << "not into the reserve";
  EXPECT_NE(reserve.body.find("data-rule=\"R78-13\""), std::string::npos) << reserve.body;
  EXPECT_EQ(
      site.task("executor", number, "Task_Draft",
                {{"registration.kind", "conscript"}, {"registration.came_from", "law_enforcement"}})
          .status,
      303);
  site.at("2026-11-24T10:00");
  EXPECT_EQ(site.sign(number).status, 303);
  site.carry_out();
  EXPECT_EQ(kind(), "conscript");
  EXPECT_EQ(fact("ground"), "dismissed");
  EXPECT_TRUE(page_says("record.value.ground.dismissed"));
  LAW("R-WHO-10");
  EXPECT_EQ(fact("attachment"), "again") << "he was attached at 17";
  EXPECT_TRUE(page_says("standing.subject.registered"));
}

TEST_F(Standing, an_expelled_cadet_before_26_is_sent_to_the_register_of_conscripts) {
  auto const number = apply("dismissed", {}, {{"prescription", k_paper}});
  approve(number, {{"registration.kind", "conscript"}, {"registration.came_from", "cadet"}});
  EXPECT_EQ(kind(), "conscript");
  EXPECT_EQ(fact("ground"), "expelled");
  EXPECT_TRUE(page_says("record.value.ground.expelled"));
  LAW("R-WHO-11");
}

TEST_F(Standing, a_first_registration_attaches_him_from_what_state_systems_hold) {
  auto const number = apply("naturalised", {}, {});
  site.at("2026-11-20T12:00");
  EXPECT_EQ(site.task("registrar", number, "Task_Register",
                      {{"register.outcome", "accept"}, {"executor", site.executor_id()}})
                .status,
            303);
  site.at("2026-11-23T10:00");
  auto const unasked = site.task("executor", number, "Task_Review",
                                 {{"checklist.documents", "true"},
                                  {"checklist.status", "true"},
                                  {"review.outcome", "approve"}});
  EXPECT_EQ(unasked.status, 403) << "not before the state systems were asked";
  EXPECT_EQ(site.task("executor", number, "Task_Review",
                      {{"checklist.gateway", "true"},
                       {"checklist.documents", "true"},
                       {"checklist.status", "true"},
                       {"review.outcome", "approve"}})
                .status,
            303);
  EXPECT_EQ(site.task("executor", number, "Task_Draft",
                      {{"registration.kind", "reservist"},
                       {"registration.term_served", "true"},
                       {"registration.composition", "ranks"}})
                .status,
            303);
  site.at("2026-11-24T10:00");
  EXPECT_EQ(site.sign(number).status, 303);
  site.carry_out();
  EXPECT_EQ(fact("attachment"), "first");
  EXPECT_TRUE(page_says("record.value.attachment.first"));
  LAW("R-WHO-07");
  // Rank and file of 24 years: category I until the birthday on which he is 41.
  EXPECT_TRUE(page_says("standing.category.I"));
  auto const page = unescaped(site.cabinet("dias", "/registration").body);
  EXPECT_NE(page.find("2043"), std::string::npos) << page;
  EXPECT_EQ(fact("ground"), "reserve");
}

}  // namespace
}  // namespace qyzmet::tests
