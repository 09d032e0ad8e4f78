// What must be accepted, and what the report says then.
#include "signing/verify.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "signing/certificate.hpp"
#include "signing/signer.hpp"
#include "tests/signing/bench.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::signing::tests {
namespace {

std::string verdict(Report const& report) {
  return std::string{to_text(report.indication)} + " " + report.sub_indication + " " +
         failed_check(report) + " " + report.reason();
}
#define EXPECT_PASSED(report) \
  EXPECT_EQ((report).indication, Indication::total_passed) << verdict(report)

std::vector<std::string> names_of(Report const& report) {
  std::vector<std::string> names;
  for (auto const& check : report.checks) names.push_back(check.name);
  return names;
}

TEST(Verify, AcceptsTheSignatureOfACitizenAndNamesTheSigner) {
  auto const report = Situation{}.verify();
  EXPECT_PASSED(report);
  LAW("R-GEN-05");
  ASSERT_TRUE(report.signer);
  EXPECT_EQ(report.signer->iin, k_iin);
  EXPECT_EQ(report.signer->name, "ҮЛГІҰЛЫ АРМАН");
  EXPECT_EQ(report.signer->best_time, now());
  LAW("R-GEN-07");
  EXPECT_EQ(report.content, Situation{}.given);
  EXPECT_EQ(report.level, "B");
  EXPECT_EQ(report.reason(), "");
}

TEST(Verify, ReportsTheChecksInAFixedOrder) {
  std::vector<std::string> const expected{"carrier",
                                          "structure",
                                          "one_signer",
                                          "content_type",
                                          "content",
                                          "signed_attributes",
                                          "counter_signature",
                                          "signing_certificate",
                                          "ess",
                                          "algorithm",
                                          "message_digest",
                                          "signature_value",
                                          "chain",
                                          "chain_constraints",
                                          "authority_validity",
                                          "validity",
                                          "key_role",
                                          "iin",
                                          "ocsp_response",
                                          "ocsp_responder",
                                          "ocsp_certificate",
                                          "ocsp_nonce",
                                          "ocsp_fresh",
                                          "revocation"};
  EXPECT_EQ(names_of(Situation{}.verify()), expected);
}

TEST(Verify, TakesEveryCarrier) {
  std::vector<std::function<std::string(std::string)>> const carriers{
      [](std::string der) { return der; },
      [](std::string der) { return to_pem_cms(der); },
      [](std::string der) { return "\r\n" + to_pem_cms(der) + "\n"; },
      [](std::string der) { return encode_base64(der); },
      [](std::string der) { return encode_base64(der, 76) + "\r\n"; },
  };
  for (auto const& carrier : carriers) {
    Situation situation;
    situation.carry = carrier;
    EXPECT_PASSED(situation.verify());
  }
}

TEST(Verify, TakesAttachedContentAndGivesItBack) {
  Situation situation;
  situation.parts.attached = true;
  auto const report = situation.verify();
  EXPECT_PASSED(report);
  EXPECT_EQ(report.content, situation.parts.content);
}

TEST(Verify, TakesIndefiniteLengthsAndContentInPieces) {
  Situation situation;
  situation.parts.attached = true;
  situation.carry = [&](std::string const& der) {
    auto const info = der::children(der::first(der)->content);
    auto const data = der::first(info->back().content);
    auto const parts = *der::children(data->content);
    auto const& content = situation.parts.content;
    auto const indefinite = [](std::uint8_t tag, std::string const& inner) {
      return std::string{static_cast<char>(tag), '\x80'} + inner + std::string(2, '\0');
    };
    auto const pieces = indefinite(0x24, der::encode(der::octet_string, content.substr(0, 5)) +
                                             der::encode(der::octet_string, content.substr(5)));
    auto const what = indefinite(
        der::sequence, der::oid(oids::k_data) + indefinite(der::context_constructed(0), pieces));
    std::string inner{parts[0].whole};
    inner += parts[1].whole;
    inner += what;
    for (std::size_t i = 3; i < parts.size(); ++i) inner += parts[i].whole;
    return indefinite(der::sequence, std::string{info->front().whole} +
                                         indefinite(der::context_constructed(0),
                                                    indefinite(der::sequence, inner)));
  };
  EXPECT_PASSED(situation.verify());
}

TEST(Verify, FindsTheSignerByKeyId) {
  Situation situation;
  auto const certificate = Certificate::read(bench().citizen.certificate);
  situation.parts.signer_version = 3;
  situation.parts.signer_id =
      der::encode(der::context(0), string_of(X509_get0_subject_key_id(certificate->get())));
  EXPECT_PASSED(situation.verify());
}

TEST(Verify, TakesTheThreeStylesOfSignatureAlgorithmThatTheAllowListHas) {
  Situation situation;
  situation.parts.signature_algorithm = encode_algorithm(oids::k_rsa);
  EXPECT_PASSED(situation.verify());
  situation.parts.signature_algorithm = der::encode(der::sequence, der::oid(oids::k_rsa_sha256));
  EXPECT_PASSED(situation.verify());
}

TEST(Verify, TakesOfficialsByTheirRight) {
  for (std::string const right :
       {"1.2.398.3.3.4.1.2.1", "1.2.398.3.3.4.1.2.2", "1.2.398.3.3.4.1.2.5"}) {
    auto spec = official_spec();
    spec.extended_key_usage = "1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.2," + right;
    Situation situation;
    situation.parts = Parts{issue_person(spec)};
    situation.policy.role = Role::official;
    situation.policy.expected_iin = k_official_iin;
    situation.policy.expected_bin = k_bin;
    auto const report = situation.verify();
    EXPECT_PASSED(report) << right;
    EXPECT_EQ(report.signer->bin, k_bin);
  }
}

TEST(Verify, TakesTheSealOfAnOffice) {
  Situation situation;
  situation.parts = Parts{bench().seal};
  situation.policy.role = Role::provider_seal;
  situation.policy.expected_iin = "";
  situation.policy.expected_bin = k_bin;
  EXPECT_PASSED(situation.verify());
}

TEST(Verify, TestPersonsPassOnlyWhereTheSwitchSaysSo) {
  auto spec = citizen_spec();
  spec.subject[2].value = "IIN123456789011";
  Situation situation;
  situation.parts = Parts{issue_person(spec)};
  situation.policy.expected_iin = "";
  EXPECT_EQ(situation.verify().reason(), "signature.invalid_iin");
  situation.policy.test_persons = true;
  EXPECT_PASSED(situation.verify());
}

TEST(Verify, ATimestampProvesThatTheSignatureWasMadeInTime) {
  Situation situation;
  situation.stamped_at = now();
  // Looked at two years later, long after the certificate has ended.
  situation.at = situation.received_at = now() + days{700};
  auto const report = situation.verify();
  LAW("E-27");
  EXPECT_PASSED(report);
  EXPECT_EQ(report.level, "T");
  EXPECT_EQ(report.signer->best_time, now());
}

TEST(Verify, OurOwnReceiptProvesItToo) {
  Situation situation;
  situation.at = now() + days{700};
  LAW("E-27");
  EXPECT_PASSED(situation.verify());
}

TEST(Verify, RevocationAfterTheReceiptChangesNothing) {
  Situation situation;
  situation.at = now() + days{3};
  situation.ocsp_time = now() + days{3};
  situation.status = {
      .kind = CertificateStatus::Kind::revoked, .revoked_at = now() + days{1}, .reason = 1};
  EXPECT_PASSED(situation.verify());
}

TEST(Verify, AListDecidesWhereTheResponderIsSilent) {
  Situation situation;
  situation.change_evidence = [](Evidence& evidence) {
    evidence.ocsp = {ocsp_error(3)};
    evidence.crls = {*make_crl(responder_of(bench().ca, bench().ca),
                               {.revoked = {{.serial = "77", .at = now() - days{9}}},
                                .this_update = now() - hours{2},
                                .next_update = now() + hours{20}})};
  };
  auto const report = situation.verify();
  EXPECT_PASSED(report);
  EXPECT_EQ(report.checks.back().name, "revocation");
}

TEST(Verify, ADeltaOlderThanItsBaseIsPassedOver) {
  auto const serial = serial_of(bench().citizen.certificate);
  auto const list = [&](int number, std::optional<int> delta_of, bool revoked) {
    CrlSpec spec{.revoked = {},
                 .number = number,
                 .delta_of = delta_of,
                 .this_update = now() - hours{2},
                 .next_update = now() + hours{20}};
    if (revoked) spec.revoked.push_back({.serial = serial, .at = now() - days{1}});
    return *make_crl(responder_of(bench().ca, bench().ca), spec);
  };
  Situation situation;
  situation.change_evidence = [&](Evidence& evidence) {
    evidence.ocsp.clear();
    evidence.crls = {list(14, {}, false), list(10, 14, true)};
  };
  EXPECT_PASSED(situation.verify());
  situation.change_evidence = [&](Evidence& evidence) {
    evidence.ocsp.clear();
    evidence.crls = {list(14, {}, false), list(15, 14, true)};
  };
  EXPECT_EQ(situation.verify().sub_indication, "REVOKED");
}

TEST(Verify, ABadTimestampIsRecordedAndProvesNothing) {
  Situation situation;
  situation.stamped_at = now();
  situation.stamped_bytes = situation.parts.content;
  auto const report = situation.verify();
  EXPECT_PASSED(report);
  EXPECT_EQ(report.level, "B");
  EXPECT_EQ(report.reason(), "");
  auto const stamp = std::ranges::find(report.checks, "timestamp_imprint", &Check::name);
  ASSERT_NE(stamp, report.checks.end());
  EXPECT_EQ(stamp->result(), "warning");
}

TEST(VerifyOver, TakesAttachedAndDetachedSignaturesOfTheBytesWeGave) {
  for (bool const attached : {false, true}) {
    Situation situation;
    situation.parts.attached = attached;
    auto const report = verify_cms_over(situation.cms(), situation.given, situation.trust,
                                        situation.policy, now(), now(), situation.evidence());
    EXPECT_PASSED(report);
    auto const other = verify_cms_over(situation.cms(), situation.given + " ", situation.trust,
                                       situation.policy, now(), now(), situation.evidence());
    LAW("R-GEN-07");
    EXPECT_EQ(other.sub_indication, "HASH_FAILURE");
  }
}

TEST(VerifyChallenge, LetsInWithEitherKeyOfAnyRole) {
  for (auto const* who : {&bench().citizen, &bench().citizen_auth, &bench().official}) {
    Situation situation;
    situation.parts = Parts{*who};
    situation.policy.expected_iin = "";
    auto const report =
        verify_challenge(situation.cms(), situation.parts.content, now() - minutes{1},
                         situation.trust, situation.policy, now(), situation.evidence());
    EXPECT_PASSED(report);
  }
}

TEST(VerifyChallenge, ACertificateThatHadEndedBeforeIsExpired) {
  auto spec = citizen_spec();
  spec.until = now() - days{1};
  Situation situation;
  situation.parts = Parts{issue_person(spec)};
  auto const report =
      verify_challenge(situation.cms(), situation.parts.content, now() - minutes{1},
                       situation.trust, situation.policy, now(), situation.evidence());
  EXPECT_EQ(report.indication, Indication::total_failed);
  EXPECT_EQ(report.sub_indication, "EXPIRED");
}

TEST(VerifyGeneric, LeavesTheNationalRulesOut) {
  auto spec = citizen_spec();
  spec.subject = {{.type = "CN", .value = "Anybody"}};
  spec.extended_key_usage = "";
  spec.policies = "";
  Situation situation;
  situation.parts = Parts{issue_person(spec)};
  situation.policy.national = false;
  situation.policy.expected_iin = "";
  EXPECT_PASSED(situation.verify());
  situation.parts.md = "SHA512";
  situation.parts.digest_oid = oids::k_sha512;
  situation.parts.digest_oids = {std::string{oids::k_sha512}};
  situation.parts.signature_algorithm = encode_algorithm("1.2.840.113549.1.1.13");
  EXPECT_PASSED(situation.verify());
}

TEST(OcspQuestion, NamesTheCertificateAndItsOwnAddress) {
  auto spec = citizen_spec();
  spec.address = "http://127.0.0.1:8090";
  auto const cms = Parts{issue_person(spec)}.make();
  auto const first = ocsp_question(cms, bench().trust);
  auto const second = ocsp_question(to_pem_cms(cms), bench().trust);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->address, "http://127.0.0.1:8090/ocsp");
  EXPECT_EQ(first->nonce.size(), 32U);
  EXPECT_NE(first->nonce, second->nonce);
  EXPECT_EQ(ocsp_question(cms, {}).error().text, "signature.unknown_authority");
  EXPECT_EQ(ocsp_question("x", bench().trust).error().text, "signature.malformed");
}

TEST(IsTestAnchor, GoesByTheName) {
  EXPECT_TRUE(is_test_anchor(bench().root.certificate));
  auto spec = authority_spec("НЕГІЗГІ ОРТАЛЫҚ (RSA)");
  spec.key = bench().spare_key;
  EXPECT_FALSE(is_test_anchor(to_pem_certificate(issue_root(spec).certificate)));
  EXPECT_TRUE(is_test_anchor("what cannot be read"));
}

TEST(Iin, FollowsTheVectorsOfTheLaw) {
  for (auto const* valid :
       {"091121500109", "091121500016", "850315400015", "991231300013", "000229600014",
        "760101300705", "090101500018", "091122500015", "091122600011"})
    EXPECT_TRUE(is_valid_iin(valid)) << valid;
  for (auto const* invalid : {"123456789012", "123456789013", "091121500030", "09112150010",
                              "0911215001090", "09112150010a", ""})
    EXPECT_FALSE(is_valid_iin(invalid)) << invalid;
}

TEST(Sha256, IsHexadecimal) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace qyzmet::signing::tests
