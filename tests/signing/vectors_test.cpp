// Real data of the Kazakh PKI, signed with RSA: they get the verdicts of their README.
#include <gtest/gtest.h>

#include "signing/certificate.hpp"
#include "signing/cms.hpp"
#include "signing/path.hpp"
#include "signing/revocation.hpp"
#include "signing/signer.hpp"
#include "signing/verify.hpp"
#include "tests/signing/bench.hpp"
#include "tests/signing/pitfalls.hpp"
#include "tests/signing/vectors.hpp"

namespace qyzmet::signing::tests {
namespace {

constexpr auto k_rsa = "danikarik-ncanode-go/";
constexpr auto k_citizen = "personal/active/RSA256_11c707bd54cbfcccb3815e39c4eb57b1dc7dfea9";
constexpr auto k_other = "personal/revoked/RSA256_346a7e57c2995259140b6fc375b6ff3bba7e852f";
constexpr auto k_auth = "personal/active/AUTH_RSA256_b2c70a9ff7a5dc59de0ccc3c0ddde3437cc1f12d";
constexpr auto k_head_auth =
    "organization/active/AUTH_RSA256_d682726b55b3e62600ea8fe1c74e75fc96f47790";

class Vectors : public EdsVectors {
 protected:
  void SetUp() override {
    EdsVectors::SetUp();
    if (!folder_) return;
    trust_.certificates = {read("malikzh-ncanode/ca/nca_rsa_test.crt")};
    trust_.partial_chain = true;  // the root above it is not among the vectors
    policy_.test_persons = true;
    policy_.role = Role::any;
    policy_.allow_basic = true;  // samples of 2020 have no ESS attribute
  }

  std::string cms(std::string const& stem) const { return read(k_rsa + stem + ".cms"); }

  /// Received on 2020-09-09, when the samples were signed. The only list at hand is of 2022, when
  /// their certificates had ended and left it: it says nothing about them.
  Report verify(std::string const& bytes, Instant at = day(2022, 6, 1)) const {
    Evidence evidence;
    evidence.crls = {read("malikzh-ncanode/crl/nca_rsa_test.crl")};
    return verify_cms(bytes, std::nullopt, trust_, policy_, at, day(2020, 9, 9), evidence);
  }

  /// All that the sample itself can be blamed for is in order.
  static void expect_sound(Report const& report) {
    EXPECT_EQ(report.reason(), "signature.no_revocation_data");
    EXPECT_EQ(report.sub_indication, "TRY_LATER");
    EXPECT_EQ(failed_check(report), "revocation");
  }

  TrustStore trust_;
  Policy policy_;
};

TEST_F(Vectors, SignaturesOfIndividualsAreSoundAndWantRevocationDataOfTheirTime) {
  for (auto const* stem : {k_citizen, k_other}) {
    auto const report = verify(cms(stem));
    expect_sound(report);
    EXPECT_EQ(report.content, "asdasd");
    EXPECT_EQ(report.level, "basic");
    EXPECT_EQ(report.signer->iin, "123456789011");
    EXPECT_EQ(to_iso(*report.signer->claimed_time).substr(0, 16), "2020-09-09T20:03");
  }
}

TEST_F(Vectors, AuthKeysAreRefusedAsSignaturesAndTakenForLogin) {
  for (auto const* stem :
       {k_auth, k_head_auth,
        "personal/revoked/AUTH_RSA256_60d5a0346dd52fb5f3b9148e6cfbcd6cf323d119",
        "organization/revoked/AUTH_RSA256_7d6d313ac5bf7367a2a69f28607a8deb80dd3ba9"}) {
    EXPECT_EQ(verify(cms(stem)).reason(), "signature.auth_key") << stem;
    auto login = policy_;
    std::swap(policy_, login);
    policy_.usage = Usage::sign_or_authenticate;
    expect_sound(verify(cms(stem)));
    std::swap(policy_, login);
  }
  hold_quirk(6);
}

TEST_F(Vectors, WhatIsMissingIsSaid) {
  auto const bytes = cms(k_citizen);
  EXPECT_EQ(verify_cms(bytes, std::nullopt, trust_, policy_, day(2020, 9, 9), day(2020, 9, 9), {})
                .sub_indication,
            "TRY_LATER");
  EXPECT_EQ(verify_cms(bytes, std::nullopt, {}, policy_, day(2020, 9, 9), day(2020, 9, 9), {})
                .sub_indication,
            "NO_CERTIFICATE_CHAIN_FOUND");
  EXPECT_EQ(verify_cms(bytes, std::nullopt, trust_, policy_, day(2023, 9, 9), day(2023, 9, 9), {})
                .sub_indication,
            "OUT_OF_BOUNDS_NO_POE");
  policy_.allow_basic = false;
  EXPECT_EQ(verify(bytes).reason(), "signature.ess_missing");
  hold_quirk(11);
}

TEST_F(Vectors, TestPersonsDoNotPassInProduction) {
  policy_.test_persons = false;
  EXPECT_EQ(verify(cms(k_citizen)).reason(), "signature.invalid_iin");
  policy_.refuse_test_anchors = true;
  EXPECT_EQ(verify(cms(k_citizen)).reason(), "signature.test_authority");
}

TEST_F(Vectors, OneChangedBitIsFound) {
  auto const whole = *unwrap_cms(cms(k_citizen));
  auto const expect_refused = [&](std::string_view mark, std::size_t behind) {
    auto changed = whole;
    auto const at = changed.find(mark) + behind;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_NE(verify(changed).sub_indication, "TRY_LATER") << mark;
  };
  expect_refused("asdasd", 2);                        // content
  expect_refused("200909", 3);                        // signed attribute
  expect_refused("IIN123456789011", 10);              // certificate
  expect_refused(whole.substr(whole.size() - 9), 3);  // signature
}

TEST_F(Vectors, TheRsaAnswerOfTheResponderIsUnderstoodAtItsTimeAndStaleToday) {
  auto const answer = read("malikzh-ncanode/ocsp/ocsp_response_individual_sign_2004.bin");
  auto const issuer = Certificate::read_file(trust_.certificates.front());
  auto const certificate = certificate_of_answer(answer, *issuer);
  ASSERT_TRUE(issuer && certificate);
  auto const then = day(2022, 9, 2, 16, 54);
  auto const verdict = judge_ocsp(answer, "", {*certificate, *issuer, then, then});
  EXPECT_EQ(verdict.kind, RevocationVerdict::Kind::good) << verdict.reason;
  auto const another =
      Certificate::read_file(read("malikzh-ncanode/certs/individual_valid_sign_2004_rsa.cer"));
  EXPECT_EQ(judge_ocsp(answer, "", {*another, *issuer, then, then}).reason,
            "signature.ocsp_other_certificate");
  auto const today = day(2026, 11, 21);
  EXPECT_EQ(judge_ocsp(answer, "", {*certificate, *issuer, today, today}).reason,
            "signature.ocsp_stale");
  EXPECT_EQ(judge_ocsp(answer, std::string(32, 'n'), {*certificate, *issuer, then, then}).reason,
            "signature.ocsp_nonce");
}

TEST_F(Vectors, TheRsaListHolds126SerialsAndItsOuterNullMayBeMissing) {
  auto const list = read("malikzh-ncanode/crl/nca_rsa_test.crl");
  auto const issuer = Certificate::read_file(trust_.certificates.front());
  auto const certificate =
      Certificate::read_file(read("malikzh-ncanode/certs/individual_valid_sign_2004_rsa.cer"));
  auto const at = day(2022, 6, 1);
  Subject const subject{*certificate, *issuer, at, at};
  EXPECT_EQ(judge_crls({list}, {}, subject).kind, RevocationVerdict::Kind::good);
  auto const parts = *der::children(der::first(list)->content);
  auto const without_null =
      der::encode(der::sequence, std::string{parts[0].whole} +
                                     der::encode(der::sequence, der::oid(oids::k_rsa_sha256)) +
                                     std::string{parts[2].whole});
  EXPECT_EQ(judge_crls({without_null}, {}, subject).kind, RevocationVerdict::Kind::good);
  auto const another =
      der::encode(der::sequence, std::string{parts[0].whole} +
                                     der::encode(der::sequence, der::oid("1.2.840.113549.1.1.13")) +
                                     std::string{parts[2].whole});
  EXPECT_EQ(judge_crls({another}, {}, subject).kind, RevocationVerdict::Kind::bad);
}

TEST_F(Vectors, ProductionAuthoritiesVerifyAndAreNoTestAnchors) {
  auto const leaf = Certificate::read_file(read("ca-production/nca_rsa_2022.cer"));
  auto const root = read("ca-production/root_rsa_2020.cer");
  ASSERT_TRUE(leaf);
  EXPECT_TRUE(build_chain(*leaf, read_trust({.certificates = {root}}), {}, day(2026, 11, 21)));
  EXPECT_FALSE(build_chain(*leaf,
                           read_trust({.certificates = {read("ca-production/root_rsa.pem")}}), {},
                           day(2024, 11, 21)));
  EXPECT_FALSE(is_test_anchor(root));
  EXPECT_TRUE(is_test_anchor(trust_.certificates.front()));
}

TEST_F(Vectors, WhatIsNoSignatureIsRefused) {
  for (auto const* name : {"skarm-kalkan/examples/test_xml.xml", "skarm-kalkan/examples/text.txt",
                           "skarm-kalkan/examples/test_CERT_GOST.txt", "skarm-kalkan/zip/sign.zip"})
    EXPECT_EQ(verify(read(name)).sub_indication, "FORMAT_FAILURE") << name;
}

TEST_F(Vectors, KeyFilesInTheOldAlgorithmsOpenAndSign) {
  auto const p12 = read(std::string{k_rsa} + k_citizen + ".p12");
  EXPECT_EQ(open_p12(p12, "qwerty12").error().text, "signature.key_password");
  auto const key = open_p12(p12, "Qwerty12");
  ASSERT_TRUE(key);
  auto const made = sign_cms(**key, "content", {.at = day(2020, 9, 9), .attached = true});
  ASSERT_TRUE(made);
  policy_.allow_basic = false;
  expect_sound(verify(*made));
}

}  // namespace
}  // namespace qyzmet::signing::tests
