// `qyzmet calendar ...`: check, import (propose), preview, publish, export and list. What the pages
// of the administrator do, for those who hold the database; four eyes are the database's
// constraint.
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "db/calendars.hpp"
#include "db/clock.hpp"
#include "engine/icalendar.hpp"
#include "services/casework/calendar_changes.hpp"
#include "services/casework/calendars.hpp"
#include "services/cli/asked.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/configuration.hpp"
#include "services/platform/file.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace {

constexpr std::int64_t k_preview_cases_max = 10'000'000;

/// Nothing when the file is not a calendar or contradicts itself; the reasons were printed then.
std::optional<engine::Calendar> checked_calendar(std::string const& path) {
  auto const text = platform::find_file(path);
  if (!text) {
    std::fprintf(stderr, "qyzmet: %s cannot be read\n", path.c_str());
    return std::nullopt;
  }
  auto calendar = engine::read_calendar(1, *text);
  if (!calendar) {
    std::printf("%s:%s: %s\n", path.c_str(), calendar.error().arguments.at("line").c_str(),
                calendar.error().arguments.at("reason").c_str());
    return std::nullopt;
  }
  auto const findings = engine::check_calendar(*calendar);
  for (auto const& finding : findings)
    std::printf("%s: %s: %s\n", path.c_str(), to_iso(finding.date).c_str(), finding.code.c_str());
  if (!findings.empty()) return std::nullopt;
  return *std::move(calendar);
}

void print_years(engine::Calendar const& calendar) {
  for (int year = calendar.first_year(); year <= calendar.last_year(); ++year) {
    Date const first{std::chrono::year{year} / std::chrono::January / 1};
    std::printf("%d: %d working days%s\n", year, calendar.working_days(year),
                calendar.provisional(first) ? ", provisional" : "");
  }
}

void print_differences(engine::Calendar const& before, engine::Calendar const& after) {
  auto const word = [](std::optional<engine::CalendarDay> const& day) {
    return day ? std::string{to_text(day->kind)} + " (" + day->basis + ")" : std::string{"plain"};
  };
  for (auto const& difference : engine::differences(before, after))
    std::printf("%s: %s -> %s\n", to_iso(difference.date).c_str(), word(difference.before).c_str(),
                word(difference.after).c_str());
  for (auto const& difference : engine::opening_differences(before, after))
    std::printf("%s %s\n", difference.added ? "+" : "-", difference.line.c_str());
}

/// False, with the reasons printed, when hours or closures cannot be as they are.
bool openings_fit(db::Connection& connection, engine::Calendar const& proposed, Date effective) {
  casework::Library library;
  library.refresh(connection);
  auto const newest = db::calendars(connection).front();
  auto const errors = casework::opening_errors(
      connection, library, casework::calendar_of(newest.version, newest.csv), proposed, effective);
  for (auto const& error : errors) {
    if (error.text == "calendar.error.unit")
      std::printf("%s: no office or branch has this code\n", error.arguments.at("line").c_str());
    else
      std::printf("%s: hours of a day that has begun stay; begin the new ones with \",%s\"\n",
                  error.arguments.at("day").c_str(), error.arguments.at("first").c_str());
  }
  return errors.empty();
}

int print_preview(casework::CalendarPreview const& preview) {
  for (auto const& moved : preview.affected) {
    std::printf("%s:", moved.number.c_str());
    for (auto const& day : moved.by.days)
      std::printf(" %s %s -> %s", day.code.empty() ? "due" : day.code.c_str(),
                  to_iso(day.before).c_str(), to_iso(day.after).c_str());
    for (auto const& closure : moved.by.closures)
      std::printf(" %s closed %s to %s", closure.unit.c_str(), to_iso(closure.first).c_str(),
                  to_iso(closure.last).c_str());
    if (moved.by.hearing)
      std::printf(" hearing %s outside the hours", to_iso(*moved.by.hearing).c_str());
    std::puts("");
  }
  std::printf("%lld open cases, %zu of them are affected", static_cast<long long>(preview.seen),
              preview.affected.size());
  if (preview.unreadable != 0)
    std::printf(", %lld cannot be read", static_cast<long long>(preview.unreadable));
  std::puts(preview.complete ? "" : "; stopped before the end");
  return preview.complete ? 0 : 1;
}

}  // namespace

int run_calendar_check(Arguments arguments) {
  auto const options = Options::parse(arguments, {}, {});
  if (!options || options->words().size() != 1)
    return wrong_use("usage: qyzmet calendar check FILE");
  auto const calendar = checked_calendar(options->words().front());
  if (!calendar) return 1;
  print_years(*calendar);
  return 0;
}

int run_calendar_import(Arguments arguments) {
  constexpr char const* k_usage =
      "usage: qyzmet calendar import FILE --source TEXT --by IIN [--effective-from YYYY-MM-DD] "
      "[--config FILE]\nFILE is CSV or iCalendar; another administrator publishes it";
  auto const asked =
      ask(arguments, {"--source", "--by", "--effective-from", "--config"}, {}, 1, k_usage);
  if (!asked) return asked.error();
  auto const& options = asked->options;
  auto const day = parse_date(options.get("--effective-from", "0001-01-01"));
  if (options.get("--source").empty() || options.get("--by").empty() || !day)
    return wrong_use(k_usage);
  auto const calendar = checked_calendar(options.words().front());
  if (!calendar) return 1;
  auto connection = connect(asked->config);
  auto const by = administrator(connection, options.get("--by"));
  if (!by) return 1;
  auto const current = db::current_calendar(connection);
  if (!current) return wrong_use("the database has no calendar yet: qyzmet migrate");
  if (!openings_fit(connection, *calendar, *day)) return 1;
  auto const kept = casework::keep_proposal(connection, {.csv = calendar->to_csv(),
                                                         .source = options.get("--source"),
                                                         .first_year = calendar->first_year(),
                                                         .last_year = calendar->last_year(),
                                                         .effective = *day,
                                                         .proposed_by = *by,
                                                         .proposer = {},
                                                         .proposed = {}});
  if (!kept) {
    std::puts("Another proposal waits for its decision.");
    return 1;
  }
  print_differences(casework::calendar_of(current->version, current->csv), *calendar);
  std::puts("Proposed. Another administrator can publish it now.");
  return 0;
}

int run_calendar_preview(Arguments arguments) {
  constexpr char const* k_usage = "usage: qyzmet calendar preview [--config FILE]";
  auto const asked = ask(arguments, {"--config"}, {}, 0, k_usage);
  if (!asked) return asked.error();
  auto connection = connect(asked->config);
  auto const proposal = db::open_calendar_proposal(connection);
  if (!proposal) {
    std::puts("No proposal waits for its decision.");
    return 1;
  }
  casework::Library library;
  library.refresh(connection);
  return print_preview(casework::preview_calendar(
      connection, library,
      casework::calendar_of(db::calendars(connection).front().version + 1, proposal->csv),
      db::read_clock(connection), k_preview_cases_max));
}

int run_calendar_publish(Arguments arguments) {
  constexpr char const* k_usage = "usage: qyzmet calendar publish --by IIN [--config FILE]";
  auto const asked = ask(arguments, {"--by", "--config"}, {}, 0, k_usage);
  if (!asked) return asked.error();
  if (asked->options.get("--by").empty()) return wrong_use(k_usage);
  auto connection = connect(asked->config);
  auto const by = administrator(connection, asked->options.get("--by"));
  if (!by) return 1;
  auto const proposal = db::open_calendar_proposal(connection);
  if (!proposal) {
    std::puts("No proposal waits for its decision.");
    return 1;
  }
  if (!openings_fit(connection, casework::calendar_of(1, proposal->csv), proposal->effective))
    return 1;
  casework::Library library;
  library.refresh(connection);
  auto const published = casework::publish_calendar(connection, library, proposal->id, *by);
  if (!published && published.error().text == "calendar.error.four_eyes") {
    std::puts("Who proposed a calendar cannot publish it.");
    return 1;
  }
  if (!published) return wrong_use("the proposal was decided just now");
  std::printf("Version %lld is in force from %s.\n", static_cast<long long>(published->version),
              to_iso(published->effective).c_str());
  return 0;
}

int run_calendar_export(Arguments arguments) {
  constexpr char const* k_usage =
      "usage: qyzmet calendar export [--seed | --version N] [--format csv|ical] [--config FILE]";
  auto const options = Options::parse(arguments, {"--version", "--format", "--config"}, {"--seed"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  auto const format = options->get("--format", "csv");
  if (!options->words().empty() || (format != "csv" && format != "ical")) return wrong_use(k_usage);
  auto const print = [&](engine::Calendar const& calendar) {
    std::fputs((format == "csv" ? calendar.to_csv() : to_icalendar(calendar)).c_str(), stdout);
    return 0;
  };
  if (options->has("--seed")) return print(seeds::calendar());
  auto const config = configuration(*options);
  if (!config) return 1;
  auto connection = connect(*config);
  auto const version = options->get("--version");
  std::int64_t wanted = 0;
  std::from_chars(version.data(), version.data() + version.size(), wanted);
  auto const row =
      version.empty() ? db::current_calendar(connection) : db::find_calendar(connection, wanted);
  if (!row) return wrong_use("there is no such calendar");
  return print(casework::calendar_of(row->version, row->csv));
}

int run_calendar_list(Arguments arguments) {
  constexpr char const* k_usage = "usage: qyzmet calendar list [--config FILE]";
  auto const asked = ask(arguments, {"--config"}, {}, 0, k_usage);
  if (!asked) return asked.error();
  auto connection = connect(asked->config);
  auto const current = db::current_calendar(connection);
  for (auto const& row : db::calendars(connection))
    std::printf("%lld: %d to %d, from %s%s: %s\n", static_cast<long long>(row.version),
                row.first_year, row.last_year, to_iso(row.effective).c_str(),
                current && current->version == row.version ? ", in force" : "", row.source.c_str());
  return 0;
}

}  // namespace qyzmet::cli
