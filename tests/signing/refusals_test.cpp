// What must be refused for its form and its cryptography.
#include <algorithm>

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

class RefusedGost : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedGost, ByTheRightCheck) {
  expect_refused(GetParam(), Family::gost);
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

/// SignerIdentifier by subjectKeyIdentifier.
std::string key_id_of(Issued const& issued) {
  auto const x509 = x509_from_der(issued.certificate);
  return der::encode(der::context(0), string_of(X509_get0_subject_key_id(x509.get())));
}

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
      {"KeyIdInTheWrongVersion",
       [](Situation& s) { s.parts.signer_id = key_id_of(s.parts.signer); }, "signed_attributes",
       "SIG_CONSTRAINTS_FAILURE", "signature.malformed"},
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
      {"DigestOnlyUnsigned",
       [](Situation& s) {
         with_attributes(s, [&](std::vector<std::string>& list) {
           s.parts.unsigned_attributes = {list[2]};
           list.erase(list.begin() + 2);
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

/// The signature is right, and the certificate in the CMS is the signer's with a change.
void with_certificate(Situation& situation, std::function<std::string(std::string)> const& change) {
  situation.parts.certificates = {change(situation.parts.signer.certificate)};
}

/// The signer's certificate is another, and everything else fits to it.
void with_key_bytes(Situation& situation, std::string const& what, std::string const& by) {
  auto& certificate = situation.parts.signer.certificate;
  auto const at = certificate.find(what);
  ASSERT_NE(at, std::string::npos);
  certificate.replace(at, by.size(), by);
  situation.parts.certificates = {certificate};
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
      {"KeyIdOfAnother",
       [](Situation& s) {
         s.parts.signer_version = 3;
         s.parts.signer_id = key_id_of(bench().ca);
       },
       "signing_certificate", "NO_SIGNING_CERTIFICATE_FOUND", "signature.no_certificate"},
      {"CertificateInBer",
       [](Situation& s) {
         with_certificate(s, [](std::string der) {
           return der.substr(0, 1) + std::string{"\x83\x00", 2} + der.substr(2);
         });
       },
       "signing_certificate", "NO_SIGNING_CERTIFICATE_FOUND", "signature.no_certificate"},
      {"BytesBehindTheCertificate",
       [](Situation& s) {
         with_certificate(s, [](std::string const& der) {
           auto const content = std::string{der::first(der)->content};
           return der::encode(der::sequence, content + der::encode(der::null, ""));
         });
       },
       "signing_certificate", "NO_SIGNING_CERTIFICATE_FOUND", "signature.no_certificate"},
      {"EssOnlyUnsigned",
       [](Situation& s) {
         with_attributes(s, [&](std::vector<std::string>& list) {
           s.parts.unsigned_attributes = {list[3]};
           list.erase(list.begin() + 3);
         });
       },
       "ess", "SIG_CONSTRAINTS_FAILURE", "signature.ess_missing"},
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
  };
}

std::vector<Refusal> value_refusals() {
  return {
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

std::vector<Refusal> other_family_refusals() {
  return {
      {"DigestOfAnotherFamily",
       [](Situation& s) {
         bool const rsa = family() == Family::rsa;
         s.parts.digest_oid = rsa ? oids::k_streebog_512 : oids::k_sha256;
         s.parts.digest_oids = {s.parts.digest_oid};
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"SignatureAlgorithmOfAnotherFamily",
       [](Situation& s) {
         bool const rsa = family() == Family::rsa;
         s.parts.signature_algorithm =
             encode_algorithm(rsa ? "1.2.398.3.10.1.1.2.3.2" : "1.2.840.113549.1.1.11");
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
      {"EcdsaKey",
       [](Situation& s) {
         KeyPtr const key{EVP_EC_gen("P-256")};
         auto spec = citizen_spec();
         spec.key = to_der(key.get(), i2d_PrivateKey);
         s.parts.signer = issue(spec, bench().ca);
         s.parts.certificates = {s.parts.signer.certificate};
         s.parts.md = "SHA256";
         s.parts.digest_oid = oids::k_sha256;
         s.parts.digest_oids = {s.parts.digest_oid};
         s.parts.signature_algorithm = der::encode(der::sequence, der::oid("1.2.840.10045.4.3.2"));
       },
       "algorithm", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "signature.weak_algorithm"},
  };
}

std::vector<Refusal> gost_value_refusals() {
  constexpr std::size_t k_half = 64;
  using Change = std::function<void(std::string&)>;
  std::vector<std::pair<std::string, Change>> const rows{
      {"RIsZero", [](std::string& value) { value.replace(0, k_half, std::string(k_half, 0)); }},
      {"SIsZero",
       [](std::string& value) { value.replace(k_half, k_half, std::string(k_half, 0)); }},
      {"RIsTooLarge",
       [](std::string& value) { value.replace(0, k_half, std::string(k_half, '\xff')); }},
      {"SIsTooLarge",
       [](std::string& value) { value.replace(k_half, k_half, std::string(k_half, '\xff')); }},
      {"SignatureTooShort", [](std::string& value) { value.pop_back(); }},
      {"SignatureTooLong", [](std::string& value) { value += '\0'; }},
      {"HalvesSwapped",
       [](std::string& value) { value = value.substr(k_half) + value.substr(0, k_half); }},
      {"BytesReversed", [](std::string& value) { std::ranges::reverse(value); }}};
  std::vector<Refusal> refusals;
  for (auto const& [name, change] : rows)
    refusals.push_back({name, [=](Situation& s) { s.parts.change_signature = change; },
                        "signature_value", "SIG_CRYPTO_FAILURE", "signature.altered"});
  return refusals;
}

std::vector<Refusal> gost_key_refusals() {
  constexpr auto k_sub = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE";
  std::string const point = "\x04\x81\x80";  // OCTET STRING of 128 bytes: x and y
  return {
      {"KeyNotOnTheCurve", [=](Situation& s) { with_key_bytes(s, point, point + "\x01\x02\x03"); },
       "algorithm", k_sub, "signature.weak_algorithm"},
      {"KeyAtInfinity",
       [=](Situation& s) { with_key_bytes(s, point, point + std::string(128, '\0')); }, "algorithm",
       k_sub, "signature.weak_algorithm"},
      {"ParametersOfAnotherCurve",
       [](Situation& s) {
         with_key_bytes(s, der::oid("1.2.398.3.10.1.1.2.2.1"), der::oid("1.2.398.3.10.1.1.2.2.2"));
       },
       "algorithm", k_sub, "signature.weak_algorithm"},
      {"LegacyKey",
       [](Situation& s) {
         with_key_bytes(s, der::oid("1.2.398.3.10.1.1.2.2"), der::oid("1.3.6.1.4.1.6801.1.5"));
       },
       "algorithm", k_sub, "signature.unsupported_algorithm"},
  };
}

INSTANTIATE_TEST_SUITE_P(OtherFamily, RefusedForm, testing::ValuesIn(other_family_refusals()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(GostValue, RefusedGost, testing::ValuesIn(gost_value_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(GostKey, RefusedGost, testing::ValuesIn(gost_key_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Form, RefusedForm, testing::ValuesIn(form_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Attributes, RefusedForm, testing::ValuesIn(attribute_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Cryptography, RefusedForm, testing::ValuesIn(crypto_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Value, RefusedForm, testing::ValuesIn(value_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Algorithms, RefusedRsa, testing::ValuesIn(algorithm_refusals()), name_of);

TEST(Refusals, AttachedContentAndAFileBesideIt) {
  Situation situation;
  situation.parts.attached = true;
  auto const report = verify_cms(situation.cms(), situation.given, situation.trust,
                                 situation.policy, now(), now(), situation.evidence());
  EXPECT_EQ(report.reason(), "signature.content_twice");
  EXPECT_EQ(report.sub_indication, "FORMAT_FAILURE");
  record_refusal("AttachedContentAndAFileBesideIt", report);
}

TEST(Refusals, ContentThatIsInTruthSignedAttributes) {
  // A signature over attributes, presented without them over their encoding as the content.
  Situation situation;
  situation.policy.national = false;
  situation.parts.content = der::set_of(situation.parts.usual_attributes());
  situation.given = situation.parts.content;
  situation.parts.with_attributes = false;
  auto const report = situation.verify();
  EXPECT_EQ(report.sub_indication, "SIG_CRYPTO_FAILURE");
  record_refusal("ContentThatIsInTruthSignedAttributes", report);
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
