#include "db/people.hpp"

#include <boost/json.hpp>
#include <utility>

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

#define QYZMET_PERSON "select id, iin_sealed, name, contacts_sealed, language from person where "
Sql const k_person{"find_person", QYZMET_PERSON "id = $1"};
Sql const k_person_by_iin{"find_person_by_iin", QYZMET_PERSON "iin_hash = $1"};
#undef QYZMET_PERSON
Sql const k_next_person{"next_person", "select nextval(pg_get_serial_sequence('person', 'id'))"};
Sql const k_insert_person{
    "insert_person",
    "insert into person (id, iin_hash, iin_sealed, name, contacts_sealed, language) "
    "values ($1, $2, $3, $4, $5, $6) on conflict on constraint person_iin do nothing returning id"};
Sql const k_contacts{"update_contacts", "update person set contacts_sealed = $2 where id = $1"};
Sql const k_language{"set_language", "update person set language = $2 where id = $1"};

Sql const k_insert_office{
    "insert_office",
    "insert into office (code, name_kk, name_ru, name_en, place, address_kk, address_ru, "
    "address_en, phone, higher_body_kk, higher_body_ru, active, superior_id, superior_email, "
    "above_only) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning id"};
Sql const k_update_office{
    "update_office",
    "update office set code = $1, name_kk = $2, name_ru = $3, name_en = $4, place = $5, "
    "address_kk = $6, address_ru = $7, address_en = $8, phone = $9, higher_body_kk = $10, "
    "higher_body_ru = $11, active = $12, superior_id = $13, superior_email = $14, "
    "above_only = $15 where id = $16 returning id"};
// What an address did not take is tried with the next one, while it still tells anything.
Sql const k_tell_superior_again{
    "tell_superior_again",
    "update mail m set status = 'waiting', attempts = 0, ready_at = clock_timestamp(), "
    "reason = '' from alert a join cases c on c.id = a.case_id where a.id = m.alert_id and "
    "m.office_id = $1 and m.status in ('failed', 'no_address') and not c.ended and a.due = c.due"};
Sql const k_offices{
    "offices",
    "select id, code, name_kk, name_ru, name_en, place, address_kk, address_ru, address_en, phone, "
    "higher_body_kk, higher_body_ru, active, superior_id, superior_email, above_only from office "
    "where $1::bigint is null or id = $1 "
    "order by name_kk, id"};
Sql const k_insert_branch{
    "insert_branch",
    "insert into branch (office_id, code, name_kk, name_ru, name_en, address_kk, address_ru, "
    "address_en, hours, active, is_duty) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
    "returning id"};
Sql const k_update_branch{
    "update_branch",
    "update branch set office_id = $1, code = $2, name_kk = $3, name_ru = $4, name_en = $5, "
    "address_kk = $6, address_ru = $7, address_en = $8, hours = $9, active = $10, is_duty = $11 "
    "where id = $12 returning id"};
Sql const k_branches{
    "branches",
    "select id, office_id, code, name_kk, name_ru, name_en, address_kk, address_ru, address_en, "
    "hours, is_duty, active from branch where ($1::bigint is null or id = $1) and "
    "($2::bigint is null or office_id = $2) order by name_kk, id"};

Sql const k_ensure_user{
    "ensure_user",
    "with fresh as (insert into app_user (person_id) values ($1) "
    "on conflict on constraint app_user_person do nothing returning id) "
    "select id from fresh union all select id from app_user where person_id = $1 limit 1"};
// Grants travel as three arrays; 0 = no office or branch.
#define QYZMET_USER(roles)                                                                  \
  "select u.id, u.person_id, p.name, p.language, u.position_kk, u.position_ru, u.active, "  \
  "coalesce(array_agg(r.role) filter (where r.role is not null), '{}'), "                   \
  "coalesce(array_agg(coalesce(r.office_id, 0)) filter (where r.role is not null), '{}'), " \
  "coalesce(array_agg(coalesce(r.branch_id, 0)) filter (where r.role is not null), '{}') "  \
  "from app_user u join person p on p.id = u.person_id "                                    \
  "left join " roles " r on r.user_id = u.id "
Sql const k_user{"find_user", QYZMET_USER("role_today") "where u.id = $1 group by u.id, p.id"};
Sql const k_user_by_person{"find_user_by_person",
                           QYZMET_USER("role_today") "where u.person_id = $1 group by u.id, p.id"};
Sql const k_users_with_role{
    "users_with_role", QYZMET_USER("user_role")
    "where u.active and exists (select from user_role g where g.user_id = u.id and g.role = $1 "
    "and ($2::bigint is null or g.office_id = $2) and ($3::bigint is null or g.branch_id = $3)) "
    "group by u.id, p.id order by p.name, u.id"};
Sql const k_officials{
    "officials_of", QYZMET_USER("role_today")
    "where u.active and exists (select from role_today g where g.user_id = u.id and "
    "g.office_id = $1) group by u.id, p.id order by p.name, u.id"};
Sql const k_loads{"open_cases_of_executors",
                  "select executor_id, count(*) from cases where office_id = $1 and not ended and "
                  "executor_id is not null group by executor_id"};
Sql const k_left{"cases_left_by",
                 "select c.number from cases c join app_user u on u.id = c.executor_id "
                 "where c.executor_id = $1 and not c.ended and (not u.active or not exists "
                 "(select from role_today r where r.user_id = u.id and r.role = 'executor' and "
                 "r.office_id = c.office_id)) order by c.due, c.number limit $2"};
Sql const k_staff{"staff", QYZMET_USER("user_role")
                  "where exists (select from user_role g where g.user_id = u.id and "
                  "($3 = '' or g.role = $3)) and strpos(lower(p.name), lower($1)) > 0 "
                  "and ($2::bigint is null or p.id = $2) "
                  "group by u.id, p.id order by p.name, u.id offset $4 limit $5"};
Sql const k_official{"find_official",
                     QYZMET_USER("user_role") "where u.id = $1 group by u.id, p.id"};
#undef QYZMET_USER
Sql const k_grant{
    "grant",
    "insert into user_role (user_id, role, office_id, branch_id, granted_by) "
    "values ($1, $2, $3, $4, $5) on conflict on constraint user_role_once do nothing"};
Sql const k_revoke{"revoke",
                   "delete from user_role where user_id = $1 and role = $2 and "
                   "office_id is not distinct from $3::bigint and "
                   "branch_id is not distinct from $4::bigint"};
Sql const k_set_user{"set_user",
                     "update app_user set active = $2, position_kk = $3, position_ru = $4 "
                     "where id = $1"};

Sql const k_appoint{
    "appoint_stand_in",
    "insert into stand_in (absent_id, deputy_id, office_id, from_day, until_day, basis, "
    "position_kk, position_ru, appointed_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
    "returning id"};
#define QYZMET_STAND_IN                                                                           \
  "select s.id, s.absent_id, s.deputy_id, s.office_id, s.from_day, s.until_day, s.basis, "        \
  "s.position_kk, s.position_ru, s.appointed_by, a.name, d.name, s.withdrawn_at is not null "     \
  "from stand_in s join app_user au on au.id = s.absent_id join person a on a.id = au.person_id " \
  "join app_user du on du.id = s.deputy_id join person d on d.id = du.person_id "
Sql const k_stand_ins{"stand_ins", QYZMET_STAND_IN
                      "where s.office_id = $1 and s.withdrawn_at is null and "
                      "$2::date between s.from_day and s.until_day order by s.id"};
Sql const k_recorded_stand_ins{"recorded_stand_ins", QYZMET_STAND_IN
                               "order by s.until_day desc, s.id desc limit $1 offset $2"};
#undef QYZMET_STAND_IN
Sql const k_withdraw_stand_in{
    "withdraw_stand_in",
    "update stand_in set withdrawn_at = qyzmet_now(), withdrawn_by = $3 where id = $1 and "
    "until_day >= $2 and withdrawn_at is null"};

Sql const k_next_id{"next_military_id",
                    "select nextval(pg_get_serial_sequence('military_id', 'id'))"};
Sql const k_register_id{
    "register_military_id",
    "insert into military_id (id, person_id, number_hash, number_sealed, status, case_id, issued) "
    "values ($1, $2, $3, $4, $5, $6, $7)"};
Sql const k_ids{"military_ids",
                "select m.id, m.number_sealed, m.status, m.case_id, m.issued, "
                "coalesce(c.number, ''), m.closed_on, coalesce(b.number, '') from military_id m "
                "left join cases c on c.id = m.case_id left join cases b on b.id = m.closed_by "
                "where m.person_id = $1 order by m.issued desc, m.id desc"};
Sql const k_close_id{"close_military_id",
                     "update military_id set status = $2, closed_on = $3, closed_by = $4 "
                     "where id = $1 and status = 'valid'"};

std::string contacts_json(std::string const& phone, std::string const& email,
                          std::string const& address) {
  return boost::json::serialize(
      boost::json::object{{"phone", phone}, {"email", email}, {"address", address}});
}

Bytes sealed(Connection& connection, std::string_view column, std::int64_t row,
             std::string_view plain, std::string_view table = "person") {
  auto const key = std::to_string(row);
  return connection.vault().seal(plain, {.table = table, .column = column, .row = key});
}
std::string opened(Connection& connection, std::string_view column, std::int64_t row,
                   Bytes const& bytes, std::string_view table = "person") {
  auto const key = std::to_string(row);
  return connection.vault().open(bytes, {.table = table, .column = column, .row = key});
}

std::optional<Person> person_of(Connection& connection, Sql const& sql, auto const& key) {
  auto const row = connection.one<PersonId, Bytes, std::string, Bytes, std::string>(sql, key);
  if (!row) return std::nullopt;
  auto const& [id, iin, name, contacts, language] = *row;
  auto const json = boost::json::parse(opened(connection, "contacts", id.value, contacts));
  auto const text = [&](char const* key_) {
    return std::string{json.as_object().at(key_).as_string()};
  };
  return Person{.id = id,
                .iin = opened(connection, "iin", id.value, iin),
                .name = name,
                .phone = text("phone"),
                .email = text("email"),
                .address = text("address"),
                .language = language};
}

template <class... Arguments>
std::vector<User> users_of(Connection& connection, Sql const& sql, Arguments const&... arguments) {
  std::vector<User> users;
  for (auto& [id, person, name, language, position_kk, position_ru, active, roles, in_offices,
              in_branches] :
       connection.query<UserId, PersonId, std::string, std::string, std::string, std::string, bool,
                        std::vector<std::string>, std::vector<OfficeId>, std::vector<BranchId>>(
           sql, arguments...)) {
    users.push_back({.id = id,
                     .person = person,
                     .name = name,
                     .language = language,
                     .position_kk = position_kk,
                     .position_ru = position_ru,
                     .active = active,
                     .grants = grants_of(roles, in_offices, in_branches)});
  }
  return users;
}
std::optional<User> only(std::vector<User> users) {
  if (users.empty()) return std::nullopt;
  return std::move(users.front());
}

constexpr std::string_view k_status_names[] = {"valid", "surrendered", "lost", "replaced"};
IdStatus to_status(std::string_view text) {
  for (std::size_t i = 0; i < std::size(k_status_names); ++i)
    if (k_status_names[i] == text) return IdStatus(i);
  throw QueryError{"unknown status of a military ID", "22000"};
}

}  // namespace

PersonId ensure_person(Connection& connection, Person const& person) {
  if (auto const known = find_person_by_iin(connection, person.iin)) {
    auto const pick = [](std::string const& fresh, std::string const& old) {
      return fresh.empty() ? old : fresh;
    };
    auto const phone = pick(person.phone, known->phone), email = pick(person.email, known->email),
               address = pick(person.address, known->address);
    if (phone != known->phone || email != known->email || address != known->address)
      update_contacts(connection, known->id, phone, email, address);
    return known->id;
  }
  auto const id = std::get<0>(*connection.one<std::int64_t>(k_next_person));
  auto const fresh = connection.one<PersonId>(
      k_insert_person, id, connection.vault().lookup("iin", person.iin),
      sealed(connection, "iin", id, person.iin), person.name,
      sealed(connection, "contacts", id, contacts_json(person.phone, person.email, person.address)),
      person.language.empty() ? "kk" : person.language);
  if (fresh) return std::get<0>(*fresh);
  // Somebody made the same person at this moment.
  return ensure_person(connection, person);
}

std::optional<Person> find_person(Connection& connection, PersonId id) {
  return person_of(connection, k_person, id);
}
std::optional<Person> find_person_by_iin(Connection& connection, std::string const& iin) {
  return person_of(connection, k_person_by_iin, connection.vault().lookup("iin", iin));
}
void update_contacts(Connection& connection, PersonId id, std::string const& phone,
                     std::string const& email, std::string const& address) {
  connection.execute(
      k_contacts, id,
      sealed(connection, "contacts", id.value, contacts_json(phone, email, address)));
}
void set_language(Connection& connection, PersonId id, std::string const& language) {
  connection.execute(k_language, id, language);
}

OfficeId save_office(Connection& connection, Office const& o) {
  auto const save = [&](Sql const& sql, auto const&... id) {
    return connection.one<OfficeId>(sql, o.code, o.name_kk, o.name_ru, o.name_en, o.place,
                                    o.address_kk, o.address_ru, o.address_en, o.phone,
                                    o.higher_body_kk, o.higher_body_ru, o.active, o.superior,
                                    o.superior_email, o.above_only, id...);
  };
  auto const saved = o.id.value == 0 ? save(k_insert_office) : save(k_update_office, o.id);
  if (!saved) throw QueryError{"no office with this id", "02000"};
  return std::get<0>(*saved);
}

void tell_superior_again(Connection& connection, OfficeId office) {
  connection.execute(k_tell_superior_again, office);
}

BranchId save_branch(Connection& connection, Branch const& b) {
  auto const save = [&](Sql const& sql, auto const&... id) {
    return connection.one<BranchId>(sql, b.office, b.code, b.name_kk, b.name_ru, b.name_en,
                                    b.address_kk, b.address_ru, b.address_en, b.hours, b.active,
                                    b.is_duty, id...);
  };
  auto const saved = b.id.value == 0 ? save(k_insert_branch) : save(k_update_branch, b.id);
  if (!saved) throw QueryError{"no branch with this id", "02000"};
  return std::get<0>(*saved);
}

namespace {

std::vector<Office> offices_where(Connection& connection, std::optional<OfficeId> only_one) {
  std::vector<Office> rows;
  for (auto& [id, code, kk, ru, en, place, address_kk, address_ru, address_en, phone, higher_kk,
              higher_ru, active, superior, superior_email, above_only] :
       connection.query<OfficeId, std::string, std::string, std::string, std::string, std::string,
                        std::string, std::string, std::string, std::string, std::string,
                        std::string, bool, std::optional<OfficeId>, std::string, bool>(k_offices,
                                                                                       only_one))
    rows.push_back({.id = id,
                    .code = code,
                    .name_kk = kk,
                    .name_ru = ru,
                    .name_en = en,
                    .place = place,
                    .address_kk = address_kk,
                    .address_ru = address_ru,
                    .address_en = address_en,
                    .phone = phone,
                    .higher_body_kk = higher_kk,
                    .higher_body_ru = higher_ru,
                    .active = active,
                    .superior = superior,
                    .superior_email = superior_email,
                    .above_only = above_only});
  return rows;
}

std::vector<Branch> branches_where(Connection& connection, std::optional<BranchId> only_one,
                                   std::optional<OfficeId> office) {
  std::vector<Branch> rows;
  for (auto& [id, of, code, kk, ru, en, address_kk, address_ru, address_en, hours, is_duty,
              active] :
       connection.query<BranchId, OfficeId, std::string, std::string, std::string, std::string,
                        std::string, std::string, std::string, std::string, bool, bool>(
           k_branches, only_one, office))
    rows.push_back({.id = id,
                    .office = of,
                    .code = code,
                    .name_kk = kk,
                    .name_ru = ru,
                    .name_en = en,
                    .address_kk = address_kk,
                    .address_ru = address_ru,
                    .address_en = address_en,
                    .hours = hours,
                    .is_duty = is_duty,
                    .active = active});
  return rows;
}

}  // namespace

std::vector<Office> offices(Connection& connection) {
  return offices_where(connection, std::nullopt);
}
std::vector<Branch> branches(Connection& connection, std::optional<OfficeId> office) {
  return branches_where(connection, std::nullopt, office);
}
std::optional<Office> find_office(Connection& connection, OfficeId id) {
  auto rows = offices_where(connection, id);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}
std::optional<Branch> find_branch(Connection& connection, BranchId id) {
  auto rows = branches_where(connection, id, std::nullopt);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

UserId ensure_user(Connection& connection, PersonId person) {
  // A row that another session has just made is seen by the second try.
  auto row = connection.one<UserId>(k_ensure_user, person);
  if (!row) row = connection.one<UserId>(k_ensure_user, person);
  if (!row) throw Retry{"a user appeared at this moment", "40001"};
  return std::get<0>(*row);
}
std::vector<Grant> grants_of(std::vector<std::string> const& roles,
                             std::vector<OfficeId> const& offices,
                             std::vector<BranchId> const& branches) {
  std::vector<Grant> grants;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    Grant one{.role = roles[i], .office = {}, .branch = {}};
    if (offices[i].value != 0) one.office = offices[i];
    if (branches[i].value != 0) one.branch = branches[i];
    grants.push_back(std::move(one));
  }
  return grants;
}
std::optional<User> find_user(Connection& connection, UserId id) {
  return only(users_of(connection, k_user, id));
}
std::optional<User> find_user_by_person(Connection& connection, PersonId person) {
  return only(users_of(connection, k_user_by_person, person));
}
std::vector<User> users_with_role(Connection& connection, std::string const& role,
                                  std::optional<OfficeId> office, std::optional<BranchId> branch) {
  return users_of(connection, k_users_with_role, role, office, branch);
}
std::vector<User> officials_of(Connection& connection, OfficeId office) {
  return users_of(connection, k_officials, office);
}
std::map<std::int64_t, std::int64_t> open_cases_of_executors(Connection& connection,
                                                             OfficeId office) {
  std::map<std::int64_t, std::int64_t> out;
  for (auto const& [user, count] : connection.query<std::int64_t, std::int64_t>(k_loads, office))
    out.emplace(user, count);
  return out;
}
std::vector<std::string> cases_left_by(Connection& connection, UserId user, int limit) {
  std::vector<std::string> out;
  for (auto& [number] : connection.query<std::string>(k_left, user, limit))
    out.push_back(std::move(number));
  return out;
}
std::vector<User> staff(Connection& connection, StaffFilter const& filter) {
  return users_of(connection, k_staff, filter.name, filter.person, filter.role, filter.offset,
                  filter.limit);
}
std::optional<User> find_official(Connection& connection, UserId id) {
  return only(users_of(connection, k_official, id));
}
void grant(Connection& connection, UserId user, Grant const& grant, std::optional<UserId> by) {
  connection.execute(k_grant, user, grant.role, grant.office, grant.branch, by);
}
bool revoke(Connection& connection, UserId user, Grant const& grant) {
  return connection.execute(k_revoke, user, grant.role, grant.office, grant.branch) == 1;
}
void set_user(Connection& connection, UserId user, bool active, std::string const& position_kk,
              std::string const& position_ru) {
  connection.execute(k_set_user, user, active, position_kk, position_ru);
}

std::int64_t appoint_stand_in(Connection& connection, StandIn const& s) {
  return std::get<0>(*connection.one<std::int64_t>(k_appoint, s.absent, s.deputy, s.office, s.from,
                                                   s.until, s.basis, s.position_kk, s.position_ru,
                                                   s.appointed_by));
}

namespace {

std::vector<StandIn> stand_ins_of(Connection& connection, Sql const& sql,
                                  auto const&... arguments) {
  std::vector<StandIn> rows;
  for (auto& [id, absent, deputy, in, from, until, basis, position_kk, position_ru, by, absent_name,
              deputy_name, withdrawn] :
       connection
           .query<std::int64_t, UserId, UserId, OfficeId, Date, Date, std::string, std::string,
                  std::string, std::optional<UserId>, std::string, std::string, bool>(sql,
                                                                                      arguments...))
    rows.push_back({.id = id,
                    .absent = absent,
                    .deputy = deputy,
                    .office = in,
                    .from = from,
                    .until = until,
                    .basis = basis,
                    .position_kk = position_kk,
                    .position_ru = position_ru,
                    .appointed_by = by,
                    .absent_name = absent_name,
                    .deputy_name = deputy_name,
                    .withdrawn = withdrawn});
  return rows;
}

}  // namespace

std::vector<StandIn> stand_ins(Connection& connection, OfficeId office, Date day) {
  return stand_ins_of(connection, k_stand_ins, office, day);
}
std::vector<StandIn> recorded_stand_ins(Connection& connection, int limit, int offset) {
  return stand_ins_of(connection, k_recorded_stand_ins, limit, offset);
}
bool withdraw_stand_in(Connection& connection, std::int64_t id, Date today,
                       std::optional<UserId> by) {
  return connection.execute(k_withdraw_stand_in, id, today, by) == 1;
}

namespace {

std::string id_text(std::string const& series, std::string const& number) {
  return series + " " + number;
}

}  // namespace

std::string_view to_text(IdStatus status) {
  return k_status_names[std::size_t(status)];
}
std::int64_t register_military_id(Connection& connection, MilitaryId const& entry) {
  auto const id = std::get<0>(*connection.one<std::int64_t>(k_next_id));
  auto const text = id_text(entry.series, entry.number);
  connection.execute(k_register_id, id, entry.person,
                     connection.vault().lookup("military_id", text),
                     sealed(connection, "number", id, text, "military_id"), to_text(entry.status),
                     entry.case_id, entry.issued);
  return id;
}
std::vector<MilitaryId> military_ids(Connection& connection, PersonId person) {
  std::vector<MilitaryId> rows;
  for (auto& [id, number, status, case_id, issued, of_case, closed, of_closing] :
       connection.query<std::int64_t, Bytes, std::string, std::optional<CaseId>, Date, std::string,
                        std::optional<Date>, std::string>(k_ids, person)) {
    auto const text = opened(connection, "number", id, number, "military_id");
    auto const space = text.find(' ');
    rows.push_back({.id = id,
                    .person = person,
                    .series = text.substr(0, space),
                    .number = text.substr(space + 1),
                    .status = to_status(status),
                    .case_id = case_id,
                    .issued = issued,
                    .number_of_case = of_case,
                    .closed = closed,
                    .number_of_closing = of_closing});
  }
  return rows;
}
bool close_military_id(Connection& connection, std::int64_t id, IdStatus status, Date day,
                       std::optional<CaseId> by) {
  return connection.execute(k_close_id, id, to_text(status), day, by) == 1;
}

}  // namespace qyzmet::db
