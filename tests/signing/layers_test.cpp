// Every file of the real Kazakh data gets the verdict that its README states, layer by layer: which
// checks fail, and that no others do. Prints how many files and checks that were.
#include <algorithm>
#include <map>
#include <set>

#include "signing/container.hpp"
#include "signing/path.hpp"
#include "signing/revocation.hpp"
#include "signing/revocation_list.hpp"
#include "signing/signer.hpp"
#include "signing/xml.hpp"
#include "tests/signing/vectors.hpp"

namespace qyzmet::signing::tests {
namespace {

using Names = std::vector<std::string>;

std::string const k_ca = "ca-production/", k_ncanode = "malikzh-ncanode/",
                  k_kalkan = "skarm-kalkan/";

struct Trust {
  Names files;
  bool partial = false;  // the root above is not among the vectors
};
Trust const k_test_2022{{k_kalkan + "certs/root_test_gost_2022.cer",
                         k_kalkan + "certs/nca_gost2022_test.cer", k_ca + "root_gost_2022.pem",
                         k_ca + "nca_gost_2022.pem"}};
Trust const k_test_rsa{{k_ncanode + "ca/nca_rsa_test.crt"}, true};
Trust const k_test_gost{{k_ncanode + "ca/nca_gost_test.crt"}, true};
Trust const k_production{
    {k_ca + "root_gost.pem", k_ca + "nca_gost.pem", k_ca + "root_rsa.pem", k_ca + "nca_rsa.pem",
     k_ca + "root_gost_2022.pem", k_ca + "nca_gost_2022.pem", k_ca + "root_rsa_2020.cer",
     k_ca + "nca_rsa_2022.cer", k_ca + "root_gost_2020.cer", k_ca + "ucgo_gost.cer"}};

/// One file, judged once.
struct Row {
  std::string file, content;
  Trust const* trust;
  Instant at, received_at;
  std::vector<Names> failed;  // of each signer, the checks that fail and decide
  std::string level;
  bool production = false;  // test persons are refused
};

class Layers : public EdsVectors {
 protected:
  TrustStore trust_of(Trust const& trust) const {
    TrustStore store{.certificates = {}, .partial_chain = trust.partial};
    for (auto const& file : trust.files) store.certificates.push_back(read(file));
    return store;
  }

  std::vector<Report> judge(Row const& row) const {
    auto const bytes = read(row.file);
    auto const trust = trust_of(*row.trust);
    Policy policy;
    policy.test_persons = !row.production;
    policy.allow_basic = true;
    policy.role = Role::any;
    if (is_container(bytes))
      return verify_container(bytes, trust, policy, row.at, row.received_at, {}).signatures;
    if (is_xml(bytes))
      return {(is_soap(bytes) ? verify_soap : verify_xml)(bytes, trust, policy, row.at,
                                                          row.received_at, {})};
    auto const content = row.content.empty() ? std::nullopt : std::optional{read(row.content)};
    if (is_token(bytes)) return {verify_token(bytes, content, trust, policy, row.at, {})};
    return {verify_cms(bytes, content, trust, policy, row.at, row.received_at, {})};
  }

  void expect(Row const& row) {
    auto const reports = judge(row);
    EXPECT_EQ(reports.size(), row.failed.size()) << row.file;
    for (std::size_t i = 0; i < std::min(reports.size(), row.failed.size()); ++i) {
      Names failed;
      for (auto const& check : reports[i].checks) {
        ++checks_[check.layer];
        if (check.result() == "failed") failed.push_back(check.name);
      }
      EXPECT_EQ(failed, row.failed[i])
          << row.file << ", signer " << i + 1 << ": " << reports[i].reason();
      EXPECT_FALSE(reports[i].passed()) << "nothing passes without revocation data";
      if (!row.level.empty()) EXPECT_EQ(reports[i].level, row.level) << row.file;
    }
    judged_.insert(row.file);
    if (!row.content.empty()) judged_.insert(row.content);
    ++verdicts_;
  }

  void expect_certificate(std::string const& file, std::string const& issuer, Instant at,
                          bool valid_then = true) {
    auto const leaf = Certificate::read_file(read(file));
    auto const anchor = Certificate::read_file(read(issuer));
    ASSERT_TRUE(leaf && anchor) << file;
    if (file == issuer) {
      EXPECT_EQ(X509_verify(leaf->get(), X509_get0_pubkey(leaf->get())), 1) << file;
    } else {
      auto const chain = build_chain(
          *leaf, {.trusted = {*anchor}, .intermediates = {}, .partial_chain = true}, {}, at);
      EXPECT_TRUE(chain && chain->authorities_valid) << file;
      auto altered = leaf->der();
      altered[altered.size() - 9] = static_cast<char>(altered[altered.size() - 9] ^ 1);
      auto const other = Certificate::read(altered);
      EXPECT_FALSE(other && build_chain(*other, {{*anchor}, {}, true}, {}, at)) << file;
    }
    EXPECT_EQ(leaf->covers(at), valid_then) << file;
    judged_.insert(file);
    ++verdicts_;
  }

  void signatures();
  void older_signatures();
  void containers();
  void certificates();
  void lists_and_answers();
  void key_files();

  std::set<std::string> judged_;
  std::map<std::string, std::size_t> checks_;
  std::size_t verdicts_ = 0;
};

void Layers::signatures() {
  auto const then = day(2026, 7, 21);
  for (std::string const who : {"individual", "legal_entity"}) {
    auto const stem = k_kalkan + "cms/" + who;
    expect({stem + "_attached.der", "", &k_test_2022, then, then, {{"revocation"}}, "T"});
    expect({stem + "_detached.der",
            stem + "_document.txt",
            &k_test_2022,
            then,
            then,
            {{"revocation"}},
            "T"});
    expect({stem + "_detached.der",
            k_kalkan + "examples/text.txt",
            &k_test_2022,
            then,
            then,
            {{"message_digest"}},
            ""});
    expect({stem + "_detached.der", "", &k_test_2022, then, then, {{"content"}}, ""});
    expect({stem + "_attached.der", "", &k_production, then, then, {{"chain"}}, "T", true});
  }
  std::string const rsa = "danikarik-ncanode-go/";
  auto const received = day(2020, 9, 9), today = day(2026, 11, 21);
  for (std::string const stem :
       {"personal/active/RSA256_11c707bd54cbfcccb3815e39c4eb57b1dc7dfea9",
        "personal/revoked/RSA256_346a7e57c2995259140b6fc375b6ff3bba7e852f"})
    for (std::string const form : {".cms", ".xml"}) {
      expect({rsa + stem + form, "", &k_test_rsa, today, received, {{"revocation"}}, "basic"});
      expect({rsa + stem + form,
              "",
              &k_test_rsa,
              today,
              today,
              {{"authority_validity", "validity", "revocation"}},
              "basic"});
    }
  for (std::string const stem :
       {"personal/active/AUTH_RSA256_b2c70a9ff7a5dc59de0ccc3c0ddde3437cc1f12d",
        "personal/revoked/AUTH_RSA256_60d5a0346dd52fb5f3b9148e6cfbcd6cf323d119",
        "organization/active/AUTH_RSA256_d682726b55b3e62600ea8fe1c74e75fc96f47790",
        "organization/revoked/AUTH_RSA256_7d6d313ac5bf7367a2a69f28607a8deb80dd3ba9"})
    for (std::string const form : {".cms", ".xml"})
      expect({rsa + stem + form,
              "",
              &k_test_rsa,
              today,
              received,
              {{"key_role", "revocation"}},
              "basic"});
}

void Layers::older_signatures() {
  auto const today = day(2026, 11, 21);
  auto const examples = k_kalkan + "examples/";
  expect({examples + "test_CMS_GOST.txt",
          "",
          &k_production,
          today,
          today,
          {{"key_role", "revocation"}},
          "T"});
  expect({examples + "test_CMS_GOST.txt",
          "",
          &k_production,
          today,
          today,
          {{"key_role", "iin", "revocation"}},
          "T",
          true});
  expect({examples + "CMS_for_double_sign.txt", "", &k_test_gost, today, today, {{"content"}}, ""});
  expect({examples + "test_wsse.xml", "", &k_test_rsa, today, today, {{"structure"}}, ""});
  expect({examples + "test_xml.xml", "", &k_test_rsa, today, today, {{"structure"}}, ""});
  expect({examples + "text.txt", "", &k_test_rsa, today, today, {{"carrier"}}, ""});
  auto const stamped = day(2022, 9, 18, 13, 30);
  for (std::string const file : {"tsp/tsp_token.bin", "tsp/tsp_response.bin"})
    expect({k_ncanode + file,
            "",
            &k_test_gost,
            stamped,
            stamped,
            {{"timestamp_algorithm", "timestamp_imprint", "revocation"}},
            "T"});
}

void Layers::containers() {
  auto const today = day(2026, 11, 21), then = day(2021, 5, 3);
  auto const zip = k_kalkan + "zip/";
  Names const no_proof{"authority_validity", "validity", "revocation"};
  expect({zip + "sign.zip", "", &k_production, today, today, {{"key_role", "revocation"}}, "T"});
  expect({zip + "sign.zip",
          "",
          &k_production,
          today,
          today,
          {{"key_role", "iin", "revocation"}},
          "T",
          true});
  expect({zip + "zip_multiply.zip",
          "",
          &k_production,
          today,
          today,
          {{"signature_value"}, {"key_role", "revocation"}},
          ""});
  for (std::string const name : {"zip_signed_files.zip", "zip_signed_folder.zip"}) {
    expect({zip + name, "", &k_production, then, then, {{"revocation"}}, "B"});
    expect({zip + name, "", &k_production, today, today, {no_proof}, "B"});
    expect({zip + name, "", &k_production, then, then, {{"iin", "revocation"}}, "B", true});
  }
  expect({zip + "zip_with_ts.zip", "", &k_production, today, today, {{"revocation"}}, "T"});
}

void Layers::certificates() {
  auto const today = day(2026, 11, 21), past = day(2024, 6, 1);
  for (auto const& [file, issuer] : std::vector<std::pair<std::string, std::string>>{
           {"btsd_gost.cer", "root_gost_2020.cer"},
           {"nca_gost_2022.pem", "root_gost_2022.pem"},
           {"nca_rsa_2022.cer", "root_rsa_2020.cer"},
           {"prod_tsa_2025.cer", "nca_gost_2022.pem"},
           {"root_gost_2020.cer", "root_gost_2020.cer"},
           {"root_gost_2022.pem", "root_gost_2022.pem"},
           {"root_rsa_2020.cer", "root_rsa_2020.cer"},
           {"ucgo_gost.cer", "root_gost_2020.cer"}})
    expect_certificate(k_ca + file, k_ca + issuer, today);
  for (std::string const kind : {"gost", "rsa"}) {
    expect_certificate(k_ca + "nca_" + kind + ".pem", k_ca + "root_" + kind + ".pem", past);
    expect_certificate(k_ca + "root_" + kind + ".pem", k_ca + "root_" + kind + ".pem", past);
    EXPECT_FALSE(Certificate::read_file(read(k_ca + "nca_" + kind + ".pem"))->covers(today));
  }
  auto const nca = k_kalkan + "certs/nca_gost2022_test.cer";
  auto const root = k_kalkan + "certs/root_test_gost_2022.cer";
  expect_certificate(root, root, today);
  expect_certificate(nca, root, today);
  expect_certificate(k_ncanode + "ca/nca_gost2015_test.cer", root, today);
  for (std::string const who : {"individual", "legal_entity"})
    expect_certificate(k_kalkan + "cms/" + who + "_signer.cer", nca, day(2026, 7, 20));
  expect_certificate("gokalkan/gost1.cer", nca, past);
  expect_certificate(k_kalkan + "examples/test_CERT_GOST.txt", k_ca + "nca_gost.pem",
                     day(2019, 1, 1));
  auto const leaf = k_ncanode + "certs/", ca = k_ncanode + "ca/";
  auto const then = day(2022, 6, 1);
  expect_certificate(leaf + "ceo_valid_sign_2004_gost.cer", ca + "nca_gost_test.crt", then);
  expect_certificate(leaf + "individual_valid_sign_2004_rsa.cer", ca + "nca_rsa_test.crt", then);
  expect_certificate(leaf + "individual_valid_sign_2004_rsa_auth.cer", ca + "nca_rsa_test.crt",
                     then);
  EXPECT_EQ(
      find_role_fault(
          *Certificate::read_file(read(leaf + "individual_valid_sign_2004_rsa_auth.cer")), {}),
      "signature.auth_key");
  for (std::string const stem :
       {"organization/active/AUTH_RSA256_d682726b55b3e62600ea8fe1c74e75fc96f47790",
        "personal/active/AUTH_RSA256_b2c70a9ff7a5dc59de0ccc3c0ddde3437cc1f12d",
        "personal/active/RSA256_11c707bd54cbfcccb3815e39c4eb57b1dc7dfea9"})
    expect_certificate("danikarik-ncanode-go/" + stem + ".cer", ca + "nca_rsa_test.crt",
                       day(2020, 9, 9));
}

void Layers::lists_and_answers() {
  struct List {
    std::string file, issuer;
    std::size_t entries;
    std::int64_t number;
  };
  auto const ca = k_ncanode + "ca/", nca = ca + "nca_gost2015_test.cer";
  for (auto const& [file, issuer, entries, number] :
       {List{k_ncanode + "crl/nca_gost2022_test.crl", nca, 6, 4},
        List{k_ncanode + "crl/nca_gost_test.crl", ca + "nca_gost_test.crt", 31, 7},
        List{k_ncanode + "crl/nca_rsa_test.crl", ca + "nca_rsa_test.crt", 126, 9},
        List{k_kalkan + "certs/nca_gost2022_test.crl", nca, 54, 14},
        List{k_kalkan + "certs/nca_gost2022_d_test.crl", nca, 0, 10}}) {
    auto const list = RevocationList::open(read(file), {{read(issuer)}});
    ASSERT_TRUE(list) << file;
    EXPECT_EQ((*list)->size(), entries) << file;
    EXPECT_EQ((*list)->number(), number) << file;
    EXPECT_LT((*list)->next_update(), day(2026, 11, 21)) << "now out of date";
    judged_.insert(file);
    ++verdicts_;
  }
  using Kind = RevocationVerdict::Kind;
  struct Answer {
    std::string name, issuer;
    Instant produced;
    Kind kind;
  };
  for (auto const& [name, issuer, produced, kind] :
       {Answer{"individual_2015", "nca_gost2015_test.cer", day(2022, 9, 2, 16, 58, 34),
               Kind::revoked},
        Answer{"ceo_2015_revoked", "nca_gost2015_test.cer", day(2022, 9, 2, 16, 59, 28),
               Kind::revoked},
        Answer{"ceo_sign_2004_revoked", "nca_gost_test.crt", day(2022, 9, 2, 16, 57, 4),
               Kind::revoked},
        Answer{"individual_sign_2004", "nca_rsa_test.crt", day(2022, 9, 2, 16, 53, 59),
               Kind::good}}) {
    auto const file = k_ncanode + "ocsp/ocsp_response_" + name + ".bin";
    auto const authority = Certificate::read_file(read(ca + issuer));
    auto const about = certificate_of_answer(read(file), *authority);
    auto const today = day(2026, 11, 21);
    EXPECT_EQ(judge_ocsp(read(file), "", {*about, *authority, produced, produced}).kind, kind);
    auto const replayed = judge_ocsp(read(file), "", {*about, *authority, today, today});
    // What is revoked for good stays so; every other answer is stale.
    if (name != "ceo_sign_2004_revoked") EXPECT_EQ(replayed.check, "ocsp_fresh") << name;
    judged_.insert(file);
    judged_.insert(ca + issuer);
    ++verdicts_;
  }
}

/// By what the certificate inside says; what a signature with the key is worth without lists.
void Layers::key_files() {
  for (auto const& entry : std::filesystem::recursive_directory_iterator{*folder_}) {
    if (entry.path().extension() != ".p12") continue;
    auto const file = std::filesystem::relative(entry.path(), *folder_).string();
    auto const key = open_p12(read(file), "Qwerty12");
    ASSERT_TRUE(key) << file;
    EXPECT_FALSE(open_p12(read(file), "Qwerty1")) << file;
    auto const certificate = Certificate::read((*key)->certificate_der());
    auto const at = certificate->not_after() - days{1};
    auto const cms = sign_cms(**key, "content", {.at = at, .attached = true});
    ASSERT_TRUE(cms) << file;
    Policy policy;
    policy.test_persons = true;
    policy.role = Role::any;
    bool const rsa = file.starts_with("danikarik");
    auto const report = verify_cms(*cms, std::nullopt, trust_of(rsa ? k_test_rsa : k_test_2022),
                                   policy, at, at, {});
    Names failed;
    for (auto const& check : report.checks)
      if (!check.passed) failed.push_back(check.name);
    auto const roles = certificate->roles();
    auto const is = [&](char const* role) { return std::ranges::find(roles, role) != roles.end(); };
    Names expected{"revocation"};
    bool const machine = !is("sign") && !is("authenticate");
    if (machine) expected.insert(expected.begin(), "iin");
    if (machine || is("treasury") || is("authenticate"))
      expected.insert(expected.begin(), "key_role");
    EXPECT_EQ(failed, expected) << file;
    judged_.insert(file);
    ++verdicts_;
  }
}

TEST_F(Layers, EveryFileGetsTheVerdictOfItsReadme) {
  signatures();
  older_signatures();
  containers();
  certificates();
  lists_and_answers();
  key_files();
  std::size_t files = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{*folder_}) {
    auto const file = std::filesystem::relative(entry.path(), *folder_).string();
    if (!entry.is_regular_file() || file == "README.md" || file == "SHA256SUMS") continue;
    ++files;
    EXPECT_TRUE(judged_.contains(file)) << file << " was not judged";
  }
  std::printf("# Real Kazakh data: %zu of %zu files judged, %zu verdicts as expected; checks:",
              judged_.size(), files, verdicts_);
  for (auto const& [layer, count] : checks_) std::printf(" %s %zu", layer.c_str(), count);
  std::printf("\n");
}

}  // namespace
}  // namespace qyzmet::signing::tests
