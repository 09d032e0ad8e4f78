// What must be refused for who signed, when, and by whose word.
#include "signing/openssl.hpp"
#include "tests/signing/refusal.hpp"

namespace qyzmet::signing::tests {
namespace {

class RefusedTrust : public testing::TestWithParam<Refusal> {};
TEST_P(RefusedTrust, ByTheRightCheck) {
  expect_refused_everywhere(GetParam());
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
  };
}

/// A citizen under another authority of the root.
void issued_by(Situation& situation, std::string const& name) {
  auto authority = authority_spec(name);
  authority.key = bench().spare_key;
  auto const issuer = issue(authority, bench().root);
  auto spec = citizen_spec();
  spec.key = bench().person_key;
  situation.parts = Parts{issue(spec, issuer)};
  situation.trust.certificates.push_back(issuer.certificate);
}

std::vector<Refusal> chain_refusals() {
  return {
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
      {"AuthorityOfTheStateBodiesForACitizen",
       [](Situation& s) { issued_by(s, "Удостоверяющий центр Государственных органов"); },
       "chain_constraints", "CHAIN_CONSTRAINTS_FAILURE", "signature.authority_of_others"},
      {"AuthorityOfABank", [](Situation& s) { issued_by(s, "BTSD CA"); }, "chain_constraints",
       "CHAIN_CONSTRAINTS_FAILURE", "signature.authority_of_others"},
      {"WithoutTheNationalPolicy",
       [](Situation& s) {
         auto spec = citizen_spec();
         spec.policies = "1.2.398.3.3.20";
         sign_with(s, spec);
       },
       "chain_constraints", "CHAIN_CONSTRAINTS_FAILURE", "signature.certificate_policy"},
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
      {"TestPersonInProduction",
       subject([](std::vector<NameEntry>& list) { list[2].value = "IIN123456789011"; }), "iin",
       k_sub, "signature.invalid_iin"},
      {"MonthThatIsNone",
       subject([](std::vector<NameEntry>& list) { list[2].value = "IIN123456789013"; }), "iin",
       k_sub, "signature.invalid_iin"},
  };
}

std::vector<Refusal> office_refusals() {
  constexpr auto k_sub = "SIG_CONSTRAINTS_FAILURE";
  return {
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

/// A list that says nothing but has this IssuingDistributionPoint.
std::string list_with_scope(std::string const& scope) {
  auto const extension = [](std::string_view oid, std::string const& critical,
                            std::string const& value) {
    return der::encode(der::sequence,
                       {der::oid(oid), critical, der::encode(der::octet_string, value)});
  };
  auto const extensions =
      extension("2.5.29.20", "", der::number(7)) +
      extension("2.5.29.28", der::encode(der::boolean, "\xff"), der::encode(der::sequence, scope));
  Parts const authority{bench().ca};
  auto const x509 = x509_from_der(bench().ca.certificate);
  auto const tbs = der::encode(
      der::sequence,
      {der::number(1), authority.signature_algorithm,
       to_der(X509_get_subject_name(x509.get()), i2d_X509_NAME), encode_time(now() - hours{2}),
       encode_time(now() + hours{20}),
       der::encode(der::context_constructed(0), der::encode(der::sequence, extensions))});
  auto const signature = std::string(1, '\0') + sign_raw(bench().ca.key, authority.md, tbs);
  return der::encode(der::sequence,
                     {tbs, authority.signature_algorithm, der::encode(der::bit_string, signature)});
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
  };
}

std::vector<Refusal> responder_refusals() {
  constexpr auto k_later = "TRY_LATER";
  return {
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
       "authority_revocation", "REVOKED_NO_POE", "signature.authority_revoked"},
  };
}

std::vector<Refusal> other_list_refusals() {
  constexpr auto k_later = "TRY_LATER";
  return {
      {"IndirectList",
       [](Situation& s) {
         s.change_evidence = [](Evidence& e) {
           e.ocsp.clear();
           e.crls = {list_with_scope(der::encode(der::context(4), "\xff"))};
         };
       },
       "crl", k_later, "signature.crl_unusable"},
      {"ListOfSomeReasons",
       [](Situation& s) {
         s.change_evidence = [](Evidence& e) {
           e.ocsp.clear();
           e.crls = {list_with_scope(der::encode(der::context(3), "\x06\x40"))};
         };
       },
       "crl", k_later, "signature.crl_unusable"},
      {"RevokedBeforeADeltaThatDoesNotFit",
       [](Situation& s) {
         // The entry is taken back by a delta of an older base: that one is passed over.
         auto base = list_of_today(s);
         base.number = 14;
         auto delta = base;
         delta.number = 10;
         delta.delta_of = 14;
         delta.revoked.front().reason = 8;
         s.change_evidence = [=](Evidence& e) {
           e.ocsp.clear();
           e.crls = {*make_crl(responder_of(bench().ca, bench().ca), base),
                     *make_crl(responder_of(bench().ca, bench().ca), delta)};
         };
       },
       "revocation", "REVOKED", "signature.revoked"},
      {"RevokedByItsDelta",
       [](Situation& s) {
         auto base = list_of_today(s);
         base.revoked.clear();
         auto delta = list_of_today(s);
         delta.number = 2;
         delta.delta_of = 1;
         s.change_evidence = [=](Evidence& e) {
           e.ocsp.clear();
           e.crls = {*make_crl(responder_of(bench().ca, bench().ca), base),
                     *make_crl(responder_of(bench().ca, bench().ca), delta)};
         };
       },
       "revocation", "REVOKED", "signature.revoked"},
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

struct Stamp {
  std::string name;
  std::function<void(Situation&)> change;
  std::string noted;
};

std::vector<Stamp> spoilt_stamps() {
  return {
      {"StampOverTheContent", [](Situation& s) { s.stamped_bytes = s.parts.content; },
       "timestamp_imprint"},
      {"StampWithAnotherImprint", [](Situation& s) { s.tsp_faults.wrong_imprint = true; },
       "timestamp_imprint"},
      {"StampOfTheFuture", [](Situation& s) { s.stamped_at = now() + days{900}; },
       "timestamp_time"},
      {"StampOlderThanTheCertificate", [](Situation& s) { s.stamped_at = now() - days{200}; },
       "timestamp_time"},
      {"StampChanged",
       [](Situation& s) {
         s.change_token = [](std::string token) {
           token[token.size() - 10] ^= 1;
           return token;
         };
       },
       "timestamp_signature"},
      {"StampThatIsNone",
       [](Situation& s) {
         s.change_token = [](std::string) { return der::encode(der::sequence, "x"); };
       },
       "timestamp_structure"},
  };
}

std::vector<Stamp> stamps_by_others() {
  return {
      {"StampByAPerson", [](Situation& s) { s.authority = bench().citizen; },
       "timestamp_certificate"},
      {"StampWhoseUsageIsNotCritical",
       [](Situation& s) {
         s.authority =
             tsa_with([](CertificateSpec& spec) { spec.extended_key_usage = "1.3.6.1.5.5.7.3.8"; },
                      bench().ca);
       },
       "timestamp_certificate"},
      {"StampByAKeyForMore",
       [](Situation& s) {
         s.authority = tsa_with(
             [](CertificateSpec& spec) {
               spec.extended_key_usage = "critical,1.3.6.1.5.5.7.3.8,1.3.6.1.5.5.7.3.4";
             },
             bench().ca);
       },
       "timestamp_certificate"},
      {"StampOfAnotherAuthority",
       [](Situation& s) { s.authority = tsa_with([](CertificateSpec&) {}, bench().other_ca); },
       "timestamp_chain"},
      {"StampByAnAuthorityThatHadEnded",
       [](Situation& s) {
         s.authority =
             tsa_with([](CertificateSpec& spec) { spec.until = now() - days{1}; }, bench().ca);
       },
       "timestamp_certificate"},
      {"StampUnderAnotherPolicy", [](Situation& s) { s.tsp_faults.policy = "1.2.398.3.3.2.60"; },
       "timestamp_policy"},
      {"StampWithSha1", [](Situation& s) { s.tsp_digest = oids::k_sha1; }, "timestamp_algorithm"},
      {"StampByAnAuthorityThatWasRevoked",
       [](Situation& s) {
         s.change_evidence = [](Evidence& evidence) {
           evidence.crls = {*make_crl(
               responder_of(bench().ca, bench().ca),
               {.revoked = {{.serial = serial_of(bench().tsa.certificate), .at = now() - days{1}}},
                .this_update = now() + days{699},
                .next_update = now() + days{701}})};
         };
       },
       "timestamp_revocation"},
  };
}

std::vector<Refusal> timestamp_refusals() {
  std::vector<Refusal> refusals;
  for (auto const& rows : {spoilt_stamps(), stamps_by_others()})
    for (auto const& [name, change, noted] : rows)
      refusals.push_back({name, stamped(change), "validity", "OUT_OF_BOUNDS_NO_POE",
                          "signature.expired", nullptr, noted});
  return refusals;
}

INSTANTIATE_TEST_SUITE_P(Path, RefusedTrust, testing::ValuesIn(path_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Chain, RefusedTrust, testing::ValuesIn(chain_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Time, RefusedTrust, testing::ValuesIn(time_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Role, RefusedTrust, testing::ValuesIn(role_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Identity, RefusedTrust, testing::ValuesIn(identity_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Office, RefusedTrust, testing::ValuesIn(office_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Ocsp, RefusedTrust, testing::ValuesIn(ocsp_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Responder, RefusedTrust, testing::ValuesIn(responder_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(Lists, RefusedTrust, testing::ValuesIn(list_refusals()), name_of);
INSTANTIATE_TEST_SUITE_P(OtherLists, RefusedTrust, testing::ValuesIn(other_list_refusals()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Timestamps, RefusedTrust, testing::ValuesIn(timestamp_refusals()),
                         name_of);
}  // namespace
}  // namespace qyzmet::signing::tests
