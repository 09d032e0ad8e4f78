// Blanks at schools: given = issued + returned unissued + returned spoiled, and no blank is in two
// hands, whoever writes and however many at once.
#include "db/blank_givings.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/db/support.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::db::tests {

class BlankGivingsTest : public DatabaseTest {
 public:
  Scene const stage_ = scene();
  Date const day_ = *parse_date("2026-12-10");

  BlankGivingsTest() { receive("0000001", "0000020"); }

  void receive(char const* first, char const* last, char const* kind = "rank_and_file") {
    receive_blanks(connection, {.office = stage_.office,
                                .kind = kind,
                                .series = "AA",
                                .first = first,
                                .last = last,
                                .received_on = day_,
                                .paper = "Н-1"});
  }
  BlankGiving giving(std::string first, std::string last) const {
    return {.office = stage_.office,
            .series = "AA",
            .first = std::move(first),
            .last = std::move(last),
            .school = "Әскери институт",
            .request = "15",
            .requested_on = day_,
            .given_on = day_};
  }
  /// "done", "not held", or the numbers that are not in stock.
  std::string give(char const* first, char const* last) {
    auto const answer = give_blanks(connection, giving(first, last));
    if (answer.answer == BlankAnswer::done) return "done";
    if (answer.answer == BlankAnswer::not_held) return "not held";
    std::string out;
    for (auto const& number : answer.taken) out += (out.empty() ? "" : " ") + number;
    return out;
  }
  std::vector<BlankGiving> givings() { return blank_givings(connection, stage_.office, day_, 10); }
  static BlankList list(std::vector<std::string> issued, std::vector<std::string> unissued,
                        std::vector<std::string> spoiled) {
    auto const day = *parse_date("2026-12-25");
    BlankList out{.number = "В-1",
                  .day = day,
                  .returned_on = day,
                  .last_issue_on = {},
                  .issued = std::move(issued),
                  .unissued = std::move(unissued),
                  .spoiled = std::move(spoiled)};
    if (!out.issued.empty()) out.last_issue_on = *parse_date("2026-12-11");
    return out;
  }
  void come_back(BlankList const& with) {
    auto const one = givings().front();
    connection.transaction([&] { return_list(connection, one, with); });
  }
  bool take(CaseId id, char const* number) {
    return take_blank(connection, id, stage_.office,
                      {.kind = "rank_and_file", .series = "AA", .number = number},
                      false) == BlankAnswer::done;
  }
  /// received = in stock + given + written + issued + spoiled + destroyed
  std::string balance() {
    auto const sums = blank_sums(connection, stage_.office);
    auto const& s = sums.back();
    std::string out = std::to_string(s.received) + " =";
    for (auto const n : {s.in_stock, s.given, s.written, s.issued, s.spoiled, s.destroyed})
      out += " " + std::to_string(n);
    return out;
  }
};

TEST_F(BlankGivingsTest, WhatWasGivenIsIssuedOrReturnedUnissuedOrSpoiled) {
  EXPECT_EQ(give("0000001", "0000010"), "done");
  EXPECT_EQ(balance(), "20 = 10 10 0 0 0 0");
  auto out = givings().front();
  EXPECT_EQ(out.first + "-" + out.last + " " + out.school + " " + out.request,
            "0000001-0000010 Әскери институт 15");
  EXPECT_EQ(out.given, 10);
  LAW("R61-02");
  tell_last_issue(connection, out.id, day_);
  EXPECT_EQ(givings().front().last_issue_on, day_) << "told before the copy comes";

  auto issued = blank_run("0000001", "0000006");
  come_back(list(std::move(issued), {"0000007", "0000008", "0000009"}, {"0000010"}));
  EXPECT_EQ(balance(), "20 = 13 0 0 6 1 0");
  out = givings().front();
  EXPECT_EQ(out.given, out.issued + out.unissued + out.spoiled);
  EXPECT_EQ(out.issued, 6);
  EXPECT_EQ(out.unissued, 3);
  EXPECT_EQ(out.spoiled, 1);
  EXPECT_EQ(out.list + to_iso(*out.returned_on), "В-12026-12-25");
  LAW("R61-03");
  LAW("R61-05");
  LAW("INV-39");

  EXPECT_TRUE(take(started(stage_, person(1)), "0000007")) << "in stock again";
  EXPECT_EQ(give("0000008", "0000009"), "done");
  EXPECT_EQ(give("0000005", "0000006"), "0000005 0000006") << "issued stays issued";
  EXPECT_EQ(destroy_blanks(connection, stage_.office, "rank_and_file", day_, "A-2"), 1);
  EXPECT_EQ(balance(), "20 = 10 2 1 6 0 1");
  EXPECT_EQ(givings().back().spoiled, 1) << "the list says what came back";
}

TEST_F(BlankGivingsTest, NoBlankIsInTwoHands) {
  auto const one = started(stage_, person(1));
  EXPECT_TRUE(take(one, "0000003"));
  register_military_id(connection, {.id = 0,
                                    .person = stage_.person,
                                    .series = "AA",
                                    .number = "0000005",
                                    .case_id = {},
                                    .issued = day_});
  EXPECT_EQ(give("0000001", "0000006"), "0000003 0000005") << "written on, an ID of long ago";
  EXPECT_EQ(balance(), "20 = 19 0 1 0 0 0") << "all or none";
  EXPECT_EQ(give("0000006", "0000009"), "done");
  EXPECT_FALSE(take(one, "0000006"));
  EXPECT_EQ(give("0000009", "0000010"), "0000009");
  EXPECT_EQ(spoil_blank(connection, stage_.office,
                        {.kind = "rank_and_file", .series = "AA", .number = "0000007"}, day_, "A"),
            BlankAnswer::of_another);
  receive("0000021", "0000030");
  receive("0000031", "0000040", "officer");
  EXPECT_EQ(give("0000020", "0000021"), "not held") << "of two receipts";
  EXPECT_EQ(give("0000031", "0000032"), "not held") << "schools get those of rank and file";
  LAW("INV-39");
}

TEST_F(BlankGivingsTest, AListThatDoesNotAccountForAllIsNotTaken) {
  give("0000001", "0000003");
  auto const refused = [&](BlankList const& with) {
    try {
      come_back(with);
    } catch (Conflict const& conflict) {
      return conflict.constraint();
    }
    return std::string{"taken"};
  };
  EXPECT_EQ(refused(list({"0000001"}, {"0000002"}, {})), "blank_giving_whole");
  EXPECT_EQ(refused(list({}, {}, {})), "blank_giving_whole");
  auto untold = list({"0000001"}, {"0000002"}, {"0000003"});
  untold.last_issue_on = std::nullopt;
  EXPECT_EQ(refused(untold), "blank_giving_whole") << "issued, but when?";
  auto none = list({}, {"0000001", "0000002"}, {"0000003"});
  none.last_issue_on = day_;
  EXPECT_EQ(refused(none), "blank_giving_whole") << "nothing was issued on that day";
  auto early = list({"0000001"}, {"0000002"}, {"0000003"});
  early.returned_on = early.day = *parse_date("2026-12-09");
  early.last_issue_on = early.day;
  EXPECT_EQ(refused(early), "blank_giving_days") << "before it was given";
  EXPECT_EQ(balance(), "20 = 17 3 0 0 0 0") << "nothing was written";
  EXPECT_EQ(refused(list({}, {"0000001", "0000002"}, {"0000003"})), "taken");
  EXPECT_EQ(balance(), "20 = 19 0 0 0 1 0");
  EXPECT_EQ(refused(list({}, {}, {"0000003"})), "append_only") << "a list comes back once";
  LAW("INV-39");
}

TEST_F(BlankGivingsTest, AtOnceEachBlankGoesIntoOneHand) {
  std::vector<CaseId> cases;
  for (int i = 0; i < 4; ++i) cases.push_back(started(stage_, person(i + 1)));
  std::atomic<int> given = 0, written = 0, late = 0;
  {
    std::vector<std::jthread> threads;
    for (int worker = 0; worker < 4; ++worker)
      threads.emplace_back([&, worker] {
        Connection mine{dsn, vault()};
        auto const numbers = blank_run("0000001", "0000020");
        for (std::size_t i = 0; i + 2 < numbers.size(); ++i) {
          try {
            if (worker % 2 == 0)
              given +=
                  give_blanks(mine, giving(numbers[i], numbers[i + 2])).answer == BlankAnswer::done;
            else
              written += take_blank(mine, cases[std::size_t(worker)], stage_.office,
                                    {.kind = "rank_and_file", .series = "AA", .number = numbers[i]},
                                    false) == BlankAnswer::done;
          } catch (Conflict const& conflict) {
            EXPECT_EQ(conflict.constraint(), "blank_once");
            ++late;
          }
        }
      });
  }
  auto const sum = blank_sums(connection, stage_.office).front();
  EXPECT_GT(given + written, 0);
  EXPECT_EQ(sum.given, 3 * given) << "conflicts: " << late;
  EXPECT_EQ(sum.in_stock, 20 - sum.given - sum.written);
  EXPECT_EQ(count("blank"), sum.given + sum.written);
  LAW("INV-39");
}

TEST_F(BlankGivingsTest, AtOnceAListComesBackOnce) {
  give("0000001", "0000010");
  auto const id = givings().front().id;
  std::atomic<int> came = 0, told = 0;
  {
    std::vector<std::jthread> threads;
    for (int worker = 0; worker < 4; ++worker)
      threads.emplace_back([&] {
        Connection mine{dsn, vault()};
        mine.transaction([&] {
          auto const one = lock_giving(mine, stage_.office, id, day_);
          if (one->returned_on) {
            ++told;
            return;
          }
          return_list(mine, *one,
                      list(blank_run("0000001", "0000004"), blank_run("0000005", "0000010"), {}));
          ++came;
        });
      });
  }
  EXPECT_EQ(came, 1);
  EXPECT_EQ(told, 3);
  EXPECT_EQ(balance(), "20 = 16 0 0 4 0 0");
  LAW("INV-39");
}

TEST_F(BlankGivingsTest, NobodyWritesPastTheAccounting) {
  give("0000001", "0000003");
  for (auto const* statement :
       {"update blank_giving set issued = 1", "update blank_giving set given = 0",
        "update blank_giving set last_number = 2", "update blank_giving set school = 'x'",
        "update blank_giving set list = '1', list_on = given_on, returned_on = given_on",
        "update blank_giving set list = '1'", "delete from blank_giving",
        "truncate blank_giving cascade", "update blank set state = 'issued'",
        "update blank set state = 'written'", "update blank set giving_id = null",
        "delete from blank", "update blank_receipt set given = 0",
        "insert into blank (number_hash, receipt_id, giving_id, state) select 'x', receipt_id, id, "
        "'given' from blank_giving",
        "insert into blank (number_hash, receipt_id, state) select 'x', id, 'given' from "
        "blank_receipt",
        "insert into blank (number_hash, receipt_id, giving_id) select 'x', receipt_id, id from "
        "blank_giving",
        "insert into blank_giving (receipt_id, office_id, first_number, last_number, school, "
        "request, requested_on, given_on) select id, office_id, 5, 6, 'x', '1', received_on, "
        "received_on from blank_receipt",
        "update law_term set working_days = 30", "delete from law_term"})
    EXPECT_THROW(connection.script(statement), Conflict) << statement;
  EXPECT_EQ(balance(), "20 = 17 3 0 0 0 0");
  LAW("INV-39");
}

TEST_F(BlankGivingsTest, AThousandBlanksAreGivenAndComeBack) {
  receive("1000000", "1000999");
  EXPECT_EQ(give("1000000", "1000999"), "done");
  EXPECT_EQ(balance(), "1020 = 20 1000 0 0 0 0");
  come_back(list(blank_run("1000000", "1000899"), blank_run("1000900", "1000999"), {}));
  EXPECT_EQ(balance(), "1020 = 120 0 0 900 0 0");
  receive("2000000", "2001000");
  EXPECT_THROW(give("2000000", "2001000"), Conflict) << "more than fit on a list";
}

TEST_F(BlankGivingsTest, AnAmendmentOfTheTermIsARowAndCountsFromItsDay) {
  give("0000001", "0000003");
  give("0000004", "0000006");
  connection.script(
      "insert into law_term values ('blank_list', '2027-01-01', 5, 'R61-04', '61-1', 'order-28')");
  auto const terms = [&] {
    std::string out;
    for (auto const& each : givings())
      out += std::to_string(each.term.working_days) + " by " + each.term.paragraph + "; ";
    return out;
  };
  EXPECT_EQ(terms(), "10 by 61; 10 by 61; ");
  tell_last_issue(connection, givings().front().id, *parse_date("2027-01-01"));
  EXPECT_EQ(terms(), "5 by 61-1; 10 by 61; ") << "the one whose term runs comes first";
  tell_last_issue(connection, givings().back().id, *parse_date("2026-12-31"));
  EXPECT_EQ(terms(), "10 by 61; 5 by 61-1; ") << "the one that is due first";
}

}  // namespace qyzmet::db::tests
