#include "db/worklists.hpp"

#include <algorithm>
#include <string_view>

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

//   $1 office  $2 branch  $4 person: scope, null = not limited by it
//   $3 executor  $5 stage  $6 state  $7 service  $8 text  $9 keyed hash of an IIN  $10 unassigned
//   $11 due until  $19 secretary
constexpr std::string_view k_narrowing =
    " and ($1::bigint is null or c.office_id = $1) and ($2::bigint is null or c.branch_id = $2) "
    "and (($3::bigint is null or c.executor_id = $3) and ($5 = '' or c.stage = $5) "
    "or c.secretary_id = $19::bigint) and ($4::bigint is null or c.person_id = $4) "
    "and ($6 = '' or c.state = $6) and ($7 = '' or c.service = $7) "
    "and ($8 = '' or c.number = $8 or position(lower($8) in lower(p.name)) > 0) "
    "and ($9::bytea is null or p.iin_hash = $9) and (not $10 or c.executor_id is null) "
    "and ($11::date is null or c.due <= $11)";

//   $12 newest first  $13 offset  $14 limit
//   $15 id  $16 filed  $17 due  $18 milestone due: the row before the page, null = the first page
constexpr std::string_view k_behind_cursor =
    " and ($15::bigint is null or ($12 and c.filed < $16::timestamptz) or ((not $12 or c.filed = "
    "$16::timestamptz) and "
    "(c.due, coalesce(c.milestone_due, 'infinity'::date), c.id) > "
    "($17::date, coalesce($18::date, 'infinity'::date), $15)))";

/// One text per scope and openness, so that each has a plan with its own partial index.
struct Scoped {
  Scoped(std::string_view name, std::string_view scope)
      : name_{name},
        open_{list_text(std::string{scope} + " and not c.ended")},
        all_{list_text(scope)},
        count_{count_text(scope)},
        open{name_, open_},
        all{name_, all_},
        count{name_, count_} {}

  static std::string list_text(std::string_view scope) {
    std::string text =
        "select c.id, c.number, c.service, c.subtype, c.state, c.stage, c.person_id, p.name, "
        "c.office_id, c.branch_id, c.executor_id, coalesce(x.name, ''), c.place, c.filed, "
        "c.accepted, c.due, c.milestone, c.milestone_due, c.ended, c.outcome, c.breaches, "
        "c.package, c.calendar_version, count(*) over () "
        "from cases c join person p on p.id = c.person_id "
        "left join app_user e on e.id = c.executor_id left join person x on x.id = e.person_id "
        "where ";
    text.append(scope).append(k_narrowing).append(k_behind_cursor);
    return text +
           " order by case when $12 then c.filed end desc, c.due, c.milestone_due, c.id "
           "offset $13 limit $14";
  }
  static std::string count_text(std::string_view scope) {
    std::string text =
        "select c.stage, c.state, count(*), count(*) filter (where c.due <= $5::date) "
        "from cases c where not c.ended and ";
    return text.append(scope) +
           " and ($1::bigint is null or c.office_id = $1) "
           "and ($2::bigint is null or c.branch_id = $2) "
           "and ($3::bigint is null or c.executor_id = $3) "
           "and ($4::bigint is null or c.person_id = $4) group by 1, 2 order by 1, 2";
  }

  std::string name_, open_, all_, count_;
  Sql open, all, count;
};

Scoped const k_by_office{"list_office", "c.office_id = $1"};
Scoped const k_by_branch{"list_branch", "c.branch_id = $2"};
Scoped const k_by_person{"list_person", "c.person_id = $4"};
Scoped const k_everything{"list_everything", "true"};

/// The cells of a cursor; all null without one.
struct Cursor {
  explicit Cursor(std::optional<ListCursor> const& cursor) {
    if (!cursor) return;
    id = cursor->id;
    filed = cursor->filed;
    due = cursor->due;
    milestone_due = cursor->milestone_due;
  }
  std::optional<CaseId> id;
  std::optional<Instant> filed;
  std::optional<Date> due, milestone_due;
};

/// The narrowest scope that is set; null = none: nothing may be seen.
Scoped const* scope_of(ListFilter const& filter) {
  if (filter.person) return &k_by_person;
  if (filter.branch) return &k_by_branch;
  if (filter.office) return &k_by_office;
  return filter.everything ? &k_everything : nullptr;
}

}  // namespace

ListPage list_cases(Connection& connection, ListFilter const& filter) {
  ListPage page;
  auto const* scope = scope_of(filter);
  if (scope == nullptr) return page;
  Cursor const after{filter.after};
  auto const iin =
      filter.iin.empty() ? std::optional<Bytes>{} : connection.vault().lookup("iin", filter.iin);
  for (auto& [id, number, service, subtype, state, stage, person, name, office, branch, executor,
              executor_name, place, filed, accepted, due, milestone, milestone_due, ended, outcome,
              breaches, package, calendar, total] :
       connection.query<CaseId, std::string, std::string, std::string, std::string, std::string,
                        PersonId, std::string, OfficeId, std::optional<BranchId>,
                        std::optional<UserId>, std::string, std::string, Instant, Date, Date,
                        std::string, std::optional<Date>, bool, std::string,
                        std::vector<std::string>, std::string, std::int64_t, std::int64_t>(
           filter.open_only ? scope->open : scope->all, filter.office, filter.branch,
           filter.executor, filter.person, filter.stage, filter.state, filter.service, filter.text,
           iin, filter.unassigned, filter.due_until, filter.newest_first,
           std::max(0, filter.offset), std::clamp(filter.limit, 1, k_page_max), after.id,
           after.filed, after.due, after.milestone_due, filter.secretary)) {
    page.total = total;
    page.rows.push_back({.id = id,
                         .number = number,
                         .service = service,
                         .subtype = subtype,
                         .state = state,
                         .stage = stage,
                         .person = person,
                         .person_name = name,
                         .office = office,
                         .branch = branch,
                         .executor = executor,
                         .executor_name = executor_name,
                         .place = place,
                         .filed = filed,
                         .accepted = accepted,
                         .due = due,
                         .milestone = milestone,
                         .milestone_due = milestone_due,
                         .ended = ended,
                         .outcome = outcome,
                         .breaches = breaches,
                         .package = package,
                         .calendar_version = calendar});
  }
  return page;
}

std::vector<StageCount> count_cases(Connection& connection, ListFilter const& filter, Date today) {
  std::vector<StageCount> counts;
  auto const* scope = scope_of(filter);
  if (scope == nullptr) return counts;
  for (auto& [stage, state, open, due] :
       connection.query<std::string, std::string, std::int64_t, std::int64_t>(
           scope->count, filter.office, filter.branch, filter.executor, filter.person, today))
    counts.push_back({.stage = stage, .state = state, .open = open, .due_today_or_before = due});
  return counts;
}

}  // namespace qyzmet::db
