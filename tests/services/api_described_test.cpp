// The API is what openapi.json says: every route is described, every described operation exists,
// with the same people, kind of body and headers; and whatever does not fit HTTP or the
// description is refused as a problem.
#include <gtest/gtest.h>

#include <ranges>
#include <set>

#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

class ApiDescribed : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("api_described");
    rig().set_clock(*parse_legal_time("2026-12-15T10:00"));
    place_ = make_place(rig());
  }

  static ApiClient citizen(std::string const& iin) {
    ApiClient out{rig()};
    out.enter(rig().invite(iin, "Азамат"));
    return out;
  }

  static inline Place place_;
};

http::Body body_of(json::object const& content) {
  if (!content.contains("application/json")) return http::Body::multipart;
  return content.contains("multipart/form-data") ? http::Body::json_or_multipart : http::Body::json;
}

/// "GET /api/v1/cases/{number}" -> access and kind of body.
using Table = std::map<std::string, std::pair<std::string, http::Body>>;

Table described() {
  Table out;
  for (auto const& [path, item] : description().at("paths").as_object())
    for (auto const& [method, operation] : item.as_object()) {
      auto body = http::Body::none;
      if (auto const* content = operation.as_object().if_contains("requestBody"))
        body = body_of(content->at("content").as_object());
      out[std::string{method} + ' ' + std::string{path}] = {
          std::string{operation.at("x-access").as_string()}, body};
    }
  return out;
}

/// "get /api/v1/cases/{number}" -> GET, "/api/v1/cases/1".
std::pair<std::string, std::string> request_of(std::string const& name) {
  auto const blank = name.find(' ');
  auto path = name.substr(blank + 1);
  for (auto at = path.find('{'); at != path.npos; at = path.find('{'))
    path.replace(at, path.find('}') - at + 1, "1");
  auto method = name.substr(0, blank);
  for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
  return {std::move(method), std::move(path)};
}

TEST_F(ApiDescribed, RoutesAndDescriptionAreTheSame) {
  auto left = described();
  EXPECT_GT(left.size(), 35u);
  for (auto const* route : rig().site().router.routes()) {
    if (!route->pattern.starts_with("/api/")) continue;
    auto const name = lower(http::to_string(route->method)) + ' ' + route->pattern;
    auto const found = left.find(name);
    ASSERT_NE(found, left.end()) << name << " is not described";
    EXPECT_EQ(found->second.first, route->access) << name;
    EXPECT_EQ(found->second.second, route->body) << name;
    left.erase(found);
  }
  for (auto const& [name, what] : left) ADD_FAILURE() << name << " does not exist";
}

TEST_F(ApiDescribed, TheServedDescriptionIsThisOne) {
  ApiClient client{rig()};
  EXPECT_EQ(client.get("/api/openapi.json").json, json::value(description()));
}

/// Every operation, asked without a token: nobody comes in who should not, and every answer is as
/// described.
TEST_F(ApiDescribed, NothingOfPeopleIsGivenWithoutAToken) {
  ApiClient nobody{rig()};
  int closed = 0;
  for (auto const& [name, what] : described()) {
    auto const [method, path] = request_of(name);
    auto const answer = nobody.send(method, path, method == "GET" ? "" : "{}");
    if (what.first == "anyone") continue;
    EXPECT_EQ(answer.status, what.second == http::Body::multipart                 ? 415
                             : what.second == http::Body::none && method != "GET" ? 413
                                                                                  : 401)
        << name;
    closed += answer.status == 401;
  }
  EXPECT_GT(closed, 20);
}

/// Does the access class let somebody of this role in? "": a citizen.
bool lets_in(std::string_view access, std::string_view role) {
  for (auto const word : std::views::split(access, ' ')) {
    std::string_view const each{word.begin(), word.end()};
    if (each == "anyone" || each == "person" || each == role) return true;
    if (each == "citizen" && role.empty()) return true;
  }
  return false;
}

TEST_F(ApiDescribed, EachRoleComesInWhereTheDescriptionSaysAndNowhereElse) {
  int refused = 0;
  for (std::string const role : {"", "registrar", "executor", "head", "branch_operator", "admin"}) {
    std::optional<db::Grant> grant;
    if (!role.empty()) grant = db::Grant{.role = role, .office = {}, .branch = {}};
    if (role == "branch_operator") grant->branch = place_.branch.id;
    if (grant && !grant->branch && role != "admin") grant->office = place_.office.id;
    ApiClient client{rig()};
    client.enter(rig().invite("700101300077", "Азамат",
                              grant ? std::vector{*grant} : std::vector<db::Grant>{}),
                 grant);
    for (auto const& [name, what] : described()) {
      auto const& [access, body] = what;
      if (lets_in(access, role) || body == http::Body::multipart) continue;
      auto const [method, path] = request_of(name);
      auto const answer = client.send(method, path, body == http::Body::none ? "" : "{}");
      EXPECT_EQ(answer.status, 403) << name << " as " << role << '\n' << answer.body;
      EXPECT_EQ(answer.text("code"), "token_role") << name;
      ++refused;
    }
  }
  EXPECT_GT(refused, 250);
}

TEST_F(ApiDescribed, WhatEverybodyMayReadIsAsDescribed) {
  ApiClient client{rig(), "ru-KZ, en;q=0.5"};
  auto const office = std::to_string(place_.office.id.value);
  for (auto const* service : {"military_id", "registration"}) {
    auto const path = std::string{"/api/v1/services/"} + service;
    EXPECT_EQ(client.get(path).status, 200);
    EXPECT_EQ(client.get(path + "/form").header("content-language"), "ru");
  }
  EXPECT_EQ(client.get("/api/v1/services/none").text("code"), "service_not_found");
  EXPECT_EQ(client.get("/api/v1/offices").json.at("items").as_array().size(), 1u);
  EXPECT_EQ(client.get("/api/v1/offices/" + office + "/branches").status, 200);
  EXPECT_EQ(client.get("/api/v1/offices/0/branches").status, 404);
  auto const dates =
      client.get("/api/v1/deadlines?service=military_id&place=district&filed=2026-12-15T19:30");
  EXPECT_EQ(dates.text("accepted"), "2026-12-17") << dates.body;
  EXPECT_EQ(dates.text("term.due"), "2026-12-24");
  EXPECT_EQ(client.get("/api/v1/deadlines?service=military_id&place=moon").text("field"), "place");
  EXPECT_EQ(client.get("/api/v1/deadlines?service=none").status, 422);
  auto const days = client.get("/api/v1/calendar?from=2026-12-14&until=2026-12-20");
  EXPECT_EQ(days.json.at("days").as_array().size(), 7u);
  EXPECT_EQ(days.json.at("days").at(2).at("working").as_bool(), false) << "Independence Day";
  EXPECT_EQ(client.get("/api/v1/calendar?from=2026-12-14&until=2036-12-20").status, 422);
  EXPECT_EQ(client.get("/api/v1/calendar?from=soon&until=2026-12-20").text("field"), "from");
}

TEST_F(ApiDescribed, WorkingDaysAreCountedAsInTheExamplesOfTheLaw) {
  ApiClient client{rig()};
  auto const counted = [&](std::string const& from, int count) {
    auto const path = "/api/v1/calendar/working-day?from=" + from + "&count=";
    return client.get(path + std::to_string(count)).text("day.date");
  };
  auto const worked = [&](std::string const& day) {
    auto const all = client.get("/api/v1/calendar?from=" + day + "&until=" + day);
    return all.json.at("days").at(0).at("working").as_bool();
  };
  EXPECT_EQ(counted("2025-03-20", 1), "2025-03-26");
  EXPECT_EQ(counted("2026-07-07", -1), "2026-07-03");
  EXPECT_EQ(counted("2026-12-15", 1), "2026-12-17");
  EXPECT_TRUE(worked("2026-08-31"));
  EXPECT_TRUE(worked("2024-05-04"));
  EXPECT_TRUE(worked("2025-01-05"));
  EXPECT_FALSE(worked("2025-01-03"));
  LAW("V-WD");
  EXPECT_EQ(counted("2025-10-15", 3), "2025-10-20");
  LAW("V-821");
  EXPECT_EQ(counted("2026-11-21", 0), "2026-11-23") << "a Saturday";
  EXPECT_EQ(counted("2026-11-23", 0), "2026-11-23");
  EXPECT_EQ(client.get("/api/v1/calendar/working-day?from=soon&count=1").text("field"), "from");
  for (auto const* wrong : {"", "one", "1.5", "1001", "-1001"}) {
    auto const refused =
        client.get(std::string{"/api/v1/calendar/working-day?from=2026-11-21&count="} + wrong);
    EXPECT_EQ(refused.status, 422) << wrong;
    EXPECT_EQ(refused.text("field"), "count") << wrong;
  }
}

TEST_F(ApiDescribed, WrongHttpIsRefusedAsAProblem) {
  auto client = citizen("700101300011");
  struct Wrong {
    std::string method, path, body;
    ApiHeaders headers;
    int status;
  };
  std::string const deep(100, '[');
  for (auto const& each : {
           Wrong{"DELETE", "/api/v1/services", "", {}, 405},
           Wrong{"GET", "/api/v1/nothing", "", {}, 404},
           Wrong{"GET", "/api/v1/services", "", {{"Accept", "text/html"}}, 406},
           Wrong{"GET", "/api/v1/services", "", {{"Accept", "application/json;q=0"}}, 406},
           Wrong{"GET", "/api/v1/services?page=2", "", {}, 400},
           Wrong{"POST", "/api/v1/drafts", "service=x", {{"Content-Type", "text/plain"}}, 415},
           Wrong{"POST", "/api/v1/drafts", std::string(70'000, ' '), {}, 413},
           Wrong{"POST", "/api/v1/drafts", "{\"service\": ", {}, 400},
           Wrong{"POST", "/api/v1/drafts", deep, {}, 400},
           Wrong{"POST", "/api/v1/drafts", R"({"service": 7})", {}, 422},
           Wrong{"POST", "/api/v1/drafts", R"({"service": "military_id", "more": 1})", {}, 422},
           Wrong{"POST", "/api/v1/drafts", R"({"service": "none"})", {}, 422},
           Wrong{"GET", "/api/v1/drafts", "", {{"Authorization", "Bearer qzs_no"}}, 401},
           Wrong{"GET", "/api/v1/drafts", "", {{"Authorization", "Basic YTpi"}}, 401},
           Wrong{"GET", "/api/v1/tasks", "", {}, 403},
           Wrong{"POST", "/api/v1/drafts/1/submission", "{}", {{"Idempotency-Key", " "}}, 400},
           Wrong{"GET", "/api/v1/cases?limit=101", "", {}, 422},
           Wrong{"GET", "/api/v1/cases?cursor=x", "", {}, 400},
           Wrong{"GET", "/api/v1/cases/77-2026-000001", "", {}, 404},
       }) {
    auto const answer = client.send(each.method, each.path, each.body, each.headers);
    EXPECT_EQ(answer.status, each.status) << each.method << each.path << '\n' << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json") << answer.body;
    EXPECT_EQ(answer.text("status"), std::to_string(each.status));
    EXPECT_FALSE(answer.text("detail").empty());
    EXPECT_NE(answer.text("detail").front(), '[') << "a text is missing: " << answer.body;
    EXPECT_NE(answer.text("title").front(), '[') << answer.body;
  }
  EXPECT_NE(client.send("DELETE", "/api/v1/services").header("allow").find("GET"),
            std::string::npos);
}

TEST_F(ApiDescribed, ACookieIsNoBearerAndABearerNoCookie) {
  auto const guest = rig().invite("700101300022", "Азамат");
  ApiClient client{rig()};
  client.token = guest.session;
  EXPECT_EQ(client.get("/api/v1/drafts").status, 401);
  client.token.clear();
  EXPECT_EQ(client.get("/api/v1/drafts", {{"Cookie", "qyzmet=" + guest.session}}).status, 401)
      << "no other site can use the API with somebody's cookie";
  auto const bearer = citizen("700101300033");
  Guest disguised;
  disguised.session = bearer.token;
  EXPECT_EQ(rig().get(disguised, "/kk/cabinet").status, 303) << "to the login page";
}

TEST_F(ApiDescribed, ATokenIsGoodUntilItIsGivenBack) {
  auto client = citizen("700101300044");
  EXPECT_EQ(client.get("/api/v1/session").text("name"), "Азамат");
  EXPECT_EQ(client.send("DELETE", "/api/v1/session").status, 204);
  EXPECT_EQ(client.get("/api/v1/session").status, 401);
}

TEST_F(ApiDescribed, ADraftIsWrittenOnTheVersionThatWasRead) {
  auto client = citizen("700101300055");
  auto const begun = client.post("/api/v1/drafts", {{"service", "military_id"}});
  ASSERT_EQ(begun.status, 201) << begun.body;
  auto const path = begun.header("location");
  auto const etag = begun.header("etag");
  auto const first =
      client.put(path + "/answers", {{"subtype", "lost_damaged"}}, {{"If-Match", etag}});
  EXPECT_EQ(first.status, 200) << first.body;
  auto const late = client.put(path + "/answers", {{"subtype", "dismissed"}}, {{"If-Match", etag}});
  EXPECT_EQ(late.status, 412);
  EXPECT_EQ(late.text("code"), "version_changed");
  EXPECT_EQ(client.get(path).text("answers.subtype"), "lost_damaged") << "nothing was lost";

  auto const& documents = first.json.at("asked").at("documents").as_array();
  ASSERT_FALSE(documents.empty()) << first.body;
  std::string const code{documents.front().at("code").as_string()};
  auto const attached = client.upload(path + "/attachments/" + code, "a.pdf", "%PDF-1.4\n%%EOF\n");
  ASSERT_EQ(attached.status, 200) << attached.body;
  EXPECT_EQ(attached.json.at("attachments").as_array().size(), 1u);
  auto const script = client.upload(path + "/attachments/" + code, "a.pdf", "<script>");
  EXPECT_EQ(script.status, 422);
  EXPECT_EQ(script.text("code"), "file_type");
  EXPECT_EQ(client.upload(path + "/attachments/none", "a.pdf", "%PDF-1.4\n%%EOF\n").status, 404);
  auto const taken_off = client.send("DELETE", path + "/attachments/" + code);
  EXPECT_EQ(taken_off.json.at("attachments").as_array().size(), 0u);
  EXPECT_EQ(client.put(path + "/answers", {{"details", {{"no.such", true}}}}).text("code"),
            "unknown_field");
  EXPECT_EQ(client.get("/api/v1/drafts").json.at("items").as_array().size(), 1u);
  auto stranger = citizen("700101300066");
  EXPECT_EQ(stranger.get(path).status, 404);
  EXPECT_EQ(client.send("DELETE", path).status, 204);
  EXPECT_EQ(client.get(path).status, 404);
}

}  // namespace
}  // namespace qyzmet::tests
