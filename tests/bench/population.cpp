#include "tests/bench/population.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

#include "db/clock.hpp"
#include "db/people.hpp"
#include "db/sessions.hpp"
#include "db/vault.hpp"
#include "services/casework/fields.hpp"
#include "services/platform/random.hpp"
#include "services/seeds/seeds.hpp"

namespace qyzmet::bench {

namespace {

constexpr std::string_view k_service = "military_id";
constexpr std::int64_t k_first_iin = 900101000000;  // numbers of nobody
constexpr std::size_t k_hash_bytes = 32;

std::string padded(std::size_t number) {
  auto const text = std::to_string(number);
  return std::string(6 - std::min<std::size_t>(6, text.size()), '0') + text;
}

UserId add_user(db::Connection& connection, std::size_t number, std::string name) {
  auto const person = db::ensure_person(
      connection, {.id = {},
                   .iin = std::to_string(k_first_iin + static_cast<std::int64_t>(number)),
                   .name = std::move(name),
                   .phone = "+77010" + padded(number),
                   .email = "p" + padded(number) + "@example.kz",
                   .address = "Астана қ., Сынақ көшесі, " + std::to_string(number),
                   .language = "kk"});
  return db::ensure_user(connection, person);
}

Clerk add_clerk(db::Connection& connection, std::size_t number, std::string role, OfficeId office) {
  auto const user = add_user(connection, number, "Қызметкер " + role + " " + padded(number));
  db::grant(connection, user, {.role = role, .office = office, .branch = {}}, std::nullopt);
  db::NewSession const session{.token = platform::random_token(),
                               .user = user,
                               .method = "eds",
                               .csrf = platform::random_token(),
                               .client = "127.0.0.1"};
  db::create_session(connection, session);
  db::choose_role(connection, session.token, role, office, std::nullopt);
  return {.actor = {.user = std::to_string(user.value),
                    .role = std::move(role),
                    .unit = std::to_string(office.value)},
          .token = session.token,
          .csrf = session.csrf};
}

Desk add_desk(db::Connection& connection, std::size_t number) {
  db::Office office;
  office.code = "bench-" + std::to_string(number);
  office.name_kk = office.name_ru = office.name_en = "Office " + std::to_string(number);
  office.place = "city";
  Desk desk{
      .office = db::save_office(connection, office), .branch = {}, .registrar = {}, .executor = {}};
  db::Branch branch;
  branch.office = desk.office;
  branch.code = office.code;
  branch.name_kk = branch.name_ru = branch.name_en = "Branch " + std::to_string(number);
  desk.branch = db::save_branch(connection, branch);
  desk.registrar = add_clerk(connection, 2 * number, "registrar", desk.office);
  desk.executor = add_clerk(connection, 2 * number + 1, "executor", desk.office);
  return desk;
}

engine::Context application(Desk const& desk, std::string const& applicant) {
  return {
      {"applicant", applicant},
      {"language", "kk"},
      {"subtype", "dismissed"},
      {"place", "city"},
      {"mode", "peacetime"},
      {"consent", true},
      {"documents", engine::List{}},
      {"office", engine::Context{{"id", std::to_string(desk.office.value)}}},
      {"branch", engine::Context{{"id", std::to_string(desk.branch.value)}, {"is_duty", false}}},
      {"certified", engine::Context{{"by", "eds"},
                                    {"document", platform::random_hex(32)},
                                    {"signature", platform::random_hex(32)}}}};
}

Filed file_case(db::Connection& connection, Population const& all, std::size_t number,
                Instant now) {
  auto const at = number % all.desks.size();
  auto const& desk = all.desks[at];
  auto const user = add_user(connection, 2 * all.desks.size() + number, "Азамат " + padded(number));
  auto const found = db::find_user(connection, user);
  engine::Actor const citizen{.user = std::to_string(user.value), .role = "citizen"};
  engine::Event const event{.at = now,
                            .actor = citizen,
                            .salt = platform::random_hex(16),
                            .body = engine::Start{application(desk, citizen.user)}};
  engine::Instance const nothing;
  auto step = engine::step(*all.package, all.calendar, nothing, event);
  if (!step) throw std::runtime_error{"a case was refused: " + step.error().text};
  db::StartRow row;
  // One each millisecond: the random bits of an id are made for the pace of a country.
  row.id = db::new_case_id(now + std::chrono::milliseconds{number});
  row.service = row.kind = all.package->service;
  row.number_prefix = all.package->number;
  row.person = found->person;
  row.package = all.package->sha256;
  row.calendar_version = all.calendar.version();
  row.language = "kk";
  row.fields = casework::case_fields(*all.package, all.calendar, step->next);
  row.step = db::step_rows(*all.package, nothing, event, *step);
  row.idempotency = {.scope = "user:" + citizen.user,
                     .key = platform::random_hex(16),
                     .fingerprint = platform::random_hex(32)};
  auto const outcome = db::start_case(connection, row);
  auto const* started = std::get_if<db::Started>(&outcome);
  if (started == nullptr) throw std::runtime_error{"a case was not started"};
  return {.id = started->id,
          .number = started->number,
          .desk = at,
          .instance = std::move(step->next),
          .head_hash = db::chain_hash(std::string(k_hash_bytes, '\0'), row.id, 1, row.step.event,
                                      row.step.facts, row.step.salt)};
}

void file_all(platform::Config const& config, Population& all, std::size_t sessions, Instant now) {
  auto const vault = db::Vault::load(config.vault_key_file);
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> failures(sessions);
  {
    std::vector<std::jthread> threads;
    for (auto& failure : failures)
      threads.emplace_back([&] {
        try {
          db::Connection connection{config.database_url, vault};
          for (auto i = next++; i < all.cases.size(); i = next++)
            all.cases[i] = file_case(connection, all, i, now);
        } catch (...) {
          failure = std::current_exception();
        }
      });
  }
  for (auto const& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

Population prepare(platform::Config const& config, std::size_t desks, std::size_t cases,
                   std::size_t sessions) {
  auto package = seeds::package(k_service);
  if (!package) throw std::runtime_error{"the package of the program is broken"};
  Population all{.package = std::move(*package),
                 .calendar = seeds::calendar(),
                 .desks = {},
                 .cases = std::vector<Filed>(cases)};
  db::Connection connection{config.database_url, db::Vault::load(config.vault_key_file)};
  for (std::size_t i = 0; i < desks; ++i) all.desks.push_back(add_desk(connection, i));
  file_all(config, all, sessions, db::read_clock(connection));
  return all;
}

engine::Context registration_form(Desk const& desk) {
  return {{"executor", desk.executor.actor.user}};
}

engine::Context review_form() {
  return {{"checklist.identity", true},   {"checklist.photo", true},
          {"checklist.registered", true}, {"checklist.served", true},
          {"checklist.documents", true},  {"review.outcome", "approve"}};
}

}  // namespace qyzmet::bench
