#include "db/calendars.hpp"

namespace qyzmet::db {

namespace {

// The table lock makes the next number ours; publishing is rare.
constexpr char const* k_lock = "lock table calendar in share row exclusive mode";
Sql const k_publish{
    "publish_calendar",
    "with latest as (select version, csv from calendar order by version desc limit 1), "
    "fresh as (insert into calendar (version, first_year, last_year, csv, source) "
    "select coalesce((select version from latest), 0) + 1, $1, $2, $3, $4 "
    "where not exists (select from latest where csv = $3) returning version) "
    "select version from fresh union all select version from latest where csv = $3 limit 1"};

#define QYZMET_TODAY "(qyzmet_now() at time zone interval '5 hours')::date "
#define QYZMET_CALENDAR                                                                    \
  "select version, first_year, last_year, csv, source, published_at, effective_from from " \
  "calendar "
Sql const k_current{"current_calendar", QYZMET_CALENDAR "where effective_from <= " QYZMET_TODAY
                                                        "order by version desc limit 1"};
Sql const k_find{"find_calendar", QYZMET_CALENDAR "where version = $1"};
Sql const k_all{"calendars", QYZMET_CALENDAR "order by version desc"};

Sql const k_propose{
    "propose_calendar",
    "insert into calendar_proposal (csv, source, first_year, last_year, effective_from, "
    "base_version, proposed_by) values ($1, $2, $3, $4, $5, $6, $7) returning id"};
Sql const k_open{"open_calendar_proposal",
                 "select p.id, p.csv, p.source, p.first_year, p.last_year, p.effective_from, "
                 "p.base_version, p.proposed_by, n.name, p.proposed_at from calendar_proposal p "
                 "join app_user u on u.id = p.proposed_by join person n on n.id = u.person_id "
                 "where p.status = 'open'"};
Sql const k_publish_proposal{
    "publish_calendar_proposal",
    "with p as (select * from calendar_proposal where id = $1 and status = 'open' for update), "
    "c as (insert into calendar (version, first_year, last_year, csv, source, effective_from) "
    "select l.version + 1, p.first_year, p.last_year, p.csv, p.source, "
    "greatest(p.effective_from, l.effective, " QYZMET_TODAY
    ") from p, (select max(version) as version, max(effective_from) as effective from calendar) l "
    "returning version, effective_from), "
    "d as (update calendar_proposal t set status = 'published', decided_by = $2, "
    "decided_at = clock_timestamp(), version = c.version from c where t.id = $1) "
    "select version, effective_from from c"};
Sql const k_reject{"reject_calendar_proposal",
                   "update calendar_proposal set status = 'rejected', decided_by = $2, "
                   "decided_at = clock_timestamp() where id = $1 and status = 'open'"};
#undef QYZMET_CALENDAR
#undef QYZMET_TODAY

template <class... Arguments>
std::vector<CalendarRow> calendars_where(Connection& connection, Sql const& sql,
                                         Arguments const&... arguments) {
  std::vector<CalendarRow> rows;
  for (auto& [version, first, last, csv, source, published, effective] :
       connection.query<std::int64_t, int, int, std::string, std::string, Instant, Date>(
           sql, arguments...))
    rows.push_back({.version = version,
                    .first_year = first,
                    .last_year = last,
                    .csv = std::move(csv),
                    .source = std::move(source),
                    .published = published,
                    .effective = effective});
  return rows;
}

std::optional<CalendarRow> only(std::vector<CalendarRow> rows) {
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace

std::int64_t publish_calendar(Connection& connection, CalendarRow const& row) {
  return connection.transaction([&] {
    connection.script(k_lock);
    return std::get<0>(*connection.one<std::int64_t>(k_publish, row.first_year, row.last_year,
                                                     row.csv, row.source));
  });
}

std::optional<CalendarRow> current_calendar(Connection& connection) {
  return only(calendars_where(connection, k_current));
}

std::optional<CalendarRow> find_calendar(Connection& connection, std::int64_t version) {
  return only(calendars_where(connection, k_find, version));
}

std::vector<CalendarRow> calendars(Connection& connection) {
  return calendars_where(connection, k_all);
}

std::int64_t propose_calendar(Connection& connection, CalendarProposal const& proposal) {
  return std::get<0>(*connection.one<std::int64_t>(
      k_propose, proposal.csv, proposal.source, proposal.first_year, proposal.last_year,
      proposal.effective, proposal.base_version, proposal.proposed_by));
}

std::optional<CalendarProposal> open_calendar_proposal(Connection& connection) {
  auto row = connection.one<std::int64_t, std::string, std::string, int, int, Date, std::int64_t,
                            UserId, std::string, Instant>(k_open);
  if (!row) return std::nullopt;
  auto& [id, csv, source, first, last, effective, base, by, name, at] = *row;
  return CalendarProposal{.id = id,
                          .csv = std::move(csv),
                          .source = std::move(source),
                          .first_year = first,
                          .last_year = last,
                          .effective = effective,
                          .base_version = base,
                          .proposed_by = by,
                          .proposer = std::move(name),
                          .proposed = at};
}

std::optional<PublishedCalendar> publish_proposal(Connection& connection, std::int64_t id,
                                                  UserId by) {
  return connection.transaction([&]() -> std::optional<PublishedCalendar> {
    connection.script(k_lock);
    auto const row = connection.one<std::int64_t, Date>(k_publish_proposal, id, by);
    if (!row) return std::nullopt;
    return PublishedCalendar{.version = std::get<0>(*row), .effective = std::get<1>(*row)};
  });
}

bool reject_proposal(Connection& connection, std::int64_t id, UserId by) {
  return connection.execute(k_reject, id, by) == 1;
}

}  // namespace qyzmet::db
