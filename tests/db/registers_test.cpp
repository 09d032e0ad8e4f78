// Registers of military registration: what the constraints of the database hold whatever a program
// does, and moves that come late, twice, out of order or at once.
#include "db/registers.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include "db/register_entries.hpp"
#include "tests/db/support.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::db::tests {

class RegistersTest : public DatabaseTest {
 public:
  RegistersTest() : stage{scene()}, first{office("5510")}, second{office("5516")} {}

  OfficeId office(std::string const& code) {
    Office out;
    out.code = code;
    out.name_kk = out.name_ru = out.name_en = "Office " + code;
    out.place = "city";
    return save_office(connection, out);
  }
  NewRegistration entry(std::string kind = "conscript", std::string category = "") {
    return {.person = stage.person,
            .office = first,
            .kind = std::move(kind),
            .category = std::move(category),
            .case_id = case_of_person(),
            .day = *parse_date("2026-11-10"),
            .entry = {.paper = "15", .mark = "7"},
            .facts = {{"relation", "conscript"}}};
  }
  /// A case for each entry, so that only the register itself refuses.
  CaseId case_of_person() { return started(stage, person(++people)); }
  ResidenceEvent moved(std::string id, std::string district, std::string_view effective) {
    return {.id = std::move(id),
            .person = stage.person,
            .kind = "moved",
            .district = std::move(district),
            .address = "Абай 1",
            .effective = *parse_date(effective)};
  }
  ResidenceOutcome apply(ResidenceEvent const& event) {
    return apply_residence(connection, event, marks_of, today);
  }
  std::int64_t active() {
    return value_of<std::int64_t>(
        connection, "select count(*) from registration where removed_on is null and person_id = " +
                        std::to_string(stage.person.value));
  }
  std::string marks() {
    return value_of<std::string>(
        connection,
        "select coalesce(string_agg(office_id || ':' || paper || ':' || mark, ' ' order by "
        "registration_id, mark), '') from registration_entry");
  }

  Scene stage;
  OfficeId first, second;
  Date today = *parse_date("2026-11-20");
  MoveMarksByKind const marks_of{
      {"conscript", {.paper = "15", .removed = "18", .taken = "2"}},
      {"reservist", {.paper = "5", .removed = "removed", .taken = "taken"}}};
  int people = 100;
};

TEST_F(RegistersTest, APersonIsOnOneRegisterOnly) {
  auto const input = entry();
  auto const id = take_on_register(connection, input);
  EXPECT_EQ(take_on_register(connection, input), id) << "once for one case";
  EXPECT_FALSE(take_on_register(connection, entry())) << "a second active registration";
  EXPECT_EQ(active(), 1);
  auto const other = std::to_string(case_of_person().value);
  EXPECT_THROW(
      connection.script("insert into registration (person_id, office_id, kind, category, basis, "
                        "case_id, since, taken_on, told) select person_id, office_id, kind, '', "
                        "basis, " +
                        other + ", since, taken_on + 5, true from registration"),
      Conflict)
      << "whatever a program does";
  LAW("INV-21");
  EXPECT_THROW(connection.script("delete from registration"), Conflict);
  EXPECT_THROW(connection.script("update registration set office_id = office_id + 1"), Conflict);
  EXPECT_THROW(connection.script("truncate registration cascade"), DatabaseError);
}

TEST_F(RegistersTest, FactsHaveASourceAndTheirDays) {
  auto input = entry("reservist", "I");
  input.facts = {{"composition", "ranks"}, {"category", "I"}};
  take_on_register(connection, input);
  EXPECT_TRUE(record_on(connection, stage.person, *parse_date("2026-11-09")).empty());
  auto const record = record_on(connection, stage.person, *parse_date("2026-11-10"));
  ASSERT_EQ(record.size(), 2U);
  EXPECT_EQ(record[1].fact, "composition");
  EXPECT_EQ(record[1].value, "ranks");
  EXPECT_EQ(record[1].case_id, input.case_id);
  EXPECT_EQ(value_of<std::int64_t>(connection,
                                   "select count(*) from military_record where "
                                   "encode(value_sealed, 'escape') like '%ranks%'"),
            0)
      << "sealed at rest";
  EXPECT_THROW(connection.script("update military_record set value_sealed = 'x'"), Conflict);
  EXPECT_THROW(connection.script("insert into military_record (person_id, fact, value_sealed, "
                                 "case_id, valid_from) select person_id, fact, value_sealed, "
                                 "case_id, '2026-12-01' from military_record limit 1"),
               Conflict)
      << "two values of one fact on one day";
}

TEST_F(RegistersTest, WhatWasEnteredForADecisionThatIsNotTakenIsUndone) {
  auto const earlier = case_of_person(), current = case_of_person();
  auto const person = stage.person;
  auto const on = [](std::string_view day) { return *parse_date(day); };
  enter_facts(connection, person, earlier, on("2026-11-10"), {{"rank", "private"}});
  correct_facts(connection, person, current, on("2026-11-20"),
                {{"rank", "sergeant"}, {"vus", "100"}});
  // Another draft, of the same day: what it does not confirm is undone.
  correct_facts(connection, person, current, on("2026-11-20"), {{"rank", "corporal"}});
  auto const holding = [&](std::string_view day) {
    std::string out;
    for (auto const& fact : record_on(connection, person, on(day)))
      out += fact.fact + "=" + fact.value + " ";
    return out;
  };
  EXPECT_EQ(holding("2026-11-20"), "rank=corporal ");
  correct_facts(connection, person, current, on("2026-11-20"), {{"rank", "corporal"}});
  EXPECT_EQ(holding("2026-11-20"), "rank=corporal ") << "the same again changes nothing";
  correct_facts(connection, person, current, on("2026-11-24"), {});
  correct_facts(connection, person, current, on("2026-11-25"), {});
  EXPECT_EQ(holding("2026-11-24"), "rank=private ") << "what held before holds again";
  auto const record = whole_record(connection, person);
  EXPECT_EQ(std::ranges::count(record, true, &RecordFact::withdrawn), 3) << "and all of it stays";
  for (auto const& fact : record)
    if (fact.value == "private") EXPECT_EQ(fact.case_id, earlier) << "with its source";
  LAW("R79-25");
  EXPECT_THROW(connection.script("update military_record set withdrawn = not withdrawn"), Conflict);
}

TEST_F(RegistersTest, ResidenceMovesTheRegistrationAtOnceInBothOffices) {
  take_on_register(connection, entry());
  EXPECT_EQ(apply(moved("a", "5516", "2026-11-18")), ResidenceOutcome::moved);
  LAW("R78-41");
  EXPECT_EQ(active(), 1);
  auto const book = registrations(connection, stage.person);
  ASSERT_EQ(book.size(), 2U);
  EXPECT_EQ(book[0].office, second);
  EXPECT_EQ(book[0].previous, book[1].id);
  EXPECT_EQ(to_iso(book[0].taken_on), "2026-11-20");
  EXPECT_EQ(book[1].removed_on, book[0].taken_on) << "no day between";
  LAW("R78-42");
  LAW("INV-22");
  auto const from = std::to_string(first.value), to = std::to_string(second.value);
  EXPECT_EQ(marks(), from + ":15:18 " + from + ":15:7 " + to + ":15:2");
  LAW("R78-45");
}

TEST_F(RegistersTest, ReservistsAreMarkedOnTheirCards) {
  auto input = entry("reservist", "II");
  input.entry = {.paper = "5", .mark = "taken"};
  take_on_register(connection, input);
  apply(moved("a", "5516", "2026-11-18"));
  auto const from = std::to_string(first.value), to = std::to_string(second.value);
  EXPECT_EQ(marks(), from + ":5:removed " + from + ":5:taken " + to + ":5:taken");
  EXPECT_EQ(active_registration(connection, stage.person)->category, "II");
}

TEST_F(RegistersTest, ARegisterIsReadByPagesWhateverComesMeanwhile) {
  take_on_register(connection, entry());
  for (int i = 0; i < 6; ++i) {
    today = *parse_date("2026-11-2" + std::to_string(i));
    apply(moved("m" + std::to_string(i), i % 2 == 0 ? "5516" : "5510",
                "2026-11-1" + std::to_string(i + 1)));
  }
  EntryFilter filter{
      .office = first, .paper = "15", .from = {}, .until = {}, .person = {}, .limit = 2};
  auto const all = register_entries(connection, {.office = first, .paper = "15"});
  ASSERT_EQ(all.size(), 7U) << "taken on once, moved away thrice and back thrice";
  std::vector<RegisterEntry> read;
  for (auto page = register_entries(connection, filter); !page.empty();
       page = register_entries(connection, filter)) {
    read.insert(read.end(), page.begin(), page.end());
    auto const& last = read.back();
    filter.after = {.day = last.day, .registration = last.registration, .removes = last.removes};
    if (read.size() > 2) continue;
    today = *parse_date("2026-11-28");
    EXPECT_EQ(apply(moved("late", "5516", "2026-11-27")), ResidenceOutcome::moved);
  }
  ASSERT_EQ(read.size(), all.size()) << "none twice, none left out";
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(read[i].registration, all[i].registration);
    EXPECT_EQ(read[i].removes, all[i].removes);
    if (i > 0) EXPECT_LE(all[i].day, all[i - 1].day);
  }
  EXPECT_EQ(all[0].removes, false);
  EXPECT_EQ(all[0].other, second) << "whence the person came";
  filter = {.office = second, .paper = "15"};
  EXPECT_EQ(register_entries(connection, filter).size(), 7U) << "with the late one";
  filter.until = *parse_date("2026-11-20");
  EXPECT_EQ(register_entries(connection, filter).size(), 1U);
  filter.person = PersonId{};
  EXPECT_TRUE(register_entries(connection, filter).empty());
  EXPECT_EQ(entries_of_person(connection, stage.person).size(), 15U);
  LAW("R78-45");
}

TEST_F(RegistersTest, LateRepeatedAndForeignEventsChangeNothing) {
  EXPECT_EQ(apply(moved("z", "5516", "2026-11-18")), ResidenceOutcome::not_registered);
  take_on_register(connection, entry());
  EXPECT_EQ(apply(moved("a", "5516", "2026-11-18")), ResidenceOutcome::moved);
  // Example 78-C: an event dated earlier comes later.
  today = *parse_date("2026-11-23");
  EXPECT_EQ(apply(moved("b", "5510", "2026-11-10")), ResidenceOutcome::older);
  EXPECT_EQ(apply(moved("a", "5516", "2026-11-18")), ResidenceOutcome::moved) << "as before";
  EXPECT_EQ(apply(moved("c", "5516", "2026-11-19")), ResidenceOutcome::same_office);
  EXPECT_EQ(registrations(connection, stage.person).size(), 2U);
  EXPECT_EQ(count("residence_event"), 4);
  EXPECT_EQ(apply(moved("c0", "5510", "2026-11-18")), ResidenceOutcome::older)
      << "a move within the district is newer";
  LAW("R78-46");
  auto struck = moved("d", "", "2026-11-22");
  struck.kind = "struck_off";
  EXPECT_EQ(apply(struck), ResidenceOutcome::struck_off);
  EXPECT_EQ(active_registration(connection, stage.person)->office, second);
  LAW("R78-43");
  LAW("INV-23");
  EXPECT_EQ(apply(moved("e", "9999", "2026-11-22")), ResidenceOutcome::no_office);
  office("9999");
  EXPECT_EQ(apply(moved("e", "9999", "2026-11-22")), ResidenceOutcome::moved)
      << "judged anew once there is an office";
  EXPECT_THROW(connection.script("update residence_event set outcome = 'older'"), Conflict);
}

TEST_F(RegistersTest, WhatIsOfADayToComeIsKeptAndAppliedOnItsDay) {
  take_on_register(connection, entry());
  EXPECT_EQ(apply(moved("b", "5510", "2026-11-25")), ResidenceOutcome::awaited);
  EXPECT_EQ(apply(moved("a", "5516", "2026-11-23")), ResidenceOutcome::awaited);
  EXPECT_EQ(apply(moved("a", "5516", "2026-11-23")), ResidenceOutcome::awaited) << "once";
  EXPECT_EQ(apply_awaited(connection, marks_of, today, 10), 0);
  EXPECT_EQ(active_registration(connection, stage.person)->office, first);
  auto const outcomes = [&] {
    return value_of<std::string>(
        connection,
        "select string_agg(id || ':' || outcome, ' ' order by id) from residence_event");
  };
  EXPECT_EQ(outcomes(), "a:awaited b:awaited");
  // Both days have come, whichever event came first: by the order of the days.
  today = *parse_date("2026-11-26");
  std::vector<std::jthread> threads;
  for (int worker = 0; worker < 2; ++worker)
    threads.emplace_back([&] {
      Connection mine{dsn, vault()};
      for (int round = 0; round < 5; ++round) apply_awaited(mine, marks_of, today, 1);
    });
  threads.clear();
  EXPECT_EQ(outcomes(), "a:moved b:moved");
  auto const book = registrations(connection, stage.person);
  ASSERT_EQ(book.size(), 3U);
  EXPECT_EQ(book[0].office, first);
  EXPECT_EQ(to_iso(book[0].since), "2026-11-25");
  EXPECT_EQ(book[1].office, second);
  EXPECT_EQ(apply(moved("a", "5516", "2026-11-23")), ResidenceOutcome::moved) << "as before";
  LAW("R78-41");
  LAW("R78-46");
}

TEST_F(RegistersTest, NobodyCanBeRemovedByAMoveThatGoesNowhere) {
  take_on_register(connection, entry());
  try {
    connection.script("update registration set removed_on = '2026-11-20', removal = 'moved'");
    FAIL() << "nobody is on the register now";
  } catch (Conflict const& conflict) {
    EXPECT_EQ(conflict.constraint(), "registration_goes_on");
  }
  EXPECT_EQ(active(), 1);
}

TEST_F(RegistersTest, WhoDiesIsTakenOffTheRegisterForGood) {
  take_on_register(connection, entry());
  Departure const departure{.person = stage.person,
                            .case_id = case_of_person(),
                            .mark = {"mark", "deceased"},
                            .on = *parse_date("2026-11-15"),
                            .today = today,
                            .entries = {{"conscript", {.paper = "15", .mark = "17"}},
                                        {"reservist", {.paper = "5", .mark = "removed"}}}};
  auto nowhere = departure;
  nowhere.entries.clear();
  EXPECT_FALSE(enter_departure(connection, nowhere)) << "no table says where it is written down";
  EXPECT_EQ(active(), 1);
  EXPECT_TRUE(enter_departure(connection, departure));
  EXPECT_TRUE(enter_departure(connection, departure));
  EXPECT_EQ(active(), 0);
  auto const book = registrations(connection, stage.person);
  ASSERT_EQ(book.size(), 1U);
  EXPECT_EQ(book[0].removed_on, today);
  EXPECT_EQ(book[0].removal, "deceased");
  EXPECT_FALSE(book[0].removal_number.empty()) << "the case that learnt of it is its source";
  auto const office = std::to_string(first.value);
  EXPECT_EQ(marks(), office + ":15:17 " + office + ":15:7");
  auto const entries = register_entries(connection, {.office = first, .paper = "15"});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_TRUE(entries[0].removes && entries[0].mark == "17");
  EXPECT_EQ(entries[0].why, "deceased");
  EXPECT_EQ(entries[0].number, book[0].removal_number) << "with the case that learnt of it";
  EXPECT_EQ(entries[1].number, book[0].number);
  std::map<std::string, std::string> holds;
  for (auto const& fact : record_on(connection, stage.person, today)) holds[fact.fact] = fact.value;
  EXPECT_EQ(holds,
            (std::map<std::string, std::string>{{"mark", "deceased"}, {"relation", "removed"}}));
  correct_facts(connection, stage.person, departure.case_id, today, {});
  EXPECT_EQ(record_on(connection, stage.person, today).size(), 2U)
      << "no entry for a decision: it is not undone with those of the case";
  auto const record = whole_record(connection, stage.person);
  EXPECT_TRUE(std::ranges::any_of(record, [&](RecordFact const& fact) {
    return fact.value == "conscript" && fact.until == today;
  })) << "what held before stays on record";
  LAW("E-24");
  EXPECT_EQ(apply(moved("a", "5516", "2026-11-18")), ResidenceOutcome::not_registered);
  for (auto const* const rewritten : {"update registration set removal = 'citizenship_lost'",
                                      "update registration set removal_case = null",
                                      "update registration set removed_on = removed_on + 1"})
    EXPECT_THROW(connection.script(rewritten), Conflict) << rewritten;
  // The same again, dated earlier and with another ground: what stands is not overwritten.
  auto late = departure;
  late.case_id = case_of_person();
  late.mark.second = "citizenship_lost";
  late.on = *parse_date("2026-11-10");
  enter_departure(connection, late);
  EXPECT_EQ(registrations(connection, stage.person)[0].removal, "deceased");
}

TEST_F(RegistersTest, WhoHasLeftMeanwhileIsNotTakenOn) {
  Departure const departure{.person = stage.person,
                            .case_id = case_of_person(),
                            .mark = {"mark", "citizenship_lost"},
                            .on = *parse_date("2026-11-15"),
                            .today = today,
                            .entries = {}};
  ASSERT_TRUE(enter_departure(connection, departure));
  auto input = entry();
  input.bars = {{"mark", "deceased"}, {"mark", "citizenship_lost"}};
  EXPECT_EQ(take_on_register(connection, input), std::unexpected(NotTaken::barred));
  EXPECT_EQ(active(), 0);
  LAW("E-24");
  input.facts.emplace_back("mark", "citizenship_accepted");
  EXPECT_TRUE(take_on_register(connection, input)) << "the decision itself ends what barred";
}

TEST_F(RegistersTest, ARemovalForGoodNamesItsCase) {
  take_on_register(connection, entry());
  EXPECT_THROW(
      connection.script("update registration set removed_on = '2026-11-20', removal = 'deceased'"),
      Conflict);
}

TEST_F(RegistersTest, InWhateverOrderEventsComeOneRegistrationStands) {
  take_on_register(connection, entry());
  std::vector<ResidenceEvent> events;
  for (int i = 0; i < 40; ++i)
    events.push_back(moved("n" + std::to_string(i), i % 2 == 0 ? "5516" : "5510",
                           "2026-11-" + std::to_string(11 + i % 9)));
  std::mt19937 random{7};
  std::ranges::shuffle(events, random);
  // Three processes at once, each with all events.
  std::vector<std::jthread> threads;
  for (int worker = 0; worker < 3; ++worker)
    threads.emplace_back([&, worker] {
      Connection mine{dsn, vault()};
      for (std::size_t i = 0; i < events.size(); ++i)
        apply_residence(mine, events[(i * 7 + std::size_t(worker) * 13) % events.size()], marks_of,
                        today);
    });
  threads.clear();
  EXPECT_EQ(active(), 1);
  EXPECT_EQ(count("residence_event"), 40);
  LAW("INV-22");
  auto const book = registrations(connection, stage.person);
  EXPECT_EQ(to_iso(book.front().since), "2026-11-19") << "the latest event is what stands";
  EXPECT_TRUE(std::ranges::is_sorted(book, std::ranges::greater{}, &Registration::since));
}

}  // namespace qyzmet::db::tests
