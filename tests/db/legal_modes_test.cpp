// What the database holds of the mode of the country: who may change it, from when it holds, and
// that what held stays.
#include "db/legal_modes.hpp"

#include <functional>

#include "tests/db/support.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::db::tests {
namespace {

Instant legal(std::string_view text) {
  return *parse_legal_time(text);
}

class LegalModesTest : public DatabaseTest {
 public:
  LegalModesTest() {
    scene();
    first_ = ensure_user(connection, person(7001));
    second_ = ensure_user(connection, person(7002));
    connection.script(
        "create table test_time (at timestamptz); insert into test_time values "
        "('2026-11-28T10:00:30+05');"
        "create or replace function qyzmet_now() returns timestamptz language sql volatile as "
        "'select at from test_time'");
  }

 protected:
  void at(std::string const& local) {
    connection.script("update test_time set at = '" + local + "+05'");
  }
  LegalModeProposal proposal(std::string mode, std::string_view from = {}) {
    return {.mode = std::move(mode),
            .from = from.empty() ? std::nullopt : std::optional{legal(from)},
            .act_number = "Decree 7",
            .act_date = *parse_date("2026-11-27"),
            .reason = "ordered",
            .proposed_by = first_,
            .proposer = {},
            .proposed = {}};
  }
  std::optional<LegalMode> confirm(std::int64_t id, UserId by) {
    return connection.transaction([&] { return confirm_legal_mode(connection, id, by); });
  }
  LegalMode switched(std::string mode, std::string_view from = {}) {
    return *confirm(*propose_legal_mode(connection, proposal(std::move(mode), from)), second_);
  }
  std::string mode(std::string_view local) { return legal_mode_at(connection, legal(local)).mode; }
  std::string refusal(std::function<void()> const& work) {
    try {
      work();
    } catch (Conflict const& conflict) {
      return conflict.constraint();
    }
    return "none";
  }

  UserId first_, second_;
};

TEST_F(LegalModesTest, AnInstallationBeginsInPeacetime) {
  EXPECT_EQ(mode("2026-11-28T10:00"), "peacetime");
  EXPECT_EQ(mode("1992-01-01T00:00"), "peacetime");
  auto const rows = legal_modes(connection, 10);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows.front().mode.act_number.empty());
  EXPECT_FALSE(open_legal_mode_proposal(connection));
}

TEST_F(LegalModesTest, OneProposesAndAnotherConfirms) {
  auto const id = *propose_legal_mode(connection, proposal("mobilisation"));
  EXPECT_EQ(open_legal_mode_proposal(connection)->proposer, "Person 107001");
  EXPECT_EQ(refusal([&] { propose_legal_mode(connection, proposal("wartime")); }),
            "legal_mode_proposal_open");
  EXPECT_EQ(refusal([&] { confirm(id, first_); }), "legal_mode_four_eyes");
  EXPECT_EQ(mode("2027-01-01T00:00"), "peacetime") << "a refusal changes nothing";

  auto const confirmed = confirm(id, second_);
  ASSERT_TRUE(confirmed);
  EXPECT_EQ(confirmed->from, legal("2026-11-28T10:02")) << "the second full minute from now";
  EXPECT_EQ(mode("2026-11-28T10:01"), "peacetime");
  EXPECT_EQ(mode("2026-11-28T10:02"), "mobilisation");
  EXPECT_FALSE(confirm(id, second_)) << "decided once";
  EXPECT_FALSE(reject_legal_mode(connection, id, first_));
  auto const rows = legal_modes(connection, 10);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].confirmer, "Person 107002");
  EXPECT_EQ(rows[0].mode.act_number, "Decree 7");
  EXPECT_EQ(rows[0].reason, "ordered");
  LAW("E-33");
}

TEST_F(LegalModesTest, NeverHoldsInThePast) {
  auto const id = *propose_legal_mode(connection, proposal("mobilisation", "2026-11-28T11:00"));
  at("2026-11-28T12:00:00");
  EXPECT_EQ(confirm(id, second_)->from, legal("2026-11-28T12:02")) << "confirmed later";
  EXPECT_EQ(mode("2026-11-28T11:30"), "peacetime");
  EXPECT_EQ(refusal([&] {
              connection.script(
                  "insert into legal_mode values (9, 'wartime', '2026-01-01', '2026-02-01')");
            }),
            "legal_mode_not_past");
  EXPECT_EQ(refusal([&] {
              connection.script(
                  "insert into legal_mode values (9, 'wartime', '2027-01-02', '2027-01-01')");
            }),
            "legal_mode_of_proposal")
      << "nobody's proposal";
}

TEST_F(LegalModesTest, WhatWasConfirmedForLaterCanBeReplacedBefore) {
  switched("mobilisation", "2026-12-01T00:00");
  EXPECT_EQ(mode("2026-11-30T00:00"), "peacetime");
  EXPECT_EQ(mode("2026-12-01T00:00"), "mobilisation");
  at("2026-11-29T10:00:00");
  switched("peacetime");
  EXPECT_EQ(mode("2026-12-01T00:00"), "peacetime");
  auto const rows = legal_modes(connection, 10);
  EXPECT_FALSE(rows[0].superseded);
  EXPECT_TRUE(rows[1].superseded);
  EXPECT_FALSE(rows[2].superseded);
  EXPECT_FALSE(propose_legal_mode(connection, proposal("peacetime"))) << "that holds already";
  at("2026-11-30T10:00:00");
  EXPECT_FALSE(propose_legal_mode(connection, proposal("peacetime", "2027-01-01T00:00")));
}

TEST_F(LegalModesTest, WhatHeldStaysOnRecord) {
  switched("mobilisation");
  auto const rejected = *propose_legal_mode(connection, proposal("wartime"));
  EXPECT_TRUE(reject_legal_mode(connection, rejected, first_)) << "also by who proposed";
  for (auto const* sql :
       {"update legal_mode set holds_from = '2026-01-01'", "delete from legal_mode",
        "truncate legal_mode cascade", "delete from legal_mode_proposal",
        "update legal_mode_proposal set reason = 'other'",
        "update legal_mode_proposal set status = 'open', decided_by = null, decided_at = null"})
    EXPECT_EQ(refusal([&] { connection.script(sql); }), "append_only") << sql;
}

TEST_F(LegalModesTest, ProcessesAgreeWhileOneIsBeingConfirmed) {
  auto const id = *propose_legal_mode(connection, proposal("mobilisation"));
  Connection other{dsn, vault()};
  Instant from;
  connection.transaction([&] {
    from = confirm_legal_mode(connection, id, second_)->from;
    EXPECT_EQ(legal_mode_at(other, legal("2026-11-28T10:00:59")).mode, "peacetime");
  });
  EXPECT_GE(from - legal("2026-11-28T10:00:30"), std::chrono::minutes{1})
      << "nothing that has come by the commit changes";
  EXPECT_EQ(legal_mode_at(other, legal("2026-11-28T10:00:59")).mode, "peacetime");
  EXPECT_EQ(legal_mode_at(other, from).mode, "mobilisation");
}

}  // namespace
}  // namespace qyzmet::db::tests
