#include "services/cli/places.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <ranges>
#include <set>

#include "db/vault.hpp"
#include "engine/base/check.hpp"
#include "engine/base/embedded.hpp"
#include "services/casework/places.hpp"
#include "services/casework/registers.hpp"
#include "services/cli/configuration.hpp"
#include "services/cli/progress.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::cli {

namespace embedded {
std::span<EmbeddedFile const> files();
}

namespace {

// The unified contact centre, until an office has its own number in the register.
constexpr std::string_view k_contact_centre = "+7 800 080 77 77";
constexpr std::string_view k_branch_hours = "09:00–18:00";
constexpr std::size_t k_region_digits = 2;                   // of a code of the classifier
constexpr std::string_view k_place_of_departments = "city";  // nobody applies there
constexpr std::string_view k_duty_hours = "09:00–20:00; 09:00–13:00 (6)";

using Row = std::vector<std::string_view>;
using Ids = std::map<std::string, OfficeId, std::less<>>;

std::vector<Row> rows_of(std::string_view file, std::size_t columns) {
  auto const files = embedded::files();
  auto const found = std::ranges::find(files, file, &EmbeddedFile::name);
  check(found != files.end(), "the places are in the program");
  auto rows = read_rows(found->bytes);
  for (auto const& row : rows) check(row.size() == columns, "a row of places has all its columns");
  return rows;
}

db::Office office_of(Row const& row, std::string place) {
  auto const at = [&](std::size_t i) { return std::string{row[i]}; };
  return {.id = {},
          .code = at(0),
          .name_kk = at(1),
          .name_ru = at(2),
          .name_en = at(3),
          .place = std::move(place),
          .address_kk = at(4),
          .address_ru = at(5),
          .address_en = at(6),
          .phone = std::string{k_contact_centre},
          .higher_body_kk = at(7),
          .higher_body_ru = at(8)};
}

db::Branch branch_of(Row const& row, OfficeId office) {
  auto const at = [&](std::size_t i) { return std::string{row[i]}; };
  bool const is_duty = row[8] == "yes";
  return {.id = {},
          .office = office,
          .code = at(0),
          .name_kk = at(2),
          .name_ru = at(3),
          .name_en = at(4),
          .address_kk = at(5),
          .address_ru = at(6),
          .address_en = at(7),
          .hours = std::string{is_duty ? k_duty_hours : k_branch_hours},
          .is_duty = is_duty};
}

/// The department above the office, by the region of its code; known offices are given it.
std::optional<OfficeId> department_of(Ids const& ids, std::string_view code) {
  auto const found = ids.find(code.substr(0, k_region_digits));
  return found == ids.end() ? std::nullopt : std::optional{found->second};
}

int add_departments(db::Connection& connection, std::vector<Row> const& rows, Ids& ids,
                    std::function<bool()> const& goes_on) {
  int count = 0;
  for (auto const& row : rows) {
    if (!goes_on()) break;
    if (ids.contains(row[0])) continue;
    auto office = office_of(row, std::string{k_place_of_departments});
    office.above_only = true;
    auto const kept = casework::keep_office(connection, office, std::nullopt);
    check(kept.has_value(), "the departments of the program fit the register");
    ids.emplace(row[0], *kept);
    ++count;
  }
  return count;
}

/// Offices that were there before the register knew who stands above them.
void name_departments(db::Connection& connection, std::vector<db::Office> const& known,
                      std::vector<Row> const& rows, Ids const& ids) {
  for (auto office : known) {
    bool const ours =
        std::ranges::any_of(rows, [&](Row const& row) { return row[0] == office.code; });
    if (!ours || office.superior) continue;
    office.superior = department_of(ids, office.code);
    auto const kept = casework::keep_office(connection, office, std::nullopt);
    check(kept.has_value(), "an office of the register stays one");
  }
}

int add_offices(db::Connection& connection, std::vector<Row> const& rows, Ids& ids,
                std::function<bool()> const& goes_on) {
  auto const package = seeds::package("military_id");
  check(package.has_value(), "seed packages are valid");
  auto const calendar = seeds::calendar();
  int count = 0;
  for (auto const& row : rows) {
    if (!goes_on()) break;
    if (ids.contains(row[0])) continue;
    auto const kind = casework::place_of_code(**package, calendar, row[0]);
    check(kind.has_value(), "every place of the program is in the classifier");
    auto office = office_of(row, kind->place);
    office.superior = department_of(ids, row[0]);
    auto const kept = casework::keep_office(connection, office, std::nullopt);
    check(kept.has_value(), "the offices of the program fit the register");
    ids.emplace(row[0], *kept);
    ++count;
  }
  return count;
}

}  // namespace

std::vector<std::vector<std::string_view>> read_rows(std::string_view csv) {
  std::vector<Row> out;
  for (auto const line : std::views::split(csv, '\n')) {
    std::string_view const text{line.begin(), line.end()};
    if (text.empty()) continue;
    Row row;
    for (auto const cell : std::views::split(text, ';')) row.emplace_back(cell.begin(), cell.end());
    out.push_back(std::move(row));
  }
  if (!out.empty()) out.erase(out.begin());
  return out;
}

Loaded load_places(db::Connection& connection,
                   std::function<bool(std::size_t rows)> const& on_progress) {
  auto const departments = rows_of("cli/places/departments.csv", 9);
  auto const offices = rows_of("cli/places/offices.csv", 9);
  auto const branches = rows_of("cli/places/branches.csv", 9);
  bool stopped = false;
  auto const goes_on = [&] {
    stopped = stopped ||
              (on_progress && !on_progress(departments.size() + offices.size() + branches.size()));
    return !stopped;
  };
  Ids ids;
  auto const before = db::offices(connection);
  for (auto const& office : before) ids.emplace(office.code, office.id);
  Loaded out{.offices = add_departments(connection, departments, ids, goes_on)};
  name_departments(connection, before, offices, ids);
  out.offices += add_offices(connection, offices, ids, goes_on);
  std::set<std::string, std::less<>> known;
  std::set<std::int64_t> served;  // an office that has branches keeps its own
  for (auto const& branch : db::branches(connection)) {
    known.insert(branch.code);
    served.insert(branch.office.value);
  }
  for (auto const& row : branches) {
    if (!goes_on()) break;
    auto const office = ids.at(std::string{row[1]});
    if (known.contains(row[0]) || served.contains(office.value)) continue;
    auto const kept = casework::keep_branch(connection, branch_of(row, office), std::nullopt);
    check(kept.has_value(), "the branches of the program fit the register");
    ++out.branches;
  }
  return out;
}

int run_office_load(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config"}, {});
  if (!options || !options->words().empty())
    return wrong_use("usage: qyzmet office load\nAdds the offices and branches that lack.");
  auto const config = configuration(*options);
  if (!config) return 1;
  db::Connection connection{config->database_url, db::Vault::load(config->vault_key_file)};
  Progress progress{"adding"};
  auto const loaded =
      load_places(connection, [&progress](std::size_t rows) { return progress.add(1, rows); });
  std::printf("%d offices, %d branches\n", loaded.offices, loaded.branches);
  return progress.stopped() ? k_interrupted : 0;
}

}  // namespace qyzmet::cli
