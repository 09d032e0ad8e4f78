// Every date of a term, counted twice: by the engine, day by day, and by PostgreSQL, over sets,
// with terms and milestones written here from the law a second time. 100,000 random applications
// over 200 random calendars must agree.
#include <algorithm>
#include <array>
#include <random>

#include "engine/terms.hpp"
#include "tests/db/support.hpp"
#include "tests/support/law.hpp"
#include "tests/support/repeated.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::db::tests {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr int k_calendars = repeated(200);
constexpr int k_applications = 500;  // of each calendar
constexpr int k_at_once = 10;        // calendars in one statement, so that none takes long
constexpr int k_first_year = 2026, k_last_year = 2028;

/// Numbers stand for working days: the day with number n is `base` + n. `decision` is the day of an
/// extension, `start` the acceptance, `finish` the end of the term.
constexpr std::string_view k_arithmetic = R"(
create temp table entry(calendar int, day date, kind text, primary key (calendar, day));
create temp table application(calendar int, id int, service text, filed timestamp, decided date);
create temp table working(calendar int, day date, n bigint);
create index on working(calendar, day);
create index on working(calendar, n);
create temp table expected(calendar int, id int, dates text);
create temp table length(service text, wd int);
insert into length values ('city', 7), ('district', 5), ('78', 2), ('79', 2), ('79 extended', 90);
create temp table milestone(service text, code text, base text, wd int);
insert into milestone
  select s, m.* from unnest(array['city', 'district']) s,
    (values ('registration', 'start', 0), ('hearing_notice', 'finish', -3),
            ('objections', 'finish', -1), ('hearing', 'finish', -1), ('draft', 'finish', -2),
            ('delivery', 'finish', -1), ('place_info', 'finish', 0), ('result', 'finish', 0)) m
  union all
  select s, m.* from unnest(array['78', '79', '79 extended']) s,
    (values ('registration', 'start', 0), ('draft', 'start', 1), ('result', 'finish', 0)) m
  union all
  values ('79 extended', 'extension_notice', 'decision', 3),
         ('79 extended', 'hearing_notice', 'finish', -3),
         ('79 extended', 'objections', 'finish', -1),
         ('79 extended', 'hearing', 'finish', -1);
)";

/// Of the calendars from $low to $high.
constexpr std::string_view k_counted = R"(
insert into working
  select c, d::date, row_number() over (partition by c order by d)
  from generate_series($low, $high) c,
    generate_series('2025-12-01'::date, '2029-03-01'::date, '1 day') d
    left join lateral (select kind from entry e where e.calendar = c and e.day = d) e on true
  where case when e.kind is null then extract(isodow from d) < 6 else e.kind = 'moved_work' end;
analyze working;
analyze application;
with accepted as (
  select a.*, w.n from application a cross join lateral (
    select n from working w where w.calendar = a.calendar
      and w.day >= a.filed::date + (a.filed::time >= '18:00')::int order by w.day limit 1) w
  where a.calendar between $low and $high),
decided as (
  select a.calendar, a.id, w.n from application a cross join lateral (
    select n from working w where w.calendar = a.calendar and w.day <= a.decided
    order by w.day desc limit 1) w
  where a.calendar between $low and $high),
dates as (
  select a.calendar, a.id, 'due' as code, a.n + l.wd as n
  from accepted a join length l using (service)
  union all
  select a.calendar, a.id, m.code,
    m.wd + case m.base when 'start' then a.n when 'finish' then a.n + l.wd else d.n end
  from accepted a join length l using (service) join milestone m using (service)
    left join decided d on d.calendar = a.calendar and d.id = a.id)
insert into expected
  select calendar, id, string_agg(code || '=' || w.day, ' ' order by code collate "C")
  from dates join working w using (calendar, n) group by 1, 2;
)";

Sql const k_expected{"expected_dates",
                     "select id::bigint, dates from expected where calendar = $1"};

std::string counted(int low, int high) {
  std::string sql{k_counted};
  for (auto const& [name, value] : {std::pair{"$low", low}, std::pair{"$high", high}})
    for (auto at = sql.find(name); at != sql.npos; at = sql.find(name, at))
      sql.replace(at, std::string_view{name}.size(), std::to_string(value));
  return sql;
}

struct Application {
  std::string_view service;
  Instant filed;
  std::optional<Date> decided;
};

struct Service {
  std::string_view name, package, place;
};
constexpr std::array<Service, 5> k_services{{{"city", "military_id", "city"},
                                             {"district", "military_id", "district"},
                                             {"78", "registration", ""},
                                             {"79", "correction", ""},
                                             {"79 extended", "correction", ""}}};

class TermsInSql : public DatabaseTest {
 public:
  int between(int low, int high) { return std::uniform_int_distribution{low, high}(random_); }

  engine::Calendar random_calendar(int number) {
    using enum engine::DayKind;
    std::map<Date, engine::CalendarDay> chosen;
    auto const first = *parse_date("2026-01-01");
    for (int left = between(0, 120); left > 0; --left) {
      auto const day = first + days{between(0, 3 * 365)};
      bool const weekend = std::chrono::weekday{day}.iso_encoding() > 5;
      std::array const off{holiday, substitute, rest_art84, moved_off};
      auto const kind = weekend ? (between(0, 2) == 0 ? moved_work : holiday)
                                : off[static_cast<std::size_t>(between(0, 3))];
      chosen[day] = {day, kind, "random"};
    }
    std::vector<engine::CalendarDay> rows;
    std::string sql;
    for (auto const& [day, row] : chosen) {
      rows.push_back(row);
      sql += (sql.empty() ? "insert into entry values (" : ", (") + std::to_string(number) + ", '" +
             to_iso(day) + "', '" + std::string{engine::to_text(row.kind)} + "')";
    }
    if (!sql.empty()) connection.script(sql);
    return {number, std::move(rows), k_first_year, k_last_year, {}};
  }
  /// Often at the very edges of a day.
  Instant random_instant() {
    auto const day = *parse_date("2026-01-01") + days{between(0, 700)};
    constexpr std::array edges{0, 9 * 3600, 18 * 3600 - 1, 18 * 3600, 24 * 3600 - 1};
    auto const second = between(0, 1) == 0 ? edges[static_cast<std::size_t>(between(0, 4))]
                                           : between(0, 24 * 3600 - 1);
    return start_of(day) + seconds{second};
  }
  std::vector<Application> random_applications(int calendar) {
    std::vector<Application> out;
    std::string sql = "insert into application values ";
    for (int id = 0; id < k_applications; ++id) {
      auto const& service = k_services[static_cast<std::size_t>(between(0, 4))];
      Application one{service.name, random_instant(), {}};
      // Far enough from the filing to lie behind every acceptance.
      if (service.name == "79 extended")
        one.decided = legal_date(one.filed) + days{between(25, 60)};
      auto local = to_iso(one.filed + k_legal_offset);
      local.pop_back();
      sql += (id == 0 ? "(" : ", (") + std::to_string(calendar) + ", " + std::to_string(id) +
             ", '" + std::string{one.service} + "', '" + local + "', " +
             (one.decided ? "'" + to_iso(*one.decided) + "'" : "null") + ")";
      out.push_back(one);
    }
    connection.script(sql);
    return out;
  }

  std::string by_the_engine(engine::Calendar const& calendar,
                            Application const& application) const {
    auto const& service = *std::ranges::find(k_services, application.service, &Service::name);
    std::optional<engine::Extended> extended;
    if (application.decided) extended = {.code = "extension", .on = *application.decided};
    auto const dates = engine::compute_deadlines(packages_.at(service.package)->term, calendar,
                                                 application.filed, service.place, extended);
    if (!dates) return dates.error().text;
    std::map<std::string, Date> sorted{{"due", dates->due}};
    for (auto const& milestone : dates->milestones) sorted[milestone.code] = milestone.latest;
    std::string out;
    for (auto const& [code, day] : sorted)
      out += (out.empty() ? "" : " ") + code + "=" + to_iso(day);
    return out;
  }

 private:
  std::map<std::string_view, std::shared_ptr<engine::Package const>> packages_{
      {"military_id", qyzmet::tests::seed_rows("military_id")},
      {"registration", qyzmet::tests::seed_rows("registration")},
      {"correction", qyzmet::tests::seed_rows("correction")}};
  std::mt19937_64 random_{20'261'128};
};

TEST_F(TermsInSql, TwoArithmeticsAgreeOnAHundredThousandApplications) {
  LAW("R-GEN-12");
  LAW("INV-01");
  LAW("INV-02");
  LAW("R77-04");
  LAW("R78-03");
  LAW("R79-07");
  connection.script(std::string{k_arithmetic});
  std::vector<engine::Calendar> calendars;
  std::vector<std::vector<Application>> applications;
  for (int i = 0; i < k_calendars; ++i) {
    calendars.push_back(random_calendar(i));
    applications.push_back(random_applications(i));
  }
  for (int low = 0; low < k_calendars; low += k_at_once)
    connection.script(counted(low, std::min(low + k_at_once, k_calendars) - 1));
  int agreed = 0;
  for (int i = 0; i < k_calendars; ++i) {
    auto const rows = connection.query<std::int64_t, std::string>(k_expected, std::int64_t{i});
    ASSERT_EQ(rows.size(), std::size_t{k_applications});
    for (auto const& [id, dates] : rows) {
      auto const& one = applications[std::size_t(i)][std::size_t(id)];
      ASSERT_EQ(by_the_engine(calendars[std::size_t(i)], one), dates)
          << one.service << " filed " << to_iso(one.filed) << " under random calendar " << i;
      ++agreed;
    }
  }
  EXPECT_EQ(agreed, k_calendars * k_applications);
}

}  // namespace
}  // namespace qyzmet::db::tests
