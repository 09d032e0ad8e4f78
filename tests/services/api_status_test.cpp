// The contact centre asks where a case stands (R-GEN-14): by number and IIN, with a token of its
// own, in limits, and the applicant sees that it did.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "db/audit.hpp"
#include "services/casework/status_query.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/command.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr std::string_view k_admin = "900721300028";
constexpr std::string_view k_applicant = "850315300019";

class ApiStatus : public testing::Test {
 protected:
  ApiStatus() : rig_{"api_status_" + std::to_string(++databases_)} {
    rig_.set_clock(*parse_legal_time("2026-12-15T10:00"));
    rig_.invite(std::string{k_admin}, "Әкімші", {{.role = "admin", .office = {}, .branch = {}}});
    auto const place = make_place(rig_);
    applicant_ = invite_signer(rig_, "arman");
    auto const signing = fill_in(rig_, applicant_, place);
    auto const sent = send_signature(rig_, applicant_, signing, rig_.sign("arman", signing.xml));
    auto const from = std::string_view{"/kk/cabinet/cases/"}.size();
    number_ = sent.location.substr(from, sent.location.rfind('/') - from);
  }

  std::string issue() {
    auto const file = rig_.config_file();
    auto const said = run(cli::run_token_issue, {"--name", "1414", "--scope", "status", "--days",
                                                 "30", "--by", k_admin, "--config", file});
    EXPECT_EQ(said.code, 0) << said.error;
    return said.out.substr(0, said.out.find('\n'));
  }
  ApiAnswer ask(std::string const& number, std::string_view iin) {
    return centre_.post("/api/v1/status", {{"number", number}, {"iin", iin}});
  }

  static inline int databases_ = 0;
  SiteRig rig_;
  Guest applicant_;
  std::string number_;
  ApiClient centre_{rig_, "ru"};
};

TEST_F(ApiStatus, IsToldToWhoKnowsNumberAndIin) {
  EXPECT_EQ(ask(number_, k_applicant).status, 401);
  centre_.token = issue();
  auto const told = ask(number_, k_applicant);
  LAW("R-GEN-14");
  ASSERT_EQ(told.status, 200) << told.body;
  EXPECT_EQ(told.text("number"), number_);
  EXPECT_FALSE(told.text("state.text").empty());
  EXPECT_EQ(told.text("due"), "2026-12-23") << told.body;
  for (auto const* secret : {"Үлгіұлы", "850315300019", "+7701"})
    EXPECT_EQ(told.body.find(secret), std::string::npos) << secret;

  auto const reads = rig_.in_database([&](db::Connection& connection) {
    return db::reads_of(connection, applicant_.person, 0, 10);
  });
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads.front().reader_name, "1414");
  EXPECT_EQ(reads.front().purpose, "status_query");
  EXPECT_EQ(reads.front().number, number_);
  EXPECT_NE(rig_.get(applicant_, "/ru/cabinet/readers").body.find("1414"), std::string::npos);

  auto const wrong = ask(number_, k_admin);
  EXPECT_EQ(wrong.status, 404);
  auto const nowhere = ask("77-2026-999999", k_applicant);
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_EQ(wrong.text("detail"), nowhere.text("detail")) << "nobody learns that the case exists";
  auto const refused = rig_.in_database([](db::Connection& connection) {
    static db::Sql const sql{"refused",
                             "select count(*) from act_log where act = "
                             "'status_query_refused' and details like '%77-2026-%'"};
    return std::get<0>(*connection.one<std::int64_t>(sql));
  });
  EXPECT_EQ(refused, 2);
}

TEST_F(ApiStatus, IsLimitedForOneNumber) {
  centre_.token = issue();
  int found = 0;
  for (int i = 0; i < casework::k_status_of_case_max; ++i)
    found += ask(number_, k_admin).status == 404;
  EXPECT_EQ(found, casework::k_status_of_case_max);
  auto const stopped = ask(number_, k_applicant);
  LAW("R-GEN-14");
  EXPECT_EQ(stopped.status, 429) << "whether right or wrong";
  EXPECT_GT(std::stoi(stopped.header("retry-after")), 60);
  EXPECT_EQ(stopped.text("code"), "too_many_queries");
}

TEST_F(ApiStatus, ATokenEndsWhenItIsRevokedOrExpires) {
  centre_.token = issue();
  auto const file = rig_.config_file();
  auto const listed = run(cli::run_token_list, {"--json", "--config", file});
  auto const rows = json::parse(listed.out);
  ASSERT_EQ(rows.as_array().size(), 1u);
  EXPECT_EQ(listed.out.find(centre_.token), std::string::npos);
  auto const id = std::to_string(rows.at(0).at("id").as_int64());
  EXPECT_EQ(ask(number_, k_applicant).status, 200);
  EXPECT_EQ(centre_.get("/api/v1/cases").status, 403) << "for the status alone";
  EXPECT_EQ(run(cli::run_token_revoke, {id, "--by", k_admin, "--config", file}).code, 0);
  auto const revoked = ask(number_, k_applicant);
  EXPECT_EQ(revoked.status, 401);
  EXPECT_NE(revoked.header("www-authenticate").find("invalid_token"), std::string::npos);
  EXPECT_EQ(run(cli::run_token_revoke, {id, "--by", k_admin, "--config", file}).code, 1);

  centre_.token = issue();
  EXPECT_EQ(ask(number_, k_applicant).status, 200);
  rig_.in_database([](db::Connection& connection) {
    connection.script("update api_client set expires = clock_timestamp() where revoked_at is null");
  });
  EXPECT_EQ(ask(number_, k_applicant).status, 401);
  EXPECT_EQ(run(cli::run_token_issue,
                {"--name", "x", "--scope", "all", "--by", k_admin, "--config", file})
                .code,
            2);
  EXPECT_EQ(run(cli::run_token_issue,
                {"--name", "x", "--scope", "status", "--by", k_applicant, "--config", file})
                .code,
            1);
}

}  // namespace
}  // namespace qyzmet::tests
