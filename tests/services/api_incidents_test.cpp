// What is stuck, through the API: seen and retried by an administrator alone, once for one key; and
// the picture of a process for the officials of its case.
#include "db/audit.hpp"
#include "db/outbox.hpp"
#include "db/self_check.hpp"
#include "services/casework/act.hpp"
#include "tests/services/api_admin_rig.hpp"
#include "tests/services/certifying.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr char const* k_effects = "/api/v1/admin/incidents/effects";
constexpr char const* k_cases = "/api/v1/admin/incidents/cases";

class ApiIncidents : public ApiAdminRig {
 protected:
  /// The applicant is to be told that the case ended: the effect that is on its way then.
  static db::Claimed withdrawn_by(std::string const& person) {
    auto const number = apply(person);
    ApiClient citizen{rig()};
    citizen.enter(invite_signer(rig(), person));
    auto const statement =
        draw_up(citizen, "/api/v1/cases/" + number + "/messages/application.withdrawn",
                {{"fields", json::object{}}});
    auto const sent =
        citizen.post(statement.text("certification"), by_key(rig(), citizen, statement, person));
    EXPECT_EQ(sent.status, 200) << sent.body;
    auto claimed = rig().in_database([](db::Connection& connection) {
      return db::claim_outbox(connection, "story", 1, std::chrono::seconds{30});
    });
    EXPECT_EQ(claimed.size(), 1U);
    return claimed.at(0);
  }
};

TEST_F(ApiIncidents, AnEffectIsRetriedOnceForOneKey) {
  EXPECT_TRUE(rig().in_database([effect = withdrawn_by("arman")](db::Connection& connection) {
    return db::park_outbox(connection, effect, "error.sms");
  }));
  auto const list = admin.get(k_effects);
  auto const row = find(list, "reason", "error.sms");
  ASSERT_TRUE(row.is_object()) << list.body;
  auto const path = k_effects + ("/" + std::string{row.at("id").as_string()});
  EXPECT_EQ(admin.get(path).json, row);
  EXPECT_EQ(admin.get(std::string{k_effects} + "/1").status, 404);
  EXPECT_EQ(admin.get(std::string{k_effects} + "/0.0").text("code"), "no_such_incident");

  auto const before = acts("retry");
  EXPECT_EQ(admin.send("POST", path + "/retry").text("code"), "idempotency_key");
  ApiHeaders const once{{"Idempotency-Key", "retry-once"}};
  auto const retried = admin.post(path + "/retry", nullptr, once);
  EXPECT_EQ(retried.status, 200) << retried.body;
  auto const repeated = admin.post(path + "/retry", nullptr, once);
  EXPECT_EQ(repeated.status, 200) << "the first answer";
  EXPECT_EQ(repeated.body, retried.body);
  EXPECT_EQ(acts("retry"), before + 1);
  EXPECT_EQ(admin.post(path + "/retry", nullptr).status, 409) << "it goes on already";
  EXPECT_TRUE(find(admin.get(k_effects), "reason", "error.sms").is_null());
}

TEST_F(ApiIncidents, WhatWasDoneInPlaceOfAnEffectIsStatedOnce) {
  EXPECT_TRUE(rig().in_database([effect = withdrawn_by("aigul")](db::Connection& connection) {
    return db::park_outbox(connection, effect, "error.letter");
  }));
  auto const row = find(admin.get(k_effects), "reason", "error.letter");
  ASSERT_TRUE(row.is_object());
  auto const path = k_effects + ("/" + std::string{row.at("id").as_string()}) + "/resolve";
  json::object const body{{"reason", "The applicant was told in person"}};
  EXPECT_EQ(admin.post(path, {{"reason", " "}}).text("field"), "reason");
  auto with = [&](std::string_view day) {
    auto out = body;
    out["sent_at"] = day;
    return admin.post(path, out);
  };
  EXPECT_EQ(with("soon").text("field"), "sent_at");
  auto const unasked = with("2026-12-15T10:00");
  EXPECT_EQ(unasked.text("code"), "unknown_field") << "the case does not count from it";
  EXPECT_TRUE(unasked.text("detail").contains("sent_at")) << unasked.body;
  ApiHeaders const once{{"Idempotency-Key", "resolve-once"}};
  auto const resolved = admin.post(path, body, once);
  ASSERT_EQ(resolved.status, 200) << resolved.body;
  EXPECT_EQ(admin.post(path, body, once).body, resolved.body);
  EXPECT_GE(admin.post(path, body).status, 404) << "it is done";
  EXPECT_TRUE(find(admin.get(k_effects), "reason", "error.letter").is_null());
}

TEST_F(ApiIncidents, ACaseTriesItsPlaceOnceMore) {
  auto const effect = withdrawn_by("yermek");
  auto const done = rig().fail(effect);
  ASSERT_TRUE(done) << done.error().text;
  auto const stuck = done->row.number;
  auto const row = find(other.get(k_cases), "number", stuck);
  ASSERT_TRUE(row.is_object());
  EXPECT_EQ(row.at("reason").at("text").as_string(), rig().text("ru", "error.effect_failed"));
  auto const path = k_cases + ("/" + std::string{row.at("id").as_string()});
  EXPECT_EQ(other.get(path).json, row);

  auto const before = acts("retry_case");
  ApiHeaders const once{{"Idempotency-Key", "case-once"}};
  EXPECT_EQ(other.post(path + "/retry", nullptr, once).status, 200);
  EXPECT_EQ(other.post(path + "/retry", nullptr, once).status, 200);
  EXPECT_EQ(acts("retry_case"), before + 1);
  EXPECT_EQ(other.post(path + "/retry", nullptr).status, 409);
  EXPECT_EQ(other.get(path).status, 404);
  EXPECT_EQ(other.post(k_cases + std::string{"/999999.1/retry"}, nullptr).status, 404);
  EXPECT_EQ(admin.get("/api/v1/cases/" + stuck).status, 404) << "administrators see no cases";
}

TEST_F(ApiIncidents, ADifferenceIsToldAndListsGoPageByPage) {
  std::vector<std::string> const numbers{apply("bauyrzhan"), apply("timur"), apply("dias")};
  rig().in_database([&](db::Connection& connection) {
    for (auto const& number : numbers)
      db::keep_finding(
          connection,
          {.case_id = db::load_case(connection, number)->id, .seq = 1, .what = "state"});
  });
  std::string const path = "/api/v1/admin/incidents/differences?limit=2";
  auto const first = admin.get(path);
  ASSERT_EQ(first.json.at("items").as_array().size(), 2U) << first.body;
  EXPECT_EQ(first.text("next_cursor"), "2");
  auto const last = admin.get(path + "&cursor=2");
  ASSERT_EQ(last.json.at("items").as_array().size(), 1U) << last.body;
  EXPECT_EQ(last.json.at("items").at(0).at("number").as_string(), numbers[2]);
  EXPECT_TRUE(last.text("next_cursor").empty());
  EXPECT_EQ(admin.get("/api/v1/admin/incidents/differences?limit=0").text("code"), "limit");
  EXPECT_EQ(admin.get("/api/v1/admin/incidents/differences?cursor=x").text("code"), "cursor");
}

TEST_F(ApiIncidents, AreForAdministratorsAlone) {
  ApiClient head{rig()}, citizen{rig()}, nobody{rig()};
  db::Grant const grant{.role = "head", .office = place_.office.id, .branch = {}};
  head.enter(rig().invite("700101300033", "Басшы", {grant}), grant);
  citizen.enter(first_);
  for (auto* client : {&head, &citizen}) {
    EXPECT_EQ(client->get(k_effects).status, 403);
    EXPECT_EQ(client->get(k_cases).status, 403) << "the role of the token counts";
    EXPECT_EQ(client->post(k_effects + std::string{"/1.1/retry"}, nullptr).status, 403);
    EXPECT_EQ(client->post(k_effects + std::string{"/1.1/resolve"}, {{"reason", "x"}}).status, 403);
  }
  EXPECT_EQ(nobody.get(k_effects).status, 401);
}

TEST_F(ApiIncidents, TheProcessIsDrawnForTheOfficialsOfTheCase) {
  auto const number = apply("madina");
  db::Grant const grant{.role = "registrar", .office = place_.office.id, .branch = {}};
  ApiClient registrar{rig(), "ru"};
  registrar.enter(rig().invite("700101300044", "Тіркеуші", {grant}), grant);
  auto const path = "/api/v1/cases/" + number + "/process";
  auto const process = registrar.get(path);
  ASSERT_EQ(process.status, 200) << process.body;
  auto const& steps = process.json.at("steps").as_array();
  auto const task = std::ranges::find_if(
      steps, [](json::value const& step) { return step.at("id").as_string() == "Task_Register"; });
  ASSERT_NE(task, steps.end()) << process.body;
  EXPECT_EQ(task->at("waiting").as_int64(), 1);
  EXPECT_FALSE(task->at("done").as_bool());

  auto const picture = registrar.get(process.text("picture"));
  ASSERT_EQ(picture.status, 200);
  EXPECT_EQ(picture.header("content-type"), "image/svg+xml");
  EXPECT_TRUE(picture.body.starts_with("<svg")) << picture.body.substr(0, 200);
  EXPECT_TRUE(picture.body.contains("<style")) << "it stands alone";
  EXPECT_TRUE(picture.body.contains(std::string{task->at("name").as_string()}.substr(0, 8)));
  for (auto const* secret : {"Үлгіұлы", "+7701"}) EXPECT_FALSE(picture.body.contains(secret));
  EXPECT_EQ(registrar.get(path, {{"Accept", "image/png"}}).status, 406);

  auto const person = rig().in_database(
      [&](db::Connection& connection) { return db::load_case(connection, number)->person; });
  auto const reads = rig().in_database(
      [&](db::Connection& connection) { return db::reads_of(connection, person, 0, 10); });
  ASSERT_EQ(reads.size(), 2U) << "each look is logged, as on the page";
  EXPECT_EQ(reads.front().fields, "progress");
  EXPECT_EQ(admin.get(path).status, 403);
}

}  // namespace
}  // namespace qyzmet::tests
