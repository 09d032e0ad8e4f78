#include "db/registers.hpp"

#include <algorithm>
#include <array>

#include "db/mail.hpp"
#include "db/vault.hpp"
#include "engine/base/check.hpp"

namespace qyzmet::db {

namespace {

#define QYZMET_FACT                                                                         \
  "select r.id, r.fact, r.value_sealed, r.case_id, r.valid_from, r.valid_until, "           \
  "r.withdrawn, coalesce(c.number, '') from military_record r left join cases c on c.id = " \
  "r.case_id "                                                                              \
  "where r.person_id = $1 "
Sql const k_facts{"record_on", QYZMET_FACT
                  "and r.valid_from <= $2 and (r.valid_until is null or r.valid_until > $2) "
                  "order by r.fact"};
Sql const k_whole_record{"whole_record",
                         QYZMET_FACT "order by r.fact, r.valid_from desc, r.id desc"};
Sql const k_categories{"categories_of", QYZMET_FACT
                       "and r.fact = 'category' and not r.withdrawn "
                       "order by r.valid_from, r.id"};
Sql const k_open_fact{"open_fact", QYZMET_FACT "and r.fact = $2 and r.valid_until is null"};
// What a departure enters is no entry for a decision.
Sql const k_open_of_case{"open_facts_of_case", QYZMET_FACT
                         "and r.case_id = $2 and r.valid_until is null "
                         "and r.fact not in ('mark', 'relation')"};
Sql const k_fact_before{"fact_before", QYZMET_FACT
                        "and r.fact = $2 and r.valid_until = $3 and r.id < $4 "
                        "and not r.withdrawn order by r.id desc limit 1"};
#undef QYZMET_FACT
Sql const k_withdraw_fact{"withdraw_fact",
                          "update military_record set valid_until = greatest(valid_from, $2), "
                          "withdrawn = true where id = $1 returning valid_until"};
Sql const k_restore_fact{"restore_fact",
                         "insert into military_record (id, person_id, fact, value_sealed, case_id, "
                         "source, valid_from) select $2, person_id, fact, $3, case_id, source, $4 "
                         "from military_record where id = $1"};
Sql const k_next_fact{"next_fact",
                      "select nextval(pg_get_serial_sequence('military_record', 'id'))"};
Sql const k_end_fact{"end_fact",
                     "update military_record set valid_until = $3 where person_id = $1 and "
                     "fact = $2 and valid_until is null and valid_from <= $3"};
Sql const k_add_fact{"add_fact",
                     "insert into military_record (id, person_id, fact, value_sealed, case_id, "
                     "source, valid_from) values ($1, $2, $3, $4, $5, $6, $7)"};

#define QYZMET_REGISTRATION                                                         \
  "select r.id, r.person_id, r.office_id, r.kind, r.category, r.basis, r.case_id, " \
  "r.previous, r.since, r.taken_on, r.removed_on, coalesce(r.removal, ''), "        \
  "coalesce(c.number, ''), coalesce(d.number, '') from registration r "             \
  "left join cases c on c.id = r.case_id left join cases d on d.id = r.removal_case where "
Sql const k_of_person{"registrations",
                      QYZMET_REGISTRATION "r.person_id = $1 order by r.taken_on desc, r.id desc"};
Sql const k_active{"active_registration",
                   QYZMET_REGISTRATION "r.person_id = $1 and r.removed_on is null"};
Sql const k_by_id{"find_registration", QYZMET_REGISTRATION "r.id = $1"};
Sql const k_untold{"untold_moves",
                   QYZMET_REGISTRATION "not r.told and r.basis = 'move' order by r.id limit $1"};
#undef QYZMET_REGISTRATION
// All writers of one person's registrations stand in line here.
Sql const k_lock{"lock_person", "select id from person where id = $1 for update"};
Sql const k_of_case{"registration_of_case", "select id from registration where case_id = $1"};
Sql const k_take_on{
    "take_on_register",
    "insert into registration (person_id, office_id, kind, category, basis, case_id, since, "
    "taken_on, told) values ($1, $2, $3, $4, 'application', $5, $6, $6, true) returning id"};
Sql const k_remove{"remove_by_move",
                   "update registration set removed_on = greatest(taken_on, $2::date), "
                   "removal = 'moved' where id = $1 and removed_on is null returning removed_on"};
Sql const k_left_by_case{"departure_of_case",
                         "select id from registration where removal_case = $1"};
Sql const k_leave{"remove_for_good",
                  "update registration set removed_on = greatest(taken_on, $2::date), "
                  "removal = $3, removal_case = $4 where id = $1 and removed_on is null "
                  "returning removed_on"};
Sql const k_go_on{
    "go_on_elsewhere",
    "insert into registration (person_id, office_id, kind, category, basis, previous, since, "
    "taken_on, told) select person_id, $2, kind, category, 'move', id, $3, removed_on, false "
    "from registration where id = $1 returning id"};
Sql const k_entry{"registration_entry",
                  "insert into registration_entry (registration_id, office_id, paper, mark, "
                  "removes, day) values ($1, $2, $3, $4, $5, $6)"};
Sql const k_office_of{"office_of_district",
                      "select id from office where code = $1 and active order by id limit 1"};
// The latest day of which we know where the person lives: a move within a district counts, too.
Sql const k_known_until{"residence_known_until",
                        "select greatest($2::date, max(effective)) from residence_event where "
                        "person_id = $1 and outcome in ('moved', 'same_office')"};
Sql const k_awaited{"awaited_events",
                    "select id, person_id, kind, district, address_sealed, effective from "
                    "residence_event where outcome = 'awaited' and effective <= $1 "
                    "order by effective, received_at, id limit $2"};
Sql const k_event{"residence_event", "select outcome from residence_event where id = $1"};
Sql const k_keep_event{
    "keep_residence_event",
    "insert into residence_event (id, person_id, kind, district, address_sealed, effective, "
    "outcome, registration_id) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do update "
    "set outcome = excluded.outcome, registration_id = excluded.registration_id"};
Sql const k_tell{
    "tell_of_move",
    "with told as (update registration set told = true where id = $1 and not told returning id) "
    "insert into notice (registration_id, person_id, kind, document, arguments_sealed, key, sent, "
    "delivered, channel) select id, $2, 'registration_moved', $3, $4, $5, $6, $6, 'cabinet' "
    "from told returning id"};

Sql const k_paper{
    "move_paper",
    "select document from notice where registration_id = $1 and document is not null"};

template <class... Arguments>
std::vector<Registration> registrations_where(Connection& connection, Sql const& sql,
                                              Arguments const&... arguments) {
  std::vector<Registration> rows;
  for (auto& [id, person, office, kind, category, basis, case_id, previous, since, taken_on,
              removed_on, removal, number, removal_number] :
       connection.query<RegistrationId, PersonId, OfficeId, std::string, std::string, std::string,
                        std::optional<CaseId>, std::optional<RegistrationId>, Date, Date,
                        std::optional<Date>, std::string, std::string, std::string>(sql,
                                                                                    arguments...))
    rows.push_back({.id = id,
                    .person = person,
                    .office = office,
                    .kind = kind,
                    .category = category,
                    .basis = basis,
                    .case_id = case_id,
                    .previous = previous,
                    .since = since,
                    .taken_on = taken_on,
                    .removed_on = removed_on,
                    .removal = removal,
                    .number = number,
                    .removal_number = removal_number});
  return rows;
}

std::optional<Registration> only(std::vector<Registration> rows) {
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

template <class... Arguments>
std::vector<RecordFact> facts_where(Connection& connection, Sql const& sql,
                                    Arguments const&... arguments) {
  std::vector<RecordFact> out;
  for (auto& [id, fact, sealed, case_id, from, until, withdrawn, number] :
       connection.query<std::int64_t, std::string, Bytes, std::optional<CaseId>, Date,
                        std::optional<Date>, bool, std::string>(sql, arguments...))
    out.push_back(
        {.id = id,
         .fact = fact,
         .value = connection.vault().open(
             sealed, {.table = "military_record", .column = "value", .row = std::to_string(id)}),
         .case_id = case_id,
         .from = from,
         .until = until,
         .withdrawn = withdrawn,
         .number = number});
  return out;
}

struct NewFact {
  std::int64_t id;
  Bytes sealed;
};
NewFact new_fact(Connection& connection, std::string const& value) {
  auto const id = std::get<0>(*connection.one<std::int64_t>(k_next_fact));
  return {.id = id,
          .sealed = connection.vault().seal(
              value, {.table = "military_record", .column = "value", .row = std::to_string(id)})};
}

/// What a fact comes out of: a case, or without one what `name` says.
struct Source {
  std::optional<CaseId> case_id = {};
  std::string name = {};
};
Source const k_from_age{.name = "age"};

/// The writers of one person's record stand in line before.
void add_facts(Connection& connection, PersonId person, Source const& source, Date day,
               FactValues const& facts) {
  for (auto const& [fact, value] : facts) {
    auto const known = facts_where(connection, k_open_fact, person, fact);
    if (!known.empty() && known.front().value == value) continue;
    // What was entered of a later day stays; this holds from there on.
    auto const from = known.empty() ? day : std::max(day, known.front().from);
    connection.execute(k_end_fact, person, fact, from);
    auto const row = new_fact(connection, value);
    connection.execute(k_add_fact, row.id, person, fact, row.sealed, source.case_id, source.name,
                       from);
  }
}

/// What the case entered ends, and what held before it holds again.
void withdraw_facts(Connection& connection, PersonId person, CaseId case_id, Date day,
                    FactValues const& confirmed) {
  for (auto const& fact : facts_where(connection, k_open_of_case, person, case_id)) {
    if (std::ranges::find(confirmed, std::pair{fact.fact, fact.value}) != confirmed.end()) continue;
    auto const until = std::get<0>(*connection.one<Date>(k_withdraw_fact, fact.id, day));
    auto const before =
        facts_where(connection, k_fact_before, person, fact.fact, fact.from, fact.id);
    if (before.empty()) continue;
    auto const row = new_fact(connection, before.front().value);
    connection.execute(k_restore_fact, before.front().id, row.id, row.sealed, until);
  }
}

constexpr std::array<std::string_view, 7> k_outcomes{
    "moved", "same_office", "older", "struck_off", "not_registered", "no_office", "awaited"};

ResidenceOutcome to_outcome(std::string_view text) {
  for (std::size_t i = 0; i < k_outcomes.size(); ++i)
    if (k_outcomes[i] == text) return ResidenceOutcome(i);
  throw QueryError{"unknown outcome of a residence event", "22000"};
}

/// With the entries of both offices.
RegistrationId move(Connection& connection, Registration const& from, OfficeId to, Date effective,
                    MoveMarks const& marks, Date today) {
  auto const day = std::get<0>(*connection.one<Date>(k_remove, from.id, today));
  auto const id = std::get<0>(*connection.one<RegistrationId>(k_go_on, from.id, to, effective));
  connection.execute(k_entry, from.id, from.office, marks.paper, marks.removed, true, day);
  connection.execute(k_entry, id, to, marks.paper, marks.taken, false, day);
  return id;
}

/// For good, with the entry of the office.
void leave(Connection& connection, Registration const& active, RegistrationMark const& entry,
           Date today, std::string const& why, Source const& source) {
  auto const day =
      std::get<0>(*connection.one<Date>(k_leave, active.id, today, why, source.case_id));
  connection.execute(k_entry, active.id, active.office, entry.paper, entry.mark, true, day);
  add_facts(connection, active.person, source, day, {{"relation", "removed"}});
}

/// The column says what held when the registration began; the record says what became of it.
void date_category(Registration& entry, std::vector<RecordFact> const& categories) {
  if (entry.kind != "reservist") return;
  for (auto const& fact : categories)
    if (!entry.removed_on || fact.from < *entry.removed_on || fact.from == entry.taken_on)
      entry.category = fact.value;
}

struct Judged {
  ResidenceOutcome outcome;
  std::optional<RegistrationId> registration = {};
};

Judged judge(Connection& connection, ResidenceEvent const& event, MoveMarksByKind const& marks,
             Date today) {
  using enum ResidenceOutcome;
  auto const active = active_registration(connection, event.person);
  if (!active) return {not_registered};
  auto const known_until =
      std::get<0>(*connection.one<Date>(k_known_until, event.person, active->since));
  if (event.effective < known_until) return {older};
  if (event.kind == "struck_off") return {struck_off};
  auto const office = connection.one<OfficeId>(k_office_of, event.district);
  if (!office) return {no_office};
  if (std::get<0>(*office) == active->office) return {same_office};
  auto const marked = marks.find(active->kind);
  check(marked != marks.end(), "a move is written down for every kind of registration");
  return {moved,
          move(connection, *active, std::get<0>(*office), event.effective, marked->second, today)};
}

bool barred(Connection& connection, NewRegistration const& input) {
  return std::ranges::any_of(input.bars, [&](auto const& bar) {
    using Fact = FactValues::value_type;
    if (std::ranges::find(input.facts, bar.first, &Fact::first) != input.facts.end()) return false;
    auto const known = facts_where(connection, k_open_fact, input.person, bar.first);
    return std::ranges::find(known, bar.second, &RecordFact::value) != known.end();
  });
}

}  // namespace

std::vector<RecordFact> record_on(Connection& connection, PersonId person, Date day) {
  return facts_where(connection, k_facts, person, day);
}
std::vector<RecordFact> whole_record(Connection& connection, PersonId person) {
  return facts_where(connection, k_whole_record, person);
}

void enter_facts(Connection& connection, PersonId person, CaseId case_id, Date day,
                 FactValues const& facts) {
  connection.transaction([&] {
    connection.one<PersonId>(k_lock, person);
    add_facts(connection, person, {.case_id = case_id}, day, facts);
  });
}

void correct_facts(Connection& connection, PersonId person, CaseId case_id, Date day,
                   FactValues const& facts) {
  connection.transaction([&] {
    connection.one<PersonId>(k_lock, person);
    withdraw_facts(connection, person, case_id, day, facts);
    add_facts(connection, person, {.case_id = case_id}, day, facts);
  });
}

std::vector<Registration> registrations(Connection& connection, PersonId person) {
  auto out = registrations_where(connection, k_of_person, person);
  if (out.empty()) return out;
  auto const categories = facts_where(connection, k_categories, person);
  for (auto& entry : out) date_category(entry, categories);
  return out;
}
std::optional<Registration> active_registration(Connection& connection, PersonId person) {
  return only(registrations_where(connection, k_active, person));
}
std::optional<Registration> find_registration(Connection& connection, RegistrationId id) {
  return only(registrations_where(connection, k_by_id, id));
}
std::vector<Registration> untold_moves(Connection& connection, int limit) {
  return registrations_where(connection, k_untold, limit);
}

std::expected<RegistrationId, NotTaken> take_on_register(Connection& connection,
                                                         NewRegistration const& input) {
  return connection.transaction([&]() -> std::expected<RegistrationId, NotTaken> {
    connection.one<PersonId>(k_lock, input.person);
    if (auto const done = connection.one<RegistrationId>(k_of_case, input.case_id))
      return std::get<0>(*done);
    if (active_registration(connection, input.person)) return std::unexpected(NotTaken::registered);
    if (barred(connection, input)) return std::unexpected(NotTaken::barred);
    auto const id = std::get<0>(
        *connection.one<RegistrationId>(k_take_on, input.person, input.office, input.kind,
                                        input.category, input.case_id, input.day));
    connection.execute(k_entry, id, input.office, input.entry.paper, input.entry.mark, false,
                       input.day);
    add_facts(connection, input.person, {.case_id = input.case_id}, input.day, input.facts);
    return id;
  });
}

bool enter_departure(Connection& connection, Departure const& departure) {
  return connection.transaction([&] {
    connection.one<PersonId>(k_lock, departure.person);
    bool const left = connection.one<RegistrationId>(k_left_by_case, departure.case_id).has_value();
    auto const active = left ? std::nullopt : active_registration(connection, departure.person);
    auto const entry = active ? departure.entries.find(active->kind) : departure.entries.end();
    if (active && entry == departure.entries.end()) return false;
    Source const source{.case_id = departure.case_id};
    add_facts(connection, departure.person, source, departure.on, {departure.mark});
    if (active)
      leave(connection, *active, entry->second, departure.today, departure.mark.second, source);
    return true;
  });
}

void enter_age(Connection& connection, AgeChange const& change) {
  for (auto const& [day, category] : change.categories)
    add_facts(connection, change.person, k_from_age, day, {{"category", category}});
  if (!change.limit) return;
  auto const active = active_registration(connection, change.person);
  check(active.has_value(), "who is on no register is not removed from one");
  auto const known = facts_where(connection, k_open_fact, change.person, "category");
  if (!known.empty())
    connection.execute(k_end_fact, change.person, "category",
                       std::max(*change.limit, known.front().from));
  add_facts(connection, change.person, k_from_age, *change.limit, {{"mark", "age"}});
  leave(connection, *active, change.entry, change.today, "age", k_from_age);
}

std::string_view to_text(ResidenceOutcome outcome) {
  return k_outcomes[std::size_t(outcome)];
}

ResidenceOutcome apply_residence(Connection& connection, ResidenceEvent const& event,
                                 MoveMarksByKind const& marks, Date today) {
  using enum ResidenceOutcome;
  return connection.transaction([&] {
    connection.one<PersonId>(k_lock, event.person);
    if (auto const earlier = connection.one<std::string>(k_event, event.id)) {
      auto const outcome = to_outcome(std::get<0>(*earlier));
      if (outcome != no_office && outcome != awaited) return outcome;
    }
    auto const judged =
        event.effective > today ? Judged{awaited} : judge(connection, event, marks, today);
    auto const address = connection.vault().seal(
        event.address, {.table = "residence_event", .column = "address", .row = event.id});
    connection.execute(k_keep_event, event.id, event.person, event.kind, event.district, address,
                       event.effective, std::string{to_text(judged.outcome)}, judged.registration);
    return judged.outcome;
  });
}

int apply_awaited(Connection& connection, MoveMarksByKind const& marks, Date today, int limit) {
  auto const due = connection.query<std::string, PersonId, std::string, std::string, Bytes, Date>(
      k_awaited, today, limit);
  for (auto const& [id, person, kind, district, sealed, effective] : due) {
    auto const address = connection.vault().open(
        sealed, {.table = "residence_event", .column = "address", .row = id});
    apply_residence(connection,
                    {.id = id,
                     .person = person,
                     .kind = kind,
                     .district = district,
                     .address = address,
                     .effective = effective},
                    marks, today);
  }
  return int(due.size());
}

std::string move_paper(Connection& connection, RegistrationId id) {
  auto const row = connection.one<std::string>(k_paper, id);
  return row ? std::get<0>(*row) : std::string{};
}

void tell_of_move(Connection& connection, Registration const& registration,
                  std::string const& document, Instant sent) {
  auto const key = "registration/" + std::to_string(registration.id.value);
  auto const arguments =
      connection.vault().seal("{}", {.table = "notice", .column = "arguments", .row = key});
  connection.transaction([&] {
    auto const notice = connection.one<NoticeId>(k_tell, registration.id, registration.person,
                                                 document, arguments, key, sent);
    if (notice) queue_mail(connection, registration.person, std::get<0>(*notice));
  });
}

}  // namespace qyzmet::db
