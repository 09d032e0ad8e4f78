// Effects on their way out: one that nobody can read, or whose case nobody can read, waits by
// itself; the others of its batch are carried out.
#include "services/work/outbox.hpp"

#include <gtest/gtest.h>

#include <set>

#include "db/outbox.hpp"
#include "db/worklists.hpp"
#include "services/casework/act.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/certifying.hpp"

namespace qyzmet::tests {
namespace {

class OutboxBatch : public testing::Test {
 protected:
  OutboxBatch() { rig.set_clock(*parse_legal_time("2026-12-10T10:00")); }

  /// A case that was withdrawn: its applicant is to be told.
  CaseId withdrawn(std::string const& person) {
    auto const guest = invite_signer(rig, person);
    auto const signing = fill_in(rig, guest, place_);
    EXPECT_EQ(send_signature(rig, guest, signing, rig.sign(person, signing.xml)).status, 303);
    auto const row = rig.in_database([&](db::Connection& connection) {
      db::ListFilter filter;
      filter.person = guest.person;
      return db::list_cases(connection, filter).rows.at(0);
    });
    auto const form =
        rig.post(guest, "/kk/cabinet/cases/" + row.number + "/messages/application.withdrawn",
                 {{"key", "withdraw-" + person}});
    EXPECT_EQ(certified(rig, guest, form).status, 303);
    return row.id;
  }
  void spoil(std::string const& what, CaseId id) {
    rig.in_database([&](db::Connection& connection) {
      connection.script("update " + what + " = '\\x00' where " +
                        (what.starts_with("cases") ? "id" : "case_id") + " = " +
                        std::to_string(id.value));
    });
  }
  std::vector<db::Claimed> left() {
    return rig.in_database([](db::Connection& connection) {
      connection.script("update outbox set ready_at = clock_timestamp()");
      return db::claim_outbox(connection, "test", 10, std::chrono::seconds{1});
    });
  }

  SiteRig rig{"outbox"};
  Place place_ = make_place(rig);
};

TEST_F(OutboxBatch, what_cannot_be_read_holds_no_other_back) {
  auto const no_effect = withdrawn("arman"), no_case = withdrawn("bauyrzhan"),
             good = withdrawn("yermek");
  auto const waiting = left().size();
  ASSERT_GE(waiting, 3U);
  spoil("outbox set data_sealed", no_effect);
  spoil("cases set state_sealed", no_case);
  rig.in_database([](db::Connection& connection) {
    connection.script("update outbox set status = 'waiting', ready_at = clock_timestamp()");
  });
  EXPECT_EQ(rig.wait(work::carry_out(rig.world(), "test")), int(waiting));
  std::set<std::int64_t> stuck;
  for (auto const& one : left()) stuck.insert(one.case_id.value);
  EXPECT_EQ(stuck, (std::set{no_effect.value, no_case.value}));
  EXPECT_TRUE(rig.wait(casework::open_case(rig.world(), good))->instance.pending.empty());
}

}  // namespace
}  // namespace qyzmet::tests
