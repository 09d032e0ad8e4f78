// Real data of the Kazakh PKI, signed with GOST: certificates, signatures with timestamps, answers
// of the responder, lists, key files. Each altered copy is refused by the check that should.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "signing/certificate.hpp"
#include "signing/cms.hpp"
#include "signing/path.hpp"
#include "signing/revocation.hpp"
#include "signing/revocation_list.hpp"
#include "signing/signer.hpp"
#include "signing/timestamp.hpp"
#include "tests/signing/bench.hpp"
#include "tests/signing/pitfalls.hpp"
#include "tests/signing/vectors.hpp"

namespace qyzmet::signing::tests {
namespace {

constexpr auto k_citizen = "skarm-kalkan/cms/individual_attached.der";

class GostVectors : public EdsVectors {
 protected:
  void SetUp() override {
    EdsVectors::SetUp();
    if (!folder_) return;
    // The signers are under the test root, the timestamps under the production one.
    for (auto const* name :
         {"skarm-kalkan/certs/root_test_gost_2022.cer", "skarm-kalkan/certs/nca_gost2022_test.cer",
          "ca-production/root_gost_2022.pem", "ca-production/nca_gost_2022.pem"})
      trust_.certificates.push_back(read(name));
    policy_.test_persons = true;
    policy_.role = Role::any;
  }

  Report verify(std::string const& bytes, std::optional<std::string_view> content = {}) const {
    return verify_cms(bytes, content, trust_, policy_, day(2026, 7, 21), day(2026, 7, 21), {});
  }
  /// Nothing is wrong but that nobody knows whether the certificate was revoked.
  static void expect_sound(Report const& report) {
    EXPECT_EQ(report.reason(), "signature.no_revocation_data");
    EXPECT_EQ(report.sub_indication, "TRY_LATER");
  }

  static std::vector<std::string> failed_checks(Report const& report) {
    std::vector<std::string> names;
    for (auto const& check : report.checks)
      if (!check.passed) names.push_back(check.name);
    return names;
  }

  TrustStore trust_;
  Policy policy_;
};

TEST_F(GostVectors, SignaturesWithTimestampsAreSound) {
  struct Sample {
    std::string who;
    Instant stamped;
    std::string bin;
  };
  for (auto const& [who, stamped, bin] :
       {Sample{"individual", day(2026, 7, 20, 9, 8, 7), ""},
        Sample{"legal_entity", day(2026, 7, 20, 9, 10, 9), "123456789021"}}) {
    auto const document = read("skarm-kalkan/cms/" + who + "_document.txt");
    for (bool const attached : {true, false}) {
      auto const report = attached
                              ? verify(read("skarm-kalkan/cms/" + who + "_attached.der"))
                              : verify(read("skarm-kalkan/cms/" + who + "_detached.der"), document);
      expect_sound(report);
      EXPECT_EQ(report.level, "T");
      ASSERT_TRUE(report.signer);
      if (attached) EXPECT_EQ(report.signer->best_time, stamped);
      EXPECT_EQ(report.signer->algorithm, "GOST2015-512");
      EXPECT_EQ(report.signer->iin, "123456789011");
      EXPECT_EQ(report.signer->bin, bin);
    }
    EXPECT_EQ(
        verify(read("skarm-kalkan/cms/" + who + "_detached.der"), document + " ").sub_indication,
        "HASH_FAILURE");
  }
}

TEST_F(GostVectors, RolesAreTakenFromTheUsages) {
  policy_.role = Role::individual;
  expect_sound(verify(read(k_citizen)));
  EXPECT_EQ(verify(read("skarm-kalkan/cms/legal_entity_attached.der")).reason(),
            "signature.wrong_role");
  policy_.role = Role::official;
  expect_sound(verify(read("skarm-kalkan/cms/legal_entity_attached.der")));
  EXPECT_EQ(verify(read(k_citizen)).reason(), "signature.wrong_role");
}

TEST_F(GostVectors, InProductionNothingOfTheTestAuthorityPasses) {
  auto const test_trust = trust_;
  trust_.certificates.erase(trust_.certificates.begin(), trust_.certificates.begin() + 2);
  policy_.test_persons = false;
  for (std::string const who : {"individual", "legal_entity"}) {
    auto const report = verify(read("skarm-kalkan/cms/" + who + "_attached.der"));
    EXPECT_EQ(report.sub_indication, "NO_CERTIFICATE_CHAIN_FOUND");
    EXPECT_EQ(report.level, "T") << "its timestamp is genuine";
  }
  trust_ = test_trust;
  EXPECT_EQ(verify(read(k_citizen)).reason(), "signature.invalid_iin");
  policy_.refuse_test_anchors = true;
  EXPECT_EQ(verify(read(k_citizen)).reason(), "signature.test_authority");
}

TEST_F(GostVectors, WithoutTheProductionRootTheTimestampProvesNothing) {
  trust_.certificates.resize(2);
  auto const report = verify(read(k_citizen));
  expect_sound(report);
  EXPECT_EQ(report.level, "B");
  EXPECT_EQ(report.signer->best_time, day(2026, 7, 21));
}

TEST_F(GostVectors, TheGenericPolicyTakesThemToo) {
  policy_.national = false;
  expect_sound(verify(read(k_citizen)));
}

TEST_F(GostVectors, EachAlteredPlaceIsFoundByItsCheck) {
  auto const whole = read(k_citizen);
  auto const data = parse_signed_data(whole);
  auto const offset = [&](std::string_view part) {
    return static_cast<std::size_t>(part.data() - whole.data());
  };
  auto const& signer = data->signers.front();
  auto const altered = [&](std::size_t at, char bit = 1) {
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ bit);
    return verify(changed);
  };
  auto const content = whole.find(*data->content);
  ASSERT_NE(content, std::string::npos);
  EXPECT_EQ(altered(content + 3).sub_indication, "HASH_FAILURE");
  EXPECT_EQ(altered(offset(signer.signature)).sub_indication, "SIG_CRYPTO_FAILURE");
  EXPECT_EQ(altered(offset(signer.signature) + 127).sub_indication, "SIG_CRYPTO_FAILURE");
  auto const* time = only_value(signer.attributes, oids::k_signing_time);
  ASSERT_NE(time, nullptr);
  EXPECT_EQ(altered(offset(time->content) + 11).sub_indication, "SIG_CRYPTO_FAILURE");
  auto const* ess = only_value(signer.attributes, oids::k_ess_v2);
  ASSERT_NE(ess, nullptr);
  EXPECT_EQ(failed_check(altered(offset(ess->content) + ess->content.size() - 1)), "ess");
  auto const leaf = data->certificates.front();
  EXPECT_EQ(failed_check(altered(offset(leaf) + leaf.find("IIN123") + 5)), "ess");
}

TEST_F(GostVectors, SignaturesInOtherByteOrdersOrOutOfRangeAreRefused) {
  auto const whole = read(k_citizen);
  auto const data = parse_signed_data(whole);
  auto const signature = std::string{data->signers.front().signature};
  auto const at = static_cast<std::size_t>(data->signers.front().signature.data() - whole.data());
  auto const r = signature.substr(0, 64), s = signature.substr(64);
  auto reversed = signature;
  std::ranges::reverse(reversed);
  auto const zero = std::string(64, '\0'), high = std::string(64, '\xff');
  for (auto const& other : {s + r, reversed, zero + s, r + zero, high + s, r + high, r + r}) {
    auto changed = whole;
    changed.replace(at, other.size(), other);
    EXPECT_EQ(verify(changed).sub_indication, "SIG_CRYPTO_FAILURE");
  }
}

TEST_F(GostVectors, AnAlteredTimestampProvesNothing) {
  auto const whole = read(k_citizen);
  auto const data = parse_signed_data(whole);
  auto const& token = *only_value(data->signers.front().unsigned_attributes, oids::k_timestamp);
  auto const begin = static_cast<std::size_t>(token.whole.data() - whole.data());
  auto const inner = parse_signed_data(token.whole);
  for (auto const at :
       {static_cast<std::size_t>(inner->signers.front().signature.data() - whole.data()),
        begin + token.whole.find("20260720") + 6, begin + token.whole.size() / 2}) {
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    auto const report = verify(changed);
    EXPECT_EQ(report.level, "B") << at;
    EXPECT_EQ(report.signer->best_time, day(2026, 7, 21)) << at;
  }
}

TEST_F(GostVectors, OlderSignaturesAreSoundInThePastAndTestPersonsAreRefused) {
  // signatureAlgorithm holds the OID of the public key here.
  trust_.certificates = {read("ca-production/root_gost.pem"), read("ca-production/nca_gost.pem")};
  auto const bytes = read("skarm-kalkan/examples/test_CMS_GOST.txt");
  auto const report = verify(bytes);
  // Of the personnel department: none of the roles that sign here. All else is in order.
  EXPECT_EQ(failed_checks(report), (std::vector<std::string>{"key_role", "revocation"}));
  EXPECT_EQ(report.signer->algorithm, "GOST2004");
  EXPECT_EQ(report.level, "T");
  EXPECT_EQ(report.signer->best_time, day(2018, 12, 21, 9, 25, 4));
  policy_.test_persons = false;
  EXPECT_EQ(failed_checks(verify(bytes)),
            (std::vector<std::string>{"key_role", "iin", "revocation"}));
  trust_.certificates = {read("ca-production/root_gost_2020.cer")};
  EXPECT_EQ(verify(bytes).sub_indication, "NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(GostVectors, WithoutItsDocumentADetachedSignatureIsNeverSound) {
  trust_.certificates = {read("malikzh-ncanode/ca/nca_gost_test.crt")};
  trust_.partial_chain = true;
  auto const bytes = read("skarm-kalkan/examples/CMS_for_double_sign.txt");
  EXPECT_EQ(verify(bytes).sub_indication, "SIGNED_DATA_NOT_FOUND");
  EXPECT_EQ(verify(bytes, "some document").sub_indication, "HASH_FAILURE");
}

TEST_F(GostVectors, PathsAreBuiltByKeyIdsAndNotByNames) {
  // Two roots have the name of this one but for an organisation.
  auto const leaf = Certificate::read_file(read("ca-production/ucgo_gost.cer"));
  auto const at = day(2024, 6, 1);
  TrustStore all{{read("ca-production/root_gost.pem"), read("ca-production/root_gost_2022.pem"),
                  read("ca-production/root_gost_2020.cer")}};
  EXPECT_TRUE(build_chain(*leaf, read_trust(all), {}, at));
  all.certificates.pop_back();
  EXPECT_FALSE(build_chain(*leaf, read_trust(all), {}, at));
}

TEST_F(GostVectors, ALegacyKeyOfAnInformationSystemIsRefusedWithItsReason) {
  // SubjectPublicKeyInfo with 1.3.6.1.4.1.6801.1.5.8 in the certificate of a signature.
  auto const whole = read(k_citizen);
  auto const key = der::oid("1.2.398.3.10.1.1.2.2");
  auto const legacy = der::oid("1.3.6.1.4.1.6801.1.5");
  ASSERT_EQ(key.size(), legacy.size());
  auto certificate = std::string{parse_signed_data(whole)->certificates.front()};
  certificate.replace(certificate.find(key), key.size(), legacy);
  Parts parts{bench().citizen};
  parts.signer.certificate = certificate;
  parts.certificates = {certificate};
  EXPECT_EQ(verify(parts.make(), parts.content).reason(), "signature.unsupported_algorithm");
}

// --- revocation

TEST_F(GostVectors, AnswersOfTheResponderAreUnderstoodAtTheirTimeAndStaleToday) {
  struct Answer {
    std::string name, issuer;
    Instant at;
    RevocationVerdict::Kind kind;
    std::string reason;
    Instant revoked_at;
  };
  using Kind = RevocationVerdict::Kind;
  std::vector<Answer> const answers{
      {"individual_2015.bin", "nca_gost2015_test.cer", day(2022, 9, 2, 16, 59), Kind::revoked,
       "signature.not_issued", Instant{}},
      {"ceo_2015_revoked.bin", "nca_gost2015_test.cer", day(2022, 9, 2, 17, 0), Kind::revoked,
       "signature.revoked", day(2022, 7, 27, 10, 25, 30)},
      {"ceo_sign_2004_revoked.bin", "nca_gost_test.crt", day(2022, 9, 2, 16, 58), Kind::revoked,
       "signature.revoked", day(2022, 1, 18, 6, 30, 55)}};
  for (auto const& answer : answers) {
    auto const bytes = read("malikzh-ncanode/ocsp/ocsp_response_" + answer.name);
    auto const issuer = Certificate::read_file(read("malikzh-ncanode/ca/" + answer.issuer));
    auto const certificate = certificate_of_answer(bytes, *issuer);
    auto const verdict = judge_ocsp(bytes, "", {*certificate, *issuer, answer.at, answer.at});
    EXPECT_EQ(verdict.kind, answer.kind) << answer.name << " " << verdict.reason;
    EXPECT_EQ(verdict.reason, answer.reason);
    EXPECT_EQ(verdict.revoked_at, answer.revoked_at);
    auto const sent = std::string(32, 'n');
    EXPECT_EQ(judge_ocsp(bytes, sent, {*certificate, *issuer, answer.at, answer.at}).reason,
              "signature.ocsp_nonce");
    auto changed = bytes;
    changed[100] = static_cast<char>(changed[100] ^ 1);
    EXPECT_NE(judge_ocsp(changed, "", {*certificate, *issuer, answer.at, answer.at}).kind,
              Kind::revoked);
    auto const other = Certificate::read_file(read("ca-production/nca_gost_2022.pem"));
    EXPECT_EQ(judge_ocsp(bytes, "", {*certificate, *other, answer.at, answer.at}).reason,
              "signature.ocsp_responder");
  }
  hold_quirk(3);
}

TEST_F(GostVectors, ListsSayWhoIsRevokedAndTheirOuterNullMayBeMissing) {
  auto const bytes = read("skarm-kalkan/certs/nca_gost2022_test.crl");
  auto const list = RevocationList::open(bytes, trust_);
  ASSERT_TRUE(list);
  EXPECT_EQ((*list)->size(), 54U);
  EXPECT_EQ((*list)->number(), 14);
  auto const parts = *der::children(der::first(bytes)->content);
  auto const with_outer = [&](std::string const& algorithm) {
    return der::encode(der::sequence,
                       std::string{parts[0].whole} + algorithm + std::string{parts[2].whole});
  };
  auto const oid = der::oid("1.2.398.3.10.1.1.2.3.2");
  EXPECT_TRUE(RevocationList::open(with_outer(der::encode(der::sequence, oid)), trust_));
  EXPECT_FALSE(RevocationList::open(
      with_outer(der::encode(der::sequence, oid + der::encode(der::octet_string, ""))), trust_));
  EXPECT_FALSE(RevocationList::open(
      with_outer(der::encode(der::sequence, der::oid("1.2.398.3.10.1.1.1.2"))), trust_));
  auto changed = bytes;
  changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
  EXPECT_FALSE(RevocationList::open(changed, trust_));
  EXPECT_FALSE(RevocationList::open(bytes, {{read("ca-production/nca_gost_2022.pem")}}));
  hold_quirk(4);
}

TEST_F(GostVectors, ADeltaOlderThanItsBaseIsNotApplied) {
  auto const base = RevocationList::open(read("skarm-kalkan/certs/nca_gost2022_test.crl"), trust_);
  auto const delta =
      RevocationList::open(read("skarm-kalkan/certs/nca_gost2022_d_test.crl"), trust_);
  ASSERT_TRUE(base && delta);
  EXPECT_TRUE((*delta)->is_delta());
  EXPECT_EQ((*delta)->number(), 10);
  EXPECT_FALSE((*base)->is_continued_by(**delta));
  hold_quirk(5);
}

// --- key files

TEST_F(GostVectors, KeyFilesOpenSignAndAreJudgedAsTheListSays) {
  // By content: the folders and names of the origin tell nothing.
  std::set<std::string> const listed{"0860d966", "145fc491", "1fc27b2d",
                                     "25bae2ec", "65cbffa7", "9a829c92"};
  std::set<std::string> const machines{"25bae2ec", "6dba535d", "bb83cadc", "e097b311"};
  std::set<std::string> const treasury{"417f8277", "9a829c92", "d199fb1e", "d3f9632e"};
  auto const list = RevocationList::open(read("skarm-kalkan/certs/nca_gost2022_test.crl"), trust_);
  ASSERT_TRUE(list);
  Evidence evidence;
  evidence.lists = {*list};
  std::size_t files = 0;
  for (auto const& file : std::filesystem::directory_iterator{*folder_ / "skarm-kalkan/p12"}) {
    auto const id = file.path().stem().string().substr(8, 8);
    auto const p12 = read("skarm-kalkan/p12/" + file.path().filename().string());
    EXPECT_EQ(open_p12(p12, "qwerty12").error().text, "signature.key_password");
    auto const key = open_p12(p12, "Qwerty12");
    ASSERT_TRUE(key) << id;
    auto const certificate = Certificate::read((*key)->certificate_der());
    bool const young = certificate->not_after() > day(2025, 5, 1);
    auto const at = young ? day(2025, 5, 1) : certificate->not_after() - days{1};
    auto const cms = sign_cms(**key, "content", {.at = at, .attached = true});
    ASSERT_TRUE(cms) << id;
    auto const report =
        verify_cms(*cms, std::nullopt, trust_, policy_, day(2025, 5, 1), at, evidence);
    EXPECT_EQ(report.signer->algorithm, "GOST2015-512");
    ++files;
    if (machines.contains(id) || treasury.contains(id)) {
      EXPECT_EQ(report.reason(), "signature.wrong_role") << id;
    } else if (!young) {
      expect_sound(report);  // had ended before the list was begun
    } else {
      EXPECT_EQ(report.sub_indication, listed.contains(id) ? "REVOKED" : "") << id;
      EXPECT_EQ(report.passed(), !listed.contains(id)) << id << report.reason();
    }
  }
  EXPECT_EQ(files, 24U);
  hold_quirk(7);
}

// --- the container of KalkanCrypt, by its parts

class Zips : public GostVectors {
 protected:
  std::string entry(std::string const& zip, std::string const& name) const {
    auto const command =
        "unzip -p '" + (*folder_ / "skarm-kalkan/zip" / zip).string() + "' '" + name + "'";
    Owned<FILE, pclose> const out{popen(command.c_str(), "r")};
    std::string bytes;
    for (int c = 0; out && (c = std::fgetc(out.get())) != EOF;) bytes += static_cast<char>(c);
    EXPECT_FALSE(bytes.empty()) << zip << " " << name;
    return bytes;
  }
};

TEST_F(Zips, OneNulBehindASignatureIsTakenOffOnlyWhereThatIsAllowed) {
  trust_.certificates = {read("ca-production/root_gost.pem"), read("ca-production/nca_gost.pem")};
  auto const bytes = entry("zip_signed_files.zip", "signPDF_in_base64");
  auto const der = unwrap_cms(bytes);
  ASSERT_TRUE(der);
  EXPECT_EQ(der->size(), 88'678U);
  EXPECT_EQ(verify(bytes).reason(), "signature.trailing_bytes");
  policy_.allow_trailing_nul = true;
  auto const report = verify(bytes);
  EXPECT_NE(report.sub_indication, "FORMAT_FAILURE") << report.reason();
  auto const recorded = std::ranges::find(report.checks, "trailing_nul", &Check::name);
  ASSERT_NE(recorded, report.checks.end());
  EXPECT_FALSE(recorded->decides);
  EXPECT_EQ(verify(*der + '\0').reason(), "signature.trailing_bytes");
  hold_quirk(10);
}

TEST_F(Zips, TheSignatureOfAManifestIsSoundAtItsTimeOnly) {
  trust_.certificates = {read("ca-production/root_gost.pem"), read("ca-production/nca_gost.pem")};
  auto const signature = entry("zip_signed_files.zip", "META-INF/signature-7ad1db5cc2.cms");
  auto const manifest = entry("zip_signed_files.zip", "META-INF/NCAManifest.xml");
  auto const then = day(2021, 5, 3);
  auto const report = verify_cms(signature, manifest, trust_, policy_, then, then, {});
  expect_sound(report);
  EXPECT_EQ(report.level, "B");
  EXPECT_EQ(verify(signature, manifest).sub_indication, "OUT_OF_BOUNDS_NO_POE");
  EXPECT_EQ(verify(signature, manifest + " ").sub_indication, "HASH_FAILURE");
}

TEST_F(Zips, ATimestampKeepsItSoundAfterTheAuthorityHasEnded) {
  trust_.certificates = {read("ca-production/root_gost.pem"), read("ca-production/nca_gost.pem")};
  auto const report = verify(entry("zip_with_ts.zip", "META-INF/signature-4337106c74.cms"),
                             entry("zip_with_ts.zip", "META-INF/NCAManifest.xml"));
  expect_sound(report);
  EXPECT_EQ(report.level, "T");
  EXPECT_EQ(report.signer->best_time, day(2021, 5, 3, 14, 36, 5));
}

TEST_F(Zips, OneBadSignerOfTwoDoesNotPassWithTheOther) {
  trust_.certificates = {read("ca-production/root_gost.pem"), read("ca-production/nca_gost.pem"),
                         read("ca-production/root_rsa.pem"), read("ca-production/nca_rsa.pem")};
  auto const report = verify(entry("zip_multiply.zip", "META-INF/signature-da70a72731.cms"),
                             entry("zip_multiply.zip", "META-INF/NCAManifest.xml"));
  EXPECT_EQ(report.reason(), "signature.many_signers");
  EXPECT_EQ(report.indication, Indication::total_failed);
  hold_quirk(8);
}

TEST_F(Zips, TimestampsNameTheirSignerBySha1AndStampTheSignatureValue) {
  struct Sample {
    std::string cms;
    std::string_view digest;
    std::vector<std::string> trusted;
  };
  auto const older =
      std::vector{read("ca-production/root_gost.pem"), read("ca-production/nca_gost.pem")};
  for (auto const& [cms, digest, trusted] :
       {Sample{read(k_citizen), oids::k_streebog_512, trust_.certificates},
        Sample{*unwrap_cms(read("skarm-kalkan/examples/test_CMS_GOST.txt")), oids::k_gost_34311,
               older},
        Sample{entry("sign.zip", "META-INF/signature-da70a72731.cms"),
               oids::k_sha256,
               {read("ca-production/root_rsa.pem"), read("ca-production/nca_rsa.pem")}}}) {
    auto const data = parse_signed_data(cms);
    ASSERT_TRUE(data);
    auto const& signer = data->signers.front();
    auto const* token = only_value(signer.unsigned_attributes, oids::k_timestamp);
    ASSERT_NE(token, nullptr);
    auto const inner = parse_signed_data(token->whole);
    ASSERT_TRUE(inner);
    EXPECT_EQ(count(inner->signers.front().attributes, oids::k_ess_v1), 1U);
    EXPECT_EQ(count(inner->signers.front().attributes, oids::k_ess_v2), 0U);
    EXPECT_TRUE(inner->content->contains(der::oid(digest)));
    auto const faults = [&](std::string_view stamped) {
      return failed_checks(
          verify_token(token->whole, stamped, TrustStore{trusted}, policy_, day(2026, 7, 21), {}));
    };
    EXPECT_EQ(faults(signer.signature), std::vector<std::string>{"revocation"});
    EXPECT_EQ(faults(data->content.value_or("")),
              (std::vector<std::string>{"timestamp_imprint", "revocation"}));
  }
  hold_quirk(1);
  hold_quirk(2);
}

TEST_F(Zips, AnAuthKeyUnderTheProductionAuthorityIsRefused) {
  trust_.certificates = {read("ca-production/root_rsa.pem"), read("ca-production/nca_rsa.pem")};
  auto const report = verify(entry("sign.zip", "META-INF/signature-da70a72731.cms"),
                             entry("sign.zip", "META-INF/NCAManifest.xml"));
  EXPECT_EQ(report.reason(), "signature.auth_key");
  EXPECT_EQ(report.level, "T");
}

TEST_F(Zips, ATreasuryClientDoesNotSignForCitizens) {
  trust_.certificates = {read("malikzh-ncanode/ca/nca_gost_test.crt"),
                         read("skarm-kalkan/certs/nca_gost2022_test.cer"),
                         read("ca-production/nca_gost.pem"), read("ca-production/nca_rsa.pem")};
  trust_.partial_chain = true;
  auto const bytes = entry("sign.zip", "double_sign.txt");
  auto const der = unwrap_cms(bytes);
  ASSERT_TRUE(der);
  auto const data = parse_signed_data(*der);
  ASSERT_TRUE(data) << data.error();
  auto const certificate = Certificate::read(data->certificates.front());
  ASSERT_TRUE(certificate);
  EXPECT_EQ(find_role_fault(*certificate, policy_), "signature.wrong_role");
  EXPECT_EQ(verify(bytes).sub_indication, "SIGNED_DATA_NOT_FOUND");
}

}  // namespace
}  // namespace qyzmet::signing::tests
