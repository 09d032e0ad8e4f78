// Each service from the application to its end by the API alone, as the program of an integrator
// goes through it: what to do, with which fields, what to sign and where to send it is read out of
// the answers. Every answer is held against openapi.json by the client.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "tests/services/api_rig.hpp"
#include "tests/services/certifying.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

std::string const k_paper = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF\n";

class ApiServices : public testing::Test {
 protected:
  /// Everybody with a key; the registrar's and the branch's are those of two citizens of the demo.
  void begin(std::string const& service, std::string const& place = "district") {
    service_ = service;
    site_ = std::make_unique<ServiceRig>(service, place);
    at("2026-11-20T09:00");
    auto& registrar = at_desk("saule", "registrar");
    office_ = id_of(registrar.get("/api/v1/offices"), place == "city" ? "Есиль" : "Кордай");
    branch_ = id_of(registrar.get("/api/v1/offices/" + office_ + "/branches"), "Есіл-1");
    at_desk("executor", "executor");
    at_desk("head", "head");
    site_->rig().invite(
        "770412300138", "Оператор",
        {{.role = "branch_operator", .office = {}, .branch = BranchId{std::stoll(branch_)}}});
    at_desk("timur", "branch_operator");
  }
  ApiClient& at_desk(std::string const& person, std::string const& role) {
    signers_[role] = person;
    auto& client = clients_.try_emplace(role, site_->rig(), "ru").first->second;
    auto const signed_in = client.sign_in(person, role);
    EXPECT_EQ(signed_in.status, 201) << signed_in.body;
    return client;
  }
  ApiClient& as(std::string const& role) { return clients_.at(role); }
  static std::string id_of(ApiAnswer const& list, std::string const& name) {
    for (auto const& item : list.json.at("items").as_array())
      if (item.at("name").as_string() == name) return std::string{item.at("id").as_string()};
    ADD_FAILURE() << "no " << name << " in " << list.body;
    return "0";
  }
  void at(std::string_view local) {
    site_->at(local);
    site_->carry_out();
  }

  // --- The applicant

  void file(std::string const& person, json::object answers,
            std::map<std::string, std::string> const& papers = {}) {
    site_->applicant(person);
    signers_["citizen"] = person;
    auto& client = clients_.try_emplace("citizen", site_->rig(), "kk").first->second;
    ASSERT_EQ(client.sign_in(person).status, 201);
    auto const begun = client.post("/api/v1/drafts", {{"service", service_}});
    ASSERT_EQ(begun.status, 201) << begun.body;
    auto const draft = begun.header("location");
    answers.insert({{"office", office_},
                    {"phone", "+77010000001"},
                    {"address", "Қордай ауылы, 1"},
                    {"consent", true},
                    {"language", "kk"}});
    auto saved = client.put(draft + "/answers", answers);
    ASSERT_EQ(saved.status, 200) << saved.body;
    for (auto const& [code, bytes] : papers)
      saved = client.upload(draft + "/attachments/" + code, code + ".pdf", bytes);
    ASSERT_EQ(saved.text("complete"), "true") << saved.body;
    auto const xml = client.get(draft + "/application", {{"Accept", "application/xml"}});
    auto const sent =
        client.post(draft + "/submission", {{"cms", site_->rig().sign(person, xml.body)}});
    ASSERT_EQ(sent.status, 201) << sent.body;
    case_ = sent.text("case");
    site_->carry_out();
  }
  ApiAnswer read(std::string const& role, std::string const& what = {}) {
    return as(role).get(case_ + what);
  }
  std::string state() { return read("citizen").text("state.code"); }

  // --- Tasks

  /// An open task as it is offered; null when there is none.
  json::object offered(ApiAnswer const& list, std::string_view name, std::string_view id,
                       std::string const& wait = {}) {
    for (auto const& item : list.json.at("items").as_array()) {
      auto const& each = item.as_object();
      bool const meant =
          wait.empty() || (each.contains("wait") && each.at("wait").as_string() == wait);
      if (each.at(name).as_string() == id && meant) return each;
    }
    ADD_FAILURE() << id << " is not offered: " << list.body;
    return {};
  }
  /// The only one who may be chosen for a field.
  static std::string choice(json::object const& form, std::string_view field) {
    for (auto const& each : form.at("fields").as_array())
      if (each.at("name").as_string() == field)
        return std::string{each.at("choices").at(0).at("value").as_string()};
    return {};
  }
  void add_signature(std::string const& role, json::object const& form, json::object& body) {
    if (!form.at("signs").as_bool()) return;
    auto const content = as(role).get(std::string{form.at("content").as_string()},
                                      {{"Accept", "application/octet-stream"}});
    ASSERT_EQ(content.status, 200) << content.body;
    body["cms"] = site_->rig().sign(signers_.at(role), content.body);
  }
  ApiAnswer try_task(std::string const& role, std::string const& task, json::object fields) {
    auto const list = read(role, "/tasks");
    auto const form = offered(list, "task", task);
    if (form.empty()) return {};
    if (fields.contains("executor")) fields["executor"] = choice(form, "executor");
    json::object body{{"fields", fields}};
    add_signature(role, form, body);
    auto answer = as(role).post(std::string{form.at("complete").as_string()}, body,
                                {{"If-Match", list.header("etag")}});
    site_->carry_out();
    return answer;
  }
  void done(std::string const& role, std::string const& task, json::object const& fields) {
    auto const answer = try_task(role, task, fields);
    EXPECT_EQ(answer.status, 200) << task << '\n' << answer.body;
  }

  // --- Messages

  /// Refused as it is, taken once it is certified.
  ApiAnswer certify(std::string const& role, std::string const& path, json::object const& body,
                    std::map<std::string, std::string> const& files) {
    auto& client = as(role);
    auto const bare =
        files.empty() ? client.post(path, body) : client.post_files(path, body, files);
    EXPECT_EQ(bare.status, 403) << bare.body;
    EXPECT_EQ(bare.text("code"), "certification_required");
    auto const statement = draw_up(client, path, body, files);
    EXPECT_EQ(statement.status, 201) << statement.body;
    return client.post(statement.text("certification"),
                       by_key(site_->rig(), client, statement, signers_.at(role)));
  }
  ApiAnswer send(std::string const& role, std::string const& message, json::object const& fields,
                 std::map<std::string, std::string> const& files = {},
                 std::string const& wait = {}) {
    auto const form = offered(read(role, "/messages"), "message", message, wait);
    if (form.empty()) return {};
    json::object body{{"fields", fields}};
    if (!wait.empty()) body["wait"] = wait;
    add_signature(role, form, body);
    std::string const path{form.at("send").as_string()};
    auto answer = form.at("certified").as_bool() ? certify(role, path, body, files)
                  : files.empty()                ? as(role).post(path, body)
                                                 : as(role).post_files(path, body, files);
    site_->carry_out();
    return answer;
  }

  /// What stands in the entries of the case under that field.
  json::value entry(std::string const& role, std::string_view field) {
    for (auto const& form : read(role, "/entries").json.at("items").as_array())
      for (auto const& each : form.at("values").as_array())
        if (each.at("name").as_string() == field) return each;
    return {};
  }
  std::vector<std::string> codes_of_documents(std::string const& role) {
    std::vector<std::string> out;
    for (auto const& document : read(role).json.at("documents").as_array()) {
      out.emplace_back(document.at("code").as_string());
      auto const path = std::string{document.at("content").as_string()};
      EXPECT_EQ(as(role).get(path, {{"Accept", "*/*"}}).status, 200) << out.back();
    }
    return out;
  }
  bool has_document(std::string const& role, std::string_view code) {
    auto const codes = codes_of_documents(role);
    return std::ranges::find(codes, code) != codes.end();
  }
  /// The history tells it, with its paragraph, in the order of time.
  void expect_told(std::string const& role, std::size_t at_least) {
    auto const history = read(role, "/history").json.at("items").as_array();
    EXPECT_GE(history.size(), at_least) << json::serialize(history);
    std::string last;
    for (auto const& each : history) {
      std::string const at{each.at("at").as_string()};
      EXPECT_LE(last, at);
      last = at;
      bool const acted = each.as_object().contains("role");
      EXPECT_EQ(each.as_object().contains("name"), acted && role != "citizen")
          << "who acted, in an office, is told to officials: " << json::serialize(each);
    }
  }
  /// The end as the applicant takes it away.
  void expect_papers() {
    auto& citizen = as("citizen");
    for (auto const* paper : {"/application", "/receipt/pdf"}) {
      auto const drawn = citizen.get(case_ + paper, {{"Accept", "application/pdf"}});
      EXPECT_EQ(drawn.status, 200) << paper << drawn.body;
      EXPECT_TRUE(drawn.body.starts_with("%PDF"));
      EXPECT_NE(drawn.body.find("ETSI.CAdES.detached"), std::string::npos) << "under the seal";
    }
    ApiHeaders const once{{"Idempotency-Key", "copy"}, {"Accept", "application/zip"}};
    auto const copy = citizen.post(case_ + "/file", nullptr, once);
    ASSERT_EQ(copy.status, 200) << copy.body;
    EXPECT_TRUE(copy.body.starts_with("PK"));
    auto const version = read("citizen").text("version");
    EXPECT_EQ(citizen.post(case_ + "/file", nullptr, once).status, 200);
    EXPECT_EQ(read("citizen").text("version"), version) << "it was taken once";
    EXPECT_EQ(citizen.send("POST", case_ + "/file").status, 400) << "without a key";
    LAW("R-GEN-23");
    EXPECT_EQ(read("citizen", "/evidence").status, 200);
  }

  std::string service_, office_, branch_, case_;
  std::unique_ptr<ServiceRig> site_;
  std::map<std::string, ApiClient> clients_;  // by role
  std::map<std::string, std::string> signers_;
};

/// The checklist of a review of service 77.
json::object checked(json::object more) {
  for (auto const* box : {"identity", "photo", "registered", "served", "documents"})
    more[std::string{"checklist."} + box] = true;
  return more;
}

TEST_F(ApiServices, An77IsIssuedAtABranch) {
  begin("military_id", "city");
  at("2026-11-21T10:00");
  file("arman", {{"subtype", "old_sample"}, {"branch", branch_}});
  at("2026-11-23T09:14");
  auto const waiting = as("registrar").get("/api/v1/tasks");
  EXPECT_NE(waiting.body.find(case_), std::string::npos) << waiting.body;
  done("registrar", "Task_Register", {{"executor", ""}});
  at("2026-11-25T11:00");
  done("executor", "Task_Review", checked({{"review.outcome", "approve"}}));
  at("2026-11-26T10:00");
  done("executor", "Task_Draft",
       {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}});
  at("2026-11-26T12:00");
  done("head", "Task_Sign", {{"sign.decision", "sign"}});
  at("2026-11-26T15:00");
  done("registrar", "Task_Dispatch", {{"delivery.registry_number", "R-17"}});
  at("2026-11-27T10:00");
  done("branch_operator", "Task_Receive", {{"delivery.condition", "accepted"}});
  EXPECT_EQ(state(), "at_branch");
  json::object holder{{"issue.collector", "holder"},
                      {"identity.kind", "identity_card"},
                      {"identity.number", "012345678"},
                      {"identity.matched", true}};
  at("2026-11-28T12:20");
  auto const without = try_task("branch_operator", "Task_Issue", holder);
  EXPECT_EQ(without.status, 403) << "the old ID is handed in";
  EXPECT_EQ(without.text("rule"), "R77-28") << without.body;
  EXPECT_FALSE(without.text("paragraph.text").empty());
  holder.insert({{"old_id.received", true}, {"old_id.series", "НУ"}, {"old_id.number", "7654321"}});
  done("branch_operator", "Task_Issue", holder);
  EXPECT_EQ(state(), "issued");
  auto const end = read("citizen");
  EXPECT_EQ(end.text("ended"), "true");
  EXPECT_EQ(end.json.at("breaches").as_array().size(), 0u) << end.body;
  EXPECT_TRUE(has_document("citizen", "old_id_receipt"));
  expect_told("citizen", 4);
  expect_told("executor", 9);
  expect_papers();
  auto const blanks = as("registrar").get("/api/v1/blanks");
  EXPECT_EQ(blanks.json.at("balance").at(0).at("issued").as_int64(), 1) << blanks.body;
}

TEST_F(ApiServices, An77IsRefusedAfterAHearing) {
  begin("military_id");
  at("2026-12-10T17:59");
  file("aigul", {{"subtype", "lost_damaged"}, {"branch", branch_}}, {{"penalty_ruling", k_paper}});
  at("2026-12-10T18:30");
  done("registrar", "Task_Register", {{"executor", ""}});
  at("2026-12-11T10:00");
  auto finding = checked({{"review.outcome", "refuse"},
                          {"review.ground", "G2"},
                          {"review.reasons", "Қаулыға қол қойылмаған."}});
  finding.erase("checklist.documents");
  done("executor", "Task_Review", finding);
  at("2026-12-11T15:02");
  done("executor", "Task_Notice",
       {{"hearing.mode", "video"},
        {"hearing.slot", "2026-12-15T11:00"},
        {"hearing.place", "https://video.example/1"}});
  EXPECT_EQ(state(), "preliminary_refusal") << "nothing goes out unsigned";
  done("executor", "Task_NoticeSign", {{"notice.decision", "sign"}});
  EXPECT_EQ(state(), "hearing");
  auto const invited = read("citizen");
  EXPECT_EQ(invited.text("hearing.place"), "https://video.example/1");
  EXPECT_EQ(invited.text("hearing.slot"), "2026-12-15T06:00:00.000000Z");
  std::string notice;
  for (auto const& each : as("citizen").get("/api/v1/notices").json.at("items").as_array())
    if (each.at("kind") == "hearing_notice") notice = each.at("id").as_string();
  ASSERT_EQ(as("citizen").get("/api/v1/notices/" + notice).status, 200) << "that proves delivery";
  auto const sent = read("executor", "/notices");
  EXPECT_NE(sent.body.find("\"delivered\""), std::string::npos) << sent.body;
  EXPECT_EQ(send("citizen", "hearing.objection", {{"objection.text", "Қаулы түпнұсқа."}}).status,
            200);
  EXPECT_EQ(entry("executor", "objection.text").at("value"), "Қаулы түпнұсқа.");
  at("2026-12-15T12:00");
  done("executor", "Task_Hearing",
       {{"hearing.result", "written"},
        {"hearing.reply", "Қарсылық ескерілді."},
        {"hearing.conclusion", "refuse"}});
  done("executor", "Task_RefusalDraft", {{"refusal.reasons", "Қаулыға қол қойылмаған."}});
  at("2026-12-17T09:30");
  done("head", "Task_Sign", {{"sign.decision", "sign"}});
  EXPECT_EQ(state(), "refused");
  EXPECT_TRUE(has_document("citizen", "refusal"));
  EXPECT_EQ(send("citizen", "complaint.filed", {{"complaint.text", "Келіспеймін."}}).status, 200);
  EXPECT_EQ(entry("head", "complaint.text").at("value"), "Келіспеймін.");
  auto const offered_now = read("registrar", "/messages");
  EXPECT_NE(offered_now.body.find("complaint.passed"), std::string::npos) << offered_now.body;
  expect_told("head", 8);
  expect_papers();
}

TEST_F(ApiServices, An78EndsInTheRegister) {
  begin("registration");
  at("2026-11-20T11:00");
  file("bauyrzhan", {{"subtype", "naturalised"}});
  EXPECT_EQ(as("citizen").get("/api/v1/record").json.at("registrations").as_array().size(), 0u);
  at("2026-11-20T12:00");
  done("registrar", "Task_Register", {{"register.outcome", "accept"}, {"executor", ""}});
  at("2026-11-23T10:00");
  done("executor", "Task_Review",
       {{"checklist.gateway", true},
        {"checklist.documents", true},
        {"checklist.status", true},
        {"review.outcome", "approve"}});
  done("executor", "Task_Draft",
       {{"registration.kind", "reservist"}, {"registration.composition", "ranks"}});
  at("2026-11-24T10:00");
  done("head", "Task_Sign", {{"sign.decision", "sign"}});
  site_->carry_out();
  EXPECT_EQ(state(), "registered");
  EXPECT_TRUE(has_document("citizen", "registration_notice"));
  for (auto const& record : {as("citizen").get("/api/v1/record"), read("executor", "/record")}) {
    auto const& registered = record.json.at("registrations").at(0);
    EXPECT_EQ(registered.at("kind"), "reservist") << record.body;
    EXPECT_EQ(registered.at("taken_on"), "2026-11-24");
    EXPECT_EQ("/api/v1/cases/" + std::string{registered.at("number").as_string()}, case_);
    EXPECT_EQ(record.text("standing.category.value"), "I") << record.body;
    EXPECT_NE(record.body.find("\"composition\""), std::string::npos) << "the facts";
  }
  EXPECT_EQ(read("branch_operator", "/record").status, 403) << "no business of a branch";
  expect_told("citizen", 3);
  expect_papers();
}

/// Service 79 with two requests to archives: what is done before the answers come.
class ApiArchives : public ApiServices {
 protected:
  void ask_two_archives() {
    begin("correction");
    at("2026-11-23T10:00");
    file("yermek", {{"subtype", "privileged_period"},
                    {"details",
                     {{"wish.kind", "absent"},
                      {"wish.correct", "Ауғанстандағы қызмет"},
                      {"wish.from", "1985-05-01"},
                      {"wish.until", "1986-11-01"},
                      {"wants_social_support", true}}}});
    done("registrar", "Task_Register", {{"register.outcome", "accept"}, {"executor", ""}});
    EXPECT_EQ(entry("executor", "wish.correct").at("value"), "Ауғанстандағы қызмет");
    at("2026-11-24T10:00");
    done("executor", "Task_Review", {{"checklist.identity", true}, {"review.outcome", "request"}});
    done("executor", "Task_Requests",
         {{"requests",
           {{{"number", "1/79"},
             {"addressee", "archive"},
             {"body", "Орталық мұрағат"},
             {"period", "1985–1986"},
             {"due_on", "2027-02-01"}},
            {{"number", "2/79"},
             {"addressee", "foreign_state"},
             {"body", "Ресей Федерациясының мұрағаты"},
             {"period", "1985–1986"},
             {"due_on", "2027-03-01"}}}}});
    at("2026-11-24T15:00");
    done("executor", "Task_ExtensionNotice",
         {{"extension.explanation", "Екі мұрағаттан жауап күтілуде."}});
    done("head", "Task_Extend", {{"extension.choice", "extend"}});
    EXPECT_EQ(state(), "requested");
    auto const extended = read("citizen");
    EXPECT_EQ(extended.text("term.due"), "2027-04-09") << extended.body;
    EXPECT_TRUE(has_document("citizen", "extension_notice"));
  }
};

TEST_F(ApiArchives, An79EndsWithTheFirstFullAnswer) {
  ask_two_archives();
  at("2027-02-10T12:00");
  json::object const answer{{"request.answer.kind", "positive"},
                            {"request.answer.number", "A-7"},
                            {"request.answer.summary", "Көшірмесі қоса берілді."}};
  auto const bare = send("registrar", "request.answer", answer, {}, "1/79");
  EXPECT_EQ(bare.status, 422) << "an answer comes with its paper";
  EXPECT_EQ(bare.text("field"), "request.answer.document") << bare.body;
  auto const named = send("registrar", "request.answer",
                          {{"request.answer.document", std::string(64, 'a')}}, {}, "1/79");
  EXPECT_EQ(named.text("code"), "unknown_field") << "a paper comes as a file, not as a name";
  auto const infected = send("registrar", "request.answer", answer,
                             {{"request.answer.document", "<script>"}}, "1/79");
  EXPECT_EQ(infected.text("code"), "file_type") << infected.body;
  EXPECT_EQ(infected.text("field"), "request.answer.document");
  auto const came =
      send("registrar", "request.answer", answer, {{"request.answer.document", k_paper}}, "1/79");
  ASSERT_EQ(came.status, 200) << came.body;
  auto const rows = entry("executor", "requests").at("rows").as_array();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NE(json::serialize(rows.at(0)).find("A-7"), std::string::npos)
      << json::serialize(rows) << "the answer stands beside its request";
  EXPECT_TRUE(has_document("executor", "request.answer.document"));

  at("2027-02-11T10:00");
  done("executor", "Task_Review",
       {{"checklist.identity", true},
        {"review.outcome", "present"},
        {"correction.source", "1987 жылғы № 117 бұйрық"},
        {"correction.facts", {{{"fact", "privileged"}, {"value", "Ауғанстан, 1985–1986"}}}}});
  done("executor", "Task_Draft",
       {{"correction.summary", "Жеңілдікті кезеңдегі қызмет енгізілді."},
        {"certificate.periods", "1985–1986, жеңілдікті"},
        {"certificate.recipient", "Әкімдік"}});
  at("2027-02-12T10:00");
  done("head", "Task_Sign", {{"sign.decision", "sign"}});
  done("head", "Task_SignCertificate", {});
  EXPECT_EQ(state(), "updated");
  EXPECT_TRUE(has_document("citizen", "support_certificate"));
  auto const record = as("citizen").get("/api/v1/record");
  EXPECT_EQ(record.json.at("facts").at(0).at("value"), "Ауғанстан, 1985–1986") << record.body;
  expect_told("citizen", 5);
  expect_told("executor", 12);
  expect_papers();
}

/// A request with a file is one request: its key covers the file as well.
TEST_F(ApiServices, AFileBelongsToTheRequestThatBroughtIt) {
  begin("correction");
  at("2026-11-23T10:00");
  file("dias", {{"subtype", "service_data"},
                {"details",
                 {{"wish.kind", "absent"}, {"wish.about", "rank"}, {"wish.correct", "Сержант"}}}});
  done("registrar", "Task_Register", {{"register.outcome", "accept"}, {"executor", ""}});
  at("2026-11-24T10:00");
  done("executor", "Task_Review", {{"checklist.identity", true}, {"review.outcome", "request"}});
  done("executor", "Task_Requests",
       {{"requests",
         {{{"number", "7/79"},
           {"addressee", "archive"},
           {"body", "Мұрағат"},
           {"period", "1985"},
           {"due_on", "2027-02-01"}}}}});
  done("executor", "Task_ExtensionNotice", {{"extension.explanation", "Күтілуде."}});
  done("head", "Task_Extend", {{"extension.choice", "extend"}});
  auto const path = case_ + "/messages/request.answer";
  json::object const body{{"wait", "7/79"},
                          {"fields",
                           {{"request.answer.kind", "partial"},
                            {"request.answer.number", "B-1"},
                            {"request.answer.summary", "Ішінара."}}}};
  std::map<std::string, std::string> const paper{{"request.answer.document", k_paper}};
  ApiHeaders const once{{"Idempotency-Key", "answer"}};
  auto& registrar = as("registrar");
  EXPECT_EQ(as("citizen").post_files(path, body, paper).status, 403);
  auto const unasked = registrar.post_files(path, body, {{"request.answer.more", k_paper}});
  EXPECT_EQ(unasked.text("code"), "unknown_field") << unasked.body;
  auto const big = registrar.post_files(
      path, body, {{"request.answer.document", k_paper + std::string(std::size_t{11} << 20, ' ')}});
  EXPECT_EQ(big.text("code"), "file_too_large") << big.body;
  auto const first = registrar.post_files(path, body, paper, once);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(registrar.post_files(path, body, paper, once).body, first.body) << "the first answer";
  auto const other =
      registrar.post_files(path, body, {{"request.answer.document", k_paper + "\n"}}, once);
  EXPECT_EQ(other.text("code"), "idempotency_key_reused") << other.body;
  auto const alien = registrar.send("POST", path, "request.answer.kind=partial",
                                    {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(alien.status, 415);
}

}  // namespace
}  // namespace qyzmet::tests
