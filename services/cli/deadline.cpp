// `qyzmet deadline`: the dates of a statutory term, each with the days that were counted and the
// days that were skipped. Needs no database: the packages and the calendar of the binary.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "engine/base/check.hpp"
#include "engine/terms.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/options.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace {

namespace json = boost::json;
using engine::CountedDay;
using engine::DayKind;

constexpr char const* k_usage =
    "usage: qyzmet deadline --service NAME [--place KIND] --filed YYYY-MM-DDTHH:MM (local time, "
    "UTC+5) [--extended-on YYYY-MM-DD]";

std::string words(std::string_view key) {
  std::string text{key};
  for (char& c : text)
    if (c == '_') c = ' ';
  return text;
}

std::string reason(CountedDay const& day) {
  switch (day.kind) {
    case DayKind::working:
    case DayKind::moved_work:
      return "filed after the end of the working day";
    case DayKind::weekend:
      return "weekend";
    case DayKind::substitute:
      return "day off for a holiday on a weekend: " + words(day.basis) + "; " + day.source;
    case DayKind::moved_off:
      return "day off moved by order; " + day.source;
    default:
      return words(day.basis) + "; " + day.source;
  }
}

json::object explained(std::vector<CountedDay> const& days) {
  json::array counted;
  json::array skipped;
  for (CountedDay const& day : days) {
    if (day.number > 0) {
      counted.emplace_back(to_iso(day.date));
    } else {
      skipped.push_back({{"date", to_iso(day.date)},
                         {"kind", engine::to_text(day.kind)},
                         {"reason", reason(day)}});
    }
  }
  return {{"counted", std::move(counted)}, {"skipped", std::move(skipped)}};
}

/// `cite` for people who read English, `citation` for programs.
void cite(json::object& into, engine::Package const& package, std::string const& id) {
  auto const found = package.citations.find(id);
  check(found != package.citations.end(), "a package has the citations of its terms");
  json::object citation{{"id", id}, {"source", found->second.source}};
  for (auto const& [language, text] : found->second.text) citation[language] = text;
  into["cite"] = citation.at("en");
  into["citation"] = std::move(citation);
}

json::object described(engine::Package const& package, engine::Deadline const& milestone) {
  json::object out{{"code", milestone.code},
                   {"latest", to_iso(milestone.latest)},
                   {"rule", milestone.rule},
                   {"explanation", explained(milestone.explanation)}};
  cite(out, package, milestone.cite);
  return out;
}

/// How and when the term was extended, and how that goes with the general limit of extensions.
json::object extension(engine::Package const& package, engine::Deadlines const& deadlines) {
  auto const& rule = *package.term.extension(deadlines.extended->code);
  json::object out{{"decided", to_iso(deadlines.extended->on)},
                   {"original_due", to_iso(deadlines.original_due)},
                   {"rule", rule.rule}};
  cite(out, package, rule.cite);
  if (deadlines.general_due) {
    json::object limit{{"months", rule.months},
                       {"latest", to_iso(*deadlines.general_due)},
                       {"exceeded", deadlines.due > *deadlines.general_due}};
    cite(limit, package, rule.months_cite);
    out["general_limit"] = std::move(limit);
  }
  return out;
}

json::object described(engine::Package const& package, engine::Deadlines const& deadlines) {
  auto const& term = package.term;
  json::object acceptance{{"explanation", explained(deadlines.acceptance)}};
  cite(acceptance, package, term.acceptance_cite);
  json::object counting{{"explanation", explained(deadlines.explanation)}};
  cite(counting, package, term.counting_cite);
  json::array milestones;
  for (engine::Deadline const& milestone : deadlines.milestones)
    milestones.push_back(described(package, milestone));
  json::object out{{"service", package.service},
                   {"ruleset", package.version},
                   {"filed", to_iso(deadlines.filed + k_legal_offset).substr(0, 19) + "+05:00"},
                   {"accepted", to_iso(deadlines.accepted)},
                   {"due", to_iso(deadlines.due)},
                   {"days", deadlines.days},
                   {"calendar_version", deadlines.calendar_version},
                   {"provisional", deadlines.provisional},
                   {"acceptance", std::move(acceptance)},
                   {"counting", std::move(counting)},
                   {"milestones", std::move(milestones)}};
  auto const row = term.place_row(deadlines.place);
  cite(out, package, term.cite_by_place.find(row)->second);
  if (row != engine::k_any_place) out["place"] = deadlines.place;
  if (deadlines.extended) out["extension"] = extension(package, deadlines);
  return out;
}

template <class Names>
std::string joined(Names const& names) {
  std::string text;
  for (auto const& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string why(Error const& error, engine::Package const& package) {
  if (error.field == "extended_on") return "--extended-on is the day of acceptance or a later one";
  std::vector<std::string> places;
  for (auto const& [place, days] : package.term.days_by_place) places.push_back(place);
  return "--place is one of: " + joined(places);
}

}  // namespace

int run_deadline(Arguments arguments) {
  auto const options =
      Options::parse(arguments, {"--service", "--place", "--filed", "--extended-on"}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  if (!options->words().empty()) return wrong_use(k_usage);
  auto const service = options->get("--service");
  auto const services = seeds::services();
  if (std::ranges::find(services, service) == services.end())
    return wrong_use("--service is one of: " + joined(services) + "\n" + k_usage);
  auto const filed = parse_legal_time(options->get("--filed"));
  if (!filed)
    return wrong_use("--filed is a local time such as 2026-11-21T10:00\n" + std::string{k_usage});
  auto const package = seeds::rows(service);
  if (!package) return wrong_use("the package of " + service + " is not valid");
  auto const& term = (*package)->term;
  std::optional<engine::Extended> extended;
  if (auto const text = options->get("--extended-on"); !text.empty()) {
    auto const day = parse_date(text);
    if (!day)
      return wrong_use("--extended-on is a day such as 2026-11-24\n" + std::string{k_usage});
    if (term.extensions.empty())
      return wrong_use("the term of " + service + " cannot be extended\n" + k_usage);
    extended = engine::Extended{.code = term.extensions.front().code, .on = *day};
  }
  auto const deadlines =
      engine::compute_deadlines(term, seeds::calendar(), *filed, options->get("--place"), extended);
  if (!deadlines) return wrong_use(why(deadlines.error(), **package) + "\n" + k_usage);
  std::puts(json::serialize(described(**package, *deadlines)).c_str());
  return 0;
}

}  // namespace qyzmet::cli
