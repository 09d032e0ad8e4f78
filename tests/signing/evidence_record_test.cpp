// Evidence records (RFC 4998): what they prove, until when, and what they do not.
#include "signing/evidence_record.hpp"

#include <gtest/gtest.h>

#include "signing/demo_pki.hpp"
#include "tests/signing/bench.hpp"
#include "tests/signing/scratch.hpp"

namespace qyzmet::signing::tests {
namespace {

using Groups = std::vector<ArchiveGroup>;

/// An authority with a TSA whose certificates end after ten years.
struct Decade {
  explicit Decade(Instant made) {
    DemoPkiSpec spec;
    spec.now = made;
    auto const files = *make_demo_pki(spec);
    tsa = {
        .p12 = files.at("tsa.p12"), .password = spec.password, .issuer = files.at("trust/ca.pem")};
    trust.certificates = {files.at("trust/root.pem"), files.at("trust/ca.pem")};
  }
  Responder tsa;
  TrustStore trust;
};

constexpr std::chrono::days k_year{365};

Decade const& first() {
  static Decade const made{now()};
  return made;
}
Decade const& second() {
  static Decade const made{now() + 8 * k_year};
  return made;
}

Groups three_groups() {
  return {{.objects = {"document", "signature", "certificate", "response"}},
          {.objects = {"another document", "its signature"}},
          {.objects = {"alone"}}};
}

/// One round by this TSA at this time; the records go into the groups.
void stamp(Groups& groups, Decade const& authority, Instant at,
           std::string_view digest = oids::k_sha256) {
  auto const round = plan_round(groups, digest);
  ASSERT_TRUE(round);
  auto const question = tsp_question(round->stamped, round->digest);
  auto const answer = answer_tsp(authority.tsa, question->request, at);
  auto const records = finish_round(groups, *round, *tsp_token(*answer, *question));
  ASSERT_TRUE(records);
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].record = (*records)[i];
}

TrustStore both() {
  auto trust = first().trust;
  trust.certificates.insert(trust.certificates.end(), second().trust.certificates.begin(),
                            second().trust.certificates.end());
  return trust;
}

Result<Proof> proof_of(ArchiveGroup const& group, Instant at, TrustStore const& trust = both()) {
  return verify_record(group.record, group.objects, trust, {}, at);
}

TEST(EvidenceRecord, OneTimestampProvesManyGroups) {
  for (std::size_t size = 1; size <= 9; ++size) {
    Groups groups;
    for (std::size_t i = 0; i < size; ++i) {
      groups.push_back({.objects = {"object " + std::to_string(i)}});
      if (i % 3 != 0) groups.back().objects.push_back("second of " + std::to_string(i));
    }
    stamp(groups, first(), now());
    for (auto const& group : groups) {
      auto const proof = proof_of(group, now());
      ASSERT_TRUE(proof) << size << ": " << proof.error().text;
      EXPECT_EQ(proof->since, now());
      EXPECT_EQ(proof->timestamps, 1U);
      EXPECT_EQ(proof->digest, oids::k_sha256);
      EXPECT_GT(proof->until, now() + 9 * k_year);
    }
  }
}

TEST(EvidenceRecord, ProvesTheseObjectsAndNoOthers) {
  auto groups = three_groups();
  stamp(groups, first(), now());
  auto const refused = [&](std::size_t group, std::vector<std::string> const& objects) {
    auto const proof = verify_record(groups[group].record, objects, both(), {}, now());
    return !proof && proof.error().text == "signature.record";
  };
  EXPECT_TRUE(refused(0, {"Document", "signature", "certificate", "response"}));
  EXPECT_TRUE(refused(0, {"document", "signature", "certificate"})) << "one is missing";
  EXPECT_TRUE(refused(0, {"document", "signature", "certificate", "response", "more"}));
  EXPECT_TRUE(refused(0, {"document", "document", "certificate", "response"}));
  EXPECT_TRUE(refused(1, groups[0].objects));
  EXPECT_TRUE(refused(2, {"other"}));
  EXPECT_TRUE(refused(2, {}));
  EXPECT_TRUE(verify_record(groups[0].record, {"response", "certificate", "signature", "document"},
                            both(), {}, now()))
      << "their order does not matter";
}

TEST(EvidenceRecord, EveryChangedByteIsFound) {
  Groups groups{{.objects = {"document", "signature"}}, {.objects = {"other"}}};
  stamp(groups, first(), now());
  stamp(groups, second(), now() + 8 * k_year);
  auto const at = now() + 8 * k_year;
  ASSERT_TRUE(proof_of(groups[0], at));
  auto const& record = groups[0].record;
  std::size_t unnoticed = 0;
  for (std::size_t i = 0; i < record.size(); i += 3) {
    auto changed = groups[0];
    changed.record[i] = static_cast<char>(changed.record[i] ^ 1);
    if (proof_of(changed, at)) ++unnoticed;
  }
  // Certificates and parameters that nothing reads are in the tokens; no digest, time or value is.
  EXPECT_LT(unnoticed, record.size() / 100);
  for (std::size_t size = 0; size < record.size(); size += 11) {
    auto cut = groups[0];
    cut.record.resize(size);
    EXPECT_FALSE(proof_of(cut, at));
  }
  auto longer = groups[0];
  longer.record += '\0';
  EXPECT_FALSE(proof_of(longer, at));
}

TEST(EvidenceRecord, OutlivesTheAuthorityIfItIsProlongedInTime) {
  auto groups = three_groups();
  stamp(groups, first(), now());
  auto const end = proof_of(groups[0], now())->until;
  EXPECT_EQ(proof_of(groups[0], end + days{1}).error().text, "signature.record_late");

  auto const late = end + days{30};
  auto too_late = groups;
  stamp(too_late, second(), late);
  EXPECT_EQ(proof_of(too_late[0], late).error().text, "signature.record_late");

  stamp(groups, second(), end - days{30});
  for (auto const& group : groups) {
    auto const proof = proof_of(group, end + 5 * k_year);
    ASSERT_TRUE(proof) << proof.error().text;
    EXPECT_EQ(proof->since, now());
    EXPECT_EQ(proof->latest, end - days{30});
    EXPECT_EQ(proof->timestamps, 2U);
  }
  EXPECT_FALSE(proof_of(groups[0], end + 5 * k_year, second().trust)) << "the first one, too";
  EXPECT_FALSE(proof_of(groups[0], end + 20 * k_year));
}

TEST(EvidenceRecord, ABetterDigestBeginsANewChainOverTheObjectsThemselves) {
  auto groups = three_groups();
  stamp(groups, first(), now());
  stamp(groups, first(), now() + days{1});
  stamp(groups, first(), now() + days{2}, oids::k_sha512);
  stamp(groups, second(), now() + 9 * k_year, oids::k_sha512);
  for (auto const& group : groups) {
    auto const proof = proof_of(group, now() + 15 * k_year);
    ASSERT_TRUE(proof) << proof.error().text;
    EXPECT_EQ(proof->since, now());
    EXPECT_EQ(proof->timestamps, 4U);
    EXPECT_EQ(proof->digest, oids::k_sha512);
  }
  auto changed = groups[0];
  changed.objects[0] = "Document";
  EXPECT_FALSE(proof_of(changed, now() + 9 * k_year));
}

TEST(EvidenceRecord, RefusesWhatItCannotCarry) {
  EXPECT_FALSE(plan_round({}, oids::k_sha256));
  EXPECT_FALSE(plan_round(three_groups(), "1.2.3"));
  EXPECT_FALSE(plan_round(Groups{{.objects = {}}}, oids::k_sha256));
  EXPECT_FALSE(plan_round(Groups{{.objects = {"x"}, .record = "garbage"}}, oids::k_sha256));
  EXPECT_FALSE(plan_round(Groups{{.objects = std::vector<std::string>(65, "x")}}, oids::k_sha256));
  EXPECT_FALSE(plan_round(Groups(k_round_groups_max + 1, {.objects = {"x"}}), oids::k_sha256));
}

TEST(EvidenceRecord, KnowsTheIssuersThatAnArchiveMustKeep) {
  Situation situation;
  situation.stamped_at = now();
  auto const issuers = issuers_of(situation.cms(), situation.trust);
  EXPECT_EQ(issuers.size(), 4U) << "signer, TSA, and once each CA and root";
  EXPECT_TRUE(issuers_of("garbage", situation.trust).empty());
}

}  // namespace
}  // namespace qyzmet::signing::tests
