// Accounting of blanks: the balance holds in the database itself, whoever writes.
#include "db/blanks.hpp"

#include "tests/db/support.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::db::tests {

namespace {

Blank blank(std::string number, std::string series = "AA") {
  return {.kind = "rank_and_file", .series = std::move(series), .number = std::move(number)};
}
std::string said(BlankAnswer answer) {
  return answer == BlankAnswer::done         ? "done"
         : answer == BlankAnswer::of_another ? "of another"
                                             : "not held";
}

}  // namespace

class BlanksTest : public DatabaseTest {
 public:
  Date const day_ = *parse_date("2026-12-10");
  Scene const stage_ = scene();

  std::int64_t receive(char const* first, char const* last, char const* series = "AA") {
    return receive_blanks(connection, {.office = stage_.office,
                                       .kind = "rank_and_file",
                                       .series = series,
                                       .first = first,
                                       .last = last,
                                       .received_on = day_,
                                       .paper = "Н-1"});
  }
  std::string take(CaseId id, Blank const& one, bool released = true) {
    return said(take_blank(connection, id, stage_.office, one, released));
  }
  void issue(CaseId id, std::string const& number) {
    register_military_id(connection, {.id = 0,
                                      .person = stage_.person,
                                      .series = "AA",
                                      .number = number,
                                      .case_id = id,
                                      .issued = day_});
  }
  /// received = in stock + written + issued + spoiled + destroyed
  std::string balance() {
    auto const sums = blank_sums(connection, stage_.office);
    if (sums.size() != 1) return "none";
    auto const& s = sums.front();
    auto const text = [](std::int64_t n) { return std::to_string(n); };
    return text(s.received) + " = " + text(s.in_stock) + " + " + text(s.written) + " + " +
           text(s.issued) + " + " + text(s.spoiled) + " + " + text(s.destroyed);
  }
};

TEST_F(BlanksTest, ABlankOfTheOfficeBelongsToOneCase) {
  auto const one = started(stage_, person(1)), other = started(stage_, person(2));
  EXPECT_EQ(take(one, blank("0000001")), "not held") << "nothing was received";
  receive("0000001", "0000009");
  receive("0000001", "0000009", "AB");
  EXPECT_EQ(take(one, blank("0000001")), "done");
  EXPECT_EQ(take(one, blank("0000001")), "done") << "again, for the same case";
  EXPECT_EQ(take(other, blank("0000001")), "of another");
  EXPECT_EQ(take(other, blank("0000001", "AB")), "done") << "another series";
  EXPECT_EQ(take(one, blank("0000002")), "done");
  EXPECT_EQ(take(other, blank("0000001"), false), "done") << "given back by the first";
  EXPECT_EQ(take(one, blank("0000001", "AB")), "of another") << "kept: a spoiled blank";
  for (auto const* number : {"0000010", "1", "00000001", "x", "", "9999999999999"})
    EXPECT_EQ(take(one, blank(number)), "not held") << number;
  auto officers = blank("0000003");
  officers.kind = "officer";
  EXPECT_EQ(take(one, officers), "not held") << "of another kind";
  register_military_id(connection, {.id = 0,
                                    .person = stage_.person,
                                    .series = "AA",
                                    .number = "0000007",
                                    .case_id = {},
                                    .issued = day_});
  EXPECT_EQ(take(one, blank("0000007")), "of another") << "an ID issued long ago";
  LAW("INV-39");
}

TEST_F(BlanksTest, WhatWasReceivedIsInStockWrittenIssuedSpoiledOrDestroyed) {
  auto const one = started(stage_, person(1)), other = started(stage_, person(2));
  receive("0000001", "0000010");
  EXPECT_EQ(balance(), "10 = 10 + 0 + 0 + 0 + 0");
  take(one, blank("0000001"));
  take(other, blank("0000002"));
  EXPECT_EQ(balance(), "10 = 8 + 2 + 0 + 0 + 0");
  take(one, blank("0000003"));
  EXPECT_EQ(balance(), "10 = 8 + 2 + 0 + 0 + 0") << "0000001 was given back";
  EXPECT_TRUE(spoil_blank_of_case(connection, other, blank("0000002"), day_, "№ 1"));
  EXPECT_TRUE(spoil_blank_of_case(connection, other, blank("0000002"), day_, "№ 1")) << "again";
  EXPECT_FALSE(spoil_blank_of_case(connection, other, blank("0000004"), day_, "№ 1"));
  EXPECT_EQ(balance(), "10 = 8 + 1 + 0 + 1 + 0");
  EXPECT_EQ(take(other, blank("0000004"), false), "done") << "the provider re-issues";
  issue(one, "0000003");
  EXPECT_EQ(balance(), "10 = 7 + 1 + 1 + 1 + 0");
  LAW("R61-05");
  EXPECT_EQ(said(spoil_blank(connection, stage_.office, blank("0000010"), day_, "A-1")), "done");
  EXPECT_EQ(said(spoil_blank(connection, stage_.office, blank("0000010"), day_, "A-1")),
            "of another");
  EXPECT_EQ(said(spoil_blank(connection, stage_.office, blank("0000003"), day_, "A-1")),
            "of another");
  EXPECT_EQ(said(spoil_blank(connection, stage_.office, blank("0000099"), day_, "A-1")),
            "not held");
  EXPECT_EQ(destroy_blanks(connection, stage_.office, "rank_and_file", day_, "A-2"), 2);
  EXPECT_EQ(destroy_blanks(connection, stage_.office, "rank_and_file", day_, "A-2"), 0);
  EXPECT_EQ(balance(), "10 = 6 + 1 + 1 + 0 + 2");
  EXPECT_EQ(take(one, blank("0000002")), "of another") << "it is no more";
  auto const acts = blank_acts(connection, stage_.office, 10);
  ASSERT_EQ(acts.size(), 1U);
  EXPECT_EQ(acts.front().paper + acts.front().state, "A-2destroyed");
  EXPECT_EQ(acts.front().count, 2);
  LAW("INV-39");
}

TEST_F(BlanksTest, ACaseThatEndsWithoutAnIdLeavesASpoiledBlank) {
  auto const one = started(stage_, person(1)), other = started(stage_, person(2));
  receive("0000001", "0000010");
  take(one, blank("0000001"));
  take(other, blank("0000002"));
  issue(other, "0000002");
  for (auto const id : {one, other})
    connection.execute(Sql{"end_case", "update cases set ended = true where id = $1"}, id);
  EXPECT_EQ(balance(), "10 = 8 + 0 + 1 + 1 + 0");
  EXPECT_EQ(take(other, blank("0000001")), "of another") << "it bears the data of somebody";
  auto const acts = blank_acts(connection, stage_.office, 10);
  ASSERT_EQ(acts.size(), 1U);
  EXPECT_TRUE(acts.front().paper.starts_with("№ ")) << acts.front().paper;
  EXPECT_EQ(destroy_blanks(connection, stage_.office, "rank_and_file", day_, "A-2"), 1);
  LAW("R61-05");
  LAW("INV-39");
}

TEST_F(BlanksTest, AnIdIsIssuedOnTheBlankOfItsCaseOnce) {
  auto const one = started(stage_, person(1)), other = started(stage_, person(2));
  receive("0000001", "0000010");
  take(one, blank("0000001"));
  EXPECT_THROW(issue(one, "0000002"), Conflict) << "written on another blank";
  EXPECT_THROW(issue(other, "0000001"), Conflict) << "of another case";
  issue(one, "0000001");
  EXPECT_THROW(issue(one, "0000001"), Conflict);
  EXPECT_FALSE(spoil_blank_of_case(connection, one, blank("0000001"), day_, "№ 1"));
  EXPECT_EQ(balance(), "10 = 9 + 0 + 1 + 0 + 0");
  LAW("INV-39");
}

TEST_F(BlanksTest, NoNumberIsReceivedTwice) {
  receive("0000001", "0000010");
  EXPECT_THROW(receive("0000010", "0000011"), Conflict);
  receive("0000011", "0000011");
  receive("00000001", "00000010");
  EXPECT_EQ(blank_receipts(connection, stage_.office, 10).size(), 3U);
  EXPECT_EQ(blank_receipts(connection, stage_.office, 10).back().last, "0000010");
}

TEST_F(BlanksTest, NobodyWritesPastTheAccounting) {
  auto const one = started(stage_, person(1));
  receive("0000001", "0000010");
  take(one, blank("0000001"));
  for (auto const* statement :
       {"update blank_receipt set issued = issued + 1", "update blank_receipt set written = 0",
        "update blank_receipt set last_number = last_number + 1", "delete from blank_receipt",
        "truncate blank cascade", "update blank set receipt_id = null",
        "update blank set state = 'destroyed'", "update blank set case_id = null",
        "insert into blank (number_hash, case_id) select 'x', id from cases",
        "insert into blank (number_hash, case_id, receipt_id, state) select 'x', c.id, r.id, "
        "'issued' from cases c, blank_receipt r",
        "insert into blank_receipt (office_id, kind, series, digits, first_number, last_number, "
        "received_on, paper, issued) select office_id, kind, 'ZZ', 7, 1, 2, received_on, paper, 1 "
        "from blank_receipt"})
    EXPECT_THROW(connection.script(statement), Conflict) << statement;
  issue(one, "0000001");
  EXPECT_THROW(connection.script("delete from blank"), Conflict) << "issued stays issued";
  EXPECT_THROW(connection.script("update blank set state = 'spoiled'"), Conflict);
  EXPECT_EQ(balance(), "10 = 9 + 0 + 1 + 0 + 0");
  LAW("INV-39");
}

}  // namespace qyzmet::db::tests
