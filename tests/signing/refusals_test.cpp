// What must be refused for its form and its cryptography.
#include "signing/algorithms.hpp"
#include "signing/certificate.hpp"
#include "tests/signing/refusal.hpp"

namespace qyzmet::signing::tests {
namespace {

class RefusedForm : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedForm, ByTheRightCheck) {
  expect_refused_everywhere(GetParam());
}

class RefusedRsa : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedRsa, ByTheRightCheck) {
  expect_refused(GetParam(), Family::rsa);
}

/// Drops or changes the usual attributes before signing.
void with_attributes(Situation& situation,
                     std::function<void(std::vector<std::string>&)> const& change) {
  auto list = situation.parts.usual_attributes();
  change(list);
  situation.parts.attributes = std::move(list);
}

void carry(Situation& situation, std::function<std::string(std::string)> change) {
  situation.carry = std::move(change);
}

// --- form
// -----------------------------------------------------------------------------------------

std::vector<Refusal> form_refusals() {
  return {
      {"NothingAtAll", [](Situation& s) { carry(s, [](std::string) { return ""; }); }, "carrier",
       "FORMAT_FAILURE", "signature.missing"},
      {"Text", [](Situation& s) { carry(s, [](std::string) { return "not a signature"; }); },
       "carrier", "FORMAT_FAILURE", "signature.malformed"},
      {"Base64OfNothing", [](Situation& s) { carry(s, [](std::string) { return "AAAA"; }); },
       "structure", "FORMAT_FAILURE", "signature.malformed"},
      {"BrokenBase64",
       [](Situation& s) { carry(s, [](std::string der) { return encode_base64(der) + "*"; }); },
       "carrier", "FORMAT_FAILURE", "signature.malformed"},
      {"AnotherPemLabel",
       [](Situation& s) { carry(s, [](std::string der) { return to_pem_certificate(der); }); },
       "carrier", "FORMAT_FAILURE", "signature.malformed"},
      {"TwoPemBlocks",
       [](Situation& s) {
         carry(s, [](std::string der) { return to_pem_cms(der) + to_pem_cms(der); });
       },
       "carrier", "FORMAT_FAILURE", "signature.malformed"},
      {"OneNulBehind", [](Situation& s) { carry(s, [](std::string der) { return der + '\0'; }); },
       "structure", "FORMAT_FAILURE", "signature.trailing_bytes"},
      {"AnotherCmsBehind",
       [](Situation& s) { carry(s, [](std::string der) { return der + der; }); }, "structure",
       "FORMAT_FAILURE", "signature.trailing_bytes"},
      {"CutInTheMiddle",
       [](Situation& s) {
         carry(s, [](std::string der) { return der.substr(0, der.size() / 2); });
       },
       "structure", "FORMAT_FAILURE", "signature.malformed"},
      {"MoreThanTheLimit",
       [](Situation& s) { carry(s, [](std::string) { return std::string((17U << 20), '0'); }); },
       "carrier", "FORMAT_FAILURE", "signature.too_large"},
      {"DetachedButHuge",
       [](Situation& s) {
         s.parts.unsigned_attributes = {
             attribute("1.2.3.4", der::encode(der::octet_string, std::string(3U << 20, 'x')))};
       },
       "structure", "FORMAT_FAILURE", "signature.too_large"},
      {"TooManyCertificates",
       [](Situation& s) { s.parts.certificates.assign(17, s.parts.signer.certificate); },
       "structure", "FORMAT_FAILURE", "signature.malformed"},
      {"NoSigner", [](Situation& s) { s.parts.signers = 0; }, "one_signer", "FORMAT_FAILURE",
       "signature.no_signer"},
      {"TwoSigners", [](Situation& s) { s.parts.signers = 2; }, "one_signer", "FORMAT_FAILURE",
       "signature.many_signers"},
      {"AnotherContentType", [](Situation& s) { s.parts.content_type = oids::k_tst_info; },
       "content_type", "FORMAT_FAILURE", "signature.content_type"},
      {"DetachedWithoutContent", [](Situation& s) { s.give_content = false; }, "content",
       "SIGNED_DATA_NOT_FOUND", "signature.content_missing"},
      {"CounterSigned",
       [](Situation& s) {
         s.parts.unsigned_attributes = {
             attribute(oids::k_counter_signature, der::encode(der::sequence, ""))};
       },
       "counter_signature", "SIG_CONSTRAINTS_FAILURE", "signature.counter_signature"},
      {"NoSignedAttributes", [](Situation& s) { s.parts.with_attributes = false; },
       "signed_attributes", "SIG_CONSTRAINTS_FAILURE", "signature.no_signed_attributes"},
      {"VersionThatDoesNotFitTheIdentifier", [](Situation& s) { s.parts.signer_version = 3; },
       "signed_attributes", "SIG_CONSTRAINTS_FAILURE", "signature.malformed"},
      {"DigestThatIsNotListed",
       [](Situation& s) { s.parts.digest_oids = {std::string{oids::k_sha512}}; },
       "signed_attributes", "SIG_CONSTRAINTS_FAILURE", "signature.malformed"},
  };
}

std::vector<Refusal> attribute_refusals() {
  constexpr auto k_check = "signed_attributes";
  constexpr auto k_sub = "SIG_CONSTRAINTS_FAILURE";
  constexpr auto k_reason = "signature.signed_attributes";
  return {
      {"AttributeTwice",
       [](Situation& s) {
         with_attributes(s, [](std::vector<std::string>& list) { list.push_back(list[2]); });
       },
       k_check, k_sub, k_reason},
      {"TwoDigestsInOneAttribute",
       [](Situation& s) {
         with_attributes(s, [](std::vector<std::string>& list) {
           auto const value = der::encode(der::octet_string, std::string(32, 'x'));
           list[2] = attribute(oids::k_message_digest, value + value);
         });
       },
       k_check, k_sub, k_reason},
      {"NoMessageDigest",
       [](Situation& s) {
         with_attributes(s, [](std::vector<std::string>& list) { list.erase(list.begin() + 2); });
       },
       k_check, k_sub, k_reason},
      {"NoContentType",
       [](Situation& s) {
         with_attributes(s, [](std::vector<std::string>& list) { list.erase(list.begin()); });
       },
       k_check, k_sub, k_reason},
      {"ContentTypeOfAnother",
       [](Situation& s) {
         with_attributes(s, [](std::vector<std::string>& list) {
           list[0] = attribute(oids::k_content_type, der::oid(oids::k_tst_info));
         });
       },
       k_check, k_sub, k_reason},
      {"SigningTimeThatIsNoTime",
       [](Situation& s) {
         with_attributes(s, [](std::vector<std::string>& list) {
           list[1] = attribute(oids::k_signing_time, der::encode(der::utc_time, "yesterday"));
         });
       },
       k_check, k_sub, k_reason},
      {"AttributesInBer",
       [](Situation& s) {
         s.parts.change_signed = [](std::string& set) {
           // A longer form of the same length.
           auto const content = std::string{der::first(set)->content};
           set = std::string{"\x31\x83\x00", 3} + static_cast<char>(content.size() >> 8) +
                 static_cast<char>(content.size() & 255) + content;
         };
       },
       k_check, k_sub, k_reason},
  };
}

// --- cryptography
// ---------------------------------------------------------------------------------

std::vector<Refusal> crypto_refusals() {
  return {
      {"NoCertificate", [](Situation& s) { s.parts.certificates.clear(); }, "signing_certificate",
       "NO_SIGNING_CERTIFICATE_FOUND", "signature.no_certificate", "R-GEN-05"},
      {"CertificateOfAnother",
       [](Situation& s) { s.parts.certificates = {bench().official.certificate}; },
       "signing_certificate", "NO_SIGNING_CERTIFICATE_FOUND", "signature.no_certificate"},
      {"NoEss",
       [](Situation& s) {
         with_attributes(s, [](std::vector<std::string>& list) { list.erase(list.begin() + 3); });
       },
       "ess", "SIG_CONSTRAINTS_FAILURE", "signature.ess_missing"},
      {"CertificateSwappedForOneWithTheSameName",
       [](Situation& s) {
         auto spec = official_spec();
         spec.serial_hex = serial_of(s.parts.signer.certificate);
         s.parts.certificates = {issue_person(spec).certificate};
       },
       "ess", "SIG_CONSTRAINTS_FAILURE", "signature.ess_differs"},
      {"OnlyEssOfTheFirstVersion",
       [](Situation& s) {
         with_attributes(s, [&](std::vector<std::string>& list) {
           auto const hash =
               der::encode(der::octet_string, digest("SHA1", s.parts.signer.certificate));
           auto const id = der::encode(der::sequence, hash);
           list[3] = attribute(oids::k_ess_v1,
                               der::encode(der::sequence, der::encode(der::sequence, id)));
         });
       },
       "ess", "SIG_CONSTRAINTS_FAILURE", "signature.ess_missing"},
      {"AnotherDocument", [](Situation& s) { s.given = "Another application"; }, "message_digest",
       "HASH_FAILURE", "signature.altered", "R-GEN-05"},
      {"AttachedContentChanged",
       [](Situation& s) {
         s.parts.attached = true;
         carry(s, [](std::string der) {
           der[der.find("беру")] ^= 1;
           return der;
         });
       },
       "message_digest", "HASH_FAILURE", "signature.altered"},
      {"SignatureOneBitChanged",
       [](Situation& s) { s.parts.change_signature = [](std::string& value) { value[10] ^= 1; }; },
       "signature_value", "SIG_CRYPTO_FAILURE", "signature.altered", "R-GEN-05"},
      {"SignatureEmpty",
       [](Situation& s) { s.parts.change_signature = [](std::string& value) { value.clear(); }; },
       "signature_value", "SIG_CRYPTO_FAILURE", "signature.altered"},
      {"SigningTimeChanged",
       [](Situation& s) {
         s.parts.change_signed = [](std::string& set) { set[set.find("2611") + 1] ^= 1; };
       },
       "signature_value", "SIG_CRYPTO_FAILURE", "signature.altered"},
      {"KeyOfAnother", [](Situation& s) { s.parts.signer.key = bench().spare_key; },
       "signature_value", "SIG_CRYPTO_FAILURE", "signature.altered"},
  };
}

std::vector<Refusal> algorithm_refusals() {
  return {
      {"Sha1",
       [](Situation& s) {
         s.parts.md = "SHA1";
         s.parts.digest_oid = oids::k_sha1;
         s.parts.digest_oids = {std::string{oids::k_sha1}};
         s.parts.signature_algorithm = encode_algorithm("1.2.840.113549.1.1.5");
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"Md5",
       [](Situation& s) {
         s.parts.md = "MD5";
         s.parts.digest_oid = "1.2.840.113549.2.5";
         s.parts.digest_oids = {"1.2.840.113549.2.5"};
         s.parts.signature_algorithm = encode_algorithm("1.2.840.113549.1.1.4");
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"Sha512IsNotOnTheNationalList",
       [](Situation& s) {
         s.parts.md = "SHA512";
         s.parts.digest_oid = oids::k_sha512;
         s.parts.digest_oids = {std::string{oids::k_sha512}};
         s.parts.signature_algorithm = encode_algorithm("1.2.840.113549.1.1.13");
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"SignatureAlgorithmOfAnotherDigest",
       [](Situation& s) {
         s.parts.signature_algorithm = encode_algorithm("1.2.840.113549.1.1.13");
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"PssParameters",
       [](Situation& s) {
         s.parts.signature_algorithm = encode_algorithm("1.2.840.113549.1.1.10");
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"KeyOf1024Bits",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.key_bits = 1024;
         sign_with(s, spec);
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"ExponentThree",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.key_exponent = 3;
         sign_with(s, spec);
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"CertificateSignedWithSha1",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.digest = "SHA1";
         sign_with(s, spec);
       },
       "chain_constraints", "CHAIN_CONSTRAINTS_FAILURE", "signature.weak_algorithm"},
  };
}

INSTANTIATE_TEST_SUITE_P(Form, RefusedForm, testing::ValuesIn(form_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Attributes, RefusedForm, testing::ValuesIn(attribute_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Cryptography, RefusedForm, testing::ValuesIn(crypto_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Algorithms, RefusedRsa, testing::ValuesIn(algorithm_refusals()), name_of);

TEST(Refusals, AttachedContentAndAFileBesideIt) {
  Situation situation;
  situation.parts.attached = true;
  auto const report = verify_cms(situation.cms(), situation.given, situation.trust,
                                 situation.policy, now(), now(), situation.evidence());
  EXPECT_EQ(report.reason(), "signature.content_twice");
  EXPECT_EQ(report.sub_indication, "FORMAT_FAILURE");
}

TEST(Refusals, ContentThatIsInTruthSignedAttributes) {
  // A signature over attributes, presented without them over their encoding as the content.
  Situation situation;
  situation.policy.national = false;
  situation.parts.content = der::set_of(situation.parts.usual_attributes());
  situation.given = situation.parts.content;
  situation.parts.with_attributes = false;
  EXPECT_EQ(situation.verify().sub_indication, "SIG_CRYPTO_FAILURE");
}

TEST(Refusals, EveryBitOfACmsCounts) {
  // Bytes that no signature covers may change; nothing may pass as something else.
  Situation situation;
  auto const der = situation.cms();
  auto const evidence = situation.evidence();
  auto const whole =
      verify_cms(der, situation.given, situation.trust, situation.policy, now(), now(), evidence);
  ASSERT_TRUE(whole.passed());
  for (std::size_t at = 0; at < der.size(); at += 3) {
    auto changed = der;
    changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
    auto const report = verify_cms(changed, situation.given, situation.trust, situation.policy,
                                   now(), now(), evidence);
    if (!report.passed()) continue;
    EXPECT_EQ(report.signer->certificate_der, whole.signer->certificate_der) << at;
    EXPECT_EQ(report.content, whole.content) << at;
  }
}

}  // namespace
}  // namespace qyzmet::signing::tests
