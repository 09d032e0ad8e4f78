// What a cache remembers changes the time that a verdict takes, and never the verdict: each case
// fills the cache with what passes, and asks again for what must not.
#include "signing/trust_cache.hpp"

#include <gtest/gtest.h>

#include <random>

#include "signing/public_key.hpp"
#include "tests/signing/bench.hpp"
#include "tests/signing/vectors.hpp"

namespace qyzmet::signing::tests {
namespace {

using Kind = CertificateStatus::Kind;

class Cached : public testing::TestWithParam<Family> {
 protected:
  Cached() : with_(GetParam()), cache_(make_trust_cache()) {}

  /// Nothing but the store has the cache.
  Situation situation() const {
    Situation made;
    made.trust.cache = cache_;
    return made;
  }
  Situation stamped() const {
    auto made = situation();
    made.stamped_at = now();
    return made;
  }
  void fill() const { EXPECT_TRUE(stamped().verify().passed()); }
  /// As a verifier without a memory judges.
  static void expect_same(Situation situation) {
    auto const remembered = situation.verify();
    situation.trust.cache = nullptr;
    auto const fresh = situation.verify();
    EXPECT_EQ(remembered.sub_indication, fresh.sub_indication);
    EXPECT_EQ(failed_check(remembered), failed_check(fresh));
    EXPECT_EQ(remembered.checks.size(), fresh.checks.size());
  }

  WithFamily with_;
  std::shared_ptr<TrustCache> cache_;
};

TEST_P(Cached, ARevokedPersonIsRevokedAllTheSame) {
  fill();
  auto revoked = stamped();
  revoked.status = {.kind = Kind::revoked, .revoked_at = now() - hours{1}, .reason = 1};
  EXPECT_EQ(revoked.verify().sub_indication, "REVOKED");
  expect_same(revoked);
  fill();
}

TEST_P(Cached, SilenceOfTheResponderIsNoMemoryOfItsAnswers) {
  fill();
  auto silent = stamped();
  silent.change_evidence = [](Evidence& evidence) { evidence.ocsp.clear(); };
  EXPECT_EQ(silent.verify().sub_indication, "TRY_LATER");
  expect_same(silent);
}

TEST_P(Cached, ARevokedAuthorityIsFoundInItsList) {
  fill();
  auto listed = stamped();
  listed.change_evidence = [](Evidence& evidence) {
    evidence.crls = {*make_crl(
        responder_of(bench().root, bench().root),
        {.revoked = {{.serial = serial_of(bench().ca.certificate), .at = now() - days{1}}},
         .this_update = now() - hours{2},
         .next_update = now() + days{30}})};
  };
  EXPECT_EQ(failed_check(listed.verify()), "authority_revocation");
  expect_same(listed);
}

TEST_P(Cached, ARevokedTimestampAuthorityIsNotBelieved) {
  fill();
  auto late = stamped();
  late.at = late.received_at = late.ocsp_time = now() + days{700};
  EXPECT_TRUE(late.verify().passed()) << "the timestamp is older than the end of the certificate";
  late.change_evidence = [](Evidence& evidence) {
    evidence.crls = {*make_crl(
        responder_of(bench().ca, bench().ca),
        {.revoked = {{.serial = serial_of(bench().tsa.certificate), .at = now() - days{1}}},
         .this_update = now() + days{699},
         .next_update = now() + days{701}})};
  };
  EXPECT_EQ(late.verify().sub_indication, "OUT_OF_BOUNDS_NO_POE");
  expect_same(late);
}

TEST_P(Cached, TimesAreJudgedAnew) {
  fill();
  // The person's certificate has ended; then those of the authorities; then neither has begun.
  for (auto const [later, check] :
       {std::pair{days{300}, "validity"}, std::pair{days{5000}, "authority_validity"},
        std::pair{days{-500}, "authority_validity"}}) {
    auto other = situation();
    other.at = other.received_at = other.ocsp_time = now() + later;
    EXPECT_EQ(failed_check(other.verify()), check) << later.count();
    expect_same(other);
  }
  fill();
}

TEST_P(Cached, ThePathOfATimestampAuthorityIsKnownUntilACertificateBeginsOrEnds) {
  TrustStore store{.certificates = {bench().root.certificate, bench().ca.certificate},
                   .partial_chain = false};
  auto const fresh = anchors_of(store);
  store.cache = cache_;
  auto const known = anchors_of(store);
  auto const tsa = *Certificate::read(bench().tsa.certificate);
  auto const ca = *Certificate::read(bench().ca.certificate);
  auto const expect_same_path = [&](Instant at) {
    auto const a = build_chain(tsa, *known, {}, at), b = build_chain(tsa, *fresh, {}, at);
    ASSERT_EQ(a.has_value(), b.has_value()) << at.time_since_epoch().count();
    if (!a) return;
    EXPECT_EQ(a->authorities_valid, b->authorities_valid) << at.time_since_epoch().count();
    ASSERT_EQ(a->certificates.size(), b->certificates.size());
    for (std::size_t i = 0; i < a->certificates.size(); ++i)
      EXPECT_EQ(a->certificates[i].fingerprint(), b->certificates[i].fingerprint());
  };
  for (int round = 0; round < 2; ++round)
    for (auto const edge : {now(), ca.not_before(), ca.not_after()})
      for (auto const step : {std::chrono::microseconds{0}, std::chrono::microseconds{1},
                              std::chrono::microseconds{seconds{1}}})
        for (auto const sign : {-1, 1}) expect_same_path(edge + sign * step);
  EXPECT_TRUE(known->paths->find(tsa, now()));
  EXPECT_FALSE(known->paths->find(tsa, ca.not_after()));
  EXPECT_FALSE(known->paths->find(ca, now())) << "only whoever stamps again and again is kept";
}

TEST_P(Cached, AResponderThatHasEndedAnswersNoMore) {
  auto spec = authority_spec("OCSP TEST");
  spec.key_usage = "critical,digitalSignature";
  spec.basic_constraints = "";
  spec.extended_key_usage = "1.3.6.1.5.5.7.3.9";
  spec.ocsp_nocheck = true;
  spec.until = now() + days{1};
  spec.key = bench().spare_key;
  auto with_it = situation();
  with_it.responder = issue(spec, bench().ca);
  EXPECT_TRUE(with_it.verify().passed());
  with_it.at = with_it.received_at = with_it.ocsp_time = now() + days{2};
  EXPECT_EQ(failed_check(with_it.verify()), "ocsp_responder");
  expect_same(with_it);
}

TEST_P(Cached, NothingPassesFromOneTrustToAnother) {
  fill();
  auto other = stamped();
  other.trust.certificates = {bench().other_root.certificate, bench().other_ca.certificate};
  EXPECT_EQ(failed_check(other.verify()), "chain");
  expect_same(other);
  // Without the root, the authority alone is no anchor, unless the store says so.
  auto partial = stamped();
  partial.trust.certificates = {bench().ca.certificate};
  EXPECT_EQ(failed_check(partial.verify()), "chain");
  partial.trust.partial_chain = true;
  EXPECT_TRUE(partial.verify().passed());
  partial.trust.partial_chain = false;
  EXPECT_EQ(failed_check(partial.verify()), "chain");
  fill();
}

TEST_P(Cached, OnlyTheBytesThatWereVerifiedAreKnown) {
  auto const ca = *Certificate::read(bench().ca.certificate);
  auto const root = *Certificate::read(bench().root.certificate);
  auto const other = *Certificate::read(bench().other_root.certificate);
  EXPECT_TRUE(cache_->is_signed_by(ca, root, true));
  EXPECT_TRUE(cache_->is_signed_by(ca, root, true));
  EXPECT_FALSE(cache_->is_signed_by(ca, other, true));
  EXPECT_FALSE(cache_->is_signed_by(ca, ca, true));
  for (std::size_t const from_end : {1U, 40U}) {
    auto altered = ca.der();
    altered[altered.size() - from_end] = static_cast<char>(altered[altered.size() - from_end] ^ 1);
    auto const changed = cache_->read(altered);
    EXPECT_FALSE(changed && cache_->is_signed_by(*changed, root, true)) << from_end;
  }
}

TEST_P(Cached, AFullCacheForgetsAndGoesOnRight) {
  auto const one = *Certificate::read(bench().citizen.certificate);
  for (std::size_t i = 0; i < k_cached_certificates_max + 10; ++i) {
    auto altered = one.der();
    auto const at = altered.size() - 1 - i % 60;
    altered[at] = static_cast<char>(altered[at] ^ static_cast<char>(1 + i / 60));
    auto const read = cache_->read(altered);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->der(), altered);
  }
  fill();
}

INSTANTIATE_TEST_SUITE_P(Families, Cached, testing::Values(Family::rsa, Family::gost),
                         [](auto const& info) {
                           return std::string{info.param == Family::rsa ? "Rsa" : "Gost"};
                         });

// --- keys read without OpenSSL's search

KeyPtr read_by_openssl(std::string_view key_info) {
  return KeyPtr{from_der<EVP_PKEY>(key_info, d2i_PUBKEY, EVP_PKEY_free)};
}

void expect_same_key(std::string const& key_info, std::string const& what) {
  auto const ours = read_public_key(key_info), theirs = read_by_openssl(key_info);
  ASSERT_EQ(ours != nullptr, theirs != nullptr) << what;
  if (ours) EXPECT_EQ(EVP_PKEY_eq(ours.get(), theirs.get()), 1) << what;
}

std::string key_info_of(Certificate const& certificate) {
  return to_der(X509_get_X509_PUBKEY(certificate.get()), i2d_X509_PUBKEY);
}

TEST(PublicKeys, AreThoseThatOpensslReadsAndNothingElseIsAKey) {
  std::mt19937 random{7};
  for (auto const family : {Family::rsa, Family::gost, Family::gost_older}) {
    WithFamily const with{family};
    auto const key_info = key_info_of(*Certificate::read(bench().citizen.certificate));
    expect_same_key(key_info, "whole");
    for (int i = 0; i < 2000; ++i) {
      auto changed = key_info;
      // Structure stands in front; most of what follows is a number.
      auto const at = random() % (i % 2 == 0 ? 48 : changed.size());
      changed[at] = static_cast<char>(random());
      if (i % 7 == 0) changed.resize(random() % changed.size());
      if (i % 11 == 0) changed += '\0';
      expect_same_key(changed, std::to_string(i) + " at " + std::to_string(at));
    }
  }
}

TEST(PublicKeys, OfASignerAreThoseOfTheCertificate) {
  for (auto const family : {Family::rsa, Family::gost, Family::gost_older}) {
    WithFamily const with{family};
    auto const whole = *Certificate::read(bench().citizen.certificate);
    auto const signer = *Certificate::read_signer(bench().citizen.certificate);
    EXPECT_EQ(EVP_PKEY_eq(whole.key(), signer.key()), 1);
    EXPECT_EQ(whole.fingerprint(), signer.fingerprint());
    EXPECT_EQ(whole.subject(), signer.subject());
    EXPECT_EQ(whole.usages(), signer.usages());
    EXPECT_EQ(whole.key_usage(), signer.key_usage());
    // Certificates are told apart by a digest of which both readings have the same.
    EXPECT_EQ(X509_cmp(whole.get(), signer.get()), 0);
    EXPECT_NE(X509_get0_pubkey(signer.get()), nullptr);
    EXPECT_EQ(X509_get_extension_flags(signer.get()) & EXFLAG_NO_FINGERPRINT, 0U);
    // What issued itself is read whole, for OpenSSL asks such a certificate for its own key.
    auto const root = *Certificate::read_signer(bench().root.certificate);
    EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(root.get()), root.key()), 1);
  }
}

}  // namespace
}  // namespace qyzmet::signing::tests
