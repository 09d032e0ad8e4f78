// What must be refused: each row spoils one thing of a situation that passes, and says which check
// finds it and what it means for the signature.
#include <gtest/gtest.h>

#include "signing/algorithms.hpp"
#include "signing/certificate.hpp"
#include "tests/signing/bench.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::signing::tests {
namespace {

struct Refusal {
  std::string name;
  std::function<void(Situation&)> spoil;
  std::string check, sub_indication, reason;
  char const* law = nullptr;
};

void PrintTo(Refusal const& refusal, std::ostream* out) {
  *out << refusal.name;
}

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, ByTheRightCheck) {
  auto const& row = GetParam();
  Situation situation;
  row.spoil(situation);
  auto const report = situation.verify();
  if (row.law != nullptr) LAW(row.law);
  EXPECT_NE(report.indication, Indication::total_passed);
  EXPECT_EQ(failed_check(report), row.check);
  EXPECT_EQ(report.sub_indication, row.sub_indication);
  EXPECT_EQ(report.reason(), row.reason);
}

std::string name_of(testing::TestParamInfo<Refusal> const& info) {
  return info.param.name;
}

void sign_with(Situation& situation, CertificateSpec spec) {
  situation.parts = Parts{issue_person(std::move(spec))};
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
       [](Situation& s) { s.parts.change_signature = [](std::string& value) { value[100] ^= 1; }; },
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
  };
}

// --- path and role
// --------------------------------------------------------------------------------

std::vector<Refusal> path_refusals() {
  return {
      {"UnknownAuthority", [](Situation& s) { s.trust = {}; }, "chain",
       "NO_CERTIFICATE_CHAIN_FOUND", "signature.unknown_authority", "R-GEN-05"},
      {"OnlyTheIntermediateIsKnown",
       [](Situation& s) { s.trust.certificates = {bench().ca.certificate}; }, "chain",
       "NO_CERTIFICATE_CHAIN_FOUND", "signature.unknown_authority"},
      {"AuthorityWithTheSameNameAndAnotherKey",
       [](Situation& s) {
         s.trust.certificates = {bench().other_root.certificate, bench().other_ca.certificate};
       },
       "chain", "NO_CERTIFICATE_CHAIN_FOUND", "signature.unknown_authority"},
      {"SelfSigned",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.key = bench().person_key;
         s.parts = Parts{issue_root(spec)};
       },
       "chain", "NO_CERTIFICATE_CHAIN_FOUND", "signature.unknown_authority"},
      {"SelfSignedAndConfigured",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.key = bench().person_key;
         s.parts = Parts{issue_root(spec)};
         s.trust.certificates.push_back(s.parts.signer.certificate);
       },
       "chain", "NO_CERTIFICATE_CHAIN_FOUND", "signature.unknown_authority"},
      {"IssuedByAPerson",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.key = bench().spare_key;
         s.parts = Parts{issue(spec, bench().citizen)};
         s.trust.certificates.push_back(bench().citizen.certificate);
       },
       "chain", "NO_CERTIFICATE_CHAIN_FOUND", "signature.path"},
      {"FourCertificatesDeep",
       [](Situation& s) {
         auto sub = authority_spec("SUB TEST");
         sub.key = bench().spare_key;
         auto const issuer = issue(sub, bench().ca);
         auto spec = citizen_spec();
         spec.key = bench().person_key;
         s.parts = Parts{issue(spec, issuer)};
         s.trust.certificates.push_back(issuer.certificate);
       },
       "chain_constraints", "CHAIN_CONSTRAINTS_FAILURE", "signature.path"},
      {"WithoutTheNationalPolicy",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.policies = "1.2.398.3.3.20";
         sign_with(s, spec);
       },
       "chain_constraints", "CHAIN_CONSTRAINTS_FAILURE", "signature.certificate_policy"},
      {"CertificateSignedWithSha1",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.digest = "SHA1";
         sign_with(s, spec);
       },
       "chain_constraints", "CHAIN_CONSTRAINTS_FAILURE", "signature.weak_algorithm"},
      {"TestAnchorInProduction", [](Situation& s) { s.policy.refuse_test_anchors = true; },
       "chain_constraints", "CHAIN_CONSTRAINTS_FAILURE", "signature.test_authority"},
      {"AuthorityThatHasEnded",
       [](Situation& s) {
         auto old = authority_spec("OLD TEST");
         old.until = now() - days{1};
         old.key = bench().spare_key;
         auto const issuer = issue(old, bench().root);
         auto spec = citizen_spec();
         spec.key = bench().person_key;
         s.parts = Parts{issue(spec, issuer)};
         s.trust.certificates.push_back(issuer.certificate);
       },
       "authority_validity", "OUT_OF_BOUNDS_NO_POE", "signature.authority_expired"},
      {"NegativeSerial",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.serial_hex = "-5A";
         sign_with(s, spec);
       },
       "signing_certificate", "NO_SIGNING_CERTIFICATE_FOUND", "signature.no_certificate"},
      {"SerialOf21Bytes",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.serial_hex = "01" + std::string(40, 'A');
         sign_with(s, spec);
       },
       "signing_certificate", "NO_SIGNING_CERTIFICATE_FOUND", "signature.no_certificate"},
  };
}

std::vector<Refusal> time_refusals() {
  return {
      {"ExpiredWithoutProofOfEarlierExistence",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.until = now() + hours{1};
         sign_with(s, spec);
         s.at = s.received_at = s.ocsp_time = now() + days{1};
       },
       "validity", "OUT_OF_BOUNDS_NO_POE", "signature.expired", "R-GEN-05"},
      {"MadeAfterTheEndByTheSignersOwnWord",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.until = now() - hours{1};
         sign_with(s, spec);
       },
       "validity", "EXPIRED", "signature.expired", "E-26"},
      {"NotYetValid",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.from = now() + hours{1};
         sign_with(s, spec);
       },
       "validity", "NOT_YET_VALID", "signature.not_yet_valid"},
  };
}

std::vector<Refusal> role_refusals() {
  constexpr auto k_check = "key_role";
  constexpr auto k_sub = "CHAIN_CONSTRAINTS_FAILURE";
  auto const citizen = [](std::string usages, std::string key_usage = "") {
    return [=](Situation& s) {
      auto spec = citizen_spec();
      spec.extended_key_usage = usages;
      if (!key_usage.empty()) spec.key_usage = key_usage;
      sign_with(s, spec);
    };
  };
  auto const official = [](std::string usages) {
    return [=](Situation& s) {
      auto spec = official_spec();
      spec.extended_key_usage = usages;
      sign_with(s, spec);
      s.policy.role = Role::official;
      s.policy.expected_iin = k_official_iin;
    };
  };
  return {
      {"AuthKeyForADocument", [](Situation& s) { s.parts = Parts{bench().citizen_auth}; }, k_check,
       k_sub, "signature.auth_key", "R-GEN-05"},
      {"SignKeyWhereAuthIsAsked", [](Situation& s) { s.policy.usage = Usage::authenticate; },
       k_check, k_sub, "signature.sign_key"},
      {"LegalEntityForACitizen",
       [](Situation& s) {
         s.parts = Parts{bench().official};
         s.policy.expected_iin = "";
       },
       k_check, k_sub, "signature.wrong_role"},
      {"CitizenForAnOfficial", [](Situation& s) { s.policy.role = Role::official; }, k_check, k_sub,
       "signature.wrong_role"},
      {"NoUsageAtAll", citizen(""), k_check, k_sub, "signature.wrong_role"},
      {"UsageWithoutRole", citizen("1.3.6.1.5.5.7.3.4"), k_check, k_sub, "signature.wrong_role"},
      {"TreasuryClient", citizen("1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1,1.2.398.5.19.1.2.2.1"),
       k_check, k_sub, "signature.wrong_role"},
      {"Notary", citizen("1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1,1.2.398.6.1.1.1.1"), k_check, k_sub,
       "signature.wrong_role"},
      {"StaffOfTheAuthority", citizen("1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1,1.2.398.3.3.4.2.3"),
       k_check, k_sub, "signature.wrong_role"},
      {"WithoutNonRepudiation",
       citizen("1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.1", "critical,digitalSignature"), k_check, k_sub,
       "signature.key_usage"},
      {"FinancialDocumentsOnly",
       official("1.3.6.1.5.5.7.3.4,1.2.398.3.3.4.1.2,1.2.398.3.3.4.1.2.3"), k_check, k_sub,
       "signature.wrong_role"},
      {"InformationSystemForAnOfficial",
       [](Situation& s) {
         s.parts = Parts{bench().seal};
         s.policy.role = Role::official;
       },
       k_check, k_sub, "signature.wrong_role"},
      {"PersonForTheSealOfTheOffice",
       [](Situation& s) {
         s.parts = Parts{bench().official};
         s.policy.role = Role::provider_seal;
         s.policy.expected_iin = "";
       },
       k_check, k_sub, "signature.wrong_role"},
      {"AuthorityAsSigner",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.basic_constraints = "critical,CA:TRUE";
         sign_with(s, spec);
       },
       k_check, k_sub, "signature.key_usage"},
  };
}

// --- identity
// -------------------------------------------------------------------------------------

std::vector<Refusal> identity_refusals() {
  constexpr auto k_sub = "SIG_CONSTRAINTS_FAILURE";
  auto const subject = [](std::function<void(std::vector<NameEntry>&)> change) {
    return [=](Situation& s) {
      auto spec = citizen_spec();
      change(spec.subject);
      sign_with(s, spec);
    };
  };
  return {
      {"IinOfAnother", [](Situation& s) { s.policy.expected_iin = k_official_iin; }, "iin", k_sub,
       "signature.wrong_iin", "R-GEN-05"},
      {"TwoIins", subject([](std::vector<NameEntry>& list) {
         list.push_back({.type = "serialNumber", .value = "IIN800515300087", .printable = true});
       }),
       "iin", k_sub, "signature.identity"},
      {"IinBesideAnotherInOneSet",
       subject([](std::vector<NameEntry>& list) { list[3].joins_previous = true; }), "iin", k_sub,
       "signature.identity"},
      {"IinInLowerCase",
       subject([](std::vector<NameEntry>& list) { list[2].value = "iin850315300019"; }), "iin",
       k_sub, "signature.identity"},
      {"IinOnlyInTheName", subject([](std::vector<NameEntry>& list) {
         list[2] = {.type = "CN", .value = "IIN850315300019"};
       }),
       "iin", k_sub, "signature.identity"},
      {"ForeignDigits", subject([](std::vector<NameEntry>& list) {
         list[2] = {.type = "serialNumber", .value = "IIN85031530001\xD9\xA9"};
       }),
       "iin", k_sub, "signature.identity"},
      {"NulBehindTheIin", subject([](std::vector<NameEntry>& list) {
         list[2] = {.type = "serialNumber", .value = std::string{"IIN850315300019"} + '\0'};
       }),
       "iin", k_sub, "signature.identity"},
      {"ElevenDigits",
       subject([](std::vector<NameEntry>& list) { list[2].value = "IIN85031530001"; }), "iin",
       k_sub, "signature.identity"},
      {"WrongCheckDigit",
       subject([](std::vector<NameEntry>& list) { list[2].value = "IIN850315300018"; }), "iin",
       k_sub, "signature.invalid_iin"},
      {"MonthThatIsNone",
       subject([](std::vector<NameEntry>& list) { list[2].value = "IIN123456789013"; }), "iin",
       k_sub, "signature.invalid_iin"},
      {"OfficialWithoutBin",
       [](Situation& s) {
         auto spec = official_spec();
         spec.subject.pop_back();
         sign_with(s, spec);
         s.policy.role = Role::official;
         s.policy.expected_iin = k_official_iin;
       },
       "bin", k_sub, "signature.identity"},
      {"BinInTheNameOfTheOrganisation",
       [](Situation& s) {
         auto spec = official_spec();
         spec.subject.back().type = "O";
         sign_with(s, spec);
         s.policy.role = Role::official;
         s.policy.expected_iin = k_official_iin;
       },
       "bin", k_sub, "signature.identity"},
      {"BinOfAnotherOffice",
       [](Situation& s) {
         s.parts = Parts{bench().official};
         s.policy.role = Role::official;
         s.policy.expected_iin = k_official_iin;
         s.policy.expected_bin = "120340000024";
       },
       "bin", k_sub, "signature.wrong_bin"},
  };
}

// --- revocation
// -----------------------------------------------------------------------------------

void only_list(Situation& situation, CrlSpec spec, Issued const& authority) {
  situation.change_evidence = [=](Evidence& evidence) {
    evidence.ocsp.clear();
    evidence.crls = {*make_crl(responder_of(authority, authority), spec)};
  };
}

CrlSpec list_of_today(Situation const& situation) {
  return {.revoked = {{.serial = serial_of(situation.parts.signer.certificate),
                       .at = now() - days{1},
                       .reason = 1}},
          .this_update = now() - hours{2},
          .next_update = now() + hours{20}};
}

Issued responder_with(std::function<void(CertificateSpec&)> const& change, Issued const& issuer) {
  auto spec = authority_spec("OCSP TEST");
  spec.key_usage = "critical,digitalSignature";
  spec.basic_constraints = "";
  spec.extended_key_usage = "1.3.6.1.5.5.7.3.9";
  spec.ocsp_nocheck = true;
  spec.key = bench().spare_key;
  change(spec);
  return issue(spec, issuer);
}

std::vector<Refusal> ocsp_refusals() {
  constexpr auto k_later = "TRY_LATER";
  using Kind = CertificateStatus::Kind;
  return {
      {"NoRevocationData",
       [](Situation& s) { s.change_evidence = [](Evidence& e) { e.ocsp.clear(); }; }, "revocation",
       k_later, "signature.no_revocation_data", "R-GEN-05"},
      {"Revoked",
       [](Situation& s) {
         s.status = {.kind = Kind::revoked, .revoked_at = now() - hours{1}, .reason = 1};
       },
       "revocation", "REVOKED", "signature.revoked", "E-26"},
      {"NeverIssued", [](Situation& s) { s.status = never_issued(); }, "revocation", "REVOKED",
       "signature.not_issued"},
      {"UnknownToTheResponder", [](Situation& s) { s.status = {.kind = Kind::unknown}; },
       "revocation", k_later, "signature.unknown_to_authority"},
      {"AnswerOfYesterday", [](Situation& s) { s.ocsp_time = now() - days{1}; }, "ocsp_fresh",
       k_later, "signature.ocsp_stale"},
      {"AnswerOfTomorrow", [](Situation& s) { s.ocsp_time = now() + days{1}; }, "ocsp_fresh",
       k_later, "signature.ocsp_future"},
      {"HeldYesterdayAndNothingSince",
       [](Situation& s) {
         s.ocsp_time = now() - days{1};
         s.status = {.kind = Kind::revoked, .revoked_at = now() - days{2}, .reason = 6};
       },
       "ocsp_fresh", k_later, "signature.ocsp_stale"},
      {"AnotherNonce", [](Situation& s) { s.ocsp_faults.wrong_nonce = true; }, "ocsp_nonce",
       k_later, "signature.ocsp_nonce"},
      {"NonceLeftOut", [](Situation& s) { s.ocsp_faults.without_nonce = true; }, "ocsp_nonce",
       k_later, "signature.ocsp_nonce"},
      {"AnswerAboutAnother", [](Situation& s) { s.ocsp_faults.foreign_serial = "0123456789"; },
       "ocsp_certificate", k_later, "signature.ocsp_other_certificate"},
      {"TwoAnswersInOne", [](Situation& s) { s.ocsp_faults.twice = true; }, "ocsp_response",
       k_later, "signature.ocsp_bad"},
      {"AnswerThatIsNone",
       [](Situation& s) { s.change_evidence = [](Evidence& e) { e.ocsp = {"garbage"}; }; },
       "ocsp_response", k_later, "signature.ocsp_bad"},
      {"AnswerChanged",
       [](Situation& s) {
         s.change_evidence = [](Evidence& e) { e.ocsp[0][e.ocsp[0].size() / 3] ^= 1; };
       },
       "ocsp_responder", k_later, "signature.ocsp_responder"},
      {"ErrorInsteadOfAnAnswer",
       [](Situation& s) { s.change_evidence = [](Evidence& e) { e.ocsp = {ocsp_error(3)}; }; },
       "revocation", k_later, "signature.no_revocation_data"},
      {"ResponderWithoutTheRight",
       [](Situation& s) {
         s.responder = responder_with([](CertificateSpec& spec) { spec.extended_key_usage = ""; },
                                      bench().ca);
       },
       "ocsp_responder", k_later, "signature.ocsp_responder"},
      {"ResponderThatIsAPerson", [](Situation& s) { s.responder = bench().citizen; },
       "ocsp_responder", k_later, "signature.ocsp_responder"},
      {"ResponderOfAnotherAuthority",
       [](Situation& s) {
         s.responder = responder_with([](CertificateSpec&) {}, bench().other_ca);
       },
       "ocsp_responder", k_later, "signature.ocsp_responder"},
      {"ResponderThatHasEnded",
       [](Situation& s) {
         s.responder = responder_with([](CertificateSpec& spec) { spec.until = now() - days{1}; },
                                      bench().ca);
       },
       "ocsp_responder", k_later, "signature.ocsp_responder"},
      {"ResponderWhoseOwnStateIsUnknown",
       [](Situation& s) {
         s.responder =
             responder_with([](CertificateSpec& spec) { spec.ocsp_nocheck = false; }, bench().ca);
       },
       "ocsp_responder", k_later, "signature.ocsp_responder"},
      {"ABadAnswerIsNotMendedByAList",
       [](Situation& s) {
         s.change_evidence = [](Evidence& e) {
           e.ocsp = {"garbage"};
           e.crls = {*make_crl(responder_of(bench().ca, bench().ca),
                               {.this_update = now(), .next_update = now() + hours{20}})};
         };
       },
       "ocsp_response", k_later, "signature.ocsp_bad"},
  };
}

std::vector<Refusal> list_refusals() {
  constexpr auto k_later = "TRY_LATER";
  return {
      {"Listed", [](Situation& s) { only_list(s, list_of_today(s), bench().ca); }, "revocation",
       "REVOKED", "signature.revoked", "E-26"},
      {"ListOfLastWeek",
       [](Situation& s) {
         auto spec = list_of_today(s);
         spec.this_update = now() - days{8};
         spec.next_update = now() - days{7};
         only_list(s, spec, bench().ca);
       },
       "crl", k_later, "signature.crl_unusable"},
      {"ListOfTomorrow",
       [](Situation& s) {
         auto spec = list_of_today(s);
         spec.this_update = now() + days{1};
         spec.next_update = now() + days{2};
         only_list(s, spec, bench().ca);
       },
       "crl", k_later, "signature.crl_unusable"},
      {"ListSignedByAnotherOfTheSameName",
       [](Situation& s) { only_list(s, list_of_today(s), bench().other_ca); }, "crl", k_later,
       "signature.crl_unusable"},
      {"ListOfAnotherAuthority", [](Situation& s) { only_list(s, list_of_today(s), bench().root); },
       "revocation", k_later, "signature.no_revocation_data"},
      {"ListThatIsNone",
       [](Situation& s) {
         s.change_evidence = [](Evidence& e) {
           e.ocsp.clear();
           e.crls = {"garbage"};
         };
       },
       "crl", k_later, "signature.crl_unusable"},
      {"DeltaAlone",
       [](Situation& s) {
         auto spec = list_of_today(s);
         spec.number = 2;
         spec.delta_of = 1;
         only_list(s, spec, bench().ca);
       },
       "crl", k_later, "signature.crl_unusable"},
      {"AuthorityListedByItsRoot",
       [](Situation& s) {
         s.change_evidence = [](Evidence& e) {
           CrlSpec spec{
               .revoked = {{.serial = serial_of(bench().ca.certificate), .at = now() - days{1}}},
               .this_update = now() - hours{2},
               .next_update = now() + days{30}};
           e.crls = {*make_crl(responder_of(bench().root, bench().root), spec)};
         };
       },
       "authority_revocation", "REVOKED", "signature.authority_revoked"},
  };
}

// --- timestamps: none of these proves that the signature is older than the end of the certificate
// ---

Issued tsa_with(std::function<void(CertificateSpec&)> const& change, Issued const& issuer) {
  auto spec = authority_spec("TSA TEST");
  spec.key_usage = "critical,digitalSignature";
  spec.basic_constraints = "";
  spec.extended_key_usage = "critical,1.3.6.1.5.5.7.3.8";
  spec.policies = "1.2.398.3.3.2.6";
  spec.key = bench().spare_key;
  change(spec);
  return issue(spec, issuer);
}

std::function<void(Situation&)> stamped(std::function<void(Situation&)> const& change) {
  return [=](Situation& s) {
    s.stamped_at = now();
    s.at = s.received_at = s.ocsp_time = now() + days{700};
    change(s);
  };
}

std::vector<Refusal> timestamp_refusals() {
  std::vector<std::pair<std::string, std::function<void(Situation&)>>> const rows{
      {"StampOverTheContent", [](Situation& s) { s.stamped_bytes = s.parts.content; }},
      {"StampWithAnotherImprint", [](Situation& s) { s.tsp_faults.wrong_imprint = true; }},
      {"StampOfTheFuture", [](Situation& s) { s.stamped_at = now() + days{900}; }},
      {"StampOlderThanTheCertificate", [](Situation& s) { s.stamped_at = now() - days{200}; }},
      {"StampChanged",
       [](Situation& s) {
         s.change_token = [](std::string token) {
           token[token.size() - 10] ^= 1;
           return token;
         };
       }},
      {"StampThatIsNone",
       [](Situation& s) {
         s.change_token = [](std::string) { return der::encode(der::sequence, "x"); };
       }},
      {"StampByAPerson", [](Situation& s) { s.authority = bench().citizen; }},
      {"StampWhoseUsageIsNotCritical",
       [](Situation& s) {
         s.authority =
             tsa_with([](CertificateSpec& spec) { spec.extended_key_usage = "1.3.6.1.5.5.7.3.8"; },
                      bench().ca);
       }},
      {"StampByAKeyForMore",
       [](Situation& s) {
         s.authority = tsa_with(
             [](CertificateSpec& spec) {
               spec.extended_key_usage = "critical,1.3.6.1.5.5.7.3.8,1.3.6.1.5.5.7.3.4";
             },
             bench().ca);
       }},
      {"StampOfAnotherAuthority",
       [](Situation& s) { s.authority = tsa_with([](CertificateSpec&) {}, bench().other_ca); }},
      {"StampByAnAuthorityThatHadEnded",
       [](Situation& s) {
         s.authority =
             tsa_with([](CertificateSpec& spec) { spec.until = now() - days{1}; }, bench().ca);
       }},
  };
  std::vector<Refusal> refusals;
  for (auto const& [name, change] : rows)
    refusals.push_back(
        {name, stamped(change), "validity", "OUT_OF_BOUNDS_NO_POE", "signature.expired"});
  return refusals;
}

INSTANTIATE_TEST_SUITE_P(Form, Refused, testing::ValuesIn(form_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Attributes, Refused, testing::ValuesIn(attribute_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Cryptography, Refused, testing::ValuesIn(crypto_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Path, Refused, testing::ValuesIn(path_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Time, Refused, testing::ValuesIn(time_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Role, Refused, testing::ValuesIn(role_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Identity, Refused, testing::ValuesIn(identity_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Ocsp, Refused, testing::ValuesIn(ocsp_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Lists, Refused, testing::ValuesIn(list_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Timestamps, Refused, testing::ValuesIn(timestamp_refusals()), name_of);

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
