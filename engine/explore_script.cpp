#include <algorithm>

#include "engine/environment.hpp"
#include "engine/explore.hpp"
#include "engine/observers.hpp"

namespace qyzmet::engine {

namespace {

constexpr std::chrono::hours k_noon{12};

/// The calendar under which an entry of a script is done.
Calendar const* after(Moved const& moved, std::vector<Calendar> const& others,
                      Calendar const* before) {
  auto const* const change =
      moved.event ? std::get_if<CalendarChanged>(&moved.event->body) : nullptr;
  if (change == nullptr) return before;
  auto const found = std::ranges::find(others, change->version, &Calendar::version);
  return found == others.end() ? before : &*found;
}

Result<Calendar> calendar_from(Value const& entry) {
  auto const* const fields = entry.as<Context>();
  auto const* const version =
      fields == nullptr ? nullptr : at_path(*fields, "version").as<Decimal>();
  auto const number = version == nullptr ? std::nullopt : version->integer();
  if (!number) return fail(ErrorCode::invalid, "error.script", "calendars");
  return Calendar::from_csv(*number, text_at(*fields, "csv"));
}

}  // namespace

std::vector<Replayed> replay(Package const& package, Calendar const& first,
                             std::vector<Moved> const& script, Instance const& from,
                             std::vector<Calendar> const& others) {
  std::vector<Replayed> out;
  auto const observers = load_observers(package).value_or(std::vector<Observer>{});
  auto registers = first_registers(observers);
  Instance now = from;
  auto const* in_force = &first;
  for (auto const& moved : script) {
    in_force = after(moved, others, in_force);
    auto const& calendar = *in_force;
    Step made;
    made.next = now;
    if (moved.event) {
      auto result = step(package, calendar, now, *moved.event);
      if (!result) {
        out.push_back({.instance = now, .facts = {}, .broken = {}, .refused = result.error()});
        return out;
      }
      made = *std::move(result);
    }
    auto const at = moved.event
                        ? made.next.at
                        : std::max(start_of(moved.day) + k_noon, now.at + std::chrono::seconds{1});
    auto const actor = moved.event ? moved.event->actor : Actor{.user = "", .role = "system"};
    auto const environment = engine::environment(calendar, made.next, at, actor);
    auto const visits = visited(made, package.process);
    auto const broken = observe(observers,
                                {.step = made,
                                 .visits = visits,
                                 .event = moved.event ? &*moved.event : nullptr,
                                 .environment = environment,
                                 .calendar = calendar},
                                registers);
    now = std::move(made.next);
    out.push_back(
        {.instance = now, .facts = std::move(made.facts), .broken = {}, .refused = std::nullopt});
    for (auto const index : broken) out.back().broken.push_back(observers[index].id);
  }
  return out;
}

std::string script_json(Finding const& finding, Package const& package, Calendar const& calendar) {
  List events;
  for (auto const& moved : finding.script) {
    Context entry{{"day", to_iso(moved.day)}};
    if (moved.event) entry["event"] = from_json(event_json(*moved.event)).value();
    events.emplace_back(std::move(entry));
  }
  List calendars;
  for (auto const& other : finding.calendars)
    calendars.emplace_back(Context{{"version", Value{other.version()}}, {"csv", other.to_csv()}});
  return to_json(Context{{"property", finding.property},
                         {"element", finding.element},
                         {"rule", finding.rule},
                         {"text", finding.text},
                         {"package", Context{{"service", package.service},
                                             {"version", package.version},
                                             {"sha256", package.sha256}}},
                         {"calendar", Value{calendar.version()}},
                         {"calendars", std::move(calendars)},
                         {"events", std::move(events)}});
}

Result<Finding> script_from_json(std::string_view json) {
  auto const value = from_json(json);
  if (!value) return std::unexpected(value.error());
  auto const* const root = value->as<Context>();
  auto const* const events = root == nullptr ? nullptr : at_path(*root, "events").as<List>();
  if (events == nullptr) return fail(ErrorCode::invalid, "error.script");
  Finding out{.property = text_at(*root, "property"),
              .element = text_at(*root, "element"),
              .rule = text_at(*root, "rule"),
              .cite = {},
              .text = text_at(*root, "text"),
              .script = {}};
  if (auto const* const others = at_path(*root, "calendars").as<List>())
    for (auto const& other : *others) {
      auto calendar = calendar_from(other);
      if (!calendar) return std::unexpected(calendar.error());
      out.calendars.push_back(*std::move(calendar));
    }
  for (auto const& entry : *events) {
    auto const* const fields = entry.as<Context>();
    auto const day = fields == nullptr ? std::nullopt : parse_date(text_at(*fields, "day"));
    if (!day) return fail(ErrorCode::invalid, "error.script", "day");
    out.script.push_back({.day = *day, .event = {}});
    auto const& event = at_path(*fields, "event");
    if (event.is_null()) continue;
    auto read = event_from_json(to_json(event));
    if (!read) return std::unexpected(read.error());
    out.script.back().event = *std::move(read);
  }
  return out;
}

}  // namespace qyzmet::engine
