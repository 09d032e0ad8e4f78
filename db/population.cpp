#include "db/population.hpp"

#include <boost/json.hpp>
#include <set>
#include <span>

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

constexpr std::size_t k_people_at_once = 1000;

Sql const k_known{"known_people", "select iin_hash from person where iin_hash = any($1::bytea[])"};
#define QYZMET_NUMBERS(table) \
  "select nextval(pg_get_serial_sequence('" table "', 'id')) from generate_series(1, $1)"
Sql const k_person_numbers{"person_numbers", QYZMET_NUMBERS("person")};
Sql const k_fact_numbers{"fact_numbers", QYZMET_NUMBERS("military_record")};
Sql const k_id_numbers{"military_id_numbers", QYZMET_NUMBERS("military_id")};
#undef QYZMET_NUMBERS
Sql const k_people{
    "load_people",
    "insert into person (id, iin_hash, iin_sealed, name, contacts_sealed, language) select * from "
    "unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::text[], $5::bytea[], $6::text[])"};
Sql const k_registrations{
    "load_registrations",
    "insert into registration (person_id, office_id, kind, category, basis, since, taken_on, told) "
    "select person_id, office_id, kind, category, 'taken_over', day, day, true from "
    "unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::date[]) "
    "x(person_id, office_id, kind, category, day)"};
Sql const k_facts{
    "load_facts",
    "insert into military_record (id, person_id, fact, value_sealed, source, valid_from) "
    "select id, person_id, fact, value, 'taken_over', day from "
    "unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::date[]) "
    "x(id, person_id, fact, value, day)"};
Sql const k_ids{"load_military_ids",
                "insert into military_id (id, person_id, number_hash, number_sealed, status, "
                "issued) select id, person_id, hash, sealed, 'valid', day from "
                "unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::date[]) "
                "x(id, person_id, hash, sealed, day)"};

std::vector<std::int64_t> numbers(Connection& connection, Sql const& sql, std::size_t count) {
  std::vector<std::int64_t> out;
  for (auto const& [number] : connection.query<std::int64_t>(sql, std::int64_t(count)))
    out.push_back(number);
  return out;
}

Bytes sealed(Connection& connection, std::string_view table, std::string_view column,
             std::int64_t row, std::string_view plain) {
  auto const key = std::to_string(row);
  return connection.vault().seal(plain, {.table = table, .column = column, .row = key});
}

/// Rows, column by column.
struct Rows {
  std::vector<std::int64_t> id, person, unit;
  std::vector<std::string> first, second, third;
  std::vector<Bytes> hash, seal, other_seal;
  std::vector<Date> day;
};

void insert_people(Connection& connection, std::span<KnownPerson const* const> people,
                   std::vector<std::int64_t> const& ids) {
  Rows rows;
  for (std::size_t i = 0; i < people.size(); ++i) {
    auto const& person = people[i]->person;
    auto const contacts = boost::json::serialize(boost::json::object{
        {"phone", person.phone}, {"email", person.email}, {"address", person.address}});
    rows.hash.push_back(connection.vault().lookup("iin", person.iin));
    rows.seal.push_back(sealed(connection, "person", "iin", ids[i], person.iin));
    rows.first.push_back(person.name);
    rows.other_seal.push_back(sealed(connection, "person", "contacts", ids[i], contacts));
    rows.second.push_back(person.language);
  }
  connection.execute(k_people, ids, rows.hash, rows.seal, rows.first, rows.other_seal, rows.second);
}

void insert_registrations(Connection& connection, std::span<KnownPerson const* const> people,
                          std::vector<std::int64_t> const& ids) {
  Rows rows;
  for (std::size_t i = 0; i < people.size(); ++i) {
    auto const& registration = people[i]->registration;
    if (!registration) continue;
    rows.person.push_back(ids[i]);
    rows.unit.push_back(registration->office.value);
    rows.first.push_back(registration->kind);
    rows.second.push_back(registration->category);
    rows.day.push_back(registration->taken_on);
  }
  connection.execute(k_registrations, rows.person, rows.unit, rows.first, rows.second, rows.day);
}

void insert_facts(Connection& connection, std::span<KnownPerson const* const> people,
                  std::vector<std::int64_t> const& ids) {
  Rows rows;
  for (std::size_t i = 0; i < people.size(); ++i)
    for (auto const& [fact, value] : people[i]->facts) {
      rows.person.push_back(ids[i]);
      rows.first.push_back(fact);
      rows.second.push_back(value);
      rows.day.push_back(people[i]->facts_from);
    }
  rows.id = numbers(connection, k_fact_numbers, rows.person.size());
  for (std::size_t i = 0; i < rows.id.size(); ++i)
    rows.seal.push_back(sealed(connection, "military_record", "value", rows.id[i], rows.second[i]));
  connection.execute(k_facts, rows.id, rows.person, rows.first, rows.seal, rows.day);
}

void insert_ids(Connection& connection, std::span<KnownPerson const* const> people,
                std::vector<std::int64_t> const& ids) {
  Rows rows;
  for (std::size_t i = 0; i < people.size(); ++i) {
    auto const& military_id = people[i]->military_id;
    if (!military_id) continue;
    rows.person.push_back(ids[i]);
    rows.first.push_back(military_id->series + " " + military_id->number);
    rows.day.push_back(military_id->issued);
  }
  rows.id = numbers(connection, k_id_numbers, rows.person.size());
  for (std::size_t i = 0; i < rows.id.size(); ++i) {
    rows.hash.push_back(connection.vault().lookup("military_id", rows.first[i]));
    rows.seal.push_back(sealed(connection, "military_id", "number", rows.id[i], rows.first[i]));
  }
  connection.execute(k_ids, rows.id, rows.person, rows.hash, rows.seal, rows.day);
}

std::size_t load_some(Connection& connection, std::span<KnownPerson const> people) {
  std::vector<Bytes> hashes;
  for (auto const& each : people)
    hashes.push_back(connection.vault().lookup("iin", each.person.iin));
  std::set<std::string> known;
  for (auto& [hash] : connection.query<Bytes>(k_known, hashes)) known.insert(hash.value);
  std::vector<KnownPerson const*> fresh;
  for (std::size_t i = 0; i < people.size(); ++i)
    if (!known.contains(hashes[i].value)) fresh.push_back(&people[i]);
  if (fresh.empty()) return 0;
  auto const ids = numbers(connection, k_person_numbers, fresh.size());
  insert_people(connection, fresh, ids);
  insert_registrations(connection, fresh, ids);
  insert_facts(connection, fresh, ids);
  insert_ids(connection, fresh, ids);
  return fresh.size();
}

}  // namespace

std::size_t load_people(Connection& connection, std::vector<KnownPerson> const& people,
                        std::function<bool(std::size_t count)> const& on_progress) {
  std::size_t count = 0;
  std::span<KnownPerson const> rest{people};
  while (!rest.empty()) {
    auto const some = rest.first(std::min(rest.size(), k_people_at_once));
    count += connection.transaction([&] { return load_some(connection, some); });
    rest = rest.subspan(some.size());
    if (on_progress && !on_progress(some.size())) break;
  }
  return count;
}

}  // namespace qyzmet::db
