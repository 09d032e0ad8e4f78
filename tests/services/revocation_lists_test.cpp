// When the responder is down, revocation lists judge (signing.md 8, step 8): complete ones, then
// their deltas, fetched from the authority over HTTP only when they changed, kept for the next
// start, and named in the evidence of the case. Lists that are not in force judge nothing.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "db/documents.hpp"
#include "db/revocation_lists.hpp"
#include "db/worklists.hpp"
#include "engine/base/failpoint.hpp"
#include "services/casework/certify.hpp"
#include "services/casework/revocation_lists.hpp"
#include "tests/services/applicant.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

Instant legal(std::string_view day, int hour, int minute) {
  return start_of(*parse_date(day)) + std::chrono::hours{hour} + std::chrono::minutes{minute};
}

class RevocationLists : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("revocation_lists");
    place_ = make_place(rig());
  }
  ~RevocationLists() override {
    set_failpoints("");
    rig().pki().faults().set("none");
  }

  static int fetch() { return rig().wait(casework::fetch_lists(rig().world())); }
  static std::size_t held() { return rig().world().lists.current().size(); }

  /// Fills in, signs and sends an application; where the person is led.
  static PageAnswer apply(std::string const& id) {
    auto const guest = invite_signer(rig(), id);
    auto const signing = fill_in(rig(), guest, place_);
    return send_signature(rig(), guest, signing, rig().sign(id, signing.xml));
  }
  static std::vector<db::Signature> signatures_of(std::string const& id) {
    auto const person = invite_signer(rig(), id).person;
    return rig().in_database([person](db::Connection& connection) {
      db::ListFilter filter;
      filter.person = person;
      filter.open_only = false;
      filter.limit = 10;
      std::vector<db::Signature> out;
      for (auto const& row : db::list_cases(connection, filter).rows)
        for (auto& each : db::signatures_of(connection, row.id)) out.push_back(std::move(each));
      return out;
    });
  }

  static inline Place place_;
};

TEST_F(RevocationLists,
       a_good_certificate_is_accepted_by_list_and_delta_while_the_responder_is_down) {
  rig().set_clock(legal("2026-12-10", 9, 0));
  ASSERT_EQ(fetch(), 2);
  ASSERT_EQ(held(), 2U);
  rig().pki().faults().set("ocsp_unavailable");
  auto const answer = apply("arman");
  EXPECT_NE(answer.location, "/kk/cabinet") << "not pending";
  auto const signatures = signatures_of("arman");
  ASSERT_EQ(signatures.size(), 1U);
  auto const evidence = boost::json::parse(signatures[0].evidence).as_object();
  EXPECT_TRUE(evidence.at("ocsp").as_array().empty());
  auto const& lists = evidence.at("crls").as_array();
  ASSERT_EQ(lists.size(), 2U);
  EXPECT_EQ(lists[0].at("sha256").as_string().size(), 64U);
  EXPECT_NE(lists[0].at("issuer").as_string().find("CN="), std::string::npos);
  EXPECT_FALSE(lists[0].as_object().contains("base_number"));
  EXPECT_EQ(lists[1].at("base_number"), lists[0].at("number")) << "the delta continues it";
  EXPECT_EQ(lists[0].at("this_update").as_string(), to_iso(legal("2026-12-10", 9, 0)));
  LAW("R-GEN-05");
}

TEST_F(RevocationLists, what_the_delta_revokes_is_refused_at_once) {
  rig().set_clock(legal("2026-12-10", 10, 0));
  ASSERT_TRUE(rig().pki().revoke(rig().serial_of("bauyrzhan"), legal("2026-12-10", 9, 55)));
  rig().pki().faults().set("ocsp_unavailable");
  EXPECT_EQ(fetch(), 1) << "the complete list is the same";
  auto const answer = apply("bauyrzhan");
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(unescaped(answer.body).find(rig().text("kk", "signature.revoked")), std::string::npos);
  EXPECT_TRUE(signatures_of("bauyrzhan").empty());
}

TEST_F(RevocationLists, lists_that_have_ended_judge_nothing_and_the_application_waits) {
  rig().pki().faults().set("unavailable");  // of the lists, too
  rig().set_clock(legal("2026-12-12", 10, 0));
  EXPECT_EQ(fetch(), 0);
  EXPECT_EQ(held(), 2U) << "what was fetched is kept";
  EXPECT_EQ(apply("yermek").location, "/kk/cabinet");
  EXPECT_TRUE(signatures_of("yermek").empty());
  // The lists come back before the responder does: that decides.
  rig().pki().faults().set("ocsp_unavailable");
  rig().set_clock(legal("2026-12-12", 10, 5));
  EXPECT_EQ(fetch(), 2);
  EXPECT_EQ(rig().wait(casework::retry_submissions(rig().world())), 1);
  EXPECT_EQ(signatures_of("yermek").size(), 1U);
}

TEST_F(RevocationLists, an_answer_of_the_responder_that_cannot_be_believed_is_not_passed_over) {
  rig().set_clock(legal("2026-12-12", 11, 0));
  fetch();
  rig().pki().faults().set("stale");
  EXPECT_EQ(apply("saule").location, "/kk/cabinet") << "bad is not unavailable";
  EXPECT_TRUE(signatures_of("saule").empty());
}

TEST_F(RevocationLists,
       only_what_changed_is_sent_again_and_a_new_process_starts_with_what_is_kept) {
  rig().set_clock(legal("2026-12-14", 9, 0));
  fetch();
  auto const heads = [] {
    return rig().in_database([](db::Connection& connection) {
      return db::kept_lists(connection, rig().world().config.crl_urls);
    });
  };
  auto const before = heads();
  ASSERT_EQ(before.size(), 2U);
  EXPECT_FALSE(before[0].etag.empty());
  EXPECT_EQ(fetch(), 0) << "not due";
  rig().set_clock(legal("2026-12-14", 9, 11));
  EXPECT_EQ(fetch(), 0) << "asked, and answered with 304";
  EXPECT_EQ(heads()[0].sha256, before[0].sha256);

  casework::RevocationLists next;
  rig().in_database([&next](db::Connection& connection) {
    next.refresh(connection, rig().world().config.crl_urls, rig().world().trust);
  });
  EXPECT_EQ(next.current().size(), 2U);
  casework::RevocationLists stranger;
  rig().in_database([&stranger](db::Connection& connection) {
    stranger.refresh(connection, rig().world().config.crl_urls, {});
  });
  EXPECT_TRUE(stranger.current().empty()) << "signed by nobody whom the configuration names";
}

TEST_F(RevocationLists, an_earlier_list_takes_no_place) {
  rig().set_clock(legal("2026-12-15", 9, 0));
  fetch();
  auto const kept = rig().world().lists.current();
  rig().set_clock(legal("2026-12-14", 20, 0));
  rig().in_database([](db::Connection& connection) {
    for (auto const& each : rig().world().config.crl_urls)
      db::postpone_list(connection, each, legal("2026-12-14", 19, 0));
  });
  EXPECT_EQ(fetch(), 0) << "replayed";
  for (auto const& list : rig().world().lists.current())
    EXPECT_EQ(list->this_update(), legal("2026-12-15", 9, 0));
  EXPECT_EQ(rig().world().lists.current().size(), kept.size());
}

TEST_F(RevocationLists, a_server_that_dies_over_a_list_holds_no_list_up) {
  rig().set_clock(legal("2026-12-17", 9, 0));
  set_failpoints("list_fetched=throw");
  EXPECT_THROW(fetch(), FailpointThrown);
  set_failpoints("");
  EXPECT_EQ(fetch(), 0) << "claimed by who died";
  rig().set_clock(legal("2026-12-17", 9, 4));
  set_failpoints("list_kept=throw");
  EXPECT_THROW(fetch(), FailpointThrown);
  set_failpoints("");
  casework::RevocationLists next;  // of the process that is started in its place
  auto const newest = [&next](db::Connection& connection) {
    next.refresh(connection, rig().world().config.crl_urls, rig().world().trust);
  };
  rig().in_database(newest);
  EXPECT_EQ(next.current().size(), 2U) << "the new one and the old one";
  rig().set_clock(legal("2026-12-17", 9, 8));
  EXPECT_EQ(fetch(), 1) << "the other list, and no list twice";
  rig().in_database(newest);
  for (auto const& list : next.current()) EXPECT_GE(list->this_update(), legal("2026-12-17", 9, 0));
  rig().pki().faults().set("ocsp_unavailable");
  EXPECT_NE(apply("timur").location, "/kk/cabinet") << "the lists judge";
}

}  // namespace
}  // namespace qyzmet::tests
