#include "db/register_entries.hpp"

#include <algorithm>

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

#define QYZMET_ENTRY                                                                            \
  "select e.registration_id, r.person_id, p.name, p.iin_sealed, e.office_id, e.paper, e.mark, " \
  "e.removes, e.day, r.kind, case when e.removes then coalesce(r.removal, '') else r.basis "    \
  "end, case when e.removes then (select o.office_id from registration o where o.previous = "   \
  "r.id) else (select o.office_id from registration o where o.id = r.previous) end, "           \
  "coalesce(c.number, ''), coalesce(c.office_id = e.office_id, false) "                         \
  "from registration_entry e join registration r on r.id = e.registration_id "                  \
  "join person p on p.id = r.person_id "                                                        \
  "left join cases c on c.id = case when e.removes then r.removal_case else r.case_id end where "
#define QYZMET_NEWEST " order by e.day desc, e.registration_id desc, e.removes desc "
Sql const k_of_office{
    "register_entries", QYZMET_ENTRY
    "e.office_id = $1 and e.paper = $2 and ($3::date is null or e.day >= $3) "
    "and ($4::date is null or e.day <= $4) and ($5::bigint is null or r.person_id = $5) "
    "and ($6::date is null or (e.day, e.registration_id, e.removes) < "
    "($6, $7::bigint, $8::boolean))" QYZMET_NEWEST "limit $9"};
Sql const k_of_person{"entries_of_person",
                      QYZMET_ENTRY "r.person_id = $1" QYZMET_NEWEST "limit $2"};
Sql const k_person_in{
    "person_in_entries",
    "select p.id from person p where p.iin_hash = $2 and exists (select from registration r join "
    "registration_entry e on e.registration_id = r.id where r.person_id = p.id and e.office_id = "
    "$1)"};
#undef QYZMET_ENTRY
#undef QYZMET_NEWEST

template <class... Arguments>
std::vector<RegisterEntry> read(Connection& connection, Sql const& sql,
                                Arguments const&... arguments) {
  std::vector<RegisterEntry> out;
  for (auto& [registration, person, name, iin, office, paper, mark, removes, day, kind, why, other,
              number, case_here] :
       connection
           .query<RegistrationId, PersonId, std::string, Bytes, OfficeId, std::string, std::string,
                  bool, Date, std::string, std::string, std::optional<OfficeId>, std::string, bool>(
               sql, arguments...))
    out.push_back(
        {.registration = registration,
         .person = person,
         .name = name,
         .iin = connection.vault().open(
             iin, {.table = "person", .column = "iin", .row = std::to_string(person.value)}),
         .office = office,
         .paper = paper,
         .mark = mark,
         .removes = removes,
         .day = day,
         .kind = kind,
         .why = why,
         .other = other,
         .number = number,
         .case_here = case_here});
  return out;
}

/// The cells of a cursor; all null without one.
struct Cells {
  explicit Cells(std::optional<EntryCursor> const& cursor) {
    if (!cursor) return;
    day = cursor->day;
    registration = cursor->registration;
    removes = cursor->removes;
  }
  std::optional<Date> day;
  std::optional<RegistrationId> registration;
  std::optional<bool> removes;
};

}  // namespace

std::vector<RegisterEntry> register_entries(Connection& connection, EntryFilter const& filter) {
  Cells const after{filter.after};
  return read(connection, k_of_office, filter.office, filter.paper, filter.from, filter.until,
              filter.person, after.day, after.registration, after.removes,
              std::clamp(filter.limit, 1, k_entries_max + 1));
}

std::optional<PersonId> person_in_entries(Connection& connection, OfficeId office,
                                          std::string const& iin) {
  auto const row =
      connection.one<PersonId>(k_person_in, office, connection.vault().lookup("iin", iin));
  return row ? std::optional{std::get<0>(*row)} : std::nullopt;
}

std::vector<RegisterEntry> entries_of_person(Connection& connection, PersonId person) {
  return read(connection, k_of_person, person, k_entries_max);
}

}  // namespace qyzmet::db
