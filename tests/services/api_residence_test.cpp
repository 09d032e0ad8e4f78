// Events of residence from the program of the State database of individuals: with a scope of its
// own, once, in the order of their days, and kept when their day has not come (R78-41, R78-46).
#include <gtest/gtest.h>

#include "db/population.hpp"
#include "services/casework/programs.hpp"
#include "services/work/residence_notices.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/command.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr std::string_view k_admin = "900721300028";
constexpr std::string_view k_path = "/api/v1/registers/residence-events";
constexpr std::string_view k_timur = "770412300138";

class ApiResidence : public testing::Test {
 protected:
  ApiResidence() {
    site_.at("2026-11-20T09:00");
    rig().invite(std::string{k_admin}, "Әкімші", {{.role = "admin", .office = {}, .branch = {}}});
    db::KnownPerson known{
        .person = {.id = {},
                   .iin = std::string{k_timur},
                   .name = "Баптаушиев Тимур",
                   .phone = "+77010000001",
                   .email = {},
                   .address = "Қордай ауылы, 1",
                   .language = "kk"},
        .registration = db::KnownPerson::OnRegister{.office = site_.office().id,
                                                    .kind = "reservist",
                                                    .category = "II",
                                                    .taken_on = *parse_date("2020-01-10")}};
    rig().in_database(
        [&](db::Connection& connection) { return db::load_people(connection, {known}); });
    program_.token = issue("residence");
  }

  SiteRig& rig() { return site_.rig(); }
  std::string issue(std::string_view scope) {
    auto const file = rig().config_file();
    auto const said = run(cli::run_token_issue, {"--name", "ЖТМДҚ", "--scope", scope, "--days",
                                                 "30", "--by", k_admin, "--config", file});
    EXPECT_EQ(said.code, 0) << said.error;
    return said.out.substr(0, said.out.find('\n'));
  }
  static json::object event(std::string_view id, std::string_view district,
                            std::string_view effective, std::string_view iin = k_timur) {
    return {{"id", id},
            {"iin", iin},
            {"kind", "moved"},
            {"district", district},
            {"address", "Абай 1"},
            {"effective", effective}};
  }
  std::string outcome(json::object const& body) {
    auto const answer = program_.post(std::string{k_path}, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.text("outcome");
  }
  std::string code(json::object const& body, int status = 422) {
    auto const answer = program_.post(std::string{k_path}, body);
    EXPECT_EQ(answer.status, status) << answer.body;
    return answer.text("code");
  }
  OfficeId office() {
    return rig().in_database([&](db::Connection& connection) {
      return db::active_registration(connection, site_.applicant("timur").person)->office;
    });
  }
  int apply_awaited() { return rig().wait(work::apply_awaited(rig().world())); }
  std::string acts() {
    return rig().in_database([](db::Connection& connection) {
      static db::Sql const sql{"acts_of_residence",
                               "select coalesce(string_agg(details, ' ' order by seq), '') from "
                               "act_log where act = 'residence_event'"};
      return std::get<0>(*connection.one<std::string>(sql));
    });
  }

  ServiceRig site_{"registration"};
  ApiClient program_{site_.rig(), "ru"};
};

TEST_F(ApiResidence, a_move_changes_the_register_at_once_and_the_person_is_told) {
  EXPECT_EQ(outcome(event("e1", "5516", "2026-11-18")), "moved");
  EXPECT_EQ(office(), site_.other_office().id);
  EXPECT_EQ(site_.tell_moves(), 1);
  LAW("R78-41");
  EXPECT_EQ(outcome(event("e1", "5516", "2026-11-18")), "moved") << "the same event once more";
  EXPECT_EQ(outcome(event("e2", "3148", "2026-11-10")), "older");
  LAW("R78-46");
  EXPECT_EQ(
      outcome(
          {{"id", "e3"}, {"iin", k_timur}, {"kind", "struck_off"}, {"effective", "2026-11-19"}}),
      "struck_off");
  EXPECT_EQ(outcome(event("e4", "5516", "2026-11-19", "850315300019")), "unknown_person");
  EXPECT_EQ(office(), site_.other_office().id);
  auto const log = acts();
  EXPECT_NE(log.find(R"("event":"e1","outcome":"moved")"), std::string::npos) << log;
  EXPECT_EQ(log.find(k_timur), std::string::npos) << "nothing of the person";
}

TEST_F(ApiResidence, an_event_of_a_day_to_come_is_kept_and_applied_on_its_day) {
  EXPECT_EQ(outcome(event("b", "3148", "2026-11-23")), "awaited");
  EXPECT_EQ(outcome(event("a", "5516", "2026-11-21")), "awaited");
  EXPECT_EQ(apply_awaited(), 0);
  EXPECT_EQ(office(), site_.office().id);
  site_.at("2026-11-21T00:05");
  EXPECT_EQ(apply_awaited(), 1);
  EXPECT_EQ(office(), site_.other_office().id);
  EXPECT_EQ(apply_awaited(), 0);
  site_.at("2026-11-24T09:00");
  EXPECT_EQ(apply_awaited(), 1);
  EXPECT_EQ(office(), site_.office().id) << "moved back";
  EXPECT_EQ(outcome(event("a", "5516", "2026-11-21")), "moved") << "what became of it";
  LAW("R78-41");
  LAW("R78-46");
  // The command line keeps it, too.
  EXPECT_EQ(site_
                .residence(R"({"id":"c","iin":"770412300138","kind":"moved","district":"5516",)"
                           R"("address":"","effective":"2026-11-30"})"
                           "\n")
                .out,
            R"({"id":"c","outcome":"awaited"})"
            "\n");
}

TEST_F(ApiResidence, one_key_is_one_event_of_one_program) {
  ApiHeaders const key{{"Idempotency-Key", "k-1"}};
  auto const path = std::string{k_path};
  auto const first = program_.post(path, event("a", "5516", "2026-11-21"), key);
  EXPECT_EQ(first.text("outcome"), "awaited");
  site_.at("2026-11-21T09:00");
  apply_awaited();
  EXPECT_EQ(program_.post(path, event("a", "5516", "2026-11-21"), key).body, first.body)
      << "the first answer";
  EXPECT_EQ(program_.post(path, event("b", "5516", "2026-11-21"), key).text("code"),
            "idempotency_key_reused");
  ApiClient other{rig()};
  other.token = issue("residence");
  EXPECT_EQ(other.post(path, event("b", "5516", "2026-11-21"), key).text("outcome"), "same_office")
      << "the key of another program is another key";
  auto const body = json::serialize(event("c", "5516", "2026-11-21"));
  EXPECT_EQ(program_.send("POST", path, body, {{"Content-Type", "application/json"}}).text("code"),
            "idempotency_key");
}

TEST_F(ApiResidence, a_wrong_event_is_refused_with_its_field_and_a_foreign_token_altogether) {
  auto wrong = event("a", "5516", "2026-11-18");
  wrong["iin"] = "770412300139";
  EXPECT_EQ(code(wrong), "field_iin");
  EXPECT_EQ(code(event("", "5516", "2026-11-18")), "required");
  EXPECT_EQ(code(event("a", "", "2026-11-18")), "required");
  EXPECT_EQ(code(event("a", "5516", "18.11.2026")), "field_date");
  EXPECT_EQ(code(event("a", std::string(501, '5'), "2026-11-18")), "too_long");
  wrong = event("a", "5516", "2026-11-18");
  wrong["kind"] = "died";
  EXPECT_EQ(code(wrong), "choose");
  wrong = event("a", "5516", "2026-11-18");
  wrong["more"] = 1;
  EXPECT_EQ(code(wrong), "unknown_field");
  auto const path = std::string{k_path};
  ApiClient nobody{rig()}, centre{rig()}, person{rig()};
  EXPECT_EQ(nobody.post(path, event("a", "5516", "2026-11-18")).status, 401);
  centre.token = issue("status");
  EXPECT_EQ(centre.post(path, event("a", "5516", "2026-11-18")).status, 403) << "another scope";
  person.enter(site_.official("registrar"));
  EXPECT_EQ(person.post(path, event("a", "5516", "2026-11-18")).status, 403);
  EXPECT_EQ(
      program_.post("/api/v1/status", {{"number", "78-2026-000001"}, {"iin", k_timur}}).status,
      403);
  EXPECT_EQ(office(), site_.office().id) << "nothing has happened";
  EXPECT_EQ(acts(), "");
}

}  // namespace
}  // namespace qyzmet::tests
