// What a citizen signs is stamped when it arrives (RFC 3161): the timestamp is kept beside the CMS,
// judged with it, archived with the case, and shown by `qyzmet verify`. A silent authority holds
// no application up: the timestamp is owed and comes later.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "db/documents.hpp"
#include "db/signature_timestamps.hpp"
#include "db/submissions.hpp"
#include "db/worklists.hpp"
#include "engine/base/failpoint.hpp"
#include "services/casework/archive.hpp"
#include "services/casework/certify.hpp"
#include "services/casework/evidence.hpp"
#include "services/casework/evidence_file.hpp"
#include "signing/tsp.hpp"
#include "tests/services/applicant.hpp"

namespace qyzmet::tests {
namespace {

Instant legal(std::string_view day, int hour) {
  return start_of(*parse_date(day)) + std::chrono::hours{hour};
}

class ReceiptTimestamp : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("receipt_timestamp");
    place_ = make_place(rig());
  }
  ~ReceiptTimestamp() override {
    set_failpoints("");
    rig().pki().faults().set("none");
    rig().pki().tsa_faults().set("none");
  }

  struct Kept {
    CaseId case_id;
    std::string number;
    db::Signature signature;
    std::optional<db::SignatureTimestamp> timestamp;
  };
  static PageAnswer apply(std::string const& id) {
    auto const guest = invite_signer(rig(), id);
    auto const signing = fill_in(rig(), guest, place_);
    return send_signature(rig(), guest, signing, rig().sign(id, signing.xml));
  }
  /// The case of the person with the signature of the application.
  static Kept kept_of(std::string const& id) {
    auto const person = invite_signer(rig(), id).person;
    return rig().in_database([person](db::Connection& connection) {
      db::ListFilter filter;
      filter.person = person;
      filter.open_only = false;
      filter.limit = 1;
      auto const row = db::list_cases(connection, filter).rows.at(0);
      auto const signature = db::signatures_of(connection, row.id).at(0);
      return Kept{.case_id = row.id,
                  .number = row.number,
                  .signature = signature,
                  .timestamp = db::find_timestamp(connection, signature.digest)};
    });
  }
  static std::string verdict_member(Kept const& kept, char const* name) {
    return std::string{boost::json::parse(kept.signature.verdict).as_object().at(name).as_string()};
  }
  static casework::ArchivedVerdict judged_later(Kept const& kept, Instant at) {
    auto const text =
        rig().wait(casework::export_evidence(rig().world(), kept.case_id, kept.number, true));
    auto const file = casework::read_evidence_file(text);
    signing::Policy policy;
    policy.role = signing::Role::any;
    return casework::verify_archived(file->signatures.at(0), rig().world().trust, policy, at);
  }

  static inline Place place_;
};

TEST_F(ReceiptTimestamp, is_kept_beside_the_signature_and_is_its_time) {
  auto const at = legal("2026-12-10", 9);
  rig().set_clock(at);
  ASSERT_EQ(apply("arman").status, 303);
  auto const kept = kept_of("arman");
  ASSERT_TRUE(kept.timestamp);
  ASSERT_FALSE(kept.timestamp->owed());
  EXPECT_FALSE(signing::has_timestamp(kept.signature.cms)) << "the CMS is as it came";
  EXPECT_EQ(verdict_member(kept, "level"), "T");
  auto const stamped = signing::tsp_time(kept.timestamp->token);
  ASSERT_TRUE(stamped);
  EXPECT_EQ(kept.timestamp->stamped, stamped);
  EXPECT_EQ(kept.signature.best_time, *stamped);
  EXPECT_EQ(verdict_member(kept, "best_time"), to_iso(*stamped));

  ASSERT_EQ(rig().wait(casework::archive_round(rig().world())), 1);
  auto const later = judged_later(kept, at + std::chrono::days{100});
  EXPECT_TRUE(later.report.passed()) << later.report.reason();
  EXPECT_EQ(later.report.level, "T");
  ASSERT_TRUE(later.report.signer);
  EXPECT_EQ(later.report.signer->best_time, *stamped);
}

TEST_F(ReceiptTimestamp, of_a_silent_authority_is_owed_and_comes_later) {
  auto const at = legal("2026-12-11", 9);
  rig().set_clock(at);
  rig().pki().tsa_faults().set("unavailable");
  auto const answer = apply("yermek");
  EXPECT_EQ(answer.status, 303);
  EXPECT_NE(answer.location, "/kk/cabinet") << "accepted all the same";
  auto const before = kept_of("yermek");
  ASSERT_TRUE(before.timestamp);
  EXPECT_TRUE(before.timestamp->owed());
  EXPECT_EQ(verdict_member(before, "level"), "B");
  EXPECT_EQ(rig().wait(casework::stamp_owed(rig().world())), 0);
  EXPECT_EQ(rig().wait(casework::archive_round(rig().world())), 0) << "not without it";

  rig().pki().tsa_faults().set("none");
  EXPECT_EQ(rig().wait(casework::stamp_owed(rig().world())), 0) << "after a pause";
  rig().set_clock(at + std::chrono::minutes{20});
  EXPECT_EQ(rig().wait(casework::stamp_owed(rig().world())), 1);
  EXPECT_EQ(rig().wait(casework::stamp_owed(rig().world())), 0) << "once";
  auto const kept = kept_of("yermek");
  ASSERT_FALSE(kept.timestamp->owed());
  EXPECT_EQ(kept.signature.digest, before.signature.digest);

  EXPECT_EQ(rig().wait(casework::archive_round(rig().world())), 1);
  auto const later = judged_later(kept, at + std::chrono::days{100});
  EXPECT_TRUE(later.report.passed()) << later.report.reason();
  EXPECT_EQ(later.report.level, "T");
  EXPECT_EQ(later.report.signer->best_time, *kept.timestamp->stamped);
}

TEST_F(ReceiptTimestamp, is_taken_at_receipt_though_the_certificate_is_checked_later) {
  auto const at = legal("2026-12-14", 9);
  rig().set_clock(at);
  rig().pki().faults().set("ocsp_unavailable");
  EXPECT_EQ(apply("saule").location, "/kk/cabinet");
  auto const waiting = rig().in_database(
      [](db::Connection& connection) { return db::pending_submissions(connection, 10); });
  ASSERT_EQ(waiting.size(), 1U);
  ASSERT_FALSE(waiting[0].token.empty());
  rig().set_clock(at + std::chrono::hours{3});
  rig().pki().faults().set("none");
  ASSERT_EQ(rig().wait(casework::retry_submissions(rig().world())), 1);
  auto const kept = kept_of("saule");
  ASSERT_TRUE(kept.timestamp);
  EXPECT_EQ(kept.timestamp->token, waiting[0].token) << "of the receipt, not of the check";
  EXPECT_LT(*kept.timestamp->stamped, at + std::chrono::minutes{1});
}

TEST_F(ReceiptTimestamp, that_was_owed_comes_once_though_a_server_dies_with_it_in_hand) {
  auto const at = legal("2026-12-15", 9);
  rig().set_clock(at);
  rig().pki().tsa_faults().set("unavailable");
  EXPECT_EQ(apply("timur").status, 303);
  rig().pki().tsa_faults().set("none");
  auto const owed_since = kept_of("timur");
  ASSERT_TRUE(owed_since.timestamp->owed());
  int minutes = 2;
  for (auto const* point : {"owed_timestamp_answered", "keep_timestamp.before"}) {
    rig().set_clock(at + std::chrono::minutes{minutes});
    minutes += 2;
    set_failpoints(std::string{point} + "=throw");
    EXPECT_THROW(rig().wait(casework::stamp_owed(rig().world())), FailpointThrown) << point;
    set_failpoints("");
    EXPECT_TRUE(kept_of("timur").timestamp->owed()) << point;
  }
  rig().set_clock(at + std::chrono::minutes{minutes});
  EXPECT_EQ(rig().wait(casework::stamp_owed(rig().world())), 1);
  EXPECT_EQ(rig().wait(casework::stamp_owed(rig().world())), 0);
  EXPECT_EQ(kept_of("timur").signature.digest, owed_since.signature.digest);
  EXPECT_FALSE(kept_of("timur").timestamp->owed());
}

TEST_F(ReceiptTimestamp, an_archive_round_that_dies_with_its_timestamp_is_made_once_again) {
  rig().set_clock(legal("2026-12-16", 9));
  set_failpoints("archive_timestamp_answered=throw");
  EXPECT_THROW(rig().wait(casework::archive_round(rig().world())), FailpointThrown);
  set_failpoints("");
  EXPECT_EQ(rig().wait(casework::archive_round(rig().world())), 0) << "claimed by who died";
  rig().set_clock(legal("2026-12-16", 9) + std::chrono::minutes{3});
  EXPECT_GE(rig().wait(casework::archive_round(rig().world())), 1);
  EXPECT_EQ(rig().wait(casework::archive_round(rig().world())), 0);
  auto const later = judged_later(kept_of("timur"), legal("2027-03-01", 9));
  EXPECT_TRUE(later.report.passed()) << later.report.reason();
}

TEST_F(ReceiptTimestamp, cannot_be_changed_or_taken_away) {
  auto const kept = kept_of("arman");
  for (auto const* change :
       {"update signature_timestamp set token = '\\x00' where token is not null",
        "delete from signature_timestamp", "truncate signature_timestamp"})
    EXPECT_THROW(
        rig().in_database([change](db::Connection& connection) { connection.script(change); }),
        db::DatabaseError)
        << change;
  EXPECT_EQ(kept_of("arman").timestamp->token, kept.timestamp->token);
}

}  // namespace
}  // namespace qyzmet::tests
