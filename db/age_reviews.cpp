#include "db/age_reviews.hpp"

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

// Whom somebody else holds is not waited for: another process is at it, or the next round is.
Sql const k_hold{
    "hold_for_age_review",
    "select p.id from (select registration_id from ("
    "(select registration_id from age_review where due <= $1 order by due limit $3) union "
    "(select registration_id from age_review where rules < $2 order by rules limit $3) union "
    "(select registration_id from age_review where rules > $2 order by rules limit $3)) a "
    "limit $3) d join registration r on r.id = d.registration_id join person p on "
    "p.id = r.person_id order by p.id for no key update of p skip locked"};
// Read anew: what was due may have been done before its person was free.
Sql const k_due{
    "age_reviews",
    "select v.registration_id, r.person_id, p.iin_sealed, c.id, c.value_sealed, g.id, "
    "g.value_sealed, v.due from age_review v join registration r on r.id = v.registration_id "
    "join person p on p.id = r.person_id "
    "left join military_record c on c.person_id = p.id and c.fact = 'composition' "
    "and c.valid_until is null "
    "left join military_record g on g.person_id = p.id and g.fact = 'category' "
    "and g.valid_until is null "
    "where p.id = any($1::bigint[]) and (v.due <= $2 or v.rules <> $3) order by p.id"};
// Of those who were removed there is no row any more.
Sql const k_done{
    "age_reviews_done",
    "update age_review v set due = d.due, rules = $3 from unnest($1::bigint[], $2::date[]) "
    "d(registration_id, due) where v.registration_id = d.registration_id"};

std::string open_fact(Connection& connection, std::optional<std::int64_t> id,
                      std::optional<Bytes> const& sealed) {
  if (!id || !sealed) return {};
  return connection.vault().open(
      *sealed, {.table = "military_record", .column = "value", .row = std::to_string(*id)});
}

}  // namespace

int review_ages(Connection& connection, Date today, std::string const& rules,
                RegistrationMark const& entry, int limit, AgeJudge const& judge) {
  return connection.transaction([&] {
    std::vector<PersonId> held;
    for (auto const& [person] : connection.query<PersonId>(k_hold, today, rules, limit))
      held.push_back(person);
    if (held.empty()) return 0;
    std::vector<RegistrationId> done;
    std::vector<Date> next;
    auto const due = connection.query<RegistrationId, PersonId, Bytes, std::optional<std::int64_t>,
                                      std::optional<Bytes>, std::optional<std::int64_t>,
                                      std::optional<Bytes>, Date>(k_due, held, today, rules);
    for (auto const& [id, person, iin, c_id, composition, g_id, category, since] : due) {
      auto const verdict = judge(
          {.person = person,
           .iin = connection.vault().open(
               iin, {.table = "person", .column = "iin", .row = std::to_string(person.value)}),
           .composition = open_fact(connection, c_id, composition),
           .category = open_fact(connection, g_id, category),
           .due = since});
      if (!verdict.categories.empty() || verdict.limit)
        enter_age(connection, {.person = person,
                               .categories = verdict.categories,
                               .limit = verdict.limit,
                               .entry = entry,
                               .today = today});
      done.push_back(id);
      next.push_back(verdict.due);
    }
    connection.execute(k_done, done, next, rules);
    return int(due.size());
  });
}

}  // namespace qyzmet::db
