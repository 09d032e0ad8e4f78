// The daily look at ages: each person once, whatever processes do it, however they end.
#include "db/age_reviews.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "db/error.hpp"
#include "db/population.hpp"
#include "engine/terms.hpp"
#include "tests/db/support.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::db::tests {

namespace {

std::string iin_of(int number) {
  auto digits = "8611223" + std::to_string(10'000 + number).substr(1);
  for (char last = '0'; last <= '9'; ++last)
    if (engine::valid_iin(digits + last)) return digits + last;
  return {};
}

}  // namespace

class AgeReviewTest : public DatabaseTest {
 public:
  AgeReviewTest() : office{scene().office} {
    today =
        value_of<Date>(connection, "select (qyzmet_now() at time zone interval '5 hours')::date");
  }

  /// So many reservists of category I.
  void load(int count) {
    std::vector<KnownPerson> people;
    for (int number = 0; int(people.size()) < count; ++number)
      if (auto iin = iin_of(number); !iin.empty())
        people.push_back(
            {.person = {.id = {},
                        .iin = iin,
                        .name = "Сынақ " + std::to_string(number),
                        .phone = {},
                        .email = {},
                        .address = {},
                        .language = "kk"},
             .registration = KnownPerson::OnRegister{.office = office,
                                                     .kind = "reservist",
                                                     .category = "I",
                                                     .taken_on = *parse_date("2020-01-10")},
             .facts = {{"relation", "reservist"}, {"composition", "ranks"}, {"category", "I"}},
             .facts_from = *parse_date("2020-01-10")});
    ASSERT_EQ(load_people(connection, people), std::size_t(count));
  }
  int review(Connection& by, AgeJudge const& judge, std::string const& rules = "1") {
    return review_ages(by, today, rules, {.paper = "5", .mark = "removed"}, 50, judge);
  }
  int review(AgeJudge const& judge, std::string const& rules = "1") {
    return review(connection, judge, rules);
  }
  AgeVerdict nothing() const { return {.due = today + std::chrono::days{1}}; }
  AgeVerdict second() const {
    return {.categories = {{today, "II"}}, .due = today + std::chrono::days{1}};
  }
  std::int64_t from_age() {
    return value_of<std::int64_t>(connection,
                                  "select count(*) from military_record where source = 'age'");
  }

  OfficeId office;
  Date today;
};

TEST_F(AgeReviewTest, EachIsLookedAtOncePerDayAndAgainUnderOtherRules) {
  load(3);
  std::vector<AgeReview> seen;
  auto const look = [&](AgeReview const& review) {
    seen.push_back(review);
    return nothing();
  };
  EXPECT_EQ(review(look), 3);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].iin, iin_of(0));
  EXPECT_EQ(seen[0].composition, "ranks");
  EXPECT_EQ(seen[0].category, "I");
  EXPECT_EQ(seen[0].due, today) << "birthdays before it came onto the register are not made up";
  EXPECT_EQ(review(look), 0) << "not twice on one day";
  EXPECT_EQ(review(look, "2"), 3) << "an amended limit is one for everybody";
  today += std::chrono::days{1};
  EXPECT_EQ(review(look, "2"), 3);
  EXPECT_EQ(from_age(), 0) << "an event only when something changes";
}

TEST_F(AgeReviewTest, AChangeIsADatedFactThatTheRegisterShows) {
  load(1);
  EXPECT_EQ(review([&](AgeReview const&) { return second(); }), 1);
  auto const person = value_of<PersonId>(connection, "select person_id from registration");
  auto const record = whole_record(connection, person);
  std::string categories;
  for (auto const& fact : record)
    if (fact.fact == "category") categories += fact.value + " " + to_iso(fact.from) + " ";
  EXPECT_EQ(categories, "II " + to_iso(today) + " I 2020-01-10 ");
  EXPECT_EQ(registrations(connection, person).at(0).category, "II")
      << "not what it was on the day of taking on";
  LAW("R-CAT-05");
  EXPECT_EQ(value_of<std::string>(connection, "select category from registration"), "I");
}

TEST_F(AgeReviewTest, PastTheLimitTheRegistrationEndsWithItsMarkAtOnce) {
  load(1);
  auto const past = [&](AgeReview const&) {
    return AgeVerdict{.limit = today, .due = today + std::chrono::days{365}};
  };
  EXPECT_EQ(review(past), 1);
  auto const person = value_of<PersonId>(connection, "select person_id from registration");
  auto const entry = registrations(connection, person).at(0);
  EXPECT_EQ(entry.removed_on, today);
  EXPECT_EQ(entry.removal, "age");
  EXPECT_EQ(entry.category, "I") << "as it was on its last day";
  EXPECT_EQ(value_of<std::string>(connection, "select paper || mark from registration_entry"),
            "5removed");
  std::string holds;
  for (auto const& fact : record_on(connection, person, today))
    holds += fact.fact + "=" + fact.value + " ";
  EXPECT_EQ(holds, "composition=ranks mark=age relation=removed ");
  LAW("R-CAT-06");
  EXPECT_EQ(count("age_review"), 0) << "nobody looks again";
  EXPECT_EQ(review(past, "2"), 0);
  EXPECT_THROW(connection.script("update registration set removal = 'moved'"), DatabaseError);
}

TEST_F(AgeReviewTest, AProcessThatDiesHasDoneNothingAndTheNextOneDoesAll) {
  load(10);
  Connection doomed{dsn, vault()};
  auto const backend = std::to_string(value_of<std::int64_t>(doomed, "select pg_backend_pid()"));
  int judged = 0;
  EXPECT_THROW(review(doomed,
                      [&](AgeReview const&) {
                        if (++judged == 6)
                          connection.script("select pg_terminate_backend(" + backend + ")");
                        return second();
                      }),
               DatabaseError);
  EXPECT_EQ(judged, 6);
  EXPECT_EQ(from_age(), 0);
  EXPECT_EQ(review([&](AgeReview const&) { return second(); }), 10);
  EXPECT_EQ(from_age(), 10);
}

TEST_F(AgeReviewTest, SeveralProcessesLookAtEachPersonOnce) {
  load(200);
  std::atomic<int> looked = 0;
  std::vector<std::jthread> threads;
  for (int worker = 0; worker < 3; ++worker)
    threads.emplace_back([&] {
      Connection mine{dsn, vault()};
      for (int round = 0; round < 400 && looked < 200; ++round)
        looked += review(mine, [&](AgeReview const&) { return second(); });
    });
  threads.clear();
  EXPECT_EQ(looked, 200);
  EXPECT_EQ(from_age(), 200) << "one change of each";
}

TEST_F(AgeReviewTest, ABatchWithoutChangesIsAFewStatements) {
  load(50);
  auto const before = connection.statements();
  EXPECT_EQ(review([&](AgeReview const&) { return nothing(); }), 50);
  EXPECT_LE(connection.statements() - before, 5) << "begin, hold, read, write, commit";
}

}  // namespace qyzmet::db::tests
