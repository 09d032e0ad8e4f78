// The receipt of a citizen: page, PDF and file with the proof that the application stands in the
// log, checked from outside: the print is scanned, and `qyzmet receipt verify` judges what it says.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "services/platform/encoding.hpp"
#include "services/work/workers.hpp"
#include "tests/services/api_rig.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/command.hpp"
#include "tests/services/paper.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class ReceiptOfACitizen : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("receipt");
    place_ = make_place(rig());
    rig().set_clock(start_of(*parse_date("2026-12-10")) + std::chrono::hours{10});
  }

  struct Applied {
    Guest guest;
    std::string number, application;
  };
  static Applied apply(std::string const& person) {
    auto const guest = invite_signer(rig(), person);
    auto const signing = fill_in(rig(), guest, place_);
    auto const answer = send_signature(rig(), guest, signing, rig().sign(person, signing.xml));
    EXPECT_TRUE(answer.location.ends_with("/accepted")) << answer.status << answer.location;
    auto const base = answer.location.substr(0, answer.location.rfind('/'));
    return {.guest = guest, .number = base.substr(base.rfind('/') + 1), .application = signing.xml};
  }
  static PageAnswer get(Applied const& applied, std::string const& what,
                        std::string const& language = "kk") {
    return rig().get(applied.guest,
                     "/" + language + "/cabinet/cases/" + applied.number + "/receipt" + what);
  }
  static void log() {
    while (rig().wait(work::append_log(rig().world())) > 0) {
    }
  }

  /// The exit code of `qyzmet receipt verify` with the key that `qyzmet log key` prints.
  static int verify(std::vector<std::string> words, std::string const& document) {
    auto const key = run(cli::run_log_key, {"--config", rig().config_file()}).out;
    auto const file = kept("document", document);
    words.insert(words.end(), {"--log-key", key.substr(0, key.find('\n')), "--document", file});
    std::vector<std::string_view> const views{words.begin(), words.end()};
    return run(cli::run_receipt_verify, views).code;
  }
  static std::string kept(std::string const& name, std::string const& bytes) {
    auto const file = fs::path{rig().config_file()}.parent_path() / name;
    std::ofstream{file, std::ios::binary} << bytes;
    return file.string();
  }

  static inline Place place_;
};

TEST_F(ReceiptOfACitizen, says_honestly_that_the_log_does_not_have_the_application_yet) {
  auto const saule = apply("saule");
  auto const case_page = rig().get(saule.guest, "/ru/cabinet/cases/" + saule.number).body;
  EXPECT_THAT(case_page, HasSubstr("/ru/cabinet/cases/" + saule.number + "/receipt\""));
  for (std::string const language : {"kk", "ru", "en"}) {
    auto const page = get(saule, "", language);
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr(rig().text(language, "receipt.waits")));
    EXPECT_THAT(page.body, HasSubstr(saule.number));
    EXPECT_THAT(page.body, Not(HasSubstr("<svg class=\"qr\"")));
    keep_for_looking("receipt-waits." + language + ".html", page.body);
  }
  EXPECT_EQ(get(saule, "/proof").status, 404);
  auto const pdf = get(saule, "/pdf");
  ASSERT_EQ(pdf.status, 200);
  EXPECT_EQ(scan_qr(pdf.body), "");
  EXPECT_THAT(text_of_pdf(pdf.body), HasSubstr("журнал ещё делается"));
  keep_for_looking("receipt-waits.pdf", pdf.body);
}

TEST_F(ReceiptOfACitizen, names_the_official_who_accepted_the_application_once_somebody_has) {
  auto const dias = apply("dias");
  ApiClient client{rig(), "ru"};
  client.enter(dias.guest);
  auto const by_api = "/api/v1/cases/" + dias.number + "/receipt";
  for (std::string const language : {"kk", "ru", "en"})
    EXPECT_THAT(unescaped(get(dias, "", language).body),
                HasSubstr(rig().text(language, "receipt.official.waits")));
  EXPECT_THAT(text_of_pdf(get(dias, "/pdf").body), HasSubstr("заполняется при регистрации"));
  EXPECT_EQ(client.get(by_api).text("official.name"), "");
  auto const by = accept_application(rig(), place_, dias.number);
  for (auto const& [language, position] :
       {std::pair{"kk", by.position_kk}, {"ru", by.position_ru}}) {
    auto const page = unescaped(get(dias, "", language).body);
    EXPECT_THAT(page, HasSubstr(by.name + ", " + position));
    EXPECT_THAT(page, Not(HasSubstr(rig().text(language, "receipt.official.waits"))));
  }
  auto const pdf = text_of_pdf(get(dias, "/pdf").body);
  EXPECT_THAT(pdf, HasSubstr(by.name));
  EXPECT_THAT(pdf, HasSubstr(by.position_ru));
  EXPECT_THAT(pdf, Not(HasSubstr("заполняется при регистрации")));
  auto const answer = client.get(by_api);
  EXPECT_EQ(answer.text("official.name"), by.name) << answer.body;
  EXPECT_EQ(answer.text("official.position"), by.position_ru);
  LAW("R-GEN-30");
}

TEST_F(ReceiptOfACitizen, proves_without_us_what_was_received) {
  auto const arman = apply("arman");
  auto const by = accept_application(rig(), place_, arman.number);
  log();
  for (std::string const language : {"kk", "ru", "en"}) {
    auto const page = get(arman, "", language);
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("<svg class=\"qr\""));
    EXPECT_THAT(page.body, HasSubstr("10:00"));
    EXPECT_THAT(page.body, HasSubstr(arman.number));
    EXPECT_THAT(unescaped(page.body), HasSubstr(by.name + ", "));
    EXPECT_THAT(page.body, HasSubstr("href=\"/verify#" + language + "\""));
    EXPECT_THAT(page.body, Not(HasSubstr(rig().text(language, "receipt.waits"))));
    keep_for_looking("receipt." + language + ".html", page.body);
  }
  LAW("R-GEN-30");
  auto const pdf = get(arman, "/pdf");
  ASSERT_EQ(pdf.status, 200);
  keep_for_looking("receipt.pdf", pdf.body);
  auto const code = scan_qr(pdf.body);
  EXPECT_EQ(code.substr(0, 4), "KZL:");
  EXPECT_EQ(verify({code}, arman.application), 0);
  EXPECT_EQ(verify({"--file", kept("receipt.pdf", pdf.body)}, arman.application), 0);
  EXPECT_EQ(verify({code}, arman.application + "\n"), 1) << "another file";
  EXPECT_THAT(text_of_pdf(pdf.body), HasSubstr(platform::sha256_hex(arman.application)));

  auto const proof = get(arman, "/proof");
  ASSERT_EQ(proof.status, 200);
  auto const file = kept("a.tlog-proof", proof.body);
  EXPECT_EQ(verify({"--file", file}, arman.application), 0);

  apply("yermek");
  log();
  EXPECT_EQ(get(arman, "/proof").body, proof.body);
  EXPECT_EQ(get(arman, "/pdf").body, pdf.body) << "one document, one seal, however long the log is";
}

TEST_F(ReceiptOfACitizen, is_nobody_else_s) {
  auto const timur = apply("timur");
  log();
  auto const stranger = invite_signer(rig(), "aigul");
  for (auto const* what : {"", "/pdf", "/proof"}) {
    auto const path = "/kk/cabinet/cases/" + timur.number + "/receipt" + what;
    EXPECT_EQ(rig().get(timur.guest, path).status, 200) << what;
    auto const answer = rig().get(stranger, path);
    EXPECT_EQ(answer.status, 404) << what;
    EXPECT_THAT(answer.body, Not(HasSubstr("KZL:")));
    EXPECT_EQ(rig().get({}, path).status, 303) << "sign in first";
  }
}

}  // namespace
}  // namespace qyzmet::tests
