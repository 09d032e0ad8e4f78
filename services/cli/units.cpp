// `qyzmet office`, `qyzmet branch`, `qyzmet stand-in`: what the administrator's pages keep, for
// setting up an installation by script. The same functions check and record (casework/registers).
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "db/clock.hpp"
#include "db/vault.hpp"
#include "engine/base/check.hpp"
#include "services/casework/places.hpp"
#include "services/casework/registers.hpp"
#include "services/cli/configuration.hpp"
#include "services/seeds/seeds.hpp"
#include "templates/assets.hpp"

namespace qyzmet::cli {

namespace json = boost::json;

namespace {

constexpr char const* k_office_usage =
    "usage: qyzmet office list [--json]\n"
    "       qyzmet office load\n"
    "       qyzmet office save --code CODE [--place city|district] --name-kk T --name-ru T\n"
    "              --name-en T --address-kk T --address-ru T --address-en T --phone T\n"
    "              --higher-body-kk T --higher-body-ru T [--superior CODE]\n"
    "              [--superior-email A] [--above-only] [--closed]\n"
    "A known code is changed, a new one is added. A code of the classifier of territories (KATO)\n"
    "tells the place itself.";
constexpr char const* k_branch_usage =
    "usage: qyzmet branch list [--json]\n"
    "       qyzmet branch save --code CODE --office CODE --name-kk T --name-ru T --name-en T\n"
    "              --address-kk T --address-ru T --address-en T --hours T [--duty] [--closed]\n"
    "A known code is changed, a new one is added.";
constexpr char const* k_stand_in_usage =
    "usage: qyzmet stand-in list [--json]\n"
    "       qyzmet stand-in appoint --office CODE --absent IIN --deputy IIN --from DAY\n"
    "              --until DAY --basis T --position-kk T --position-ru T\n"
    "       qyzmet stand-in withdraw ID";
constexpr int k_rows_max = 1000;

db::Connection connect(platform::Config const& config) {
  return db::Connection{config.database_url, db::Vault::load(config.vault_key_file)};
}

/// "higher_body_kk" -> "--higher-body-kk"
std::string option_of(std::string_view field) {
  auto out = "--" + std::string{field};
  std::ranges::replace(out, '_', '-');
  return out;
}

/// 1; each error on a line, with the option that it is about.
int refused(std::vector<Error> const& errors) {
  auto const texts = templates::load_catalogue();
  for (auto const& error : errors) {
    json::object arguments;
    for (auto const& [name, value] : error.arguments) arguments[name] = value;
    auto const text = texts.text("en", error.text, arguments, nullptr);
    std::fprintf(stderr, "qyzmet: %s: %s\n", option_of(error.field).c_str(), text.c_str());
  }
  return 1;
}

template <class Unit>
Unit typed(Options const& options, Unit unit, std::span<casework::UnitText<Unit> const> texts) {
  for (auto const& each : texts) unit.*each.text = options.get(option_of(each.name));
  unit.active = !options.has("--closed");
  return unit;
}

template <class Unit>
std::optional<Unit> by_code(std::vector<Unit> const& units, std::string_view code) {
  auto const found = std::ranges::find(units, code, &Unit::code);
  return found == units.end() ? std::nullopt : std::optional{*found};
}

void print_rows(json::array const& rows, bool as_json) {
  if (as_json) return void(std::puts(json::serialize(rows).c_str()));
  for (auto const& row : rows) {
    std::string line;
    for (auto const& [name, value] : row.as_object()) {
      if (!line.empty()) line += "  ";
      line += value.is_string() ? std::string{value.as_string()} : json::serialize(value);
    }
    std::puts(line.c_str());
  }
}

json::array offices_json(db::Connection& connection) {
  json::array out;
  for (auto const& office : db::offices(connection))
    out.push_back({{"code", office.code},
                   {"place", office.place},
                   {"state", office.active ? "open" : "closed"},
                   {"name", office.name_kk}});
  return out;
}

json::array branches_json(db::Connection& connection) {
  auto const offices = db::offices(connection);
  json::array out;
  for (auto const& branch : db::branches(connection)) {
    auto const office = std::ranges::find(offices, branch.office, &db::Office::id);
    out.push_back({{"code", branch.code},
                   {"office", office == offices.end() ? "" : office->code},
                   {"kind", branch.is_duty ? "duty" : "usual"},
                   {"state", branch.active ? "open" : "closed"},
                   {"name", branch.name_kk}});
  }
  return out;
}

json::array stand_ins_json(db::Connection& connection) {
  json::array out;
  for (auto const& row : db::recorded_stand_ins(connection, k_rows_max))
    out.push_back({{"id", row.id},
                   {"from", to_iso(row.from)},
                   {"until", to_iso(row.until)},
                   {"deputy", row.deputy_name},
                   {"absent", row.absent_name},
                   {"state", row.withdrawn ? "withdrawn" : "recorded"}});
  return out;
}

/// Who has that IIN; 0 when nobody who could log in.
UserId user_with(db::Connection& connection, std::string const& iin) {
  auto const person = db::find_person_by_iin(connection, iin);
  if (!person) return {};
  auto const user = db::find_user_by_person(connection, person->id);
  return user ? user->id : UserId{};
}

int save_office(Options const& options, db::Connection& connection) {
  auto const offices = db::offices(connection);
  auto const known = by_code(offices, options.get("--code"));
  auto const superior = by_code(offices, options.get("--superior"));
  if (!superior && !options.get("--superior").empty())
    return refused({{.code = ErrorCode::invalid, .text = "error.choose", .field = "superior"}});
  auto office = typed(options, known.value_or(db::Office{}), casework::office_texts());
  auto const package = seeds::package("military_id");
  check(package.has_value(), "seed packages are valid");
  auto const by_code = casework::place_of_code(**package, seeds::calendar(), office.code);
  office.place = by_code ? by_code->place : options.get("--place", "district");
  office.superior = superior ? std::optional{superior->id} : std::nullopt;
  office.superior_email = options.get("--superior-email");
  office.above_only = options.has("--above-only");
  auto const kept = casework::keep_office(connection, office, std::nullopt);
  return kept ? 0 : refused(kept.error());
}

int save_branch(Options const& options, db::Connection& connection) {
  auto const known = by_code(db::branches(connection), options.get("--code"));
  auto branch = typed(options, known.value_or(db::Branch{}), casework::branch_texts());
  auto const office = by_code(db::offices(connection), options.get("--office"));
  branch.office = office ? office->id : OfficeId{};
  branch.is_duty = options.has("--duty");
  auto const kept = casework::keep_branch(connection, branch, std::nullopt);
  return kept ? 0 : refused(kept.error());
}

int appoint(Options const& options, db::Connection& connection) {
  auto const from = parse_date(options.get("--from"));
  auto const until = parse_date(options.get("--until"));
  if (!from || !until) return wrong_use("--from and --until want days like 2026-11-21");
  auto const office = by_code(db::offices(connection), options.get("--office"));
  db::StandIn const wanted{.id = 0,
                           .absent = user_with(connection, options.get("--absent")),
                           .deputy = user_with(connection, options.get("--deputy")),
                           .office = office ? office->id : OfficeId{},
                           .from = *from,
                           .until = *until,
                           .basis = options.get("--basis"),
                           .position_kk = options.get("--position-kk"),
                           .position_ru = options.get("--position-ru"),
                           .appointed_by = {},
                           .absent_name = {},
                           .deputy_name = {}};
  auto const today = legal_date(db::read_clock(connection));
  auto const done = casework::appoint(connection, wanted, today);
  return done ? 0 : refused(done.error());
}

int withdraw(Options const& options, db::Connection& connection) {
  auto const id = std::strtoll(options.words().front().c_str(), nullptr, 10);
  auto const today = legal_date(db::read_clock(connection));
  if (casework::withdraw(connection, id, today, std::nullopt)) return 0;
  std::fputs("qyzmet: there is no such appointment, or it is over\n", stderr);
  return 1;
}

int list(Arguments arguments, char const* usage, json::array (*rows)(db::Connection&)) {
  auto const options = Options::parse(arguments, {"--config"}, {"--json"});
  if (!options || !options->words().empty()) return wrong_use(usage);
  auto const config = configuration(*options);
  if (!config) return 1;
  auto connection = connect(*config);
  print_rows(rows(connection), options->has("--json"));
  return 0;
}

using Act = int (*)(Options const&, db::Connection&);

int act(std::expected<Options, std::string> const& options, std::size_t words, char const* usage,
        Act act) {
  if (!options) return wrong_use(options.error() + "\n" + usage);
  if (options->words().size() != words) return wrong_use(usage);
  auto const config = configuration(*options);
  if (!config) return 1;
  auto connection = connect(*config);
  return act(*options, connection);
}

}  // namespace

int run_office_list(Arguments arguments) {
  return list(arguments, k_office_usage, offices_json);
}
int run_branch_list(Arguments arguments) {
  return list(arguments, k_branch_usage, branches_json);
}
int run_stand_in_list(Arguments arguments) {
  return list(arguments, k_stand_in_usage, stand_ins_json);
}

int run_office_save(Arguments arguments) {
  return act(
      Options::parse(arguments,
                     {"--code", "--place", "--name-kk", "--name-ru", "--name-en", "--address-kk",
                      "--address-ru", "--address-en", "--phone", "--higher-body-kk",
                      "--higher-body-ru", "--superior", "--superior-email", "--config"},
                     {"--above-only", "--closed"}),
      0, k_office_usage, save_office);
}

int run_branch_save(Arguments arguments) {
  return act(Options::parse(arguments,
                            {"--code", "--office", "--name-kk", "--name-ru", "--name-en",
                             "--address-kk", "--address-ru", "--address-en", "--hours", "--config"},
                            {"--duty", "--closed"}),
             0, k_branch_usage, save_branch);
}

int run_stand_in_appoint(Arguments arguments) {
  return act(Options::parse(arguments,
                            {"--office", "--absent", "--deputy", "--from", "--until", "--basis",
                             "--position-kk", "--position-ru", "--config"},
                            {}),
             0, k_stand_in_usage, appoint);
}

int run_stand_in_withdraw(Arguments arguments) {
  return act(Options::parse(arguments, {"--config"}, {}), 1, k_stand_in_usage, withdraw);
}

}  // namespace qyzmet::cli
