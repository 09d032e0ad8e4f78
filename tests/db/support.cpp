#include "tests/db/support.hpp"

#include <map>

#include "db/calendars.hpp"
#include "db/definitions.hpp"
#include "tests/support/cluster.hpp"

namespace qyzmet::db::tests {

namespace {

std::string next_name() {
  static int count = 0;
  return "t" + std::to_string(++count);
}

}  // namespace

std::string fresh_database() {
  static std::string const pattern = [] {
    std::string name{"template_of_tests"};
    Connection fresh{qyzmet::tests::Cluster::instance().create(name), nullptr};
    migrate(fresh, Mode::demo);
    return name;
  }();
  return qyzmet::tests::Cluster::instance().create(next_name(), pattern);
}
std::string empty_database() {
  return qyzmet::tests::Cluster::instance().create(next_name());
}
std::string admin_dsn() {
  return qyzmet::tests::Cluster::instance().admin_dsn();
}

std::shared_ptr<Vault const> vault() {
  static auto const one = Vault::from_text(Vault::generate());
  return one;
}

Sql const& kept_sql(std::string const& text) {
  static std::map<std::string, std::unique_ptr<Sql>> all;
  auto const at = all.try_emplace(text).first;
  if (!at->second) at->second = std::make_unique<Sql>("test", at->first);
  return *at->second;
}

PersonId DatabaseTest::person(int number) {
  auto const digits = std::to_string(100000 + number);
  return ensure_person(connection, {.id = {},
                                    .iin = "900101" + digits,
                                    .name = "Person " + digits,
                                    .phone = "+7701" + digits,
                                    .email = "",
                                    .address = "Astana",
                                    .language = "kk"});
}

Scene DatabaseTest::scene() {
  Scene scene;
  Office office;
  office.code = "O1";
  office.name_kk = office.name_ru = office.name_en = "Office";
  office.place = "city";
  scene.office = save_office(connection, office);
  Branch branch;
  branch.office = scene.office;
  branch.code = "B1";
  branch.name_kk = branch.name_ru = branch.name_en = "Branch";
  scene.branch = save_branch(connection, branch);
  scene.executor = ensure_user(connection, person(90001));
  scene.head = ensure_user(connection, person(90002));
  scene.person = person(1);
  scene.package = std::string(64, 'a');
  deploy_package(connection,
                 {.sha256 = scene.package,
                  .service = "military_id",
                  .number = "77",
                  .version = "1427",
                  .from = *parse_date("2025-10-27"),
                  .until = {},
                  .deployed = {}},
                 {{"service.xml", "<service/>"}});
  scene.calendar = publish_calendar(connection, {.version = 0,
                                                 .first_year = 2026,
                                                 .last_year = 2026,
                                                 .csv = "date,kind,basis\n",
                                                 .source = "test",
                                                 .published = {},
                                                 .effective = {}});
  return scene;
}

namespace {

CaseFields fields_of(Scene const& scene) {
  CaseFields fields;
  fields.office = scene.office;
  fields.branch = scene.branch;
  fields.subtype = "lost_damaged";
  fields.place = "city";
  fields.state = "registration";
  fields.stage = "registrar";
  fields.filed = at("2026-11-23");
  fields.accepted = *parse_date("2026-11-23");
  fields.due = *parse_date("2026-12-02");
  fields.milestone = "registration";
  fields.milestone_due = *parse_date("2026-11-23");
  return fields;
}

/// As engine::state_json writes it, with the rows of start_row().
std::string state_of(std::int64_t version) {
  return R"({"incidents":[],"pending":[[4,0]],"tasks":)"
         R"([[2,0,{"$at":"2026-11-23T00:00:00.000000Z"}]],)"
         R"("timers":[[3,2,0,0,{"$at":")" +
         to_iso(at("2026-12-02")) + R"("}]],"version":)" + std::to_string(version) + "}";
}

engine::Timer timer(std::int32_t id, Instant due) {
  engine::Timer one;
  one.id = id;
  one.due = due;
  return one;
}

}  // namespace

StartRow DatabaseTest::start_row(Scene const& scene, PersonId applicant, std::string const& key) {
  StartRow row;
  row.id = new_case_id(at("2026-11-23"));
  row.service = row.kind = "military_id";
  row.number_prefix = "77";
  row.person = applicant;
  row.package = scene.package;
  row.calendar_version = scene.calendar;
  row.language = "kk";
  row.fields = fields_of(scene);
  row.step.event = R"({"at":"2026-11-23T00:00:00.000000Z","kind":"start"})";
  row.step.facts = "[]";
  row.step.salt = random_hex(16);
  row.step.state = state_of(1);
  row.step.at = at("2026-11-23");
  row.step.kind = "start";
  row.step.actor = "17";
  row.step.role = "citizen";
  row.step.timers_added = {timer(3, at("2026-12-02"))};
  row.step.timer_nodes = {"term"};
  engine::Effect effect;
  effect.token = 4;
  effect.handler = "notify";
  effect.kind = "accepted";
  effect.data = {{"name", engine::Value{"Person"}}};
  row.step.effects = {effect};
  if (!key.empty()) row.idempotency = {.scope = "user:17", .key = key, .fingerprint = "f"};
  return row;
}

StepRow DatabaseTest::step_row(CaseId id, std::string const& key) {
  auto const open = load_case(connection, id);
  StepRow row;
  row.id = id;
  row.version = open->version;
  row.head_hash = open->head_hash;
  row.fields = open->fields;
  row.step.event = "{\"n\":" + std::to_string(open->version + 1) + "}";
  row.step.facts = "[]";
  row.step.salt = random_hex(16);
  row.step.state = state_of(open->version + 1);
  row.step.at = at("2026-11-24");
  row.step.kind = "complete";
  row.step.actor = "18";
  row.step.role = "registrar";
  if (!key.empty()) row.idempotency = {.scope = "user:18", .key = key, .fingerprint = "f"};
  return row;
}

CaseId DatabaseTest::started(Scene const& scene, PersonId applicant) {
  auto const outcome = start_case(connection, start_row(scene, applicant));
  EXPECT_TRUE(std::holds_alternative<Started>(outcome));
  return std::get<Started>(outcome).id;
}

std::int64_t DatabaseTest::count(std::string const& table) {
  return value_of<std::int64_t>(connection, "select count(*) from " + table);
}

}  // namespace qyzmet::db::tests
