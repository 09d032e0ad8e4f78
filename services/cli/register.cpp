// `qyzmet register residence`: what the State database of individuals says of residence, one event
// on each line. The same event may come again and in any order (db/registers.hpp).
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "db/clock.hpp"
#include "db/people.hpp"
#include "db/registers.hpp"
#include "db/vault.hpp"
#include "engine/terms.hpp"
#include "services/casework/enrolment.hpp"
#include "services/cli/configuration.hpp"
#include "services/cli/progress.hpp"
#include "services/platform/file.hpp"

namespace qyzmet::cli {

namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet register residence FILE|- [--config FILE]\n"
    "Each line is {\"id\", \"iin\", \"kind\": \"moved\"|\"struck_off\", \"district\": KATO, "
    "\"address\", \"effective\": DAY}.";
constexpr std::size_t k_text_max = 500;

struct Line {
  db::ResidenceEvent event;
  std::string iin;
};

std::string text_of(json::object const& object, std::string_view name) {
  auto const* const found = object.if_contains(name);
  if (found == nullptr || !found->is_string()) return {};
  auto const& text = found->as_string();
  return text.size() > k_text_max ? std::string{} : std::string{text};
}

/// What is wrong with the line, or its event.
std::expected<Line, std::string> parse(std::string const& text) {
  boost::system::error_code error;
  auto const value = json::parse(text, error);
  if (error || !value.is_object()) return std::unexpected("not a JSON object");
  auto const& object = value.as_object();
  Line out;
  out.iin = text_of(object, "iin");
  out.event.id = text_of(object, "id");
  out.event.kind = text_of(object, "kind");
  out.event.district = text_of(object, "district");
  out.event.address = text_of(object, "address");
  auto const day = parse_date(text_of(object, "effective"));
  if (out.event.id.empty()) return std::unexpected("id is missing");
  if (!engine::valid_iin(out.iin)) return std::unexpected("iin is no IIN");
  if (!day) return std::unexpected("effective is no day, like 2026-11-20");
  out.event.effective = *day;
  if (out.event.kind == "struck_off") return out;
  if (out.event.kind != "moved") return std::unexpected("kind is moved or struck_off");
  if (out.event.district.empty()) return std::unexpected("district is missing");
  return out;
}

std::string apply(db::Connection& connection, Line line, db::MoveMarksByKind const& marks,
                  Date today) {
  auto const person = db::find_person_by_iin(connection, line.iin);
  // Of people who are nowhere in our registers nothing is kept.
  if (!person) return "unknown_person";
  if (line.event.effective > today) return "in_the_future";
  line.event.person = person->id;
  return std::string{db::to_text(db::apply_residence(connection, line.event, marks, today))};
}

std::uint64_t lines_of(std::string_view text) {
  return std::uint64_t(std::ranges::count(text, '\n'));
}

/// Line by line, each an event of its own: whoever stops it loses nothing and may begin again.
template <class Apply>
int take_all(std::istream& input, std::uint64_t lines, Apply const& apply) {
  Progress progress{"reading", lines};
  bool good = true;
  std::string text;
  for (int number = 1; !progress.stopped() && std::getline(input, text); ++number) {
    progress.add();
    if (text.empty()) continue;
    auto line = parse(text);
    if (!line) {
      good = false;
      std::fprintf(stderr, "qyzmet: line %d: %s\n", number, line.error().c_str());
      continue;
    }
    auto const id = line->event.id;
    json::object const answer{{"id", id}, {"outcome", apply(*std::move(line))}};
    std::puts(json::serialize(answer).c_str());
  }
  if (progress.stopped()) return k_interrupted;
  return good ? 0 : 1;
}

std::optional<db::MoveMarksByKind> marks_in_force(db::Connection& connection, Date today) {
  casework::Library library;
  library.refresh(connection);
  auto const package = library.in_force(casework::k_register_service, today);
  auto const calendar = library.calendar();
  if (!package || !calendar) return std::nullopt;
  return casework::move_marks(*package, *calendar);
}

}  // namespace

int run_register_residence(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config"}, {});
  if (!options) return wrong_use(options.error());
  if (options->words().size() != 1) return wrong_use(k_usage);
  auto const config = configuration(*options);
  if (!config) return 1;
  auto const& name = options->words().front();
  std::istringstream file;
  if (name != "-") {
    auto text = platform::find_file(name);
    if (!text) return wrong_use(name + " cannot be read");
    file.str(*std::move(text));
  }
  auto& input = name == "-" ? std::cin : file;
  db::Connection connection{config->database_url, db::Vault::load(config->vault_key_file)};
  auto const today = legal_date(db::read_clock(connection));
  auto const marks = marks_in_force(connection, today);
  if (!marks) return wrong_use("no package that says where moves are written down is in force");
  return take_all(input, name == "-" ? 0 : lines_of(file.view()),
                  [&](Line line) { return apply(connection, std::move(line), *marks, today); });
}

}  // namespace qyzmet::cli
