// `qyzmet user add-admin` and `qyzmet demo people`: the same functions of db/ that the pages of the
// administrator use.
#include <cstdio>
#include <map>

#include "db/audit.hpp"
#include "db/blanks.hpp"
#include "db/clock.hpp"
#include "db/database.hpp"
#include "db/migrate.hpp"
#include "db/people.hpp"
#include "db/vault.hpp"
#include "engine/terms.hpp"
#include "services/cli/configuration.hpp"
#include "services/cli/demo.hpp"

namespace qyzmet::cli {

namespace {

using Units = std::map<std::string_view, std::int64_t>;

db::Connection connect(platform::Config const& config) {
  return db::Connection{config.database_url, db::Vault::load(config.vault_key_file)};
}

db::PersonId add_person(db::Connection& connection, DemoHuman const& human) {
  return db::ensure_person(
      connection, {.id = {},
                   .iin = std::string{human.iin},
                   .name = std::string{human.surname} + " " + std::string{human.given} + " " +
                           std::string{human.patronymic},
                   .phone = std::string{human.phone},
                   .email = std::string{human.id} + "@example.kz",
                   .address = "Астана қ., Сынақ көшесі, 1",
                   .language = "kk"});
}

Units add_offices(db::Connection& connection) {
  Units units;
  for (auto const& office : demo_offices())
    units[office.code] =
        db::save_office(connection, {.id = {},
                                     .code = std::string{office.code},
                                     .name_kk = std::string{office.kk},
                                     .name_ru = std::string{office.ru},
                                     .name_en = std::string{office.en},
                                     .place = std::string{office.place},
                                     .address_kk = std::string{office.address_kk},
                                     .address_ru = std::string{office.address_ru},
                                     .address_en = std::string{office.address_en},
                                     .phone = std::string{office.phone},
                                     .higher_body_kk = std::string{office.higher_body_kk},
                                     .higher_body_ru = std::string{office.higher_body_ru},
                                     .superior_email = std::string{office.superior_email}})
            .value;
  for (auto const& branch : demo_branches())
    units[branch.code] = db::save_branch(connection, {.id = {},
                                                      .office = OfficeId{units.at(branch.office)},
                                                      .code = std::string{branch.code},
                                                      .name_kk = std::string{branch.kk},
                                                      .name_ru = std::string{branch.ru},
                                                      .name_en = std::string{branch.en},
                                                      .address_kk = std::string{branch.address_kk},
                                                      .address_ru = std::string{branch.address_ru},
                                                      .address_en = std::string{branch.address_en},
                                                      .hours = std::string{branch.hours},
                                                      .is_duty = branch.is_duty})
                             .value;
  return units;
}

/// What the offices write military IDs on; each has its series.
void add_blanks(db::Connection& connection, Units const& units) {
  auto const today = legal_date(db::read_clock(connection));
  for (auto const& blanks : demo_blanks())
    db::receive_blanks(connection, {.office = OfficeId{units.at(blanks.office)},
                                    .kind = std::string{blanks.kind},
                                    .series = std::string{blanks.series},
                                    .first = "0000001",
                                    .last = "0009999",
                                    .received_on = today,
                                    .paper = "№ 1"});
}

void add_human(db::Connection& connection, DemoHuman const& human, Units const& units) {
  auto const user = db::ensure_user(connection, add_person(connection, human));
  if (human.role.empty()) return;
  db::Grant grant{.role = std::string{human.role}, .office = {}, .branch = {}};
  if (human.role == "branch_operator")
    grant.branch = BranchId{units.at(human.unit)};
  else if (human.role != "admin")
    grant.office = OfficeId{units.at(human.unit)};
  db::grant(connection, user, grant, std::nullopt);
  db::set_user(connection, user, true, std::string{human.position_kk},
               std::string{human.position_ru});
}

int show_people() {
  for (auto const& human : demo_humans())
    std::printf("  %-18.*s %-16.*s %.*s %.*s\n", static_cast<int>(human.id.size()), human.id.data(),
                static_cast<int>(human.role.size()), human.role.data(),
                static_cast<int>(human.surname.size()), human.surname.data(),
                static_cast<int>(human.given.size()), human.given.data());
  return 0;
}

}  // namespace

int run_add_admin(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--iin", "--name", "--phone", "--config"}, {});
  if (!options) return wrong_use(options.error());
  auto const iin = options->get("--iin");
  if (!engine::valid_iin(iin)) return wrong_use("--iin wants a valid IIN of 12 digits");
  if (options->get("--name").empty()) return wrong_use("--name is missing");
  auto const config = configuration(*options);
  if (!config) return 1;
  auto connection = connect(*config);
  auto const person = db::ensure_person(connection, {.id = {},
                                                     .iin = iin,
                                                     .name = options->get("--name"),
                                                     .phone = options->get("--phone"),
                                                     .email = {},
                                                     .address = {},
                                                     .language = "kk"});
  auto const user = db::ensure_user(connection, person);
  db::grant(connection, user, {.role = "admin", .office = {}, .branch = {}}, std::nullopt);
  db::log_act(connection, std::nullopt, "first_admin",
              "{\"user\":" + std::to_string(user.value) + "}");
  std::puts("The administrator can log in with an EDS now.");
  return 0;
}

int run_demo_people(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config"}, {"--show"});
  if (!options) return wrong_use(options.error());
  if (options->has("--show")) return show_people();
  auto const config = configuration(*options);
  if (!config) return 1;
  auto connection = connect(*config);
  if (db::schema_status(connection).mode != db::Mode::demo)
    return wrong_use("this database was made for production: it takes no demo people");
  if (!db::offices(connection).empty()) return 0;
  auto const units = add_offices(connection);
  add_blanks(connection, units);
  for (auto const& human : demo_humans()) add_human(connection, human, units);
  std::printf("%zu people, %zu offices, %zu branches\n", demo_humans().size(),
              demo_offices().size(), demo_branches().size());
  return 0;
}

}  // namespace qyzmet::cli
