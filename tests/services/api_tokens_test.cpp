// A token of a program through the API: told once, works, and is taken back.
#include "tests/services/api_admin_rig.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr char const* k_tokens = "/api/v1/admin/tokens";

class ApiTokens : public ApiAdminRig {};

TEST_F(ApiTokens, ATokenIsToldOnceWorksAndIsTakenBack) {
  auto const wrong =
      admin.post(k_tokens, {{"name", " "}, {"scopes", json::array{"all"}}, {"days", 400}});
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.json.at("errors").as_array().size(), 3U) << wrong.body;
  EXPECT_EQ(admin.post(k_tokens, {{"name", "x"}, {"scopes", "status"}}).text("code"), "field_type");
  EXPECT_EQ(admin.post(k_tokens, {{"name", "x"}}).text("field"), "scopes");

  auto const issued = acts("token_issued"), revoked = acts("token_revoked");
  json::object const body{{"name", "Орталық"}, {"scopes", json::array{"status"}}, {"days", 30}};
  ApiHeaders const once{{"Idempotency-Key", "token-once"}};
  auto const made = admin.post(k_tokens, body, once);
  ASSERT_EQ(made.status, 201) << made.body;
  auto const token = made.text("token");
  EXPECT_TRUE(token.starts_with("qzm_"));
  EXPECT_EQ(made.header("cache-control"), "no-store");
  auto const again = admin.post(k_tokens, body, once);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.text("id"), made.text("id"));
  EXPECT_TRUE(again.text("token").empty()) << "it is told once";
  EXPECT_EQ(acts("token_issued"), issued + 1);
  auto const kept = rig().in_database([&](db::Connection& connection) {
    static db::Sql const sql{"kept_tokens",
                             "select count(*) from api_answer where answer like '%qzm%'"};
    return std::get<0>(*connection.one<std::int64_t>(sql));
  });
  EXPECT_EQ(kept, 0) << "the database has its hash alone";

  ApiClient centre{rig()};
  centre.token = token;
  auto const ask = [&] {
    return centre.post("/api/v1/status", {{"number", "77-2026-999999"}, {"iin", "850315300019"}});
  };
  EXPECT_EQ(ask().status, 404) << "it comes in";
  EXPECT_EQ(centre.get(k_tokens).status, 403);
  auto const list = admin.get(k_tokens);
  EXPECT_FALSE(list.body.contains("qzm_"));
  EXPECT_EQ(find(list, "id", made.text("id")).at("state").at("code").as_string(), "now");

  auto const path = k_tokens + ("/" + made.text("id")) + "/revoke";
  EXPECT_EQ(admin.post(path, nullptr).status, 200);
  EXPECT_EQ(acts("token_revoked"), revoked + 1);
  EXPECT_EQ(ask().status, 401) << "at once";
  EXPECT_EQ(admin.post(path, nullptr).text("code"), "token_over");
  EXPECT_EQ(find(admin.get(k_tokens), "id", made.text("id")).at("state").at("code").as_string(),
            "revoked");
}

}  // namespace
}  // namespace qyzmet::tests
