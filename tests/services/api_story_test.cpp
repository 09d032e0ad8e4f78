// An application through the API alone: token, service, draft, signature, number; and from there to
// the signature of the head. Every answer is held against openapi.json by the client.
#include <gtest/gtest.h>

#include <set>

#include "db/audit.hpp"
#include "db/cases.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/sms_code.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

/// Tuesday morning.
constexpr std::string_view k_morning = "2026-12-15T10:00";

class ApiStory : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("api_story_" + std::to_string(++databases_));
    rig().set_clock(*parse_legal_time(k_morning));
    place_ = make_place(rig());
  }

  static json::object answers(std::string const& subtype = "dismissed") {
    return {{"subtype", subtype},
            {"office", std::to_string(place_.office.id.value)},
            {"branch", std::to_string(place_.branch.id.value)},
            {"phone", "+77010000001"},
            {"email", ""},
            {"address", "Щучинск қ., Абай көшесі, 1"},
            {"consent", true},
            {"language", "ru"}};
  }
  /// A complete draft; its path.
  static std::string draft(ApiClient& client) {
    auto const begun = client.post("/api/v1/drafts", {{"service", "military_id"}});
    EXPECT_LE(begun.status, 201) << begun.body;
    auto const path = begun.header("location");
    auto const full = client.put(path + "/answers", answers());
    EXPECT_EQ(full.text("complete"), "true") << full.body;
    return path;
  }
  static json::object certified(ApiClient& client, std::string const& path,
                                std::string const& person) {
    auto const bytes = client.get(path + "/application", {{"Accept", "application/xml"}});
    EXPECT_EQ(bytes.status, 200) << bytes.body;
    return {{"cms", rig().sign(person, bytes.body)}};
  }

  static inline int databases_ = 0;
  static inline Place place_;
};

TEST_F(ApiStory, FromTheTokenToTheNumber) {
  rig().set_clock(*parse_legal_time(k_morning));
  invite_signer(rig(), "arman");
  ApiClient arman{rig()};
  auto const token = arman.sign_in("arman");
  ASSERT_EQ(token.status, 201) << token.body;
  EXPECT_TRUE(arman.token.starts_with("qzs_"));
  EXPECT_EQ(token.header("cache-control"), "no-store");

  auto const services = arman.get("/api/v1/services");
  EXPECT_NE(services.body.find("\"military_id\""), std::string::npos);
  auto const form = arman.get("/api/v1/services/military_id/form");
  EXPECT_EQ(form.text("branch"), "true");

  auto const begun = arman.post("/api/v1/drafts", {{"service", "military_id"}});
  ASSERT_EQ(begun.status, 201) << begun.body;
  EXPECT_EQ(begun.text("complete"), "false");
  auto const path = begun.header("location");
  EXPECT_EQ(arman.post("/api/v1/drafts", {{"service", "military_id"}}).status, 200)
      << "one draft for each service";

  auto const early = arman.get(path + "/application", {{"Accept", "application/xml"}});
  EXPECT_EQ(early.status, 422) << "incomplete: all reasons at once";
  EXPECT_GE(early.json.at("errors").as_array().size(), 4u);

  auto const saved = arman.put(path + "/answers", answers());
  ASSERT_EQ(saved.text("complete"), "true") << saved.body;
  auto const body = certified(arman, path, "arman");
  auto const sent = arman.post(path + "/submission", body, {{"Idempotency-Key", "once"}});
  ASSERT_EQ(sent.status, 201) << sent.body;
  auto const number = sent.text("number");
  EXPECT_EQ(sent.header("location"), "/api/v1/cases/" + number);

  auto const again = arman.post(path + "/submission", body, {{"Idempotency-Key", "once"}});
  EXPECT_EQ(again.status, 201) << "the first answer";
  EXPECT_EQ(again.body, sent.body);
  auto const other =
      arman.post(path + "/submission", {{"cms", "another"}}, {{"Idempotency-Key", "once"}});
  EXPECT_EQ(other.status, 422) << other.body;
  EXPECT_EQ(other.text("code"), "idempotency_key_reused");
  auto const gone = arman.post(path + "/submission", body);
  EXPECT_EQ(gone.status, 404) << "the draft was sent";
  auto const twice = arman.post("/api/v1/drafts", {{"service", "military_id"}});
  EXPECT_EQ(twice.status, 409);
  EXPECT_NE(twice.text("errors").find(number), std::string::npos) << twice.body;

  auto const found = arman.get("/api/v1/cases/" + number);
  ASSERT_EQ(found.status, 200) << found.body;
  EXPECT_EQ(found.header("etag"), "\"" + found.text("version") + "\"");
  EXPECT_EQ(found.text("accepted"), "2026-12-15");
  EXPECT_EQ(found.text("term.working_days"), "5");
  EXPECT_FALSE(found.text("term.paragraph.text").empty()) << found.body;
  EXPECT_FALSE(found.json.as_object().contains("applicant")) << "the applicant knows that";
  EXPECT_EQ(arman.get("/api/v1/submissions").json.at("items").as_array().size(), 0u);
  auto const list = arman.get("/api/v1/cases?status=all&limit=1");
  EXPECT_NE(list.body.find(number), std::string::npos);
}

TEST_F(ApiStory, AOneTimePasswordCertifiesToo) {
  rig().set_clock(*parse_legal_time(k_morning));
  invite_signer(rig(), "bauyrzhan");
  ApiClient client{rig(), "kk"};
  ASSERT_EQ(client.sign_in("bauyrzhan").status, 201);
  auto const path = draft(client);
  auto const code = client.post(path + "/codes", nullptr);
  ASSERT_EQ(code.status, 201) << code.body;
  auto const wrong =
      client.post(path + "/submission", {{"code_id", code.text("id")}, {"code", "000000"}},
                  {{"Idempotency-Key", "otp"}});
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.text("field"), "code");
  EXPECT_EQ(wrong.text("rule"), "R-GEN-06");
  auto const right = client.post(path + "/submission",
                                 {{"code_id", code.text("id")}, {"code", newest_code(rig().sms())}},
                                 {{"Idempotency-Key", "otp"}});
  EXPECT_EQ(right.status, 201) << "a refused request leaves its key free\n" << right.body;
}

TEST_F(ApiStory, ARequestThatDiedIsAnsweredFromWhatItDid) {
  rig().set_clock(*parse_legal_time(k_morning));
  invite_signer(rig(), "yermek");
  ApiClient client{rig()};
  ASSERT_EQ(client.sign_in("yermek").status, 201);
  auto const path = draft(client);
  auto const body = certified(client, path, "yermek");
  auto const sent = client.post(path + "/submission", body, {{"Idempotency-Key", "died"}});
  ASSERT_EQ(sent.status, 201) << sent.body;
  rig().in_database([](db::Connection& connection) {
    connection.script(
        "update api_answer set answer = null, at = at - interval '5 minutes' where key = 'died'");
  });
  auto const again = client.post(path + "/submission", body, {{"Idempotency-Key", "died"}});
  EXPECT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(again.text("number"), sent.text("number"));
  rig().in_database([](db::Connection& connection) {
    connection.script("update api_answer set answer = null where key = 'died'");
  });
  auto const busy = client.post(path + "/submission", body, {{"Idempotency-Key", "died"}});
  EXPECT_EQ(busy.status, 409) << busy.body;
  EXPECT_EQ(busy.text("code"), "request_in_work");
}

/// The authority does not answer: the receipt time is fixed, and the certificate checked later.
TEST_F(ApiStory, AnApplicationWaitsForTheCheckOfItsCertificate) {
  rig().set_clock(*parse_legal_time(k_morning));
  invite_signer(rig(), "madina");
  ApiClient client{rig(), "en"};
  ASSERT_EQ(client.sign_in("madina").status, 201);
  auto const path = draft(client);
  auto const body = certified(client, path, "madina");
  rig().pki().faults().set("unavailable");
  auto const sent = client.post(path + "/submission", body);
  auto const sign_in = ApiClient{rig()}.sign_in("madina");
  rig().pki().faults().set("none");
  EXPECT_EQ(sent.status, 202) << sent.body;
  EXPECT_EQ(sent.text("pending"), "true");
  EXPECT_EQ(sign_in.status, 503) << "nobody comes in unchecked";
  auto const waiting = client.get("/api/v1/submissions");
  ASSERT_EQ(waiting.json.at("items").as_array().size(), 1u) << waiting.body;
  EXPECT_EQ(waiting.json.at("items").at(0).at("status").as_string(), "pending");
}

class ApiOffice : public ApiStory {
 protected:
  void SetUp() override {
    rig().set_clock(*parse_legal_time(k_morning));
    auto const official = [&](std::string const& who, std::string const& iin, char const* role) {
      rig().invite(iin, "Қызметкер " + who,
                   {{.role = role, .office = place_.office.id, .branch = {}}});
      EXPECT_EQ(ApiClient{rig()}.sign_in(who, "admin").text("code"), "role_not_held");
      ApiClient out{rig(), "ru"};
      EXPECT_EQ(out.sign_in(who, role).text("role.role"), role);
      return out;
    };
    registrar_ = official("saule", "861028400119", "registrar");
    executor_ = official("timur", "770412300138", "executor");
    head_ = official("head", "800515300087", "head");
  }
  std::string filed_by(std::string const& person) {
    applicant_ = invite_signer(rig(), person);
    ApiClient client{rig()};
    EXPECT_EQ(client.sign_in(person).status, 201);
    auto const path = draft(client);
    auto const sent = client.post(path + "/submission", certified(client, path, person));
    EXPECT_EQ(sent.status, 201) << sent.body;
    citizen_ = client;
    return sent.text("number");
  }
  ApiAnswer complete(ApiClient& client, std::string const& number, std::string const& task,
                     json::object const& body) {
    auto const path = "/api/v1/cases/" + number + "/tasks";
    auto const seen = client.get(path);
    return client.post(path + "/" + task, body, {{"If-Match", seen.header("etag")}});
  }
  std::string executor_id() {
    return rig().in_database([](db::Connection& connection) {
      auto const person = db::find_person_by_iin(connection, "770412300138");
      return std::to_string(db::find_user_by_person(connection, person->id)->id.value);
    });
  }

  /// Who, when, what, and with what every date was counted; changed by nobody afterwards.
  void expect_audited(std::string const& number) {
    auto const term = head_.get("/api/v1/cases/" + number).json.at("term").as_object();
    auto const history = rig().in_database([&](db::Connection& connection) {
      auto const row = db::load_case(connection, number);
      EXPECT_EQ(term.at("calendar_version"), row->calendar_version);
      auto entries = db::history(connection, row->id);
      EXPECT_THROW(connection.script("update event set actor = '0'"), std::exception);
      return entries;
    });
    std::set<std::string> roles;
    for (auto const& entry : history) {
      EXPECT_FALSE(entry.actor.empty() || entry.event.empty() || entry.hash.empty()) << entry.seq;
      EXPECT_GE(entry.at, *parse_legal_time(k_morning)) << "the clock of the law";
      EXPECT_LT(entry.recorded_at, entry.at) << "the clock of the database, which is not moved";
      roles.insert(entry.role);
    }
    for (auto const* role : {"citizen", "registrar", "executor", "head"})
      EXPECT_TRUE(roles.contains(role)) << role;
    LAW("R-GEN-29");
  }

  ApiClient registrar_{rig()}, executor_{rig()}, head_{rig()}, citizen_{rig()};
  Guest applicant_;
};

TEST_F(ApiOffice, NoDeskTakesApplications) {
  auto const before = rig().fingerprint();
  for (auto* official : {&registrar_, &executor_, &head_}) {
    auto const refused = official->post("/api/v1/drafts", {{"service", "military_id"}});
    EXPECT_EQ(refused.status, 403) << refused.body;
  }
  EXPECT_EQ(rig().fingerprint(), before);
  LAW("R-GEN-03");
}

TEST_F(ApiOffice, FromTheRegistrationToTheSignatureOfTheHead) {
  auto const number = filed_by("aigul");
  auto const task = "/api/v1/cases/" + number + "/tasks/Task_Register";
  json::object const body{{"fields", {{"executor", executor_id()}}}};
  EXPECT_NE(registrar_.get("/api/v1/tasks").body.find(number), std::string::npos);
  EXPECT_EQ(registrar_.post(task, body).status, 428);
  EXPECT_EQ(registrar_.post(task, body, {{"If-Match", "\"0\""}}).text("code"), "version_changed");
  auto const foreign = executor_.post(task, body, {{"If-Match", "*"}});
  EXPECT_EQ(foreign.status, 403);
  EXPECT_FALSE(foreign.text("rule").empty()) << foreign.body;
  auto const nobody =
      registrar_.post(task, {{"fields", {{"executor", "999999"}}}}, {{"If-Match", "*"}});
  EXPECT_EQ(nobody.text("code"), "not_a_choice");
  EXPECT_EQ(nobody.text("field"), "executor");
  EXPECT_EQ(registrar_.post(task, {{"fields", {{"more", 1}}}}, {{"If-Match", "*"}}).text("code"),
            "unknown_field");

  auto const seen = registrar_.get("/api/v1/cases/" + number + "/tasks");
  ApiHeaders const headers{{"If-Match", seen.header("etag")}, {"Idempotency-Key", "register"}};
  auto const done = registrar_.post(task, body, headers);
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(registrar_.post(task, body, headers).body, done.body) << "the first answer";
  auto const late = registrar_.post(task, body, {{"If-Match", seen.header("etag")}});
  EXPECT_EQ(late.status, 412) << "somebody was first";
  EXPECT_EQ(registrar_.post(task, body, {{"If-Match", "*"}}).status, 409) << "it is done";

  EXPECT_EQ(complete(executor_, number, "Task_Review",
                     {{"fields",
                       {{"checklist.identity", true},
                        {"checklist.photo", true},
                        {"checklist.registered", true},
                        {"checklist.served", true},
                        {"checklist.documents", true},
                        {"review.outcome", "approve"}}}})
                .status,
            200);
  auto const drafted = complete(
      executor_, number, "Task_Draft",
      {{"fields", {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000077"}}}});
  ASSERT_EQ(drafted.status, 200) << drafted.body;
  auto const content = head_.get("/api/v1/cases/" + number + "/tasks/Task_Sign/content");
  ASSERT_EQ(content.status, 200) << content.body;
  auto const unsigned_ =
      complete(head_, number, "Task_Sign", {{"fields", {{"sign.decision", "sign"}}}});
  EXPECT_EQ(unsigned_.text("code"), "signature_missing");
  auto const signed_ = complete(
      head_, number, "Task_Sign",
      {{"fields", {{"sign.decision", "sign"}}}, {"cms", rig().sign("head", content.body)}});
  EXPECT_EQ(signed_.status, 200) << signed_.body;

  auto const found = head_.get("/api/v1/cases/" + number);
  EXPECT_EQ(found.text("applicant.iin"), "820406300048");
  bool taken = false;
  for (auto const& document : found.json.at("documents").as_array()) {
    auto const content_path = std::string{document.at("content").as_string()};
    EXPECT_EQ(head_.get(content_path, {{"Accept", "*/*"}}).status, 200);
    if (document.at("signatures").as_array().empty()) continue;
    taken = head_.get(content_path + "/signature").status == 200;
  }
  EXPECT_TRUE(taken) << "the signature of the head";
  expect_audited(number);
  EXPECT_EQ(citizen_.get("/api/v1/cases/" + number + "/evidence").status, 200);
}

TEST_F(ApiOffice, WhatOfficialsReadIsSeenByTheApplicant) {
  auto const number = filed_by("madina");
  EXPECT_EQ(registrar_.get("/api/v1/cases/" + number).status, 200);
  auto const reads = rig().in_database([this](db::Connection& connection) {
    return db::reads_of(connection, applicant_.person, 0, 10);
  });
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads.front().reader_name, "Қызметкер saule");
  EXPECT_EQ(reads.front().role, "registrar");
  auto const told = citizen_.get("/api/v1/readers");
  EXPECT_EQ(told.json.at("items").at(0).at("name").as_string(), "Қызметкер saule") << told.body;
  registrar_.get("/api/v1/cases?limit=100");
  EXPECT_EQ(rig().in_database([this](db::Connection& connection) {
    return db::reads_of(connection, applicant_.person, 0, 10).size();
  }),
            2u);
  EXPECT_EQ(citizen_.get("/api/v1/cases/" + number + "/messages").status, 200);
  EXPECT_EQ(executor_.get("/api/v1/cases?status=all").json.at("items").as_array().size(),
            executor_.get("/api/v1/cases?status=all&limit=100").json.at("items").as_array().size());

  EXPECT_EQ(citizen_.get("/api/v1/cases/" + number + "/receipt/proof").status, 404);
  rig().in_database([](db::Connection& connection) {
    while (rig().world().ledger.append(connection) > 0) {
    }
  });
  EXPECT_EQ(citizen_.get("/api/v1/cases/" + number + "/receipt").text("logged"), "true");
  auto const proof = citizen_.get("/api/v1/cases/" + number + "/receipt/proof");
  EXPECT_TRUE(proof.body.starts_with("c2sp.org/tlog-proof")) << proof.body;
}

TEST_F(ApiOffice, PagesOfAListGoOnWhereTheLastOneEnded) {
  filed_by("dias");
  filed_by("saule");
  std::set<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    auto const page = registrar_.get("/api/v1/cases?limit=1" + cursor);
    ASSERT_EQ(page.json.at("items").as_array().size(), 1u) << page.body;
    EXPECT_TRUE(
        seen.insert(std::string{page.json.at("items").at(0).at("number").as_string()}).second)
        << "twice: " << page.body;
    auto const next = page.text("next_cursor");
    cursor = next.empty() ? "" : "&cursor=" + next;
    ++pages;
  } while (!cursor.empty());
  auto const all = registrar_.get("/api/v1/cases?limit=100");
  EXPECT_EQ(seen.size(), all.json.at("items").as_array().size());
  EXPECT_GE(pages, 2);
}

}  // namespace
}  // namespace qyzmet::tests
