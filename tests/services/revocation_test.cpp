// The revocation source is down when an application arrives (decision 17): the receipt instant is
// fixed at once, the cabinet says what is awaited, the check is repeated, and in the end the
// application is accepted as of its receipt or rejected with the reason; never accepted unchecked.
// Through the real pages, against the authority's faults.
#include <gtest/gtest.h>

#include "db/cases.hpp"
#include "db/submissions.hpp"
#include "db/verify.hpp"
#include "db/worklists.hpp"
#include "engine/step.hpp"
#include "services/casework/act.hpp"
#include "services/casework/certify.hpp"
#include "services/casework/files.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/service_rig.hpp"
#include "tests/support/law.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::tests {
namespace {

Instant legal(std::string_view day, int hour, int minute) {
  return start_of(*parse_date(day)) + std::chrono::hours{hour} + std::chrono::minutes{minute};
}

class Revocation : public SharedSite {
 protected:
  static void SetUpTestSuite() {
    begin("revocation");
    place_ = make_place(rig());
  }
  ~Revocation() override { rig().pki().faults().set("none"); }

  static Guest invite(std::string_view id) { return invite_signer(rig(), id); }
  static Signing fill_in(Guest const& guest) { return tests::fill_in(rig(), guest, place_); }
  static PageAnswer send(Guest const& guest, Signing const& signing, std::string const& cms) {
    return send_signature(rig(), guest, signing, cms);
  }

  static std::vector<db::CaseFields> cases_of(Guest const& guest) {
    return rig().in_database([person = guest.person](db::Connection& connection) {
      db::ListFilter filter;
      filter.person = person;
      filter.open_only = false;
      filter.limit = 10;
      std::vector<db::CaseFields> out;
      for (auto const& row : db::list_cases(connection, filter).rows)
        out.push_back(db::load_case(connection, row.number)->fields);
      return out;
    });
  }
  static std::string number_of(Guest const& guest) {
    return rig().in_database([person = guest.person](db::Connection& connection) {
      db::ListFilter filter;
      filter.person = person;
      filter.open_only = false;
      filter.limit = 1;
      return db::list_cases(connection, filter).rows.at(0).number;
    });
  }
  static std::string cabinet(Guest const& guest) {
    return unescaped(rig().get(guest, "/kk/cabinet").body);
  }
  static bool shows(Guest const& guest, std::string const& text) {
    return cabinet(guest).find(text) != std::string::npos;
  }
  static std::string pending_text() { return rig().text("kk", "cabinet.submission.pending"); }
  static int retry() { return rig().wait(casework::retry_submissions(rig().world())); }

  static inline Place place_;
};

TEST_F(Revocation, a_good_certificate_is_accepted_as_of_the_receipt_though_the_answer_comes_late) {
  rig().set_clock(legal("2026-12-10", 17, 59));
  auto const arman = invite("arman");
  auto const signing = fill_in(arman);
  auto const cms = rig().sign("arman", signing.xml);
  rig().pki().faults().set("unavailable");

  auto const answer = send(arman, signing, cms);
  EXPECT_EQ(answer.status, 303) << answer.body;
  EXPECT_EQ(answer.location, "/kk/cabinet");
  EXPECT_TRUE(shows(arman, pending_text()));
  EXPECT_TRUE(shows(arman, "17:59")) << "the receipt instant is told at once";
  EXPECT_TRUE(cases_of(arman).empty()) << "never accepted unchecked";
  rig().set_clock(legal("2026-12-10", 18, 30));
  EXPECT_EQ(retry(), 0);
  EXPECT_TRUE(shows(arman, pending_text()));

  rig().set_clock(legal("2026-12-11", 10, 0));
  rig().pki().faults().set("none");
  EXPECT_EQ(retry(), 1);
  EXPECT_FALSE(shows(arman, pending_text()));
  auto const cases = cases_of(arman);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_GE(cases[0].filed, legal("2026-12-10", 17, 59));
  EXPECT_LT(cases[0].filed, legal("2026-12-10", 18, 0));
  EXPECT_EQ(to_iso(cases[0].accepted), "2026-12-10");
  LAW("R-GEN-09");
  LAW("INV-01");
  EXPECT_EQ(to_iso(cases[0].due), "2026-12-18");
  LAW("R77-04");
  EXPECT_EQ(retry(), 0) << "decided once";
}

TEST_F(Revocation, a_case_that_was_accepted_late_keeps_its_term_and_records_the_late_registration) {
  rig().set_clock(legal("2026-12-10", 17, 58));
  auto const saule = invite("saule");
  auto const signing = fill_in(saule);
  rig().pki().faults().set("unavailable");
  EXPECT_EQ(send(saule, signing, rig().sign("saule", signing.xml)).status, 303);
  rig().set_clock(legal("2026-12-14", 9, 0));
  rig().pki().faults().set("none");
  ASSERT_EQ(retry(), 1);
  auto const open = rig().wait(casework::open_case(rig().world(), number_of(saule)));
  ASSERT_TRUE(open);
  auto const ticked =
      rig().wait(casework::act(rig().world(), open->row.id,
                               {.actor = {.user = "", .role = "system"}, .body = engine::Tick{}}));
  ASSERT_TRUE(ticked);
  EXPECT_EQ(ticked->row.fields.breaches, (std::vector<std::string>{"registration"}));
  LAW("R-GEN-08");
  EXPECT_EQ(to_iso(ticked->row.fields.due), "2026-12-18");
  LAW("INV-03");
}

TEST_F(Revocation, a_certificate_that_was_revoked_before_the_receipt_is_rejected_with_the_reason) {
  rig().set_clock(legal("2026-12-10", 10, 0));
  auto const bauyrzhan = invite("bauyrzhan");
  auto const signing = fill_in(bauyrzhan);
  ASSERT_TRUE(rig().pki().revoke(rig().serial_of("bauyrzhan"), legal("2026-12-10", 9, 0)));
  rig().pki().faults().set("try_later");
  auto const cms = rig().sign("bauyrzhan", signing.xml);
  EXPECT_EQ(send(bauyrzhan, signing, cms).location, "/kk/cabinet");
  EXPECT_TRUE(shows(bauyrzhan, pending_text()));

  rig().set_clock(legal("2026-12-10", 11, 0));
  rig().pki().faults().set("none");
  EXPECT_EQ(retry(), 1);
  EXPECT_FALSE(shows(bauyrzhan, pending_text()));
  EXPECT_TRUE(shows(bauyrzhan, rig().text("kk", "signature.revoked")));
  EXPECT_TRUE(cases_of(bauyrzhan).empty());
  LAW("R-GEN-05");

  // The very same file, while the source is down again: it waits anew, and is checked anew.
  rig().pki().faults().set("unavailable");
  EXPECT_EQ(send(bauyrzhan, signing, cms).location, "/kk/cabinet");
  EXPECT_TRUE(shows(bauyrzhan, pending_text()));
  rig().pki().faults().set("none");
  EXPECT_EQ(retry(), 1);
  EXPECT_TRUE(shows(bauyrzhan, rig().text("kk", "signature.revoked")));
  EXPECT_TRUE(cases_of(bauyrzhan).empty());

  // What was typed is still there; with the source at work the next attempt is refused at once.
  auto const again = send(bauyrzhan, signing, cms);
  EXPECT_EQ(again.status, 422);
  EXPECT_NE(again.body.find("data-rule=\"R-GEN-05\""), std::string::npos);
  EXPECT_NE(unescaped(again.body).find(rig().text("kk", "signature.revoked")), std::string::npos);
}

TEST_F(Revocation, a_certificate_that_was_revoked_after_the_receipt_was_good_when_it_counted) {
  rig().set_clock(legal("2026-12-10", 10, 0));
  auto const yermek = invite("yermek");
  auto const signing = fill_in(yermek);
  rig().pki().faults().set("unavailable");
  EXPECT_EQ(send(yermek, signing, rig().sign("yermek", signing.xml)).location, "/kk/cabinet");
  ASSERT_TRUE(rig().pki().revoke(rig().serial_of("yermek"), legal("2026-12-10", 10, 30)));
  rig().set_clock(legal("2026-12-10", 11, 0));
  rig().pki().faults().set("none");
  EXPECT_EQ(retry(), 1);
  auto const cases = cases_of(yermek);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_LT(cases[0].filed, legal("2026-12-10", 10, 1));
}

TEST_F(Revocation, no_fault_of_the_source_lets_an_application_through_and_all_end_in_one_case) {
  auto const aigul = invite("aigul");
  rig().set_clock(legal("2026-12-10", 12, 0));
  auto const signing = fill_in(aigul);
  std::size_t sent = 0;
  for (auto const* fault :
       {"unavailable", "try_later", "stale", "wrong_nonce", "garbage", "slow"}) {
    SCOPED_TRACE(fault);
    rig().set_clock(legal("2026-12-10", 12, int(sent)));
    ASSERT_TRUE(rig().pki().faults().set(fault, std::chrono::seconds{3}));
    auto const cms = rig().sign("aigul", signing.xml);
    EXPECT_EQ(send(aigul, signing, cms).location, "/kk/cabinet");
    EXPECT_EQ(send(aigul, signing, cms).location, "/kk/cabinet") << "the same once more";
    auto const waiting = rig().in_database(
        [](db::Connection& connection) { return db::pending_submissions(connection, 100); });
    EXPECT_EQ(waiting.size(), ++sent);
    EXPECT_TRUE(cases_of(aigul).empty());
  }
  rig().pki().faults().set("none");
  rig().set_clock(legal("2026-12-10", 13, 0));
  EXPECT_EQ(retry(), int(sent));
  auto const cases = cases_of(aigul);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_LT(cases[0].filed, legal("2026-12-10", 12, 1)) << "the first receipt counts";
  LAW("R-GEN-05");
}

TEST_F(Revocation, what_can_be_accepted_no_more_is_rejected_with_words_and_holds_up_nobody) {
  rig().set_clock(legal("2026-12-10", 14, 0));
  auto const timur = invite("timur");
  auto const rejected_with = [&](std::string const& reason, auto close, auto open) {
    rig().pki().faults().set("unavailable");
    auto const signing = fill_in(timur);
    EXPECT_EQ(send(timur, signing, rig().sign("timur", signing.xml)).location, "/kk/cabinet");
    rig().in_database(close);
    rig().pki().faults().set("none");
    EXPECT_EQ(retry(), 1);
    EXPECT_EQ(retry(), 0);
    EXPECT_TRUE(shows(timur, reason)) << cabinet(timur);
    EXPECT_TRUE(cases_of(timur).empty());
    rig().in_database(open);
  };
  auto const set_branch = [](bool active) {
    return [active](db::Connection& connection) {
      place_.branch.active = active;
      db::save_branch(connection, place_.branch);
    };
  };
  auto const set_office = [](bool active) {
    return [active](db::Connection& connection) {
      place_.office.active = active;
      db::save_office(connection, place_.office);
    };
  };
  auto const package = seed_package("military_id");
  auto const& texts = package->texts.find("kk")->second;
  rejected_with(texts.find("guard.branch")->second, set_branch(false), set_branch(true));
  LAW("R77-08");
  rejected_with(rig().text("kk", "error.office_unknown"), set_office(false), set_office(true));
}

/// Nothing leaves the office under it, the case waits, and somebody else who may sign does.
TEST(HeadsCertificate, when_it_was_revoked_signs_no_decision_and_another_head_signs) {
  ServiceRig site{"military_id"};
  auto const number =
      site.file({.who = "dias", .subtype = "dismissed", .local = "2026-12-10T10:00"});
  auto const done = [](PageAnswer const& answer) { EXPECT_EQ(answer.status, 303) << answer.body; };
  done(site.task("registrar", number, "Task_Register", {{"executor", site.executor_id()}}));
  done(site.task("executor", number, "Task_Review",
                 {{"checklist.identity", "true"},
                  {"checklist.photo", "true"},
                  {"checklist.registered", "true"},
                  {"checklist.served", "true"},
                  {"checklist.documents", "true"},
                  {"review.outcome", "approve"}}));
  done(site.task("executor", number, "Task_Draft",
                 {{"id.kind", "rank_and_file"}, {"id.series", "AB"}, {"id.number", "0000001"}}));
  auto& rig = site.rig();
  ASSERT_TRUE(rig.pki().revoke(rig.serial_of("head"), legal("2026-12-10", 9, 0)));
  site.at("2026-12-10T11:00");
  auto const before = rig.fingerprint();
  auto const refused = site.sign(number);
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(unescaped(refused.body).find(rig.text("kk", "signature.revoked")), std::string::npos)
      << refused.body;
  EXPECT_EQ(rig.fingerprint(), before) << "nothing is written, nothing is sent";
  EXPECT_EQ(site.open(number).state_code(), "signing");
  auto const deputy = rig.invite("790202300115", "Орынбасаров Арман",
                                 {{.role = "head", .office = site.office().id, .branch = {}}});
  auto const signing = "/kk/work/cases/" + number + "/tasks/Task_Sign";
  done(rig.post(deputy, signing + "/redraw", {}));
  auto const shown = rig.get(deputy, "/kk/work/cases/" + number).body;
  auto const link = shown.find("/documents/", shown.find("data-sign-bytes"));
  ASSERT_NE(link, std::string::npos) << shown;
  auto const sha256 = shown.substr(link + std::string_view{"/documents/"}.size(), 64);
  auto const bytes = rig.wait(casework::read_file(rig.world(), sha256));
  ASSERT_TRUE(bytes);
  done(rig.post(
      deputy, signing,
      {{"key", "deputy"}, {"sign.decision", "sign"}, {"signature", rig.sign("deputy", *bytes)}}));
  EXPECT_EQ(site.open(number).state_code(), "in_transit");
  LAW("E-26");
}

TEST_F(Revocation, the_history_of_what_was_accepted_late_is_sound) {
  auto const verdict =
      rig().in_database([](db::Connection& connection) { return db::verify_history(connection); });
  for (auto const& fault : verdict.faults) ADD_FAILURE() << fault.check << ": " << fault.detail;
}

}  // namespace
}  // namespace qyzmet::tests
