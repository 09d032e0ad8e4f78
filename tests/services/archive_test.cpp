// Seals and evidence from end to end: the receipt under the server's seal, and a case that is
// verified from its evidence file alone after every certificate of its time has ended.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "services/casework/archive.hpp"
#include "services/casework/evidence.hpp"
#include "services/casework/evidence_file.hpp"
#include "services/cli/commands.hpp"
#include "services/platform/file.hpp"
#include "services/simulators/demo_folder.hpp"
#include "signing/pdf.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/http_rig.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/sms_code.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace fs = std::filesystem;

Instant at_ten(std::string_view day) {
  return start_of(*parse_date(day)) + std::chrono::hours{10};
}

constexpr char const* k_day = "2026-12-10";
constexpr char const* k_before_the_end = "2036-06-02";  // of the authority: 2036-09-29
constexpr char const* k_long_after = "2038-03-01";

void write_file(fs::path const& path, std::string const& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
}

int run(std::string const& command) {
  return std::system((command + " >/dev/null 2>&1").c_str());
}

/// The authority of ten years later, with a timestamp service of its own.
class NextDecade {
 public:
  explicit NextDecade(fs::path const& folder) {
    signing::DemoPkiSpec spec;
    spec.now = at_ten("2035-01-10");
    spec.people = {signing_people().front()};
    files_ = *signing::make_demo_pki(spec);
    for (auto const& [path, bytes] : files_) write_file(folder / path, bytes);
    write_file(folder / "seal.password", spec.password + "\n");
    write_file(folder / "clock", to_iso(at_ten(k_before_the_end)) + "\n");
    pki_ =
        std::make_unique<simulators::PkiSimulator>(simulators::read_authority(folder.string()),
                                                   simulators::Clock{(folder / "clock").string()});
    pki_->add_routes(rig_.router);
    rig_.start();
    tsa = std::make_unique<peers::TsaClient>(
        "http://127.0.0.1:" + std::to_string(rig_.port()) + "/tsa", platform::Limits{});
  }
  std::string const& file(std::string const& name) const { return files_.at(name); }

  std::unique_ptr<peers::TsaClient> tsa;

 private:
  signing::DemoPki files_;
  Rig rig_;
  std::unique_ptr<simulators::PkiSimulator> pki_;
};

class Archive : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("archive");
    place_ = make_place(rig());
    auto name = (fs::temp_directory_path() / "qyzmet-archive-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    folder_ = name;
  }
  static void TearDownTestSuite() {
    SharedSite::TearDownTestSuite();
    fs::remove_all(folder_);
  }
  ~Archive() override {
    rig().pki().faults().set("none");
    rig().pki().tsa_faults().set("none");
  }

  struct Applied {
    Guest guest;
    std::string base;  // of the case in the cabinet
  };
  static Applied apply(std::string_view id) {
    rig().set_clock(at_ten(k_day));
    auto const guest = invite_signer(rig(), id);
    auto const signing = fill_in(rig(), guest, place_);
    auto const answer =
        send_signature(rig(), guest, signing, rig().sign(std::string{id}, signing.xml));
    EXPECT_EQ(answer.status, 303) << answer.body;
    EXPECT_TRUE(answer.location.ends_with("/accepted")) << answer.location;
    return {.guest = guest, .base = answer.location.substr(0, answer.location.rfind('/'))};
  }

  static signing::Report verify_seal(std::string const& pdf) {
    signing::Policy policy;
    policy.role = signing::Role::provider_seal;
    return signing::verify_pdf(pdf, rig().world().trust, policy, at_ten(k_day), at_ten(k_day), {});
  }

  static int round() { return rig().wait(casework::archive_round(rig().world())); }
  static int round_with(signing::TrustStore const& trust, peers::TsaClient& tsa) {
    auto& now = rig().world();
    casework::World later{.config = now.config,
                          .mode = now.mode,
                          .database = now.database,
                          .steps = now.steps,
                          .clock = now.clock,
                          .vault = now.vault,
                          .library = now.library,
                          .files = now.files,
                          .sms = now.sms,
                          .mail = now.mail,
                          .ocsp = now.ocsp,
                          .crl = now.crl,
                          .lists = now.lists,
                          .tsa = tsa,
                          .clamd = now.clamd,
                          .trust = trust,
                          .seal = now.seal,
                          .ledger = now.ledger};
    return rig().wait(casework::archive_round(later));
  }

  /// `qyzmet verify` with the file and nothing but root certificates.
  static int verify(std::string const& evidence, std::vector<std::string> const& roots,
                    std::string_view day) {
    auto const trust = folder_ / "roots";
    fs::remove_all(trust);
    fs::create_directories(trust);
    for (std::size_t i = 0; i < roots.size(); ++i)
      write_file(trust / (std::to_string(i) + ".pem"), roots[i]);
    write_file(folder_ / "evidence.json", evidence);
    std::vector<std::string> const words{"--signature", (folder_ / "evidence.json").string(),
                                         "--trust",     trust.string(),
                                         "--at",        std::string{day},
                                         "--json"};
    std::vector<std::string_view> const views{words.begin(), words.end()};
    testing::internal::CaptureStdout();
    int const code = cli::run_verify(views);
    said_ = testing::internal::GetCapturedStdout();
    return code;
  }
  static std::string root() { return demo_authority().at("trust/root.pem"); }

  static inline Place place_;
  static inline fs::path folder_;
  static inline std::string said_;
};

TEST_F(Archive, TheReceiptCarriesTheSealOfTheServerAndItsTime) {
  auto const arman = apply("arman");
  auto const receipt = rig().get(arman.guest, arman.base + "/receipt/pdf");
  ASSERT_EQ(receipt.status, 200) << receipt.body;
  LAW("R-GEN-30");
  auto const report = verify_seal(receipt.body);
  EXPECT_EQ(report.reason(), "signature.no_revocation_data") << "all else is sound";
  EXPECT_EQ(report.level, "T");
  EXPECT_EQ(report.signer->name, "АЖ Qyzmet");
  EXPECT_EQ(rig().get(arman.guest, arman.base + "/receipt/pdf").body, receipt.body)
      << "one document, one seal";
  write_file(folder_ / "receipt.pdf", receipt.body);
  auto const file = (folder_ / "receipt.pdf").string();
  EXPECT_EQ(run("qpdf --check " + file), 0);
  EXPECT_EQ(run("pdfsig -nocert " + file + " | grep 'Signature is Valid'"), 0);
  EXPECT_NE(text_of_pdf(receipt.body).find("заполняется при регистрации"), std::string::npos);
  auto const by = accept_application(rig(), place_, arman.base.substr(arman.base.rfind('/') + 1));
  auto const complete = rig().get(arman.guest, arman.base + "/receipt/pdf");
  auto const text = text_of_pdf(complete.body);
  EXPECT_NE(text.find(by.name), std::string::npos) << text;
  EXPECT_NE(text.find(by.position_ru), std::string::npos) << text;
  EXPECT_EQ(text.find("заполняется при регистрации"), std::string::npos);
  EXPECT_EQ(verify_seal(complete.body).reason(), "signature.no_revocation_data");
}

TEST_F(Archive, WithoutTheTimestampAuthorityTheSealIsThereAndTheArchiveProvesItsTime) {
  ASSERT_TRUE(rig().pki().tsa_faults().set("unavailable"));
  auto const saule = apply("saule");
  auto const receipt = rig().get(saule.guest, saule.base + "/receipt/pdf");
  ASSERT_EQ(receipt.status, 200) << receipt.body;
  EXPECT_EQ(verify_seal(receipt.body).level, "B");
  EXPECT_EQ(round(), 0) << "nothing is proven without timestamps";
  rig().pki().tsa_faults().set("stale");
  rig().set_clock(at_ten(k_day) + std::chrono::minutes{5});
  EXPECT_EQ(round(), 0) << "an old token proves another time";
  rig().pki().tsa_faults().set("none");
  rig().set_clock(at_ten(k_day) + std::chrono::minutes{11});
  EXPECT_EQ(rig().wait(casework::stamp_owed(rig().world())), 1) << "of the application";
  EXPECT_GE(round(), 2);
  auto const evidence = rig().get(saule.guest, saule.base + "/evidence").body;
  EXPECT_EQ(verify(evidence, {root()}, "2026-12-11"), 0) << said_;
}

TEST_F(Archive, ACaseOfTodayIsVerifiedAfterItsAuthorityHasEnded) {
  auto const yermek = apply("yermek");
  ASSERT_EQ(rig().get(yermek.guest, yermek.base + "/receipt/pdf").status, 200);
  rig().set_clock(at_ten(k_day) + std::chrono::minutes{1});
  EXPECT_GE(round(), 2);
  EXPECT_EQ(round(), 0) << "nothing is due";
  auto const evidence = [&] { return rig().get(yermek.guest, yermek.base + "/evidence").body; };
  auto const early = evidence();
  EXPECT_EQ(verify(early, {root()}, "2026-12-11"), 0) << said_;
  EXPECT_EQ(verify(early, {root()}, "2029-12-11"), 0) << "the person's certificate has ended";
  EXPECT_EQ(verify(early, {}, "2026-12-11"), 1) << "the file's own root is no anchor";
  EXPECT_EQ(verify(early, {root()}, k_long_after), 1);
  EXPECT_NE(said_.find("signature.record_late"), std::string::npos) << said_;

  // Before the authority ends, the record goes on under the timestamps of the next one.
  NextDecade const next{folder_ / "next"};
  rig().set_clock(at_ten(k_before_the_end));
  auto trust = rig().world().trust;
  for (auto const* name : {"trust/root.pem", "trust/ca.pem"})
    trust.certificates.push_back(next.file(name));
  EXPECT_GE(round_with(trust, *next.tsa), 2);
  rig().site().trust = trust;
  auto const late = evidence();
  EXPECT_EQ(verify(late, {root(), next.file("trust/root.pem")}, k_long_after), 0) << said_;
  EXPECT_NE(said_.find("\"archive_timestamps\":2"), std::string::npos) << said_;
  EXPECT_EQ(verify(late, {next.file("trust/root.pem")}, k_long_after), 1);

  auto forged = late;
  auto const content = forged.find("\"content\":\"") + 40;
  forged[content] = forged[content] == 'A' ? 'B' : 'A';
  EXPECT_EQ(verify(forged, {root(), next.file("trust/root.pem")}, k_long_after), 1);
}

TEST_F(Archive, AOneTimePasswordLeavesASealedRecordThatIsVerifiedLikeASignature) {
  rig().set_clock(at_ten(k_day));
  auto guest = invite_signer(rig(), "aigul");
  auto const signing = fill_in(rig(), guest, place_);
  auto const act = [&](FormValues values) {
    values["sha256"] = signing.sha256;
    return rig().post(guest, signing.page, std::move(values));
  };
  auto const sent = act({{"act", "code"}});
  ASSERT_EQ(sent.status, 303) << sent.body;
  guest.session += "; confirm=" + sent.cookies.at("confirm");
  auto const code = newest_code(rig().sms());
  auto const wrong = code == "111111" ? "222222" : "111111";
  EXPECT_EQ(act({{"act", "confirm"}, {"code", wrong}}).status, 422);
  auto const done = act({{"act", "confirm"}, {"code", code}});
  ASSERT_EQ(done.status, 303) << done.body;
  auto const base = done.location.substr(0, done.location.rfind('/'));
  EXPECT_EQ(act({{"act", "confirm"}, {"code", code}}).location.substr(0, base.size()), base)
      << "the same request once more is answered as the first time";
  LAW("R-GEN-06");
  rig().set_clock(at_ten(k_day) + std::chrono::minutes{1});
  EXPECT_GE(round(), 1);
  auto const evidence = rig().get(guest, base + "/evidence").body;
  EXPECT_EQ(verify(evidence, {root()}, "2029-12-11"), 0) << said_;
  EXPECT_NE(said_.find("\"method\":\"otp\""), std::string::npos) << said_;
  EXPECT_EQ(said_.find("+7701"), std::string::npos) << "no telephone number in the report";
}

TEST_F(Archive, TheCommandLineSignsWithTheSealOfTheConfigurationOrAKeyFile) {
  rig().set_clock(at_ten(k_day));
  auto const content = (folder_ / "content").string(), out = (folder_ / "content.p7s").string();
  write_file(content, "Өтініш");
  auto const sign = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"--content", content,    "--out",
                                   out,         "--config", rig().config_file()};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<std::string_view> const views{words.begin(), words.end()};
    testing::internal::CaptureStderr();
    int const code = cli::run_sign(views);
    said_ = testing::internal::GetCapturedStderr();
    return code;
  };
  auto const report = [&](std::optional<std::string_view> bytes, signing::Role role) {
    signing::Policy policy;
    policy.role = role;
    return signing::verify_cms(platform::read_file(out), bytes, rig().world().trust, policy,
                               at_ten(k_day), at_ten(k_day), {});
  };
  ASSERT_EQ(sign({}), 0) << said_;
  auto const sealed = report("Өтініш", signing::Role::provider_seal);
  EXPECT_EQ(sealed.level, "T");
  EXPECT_EQ(sealed.reason(), "signature.no_revocation_data") << "all else is sound";
  auto const key = (folder_ / "key.p12").string(), secret = (folder_ / "secret").string();
  write_file(key, demo_authority().at("people/arman-gost.p12"));
  write_file(secret, demo_authority().at("password") + "\n");
  ASSERT_EQ(sign({"--p12", key, "--password-file", secret, "--attached", "--pem", "--level", "B"}),
            0)
      << said_;
  EXPECT_TRUE(platform::read_file(out).starts_with("-----BEGIN CMS-----"));
  auto const own = report(std::nullopt, signing::Role::individual);
  EXPECT_EQ(own.level, "B");
  EXPECT_EQ(own.content, "Өтініш");
  EXPECT_EQ(own.signer->algorithm, "GOST2015-512");
  EXPECT_EQ(sign({"--pades"}), 1) << "no PDF";
  EXPECT_EQ(sign({"--level", "X"}), 2);
  ASSERT_TRUE(rig().pki().tsa_faults().set("garbage"));
  EXPECT_EQ(sign({}), 1) << "a timestamp was asked for";
}

TEST_F(Archive, AnEvidenceFileIsReadStrictly) {
  for (std::string const bad :
       {"{}", R"({"format":"qyzmet-evidence-1"})",
        R"({"format":"other","case":"1","signatures":[]})",
        R"({"format":"qyzmet-evidence-1","case":"1","signatures":[{}]})",
        R"({"format":"qyzmet-evidence-1","case":"1","signatures":[1]})", "{"})
    EXPECT_FALSE(casework::read_evidence_file(bad)) << bad;
  EXPECT_TRUE(
      casework::read_evidence_file(R"({"format":"qyzmet-evidence-1","case":"1","signatures":[]})"));
}

}  // namespace
}  // namespace qyzmet::tests
