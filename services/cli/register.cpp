// `qyzmet register residence`: what the State database of individuals says of residence, one event
// on each line. The same event may come again and in any order, and of a day to come
// (db/registers.hpp).
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "db/clock.hpp"
#include "db/vault.hpp"
#include "services/casework/residence.hpp"
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
struct Line {
  db::ResidenceEvent event;
  std::string iin;
};

std::string text_of(json::object const& object, std::string_view name) {
  auto const* const found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

std::string why(Error const& error) {
  if (error.text == "error.too_long") return error.field + " is too long";
  if (error.text == "error.required") return error.field + " is missing";
  if (error.field == "iin") return "iin is no IIN";
  if (error.field == "kind") return "kind is moved or struck_off";
  return "effective is no day, like 2026-11-20";
}

/// What is wrong with the line, or its event.
std::expected<Line, std::string> parse(std::string const& text) {
  boost::system::error_code error;
  auto const value = json::parse(text, error);
  if (error || !value.is_object()) return std::unexpected("not a JSON object");
  auto const& object = value.as_object();
  casework::ResidenceReport const report{.id = text_of(object, "id"),
                                         .iin = text_of(object, "iin"),
                                         .kind = text_of(object, "kind"),
                                         .district = text_of(object, "district"),
                                         .address = text_of(object, "address"),
                                         .effective = text_of(object, "effective")};
  auto event = casework::read_report(report);
  if (!event) return std::unexpected(why(event.error()));
  return Line{.event = *std::move(event), .iin = report.iin};
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
  casework::Library library;
  library.refresh(connection);
  auto const marks = casework::move_marks_on(library, today);
  if (!marks) return wrong_use("no package that says where moves are written down is in force");
  return take_all(input, name == "-" ? 0 : lines_of(file.view()), [&](Line line) {
    return casework::take_residence(connection, std::move(line.event), line.iin, *marks, today);
  });
}

}  // namespace qyzmet::cli
