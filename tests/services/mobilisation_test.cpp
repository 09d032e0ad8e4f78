// The mode of the country, switched by two administrators on their page, and what it changes for
// service 77: an open case keeps the mode in which it was received, a new one takes the other.
#include <gtest/gtest.h>

#include "db/legal_modes.hpp"
#include "db/worklists.hpp"
#include "services/casework/certify.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

constexpr char const* k_page = "/en/admin/mode";

db::Sql const k_acts{"test_mode_acts", "select act, details from act_log where act like $1"};

class Mobilisation : public testing::Test {
 protected:
  Mobilisation() {
    site_.at("2026-12-10T09:00");
    db::Grant const admin{.role = "admin", .office = {}, .branch = {}};
    first_ = rig_.invite("700101100011", "Бірінші Әкімші", {admin});
    second_ = rig_.invite("700101100012", "Екінші Әкімші", {admin});
  }

  PageAnswer propose(std::string const& mode, FormValues values = {}) {
    values.emplace("mode", mode);
    values.emplace("act_number", "Жарлық № 7");
    values.emplace("act_date", "2026-12-09");
    values.emplace("reason", "Ordered <b>today</b>");
    return rig_.post(first_, "/en/admin/mode/propose", std::move(values));
  }
  std::string proposal_id() {
    return rig_.in_database([](db::Connection& connection) {
      auto const open = db::open_legal_mode_proposal(connection);
      return open ? std::to_string(open->id) : std::string{"0"};
    });
  }
  PageAnswer decide(Guest const& guest, std::string const& how) {
    return rig_.post(guest, "/en/admin/mode/" + how, {{"proposal", proposal_id()}});
  }
  /// In force two minutes later.
  void switch_to(std::string const& mode) {
    auto const proposed = propose(mode);
    ASSERT_EQ(proposed.status, 303) << proposed.body;
    auto const confirmed = decide(second_, "confirm");
    ASSERT_EQ(confirmed.status, 303) << confirmed.body;
  }
  std::vector<std::string> acts() {
    return rig_.in_database([](db::Connection& connection) {
      std::vector<std::string> out;
      for (auto& [act, details] :
           connection.query<std::string, std::string>(k_acts, std::string{"legal_mode_%"}))
        out.push_back(act + " " + details);
      return out;
    });
  }

  /// A case of somebody of whom no service is confirmed, with the executor.
  std::string file_without_service(std::string const& who, std::string const& local) {
    auto const number = site_.file({.who = who, .subtype = "dismissed", .local = local});
    hand_over(number);
    return number;
  }
  void hand_over(std::string const& number) {
    auto const assigned =
        site_.task("registrar", number, "Task_Register", {{"executor", site_.executor_id()}});
    EXPECT_EQ(assigned.status, 303) << assigned.body;
  }
  PageAnswer approve(std::string const& number) {
    return site_.task("executor", number, "Task_Review",
                      {{"checklist.identity", "true"},
                       {"checklist.photo", "true"},
                       {"checklist.registered", "true"},
                       {"checklist.documents", "true"},
                       {"review.outcome", "approve"}});
  }
  void expect_refused_in_peacetime(std::string const& number) {
    auto const refused = approve(number);
    EXPECT_GE(refused.status, 400);
    auto const page = unescaped(refused.body);
    auto const package = rig_.world().library.in_force("military_id", rig_.world().clock.today());
    EXPECT_NE(page.find(package->texts.at("kk").at("guard.peacetime")), std::string::npos) << page;
    EXPECT_NE(page.find("data-rule=\"R77-17\""), std::string::npos) << page;
    EXPECT_NE(page.find(package->citations.at("a30.10").text.at("kk")), std::string::npos) << page;
  }
  std::string page(Guest const& guest, std::string const& path) {
    return unescaped(rig_.get(guest, path).body);
  }
  std::string text(std::string_view key) { return rig_.text("en", key); }

  ServiceRig site_{"military_id"};
  SiteRig& rig_ = site_.rig();
  Guest first_, second_;
};

TEST_F(Mobilisation, in_peacetime_the_refusal_names_its_paragraph) {
  expect_refused_in_peacetime(file_without_service("arman", "2026-12-10T10:00"));
  LAW("R77-17");
}

TEST_F(Mobilisation, an_open_case_keeps_its_mode_and_a_new_one_takes_the_other) {
  auto const before = file_without_service("arman", "2026-12-10T10:00");
  switch_to("mobilisation");
  site_.at("2026-12-10T10:30");
  auto const during = file_without_service("timur", "2026-12-10T10:31");
  expect_refused_in_peacetime(before);
  EXPECT_TRUE(page(site_.official("executor"), "/en/work/cases/" + before)
                  .contains("<dt>" + text("mode.of_case") + "</dt><dd>Peacetime</dd>"));
  EXPECT_TRUE(page(site_.official("executor"), "/en/work/cases/" + during)
                  .contains("<dt>" + text("mode.of_case") + "</dt><dd>Mobilisation</dd>"));
  auto const approved = approve(during);
  EXPECT_EQ(approved.status, 303) << "nobody has to have served\n" << approved.body;
  LAW("E-33");

  switch_to("peacetime");
  site_.at("2026-12-10T11:00");
  auto const drafted =
      site_.task("executor", during, "Task_Draft",
                 {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}});
  EXPECT_EQ(drafted.status, 303) << drafted.body;
  auto const signed_by_head = site_.sign(during);
  EXPECT_EQ(signed_by_head.status, 303) << "to its end\n" << signed_by_head.body;
  EXPECT_EQ(site_.open(during).state_code(), "in_transit");
  expect_refused_in_peacetime(file_without_service("saule", "2026-12-10T11:05"));
  LAW("E-33");
}

TEST_F(Mobilisation, who_has_not_served_says_so_where_the_mode_gives_an_id) {
  auto const package = rig_.world().library.in_force("military_id", rig_.world().clock.today());
  auto const question = package->texts.at("kk").at("field.declared.not_served");
  Filing const undrafted{.who = "timur",
                         .subtype = "dismissed",
                         .details = {{"declared.not_served", "true"}},
                         .local = "2026-12-10T09:30"};
  EXPECT_EQ(site_.try_pages(undrafted, "details").status, 404) << "nothing is asked in peacetime";
  switch_to("mobilisation");
  auto filing = undrafted;
  filing.local = "2026-12-10T10:31";
  auto const number = site_.file(filing);
  auto const application = site_.cabinet("timur", "/cases/" + number + "/application");
  EXPECT_TRUE(text_of_pdf(application.body).contains("Әскери қызмет өткерген жоқпын."));
  hand_over(number);
  EXPECT_TRUE(page(site_.official("executor"), "/kk/work/cases/" + number).contains(question));
  auto const approved = approve(number);
  EXPECT_EQ(approved.status, 303) << "without a proof of service\n" << approved.body;
  EXPECT_EQ(site_.open(number).instance.variables.contains("declared"), true);
  LAW("R77-17");
  LAW("E-33");

  ApiClient api{rig_, "en"};
  api.enter(site_.applicant("arman"));
  auto const draft = api.post("/api/v1/drafts", {{"service", "military_id"}});
  EXPECT_EQ(draft.json.at("asked").at("details").at(0).at("name"), "declared.not_served")
      << draft.body;
}

TEST_F(Mobilisation, in_peacetime_no_service_is_a_refusal_after_a_hearing) {
  auto const number = file_without_service("arman", "2026-12-10T10:00");
  auto const done = [&](std::string const& task, FormValues values, std::string_view local) {
    site_.at(local);
    auto const answer = site_.task("executor", number, task, std::move(values));
    EXPECT_EQ(answer.status, 303) << task << unescaped(answer.body);
    site_.carry_out();
  };
  done("Task_Review",
       {{"checklist.identity", "true"},
        {"checklist.photo", "true"},
        {"checklist.registered", "true"},
        {"checklist.documents", "true"},
        {"review.outcome", "refuse"},
        {"review.ground", "G2"},
        {"review.reasons", "Қызмет өткермеген."}},
       "2026-12-11T10:00");
  EXPECT_EQ(site_.open(number).state_code(), "preliminary_refusal") << "no refusal yet";
  done("Task_Notice",
       {{"hearing.mode", "video"},
        {"hearing.slot", "2026-12-15T11:00"},
        {"hearing.place", "https://video.example/1"}},
       "2026-12-11T15:02");
  EXPECT_EQ(site_.sign_notice(number).status, 303);
  site_.carry_out();
  EXPECT_EQ(site_.open(number).state_code(), "hearing");
  done("Task_Hearing", {{"hearing.result", "no_show"}, {"hearing.conclusion", "refuse"}},
       "2026-12-15T11:30");
  done("Task_RefusalDraft", {{"refusal.reasons", "Қызмет өткермеген."}}, "2026-12-15T12:00");
  site_.at("2026-12-17T09:30");
  EXPECT_EQ(site_.sign(number).status, 303);
  site_.carry_out();
  EXPECT_EQ(site_.open(number).state_code(), "refused");
  LAW("E-18");
}

TEST_F(Mobilisation, what_was_received_before_is_of_that_time_however_late_it_is_checked) {
  site_.applicant("arman");
  rig_.pki().faults().set("ocsp_unavailable");
  auto const sent =
      site_.send({.who = "arman", .subtype = "dismissed", .local = "2026-12-10T10:00"});
  EXPECT_EQ(sent.location, "/kk/cabinet") << sent.body;
  switch_to("mobilisation");
  site_.at("2026-12-10T12:00");
  rig_.pki().faults().set("none");
  ASSERT_EQ(rig_.wait(casework::retry_submissions(rig_.world())), 1);
  auto const number = rig_.in_database([&](db::Connection& connection) {
    db::ListFilter filter;
    filter.person = site_.applicant("arman").person;
    filter.limit = 1;
    return db::list_cases(connection, filter).rows.at(0).number;
  });
  hand_over(number);
  expect_refused_in_peacetime(number);
  LAW("E-33");
}

TEST_F(Mobilisation, citizens_are_told_which_mode_holds) {
  auto const& arman = site_.applicant("arman");
  std::string const service = "/en/services/military_id", start = "/en/apply/military_id";
  auto const told = text("mode.is.mobilisation") + ".";
  EXPECT_FALSE(page(arman, service).contains(told)) << "in peacetime there is nothing to tell";
  EXPECT_FALSE(page(arman, start).contains(told));
  switch_to("mobilisation");
  EXPECT_FALSE(page(arman, service).contains(told)) << "it holds only in two minutes";

  site_.at("2026-12-10T09:30");
  for (auto const& path : {service, start}) {
    auto const shown = page(arman, path);
    EXPECT_TRUE(shown.contains(told)) << shown;
    EXPECT_TRUE(
        shown.contains("In force from 10 December 2026, 09:02, by Жарлық № 7 of 9 December 2026."))
        << shown;
  }
  EXPECT_FALSE(page(arman, "/en/services/registration").contains(told)) << "no rule of it asks";
  auto const check =
      site_.try_pages({.who = "arman", .subtype = "dismissed", .local = ""}, "check");
  EXPECT_TRUE(unescaped(check.body).contains(rig_.text("kk", "mode.is.mobilisation") + "."))
      << check.body;

  ApiClient anybody{rig_, "en"};
  auto const mode = anybody.get("/api/v1/services/military_id").json.at("mode");
  EXPECT_EQ(mode.at("code"), "mobilisation");
  EXPECT_EQ(mode.at("since"), "2026-12-10T04:02:00.000000Z");
  LAW("R77-17");
}

TEST_F(Mobilisation, is_switched_by_two_administrators_with_the_act_on_record) {
  ASSERT_EQ(propose("wartime", {{"from", "2026-12-10T12:00"}}).status, 303);
  EXPECT_EQ(propose("mobilisation").status, 409) << "one at a time";
  auto const own = decide(first_, "confirm");
  EXPECT_EQ(own.status, 403);
  EXPECT_TRUE(unescaped(own.body).contains(text("mode.error.four_eyes")));
  EXPECT_FALSE(own.body.contains("action=\"/en/admin/mode/confirm\"")) << "not offered to them";
  auto const offered = page(second_, k_page);
  EXPECT_TRUE(offered.contains(">10 December 2026, 12:00<")) << offered;
  EXPECT_TRUE(offered.contains("action=\"/en/admin/mode/confirm\""));
  auto const id = proposal_id();
  EXPECT_EQ(decide(second_, "confirm").status, 303);
  EXPECT_EQ(rig_.post(second_, "/en/admin/mode/confirm", {{"proposal", id}}).status, 409);

  auto const to_come = page(first_, k_page);
  EXPECT_TRUE(to_come.contains(text("mode.state.to_come"))) << to_come;
  site_.at("2026-12-10T13:00");
  auto const history = page(first_, k_page);
  for (auto const* what :
       {"Martial law or wartime", "from 10 December 2026, 12:00", "Жарлық № 7 of 9 December 2026",
        "Ordered <b>today</b>", "Бірінші Әкімші", "Екінші Әкімші", "from the beginning"})
    EXPECT_TRUE(history.contains(what)) << what << "\n" << history;
  EXPECT_FALSE(history.contains(text("mode.state.to_come")));

  ASSERT_EQ(propose("peacetime").status, 303);
  EXPECT_EQ(decide(first_, "reject").status, 303);
  auto const logged = acts();
  ASSERT_EQ(logged.size(), 4U);
  EXPECT_EQ(logged[1],
            "legal_mode_confirmed {\"version\":2,\"mode\":\"wartime\","
            "\"from\":\"2026-12-10T07:00:00.000000Z\"}");
  EXPECT_TRUE(logged[3].starts_with("legal_mode_rejected")) << logged[3];
}

TEST_F(Mobilisation, a_wrong_proposal_names_its_fields_and_keeps_what_was_typed) {
  auto const wrong = [&](std::string const& mode, FormValues values, std::string const& key,
                         int status = 422) {
    auto const answer = propose(mode, std::move(values));
    EXPECT_EQ(answer.status, status) << key;
    auto const shown = unescaped(answer.body);
    EXPECT_TRUE(shown.contains(text(key))) << key << "\n" << shown;
    EXPECT_TRUE(shown.contains("Ordered <b>today</b>")) << "typed text stays";
  };
  wrong("mobilisation", {{"from", "2026-12-10T08:59"}}, "mode.error.past");
  wrong("mobilisation", {{"from", "2028-01-01T00:00"}}, "mode.error.far");
  wrong("mobilisation", {{"from", "tomorrow"}}, "mode.error.time");
  wrong("mobilisation", {{"act_date", "2026-12-11"}}, "mode.error.act_date");
  wrong("mobilisation", {{"act_date", ""}}, "error.field_date");
  wrong("mobilisation", {{"act_number", ""}}, "error.required");
  wrong("anarchy", {}, "error.choose");
  wrong("peacetime", {}, "mode.error.holds", 409);
  auto const long_number = propose("mobilisation", {{"act_number", std::string(101, 'x')}});
  EXPECT_EQ(long_number.status, 422);
  EXPECT_EQ(proposal_id(), "0");
  EXPECT_TRUE(acts().empty());
  EXPECT_EQ(rig_.get(site_.official("head"), k_page).status, 403) << "administrators alone";
}

}  // namespace
}  // namespace qyzmet::tests
