// What an applicant declares with legal consequence comes to the case only when it is certified, by
// the own key or by a code, over exactly what was shown; through the pages and through the API.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "db/documents.hpp"
#include "db/verify.hpp"
#include "services/casework/archive.hpp"
#include "services/casework/evidence_file.hpp"
#include "services/casework/statement.hpp"
#include "services/platform/encoding.hpp"
#include "signing/archive.hpp"
#include "tests/services/certifying.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr char const* k_reason = "Өзім бас тартамын & «ойландым» <b>";

class StatementStory : public SharedService {
 protected:
  static void SetUpTestSuite() { begin("registration"); }
  ~StatementStory() override { rig().pki().faults().set("none"); }

  static SiteRig& rig() { return site().rig(); }
  static std::string file(std::string const& who) {
    return site().file({.who = who, .subtype = "naturalised", .local = "2026-11-23T10:00"});
  }
  static std::string form_path(std::string const& number) {
    return "/kk/cabinet/cases/" + number + "/messages/application.withdrawn";
  }
  static PageAnswer fill(std::string const& who, std::string const& number,
                         std::string const& reason = k_reason) {
    return rig().post(site().applicant(who), form_path(number),
                      {{"key", "k"}, {"withdrawal.reason", reason}});
  }
  static StatementPage statement(std::string const& who, std::string const& number) {
    auto const form = fill(who, number);
    EXPECT_EQ(form.status, 303) << form.body;
    auto out = statement_after(rig(), site().applicant(who), form);
    EXPECT_EQ(out.sha256, platform::sha256_hex(out.xml)) << out.xml;
    return out;
  }
  static bool withdrawn(std::string const& number) {
    return engine::text_at(site().open(number).instance.variables, "decision.outcome") ==
           "withdrawn";
  }
  static PageAnswer sign(std::string const& who, StatementPage const& page, std::string const& key,
                         std::string_view usage = "sign") {
    return send_signature(rig(), site().applicant(who), page, rig().sign(key, page.xml, usage));
  }
  static db::Signature kept(std::string const& number, std::string const& document) {
    auto const id = site().open(number).row.id;
    return rig().in_database([&](db::Connection& connection) {
      auto const all = db::signatures_of(connection, id);
      auto const found = std::ranges::find(all, document, &db::Signature::document);
      return found == all.end() ? db::Signature{} : *found;
    });
  }
  /// Archived with the others, and good by the file alone.
  static void expect_proven(std::string const& number, StatementPage const& page) {
    rig().set_clock(site().open(number).now + std::chrono::minutes{1});
    EXPECT_GE(rig().wait(casework::archive_round(rig().world())), 1);
    auto const text = rig().wait(
        casework::export_evidence(rig().world(), site().open(number).row.id, number, false));
    auto const file = casework::read_evidence_file(text);
    ASSERT_TRUE(file);
    auto const found =
        std::ranges::find(file->signatures, page.sha256, &casework::ArchivedSignature::sha256);
    ASSERT_NE(found, file->signatures.end());
    signing::Policy policy;
    policy.role = signing::Role::any;
    auto const later = rig().world().clock.now() + std::chrono::days{400};
    auto const judged = casework::verify_archived(*found, rig().world().trust, policy, later);
    EXPECT_TRUE(judged.report.passed()) << judged.report.reason();
    auto altered = *found;
    altered.content[altered.content.size() / 2] ^= 1;
    EXPECT_FALSE(
        casework::verify_archived(altered, rig().world().trust, policy, later).report.passed());
  }
  static void expect_told(std::string const& who, std::string const& number,
                          std::string const& key) {
    auto const page = site().cabinet(who, "/cases/" + number);
    EXPECT_TRUE(says(page, rig().text("kk", key))) << page.body;
    auto const told = unescaped(page.body);
    auto const how = told.substr(told.find(rig().text("kk", key)));
    auto const line = how.substr(0, how.find('<'));
    EXPECT_TRUE(std::regex_search(line, std::regex{R"(, \d\d\.\d\d\.2026 \d\d:\d\d$)"})) << line;
    auto const desk = rig().get(site().official("registrar"), "/kk/work/cases/" + number);
    EXPECT_TRUE(says(desk, rig().text("kk", key))) << desk.body;
    ApiClient client{rig(), "kk"};
    client.enter(site().applicant(who));
    auto const history = client.get("/api/v1/cases/" + number + "/history");
    EXPECT_NE(history.body.find(rig().text("kk", key)), std::string::npos) << history.body;
    auto const copy = rig().post(site().applicant(who), "/kk/cabinet/cases/" + number + "/file",
                                 {{"key", "copy"}});
    auto const files = signing::read_archive(copy.body);
    ASSERT_TRUE(files) << copy.body;
    EXPECT_NE(files->at("case.txt").find(rig().text("kk", key)), std::string::npos);
    EXPECT_TRUE(std::ranges::any_of(
        *files, [](auto const& each) { return each.first.ends_with("-statement.xml"); }));
  }
};

TEST_F(StatementStory, what_is_shown_is_what_is_signed_and_nothing_comes_before) {
  auto const number = file("arman");
  auto const page = statement("arman", number);
  auto const said = casework::statement_from_xml(page.xml);
  ASSERT_TRUE(said) << page.xml;
  EXPECT_EQ(said->number, number);
  EXPECT_EQ(said->message, "application.withdrawn");
  EXPECT_EQ(said->fields.at(0).words, k_reason);
  EXPECT_EQ(said->iin, "850315300019");
  auto const shown = rig().get(site().applicant("arman"), page.path);
  for (auto const& words :
       {said->declares, said->name, said->iin, number, page.sha256, std::string{k_reason}})
    EXPECT_TRUE(says(shown, words)) << words;
  EXPECT_FALSE(withdrawn(number)) << "nobody has certified it";
  LAW("R-GEN-19");

  auto const done = sign("arman", page, "arman");
  ASSERT_EQ(done.status, 303) << done.body;
  EXPECT_TRUE(withdrawn(number));
  auto const version = site().open(number).row.version;
  EXPECT_EQ(sign("arman", page, "arman").status, 303) << "a second click is answered as the first";
  EXPECT_EQ(site().open(number).row.version, version);
  auto const signature = kept(number, page.sha256);
  EXPECT_EQ(signature.method, "eds");
  EXPECT_EQ(signature.signer, site().applicant("arman").user);
  EXPECT_NE(signature.evidence.find("\"ocsp\":[\""), std::string::npos)
      << "with the answer of OCSP";
  expect_told("arman", number, "certified.eds");
  expect_proven(number, page);
}

TEST_F(StatementStory, a_gost_key_certifies_as_well) {
  auto const number = file("bauyrzhan");
  auto const page = statement("bauyrzhan", number);
  auto const done = sign("bauyrzhan", page, "bauyrzhan", "gost");
  ASSERT_EQ(done.status, 303) << done.body;
  EXPECT_TRUE(withdrawn(number));
  LAW("R-GEN-05");
}

TEST_F(StatementStory, a_code_certifies_and_its_proof_stays) {
  auto const number = file("aigul");
  auto const page = statement("aigul", number);
  auto const other = statement("aigul", number);
  auto const asked = ask_code(rig(), site().applicant("aigul"), page);
  ASSERT_EQ(asked.code.size(), 6U);
  auto const confirm = [&](StatementPage const& which, std::string const& code) {
    return rig().post(asked.guest, which.path,
                      {{"act", "confirm"}, {"sha256", which.sha256}, {"code", code}});
  };
  auto const wrong = confirm(page, asked.code == "111111" ? "222222" : "111111");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_TRUE(says(wrong, k_reason)) << "nothing that was typed is lost";
  EXPECT_EQ(confirm(other, asked.code).status, 422) << "a code is for one text";
  EXPECT_FALSE(withdrawn(number));
  LAW("R-GEN-06");
  ASSERT_EQ(confirm(page, asked.code).status, 303);
  EXPECT_TRUE(withdrawn(number));
  auto const version = site().open(number).row.version;
  EXPECT_EQ(confirm(page, asked.code).status, 303);
  EXPECT_EQ(site().open(number).row.version, version);
  auto const signature = kept(number, page.sha256);
  EXPECT_EQ(signature.method, "otp");
  expect_told("aigul", number, "certified.otp");
  EXPECT_TRUE(says(site().cabinet("aigul", "/cases/" + number), "…0048")) << "the phone, masked";
  expect_proven(number, page);
}

TEST_F(StatementStory, what_does_not_certify_changes_nothing_and_keeps_what_was_typed) {
  auto const number = file("yermek");
  auto const page = statement("yermek", number);
  auto const version = site().open(number).row.version;
  auto const refused = [&](PageAnswer const& answer, std::string const& key) {
    EXPECT_GE(answer.status, 400) << key;
    EXPECT_TRUE(says(answer, rig().text("kk", key))) << key << answer.body;
    EXPECT_TRUE(says(answer, k_reason)) << key;
    EXPECT_EQ(site().open(number).row.version, version) << key;
  };
  refused(sign("yermek", page, "saule"), "signature.wrong_iin");
  refused(sign("yermek", page, "yermek", "auth"), "signature.auth_key");
  auto tampered = page.xml;
  tampered[tampered.find("ойландым")] ^= 1;
  refused(send_signature(rig(), site().applicant("yermek"), page, rig().sign("yermek", tampered)),
          "signature.altered");
  refused(send_signature(rig(), site().applicant("yermek"), page, "AAAA"), "signature.malformed");
  refused(send_signature(rig(), site().applicant("yermek"), page, ""), "error.signature_missing");
  rig().pki().faults().set("unavailable");
  refused(sign("yermek", page, "yermek"), "error.certificate_unchecked");
  rig().pki().faults().set("revoked");
  refused(sign("yermek", page, "yermek"), "signature.revoked");
  rig().pki().faults().set("none");
  LAW("R-GEN-05");
  EXPECT_EQ(rig().get(site().applicant("saule"), page.path).status, 404) << "nobody else's";
  auto const changed =
      rig().get(site().applicant("yermek"), form_path(number) + "?statement=" + page.sha256);
  EXPECT_TRUE(says(changed, k_reason)) << "the text can be changed";
}

TEST_F(StatementStory, without_a_certificate_no_interface_takes_it) {
  auto const number = file("dias");
  auto const version = site().open(number).row.version;
  auto const below = rig().wait(casework::send_message(
      rig().world(),
      {.open = site().open(number),
       .message = "application.withdrawn",
       .actor = {.user = std::to_string(site().applicant("dias").user.value), .role = "citizen"},
       .fields = {},
       .idempotency_key = "bare"}));
  ASSERT_FALSE(below);
  LAW("R-GEN-19");
  EXPECT_EQ(below.error().front().text, "error.certification_required");

  ApiClient client{rig(), "en"};
  ASSERT_EQ(client.sign_in("dias").status, 201);
  auto const path = "/api/v1/cases/" + number + "/messages/application.withdrawn";
  json::object const body{{"fields", {{"withdrawal.reason", k_reason}}}};
  auto const bare = client.post(path, body);
  EXPECT_EQ(bare.status, 403) << bare.body;
  EXPECT_EQ(bare.text("code"), "certification_required");
  EXPECT_EQ(bare.text("field"), "certification");
  EXPECT_NE(bare.text("detail").find("/statement"), std::string::npos) << "with the remedy";
  auto const statement = draw_up(client, path, body);
  ASSERT_EQ(statement.status, 201) << statement.body;
  EXPECT_EQ(client.post(statement.text("certification"), json::object{}).status, 422);
  EXPECT_EQ(client.post(statement.text("certification"), by_key(rig(), client, statement, "saule"))
                .text("code"),
            "signature.wrong_iin");
  EXPECT_EQ(client
                .post(statement.text("certification"),
                      json::object{{"code_id", std::string(32, '0')}, {"code", "000000"}})
                .status,
            422);
  auto const gone = "/api/v1/cases/" + number + "/statements/" + std::string(64, 'a');
  EXPECT_EQ(client.get(gone, {{"Accept", "application/xml"}}).status, 410);
  EXPECT_EQ(site().open(number).row.version, version);
  auto const code = by_code(rig(), client, statement, site().applicant("dias"));
  auto const done = client.post(statement.text("certification"), code);
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_TRUE(withdrawn(number));
  EXPECT_EQ(client.post(statement.text("certification"), code).status, 200) << "once more";
  EXPECT_EQ(site().open(number).row.version, version + 1);
  auto const late = draw_up(client, path, body);
  EXPECT_EQ(late.status, 409) << "nobody signs what is forbidden" << late.body;
}

TEST_F(StatementStory, what_the_law_forbids_meanwhile_is_refused_at_the_last_step) {
  auto const number = file("timur");
  done(site().task("registrar", number, "Task_Register",
                   {{"register.outcome", "accept"}, {"executor", site().executor_id()}}));
  done(site().task("executor", number, "Task_Review",
                   {{"review.outcome", "refuse"},
                    {"review.ground", "G1"},
                    {"review.reasons", "Құжат жалған."}}));
  done(site().task("executor", number, "Task_RefusalDraft",
                   {{"refusal.reasons", "Нұсқаманы ешкім бермеген."}}));
  auto const page = statement("timur", number);
  done(site().sign(number));
  auto const version = site().open(number).row.version;
  auto const late = sign("timur", page, "madina");
  EXPECT_GE(late.status, 400);
  EXPECT_TRUE(says(late, "INV-30") || says(late, "INV-29")) << late.body;
  EXPECT_TRUE(says(late, k_reason));
  EXPECT_FALSE(says(late, "data-sign-start")) << "what is forbidden is not signed";
  EXPECT_EQ(site().open(number).row.version, version);
  LAW("INV-30");
  auto const verdict =
      rig().in_database([](db::Connection& connection) { return db::verify_history(connection); });
  EXPECT_TRUE(verdict.faults.empty());
}

}  // namespace
}  // namespace qyzmet::tests
