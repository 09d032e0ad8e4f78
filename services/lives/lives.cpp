#include "services/lives/lives.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "db/calendars.hpp"
#include "db/cases.hpp"
#include "db/database.hpp"
#include "db/definitions.hpp"
#include "db/migrate.hpp"
#include "db/outbox.hpp"
#include "db/people.hpp"
#include "db/step_writer.hpp"
#include "db/vault.hpp"
#include "db/verify.hpp"
#include "services/casework/act.hpp"
#include "services/casework/fields.hpp"
#include "services/casework/library.hpp"
#include "services/casework/replay.hpp"

namespace qyzmet::lives {

namespace asio = boost::asio;
using simulation::Cast;
using simulation::Followed;

namespace {

constexpr int k_officials = 3;
constexpr int k_claims_max = 100;                      // effects taken from the outbox at once
constexpr std::chrono::hours k_lease{24};              // longer than any simulation
constexpr std::int64_t k_first_iin = 100'000'000'000;  // twelve digits of nobody

}  // namespace

struct Store::State {
  State(std::string const& dsn, std::shared_ptr<db::Vault const> const& vault)
      : database{{.dsn = dsn, .connections = k_at_once, .limits = {}}, vault}, steps{database} {}
  ~State() {
    database.close();
    guard.reset();
  }

  db::PersonId person();
  db::Claimed claim(CaseId id, std::int32_t token);
  db::WriteOutcome write(db::StepRow row);

  db::Database database;
  db::StepWriter steps;
  casework::Library library;
  Cast cast;  // but for the applicant
  std::string dsn;
  std::shared_ptr<db::Vault const> vault;

  std::mutex mutex;  // guards the two below
  std::int64_t people = 0;
  std::map<std::pair<CaseId, std::int32_t>, db::Claimed> claims;

  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
  std::jthread waiting{[this] { io.run(); }};  // resumes who waits for a statement
};

db::PersonId Store::State::person() {
  std::int64_t number = 0;
  {
    std::scoped_lock const lock{mutex};
    number = ++people;
  }
  return database.run_blocking([number](db::Connection& connection) {
    return db::ensure_person(connection, {.id = {},
                                          .iin = std::to_string(k_first_iin + number),
                                          .name = "Person " + std::to_string(number),
                                          .phone = {},
                                          .email = {},
                                          .address = {},
                                          .language = "kk"});
  });
}

/// The lease of an effect: whoever needs one takes what lies in the outbox for all.
db::Claimed Store::State::claim(CaseId id, std::int32_t token) {
  std::scoped_lock const lock{mutex};
  for (bool more = true; more && !claims.contains({id, token});) {
    auto const taken = database.run_blocking([](db::Connection& connection) {
      return db::claim_outbox(connection, "lives", k_claims_max, k_lease);
    });
    for (auto const& each : taken) claims[{each.case_id, each.token}] = each;
    more = !taken.empty();
  }
  auto found = claims.extract({id, token});
  if (found.empty()) throw std::runtime_error{"an effect that was ordered is not in the outbox"};
  return std::move(found.mapped());
}

db::WriteOutcome Store::State::write(db::StepRow row) {
  return asio::co_spawn(io, steps.write(std::make_shared<db::StepRow const>(std::move(row))),
                        asio::use_future)
      .get();
}

namespace {

/// One case after another, each held against what the database has of it.
class Shadow final : public simulation::Follower {
 public:
  explicit Shadow(Store::State& store) : store_{store} {}

  Cast cast() override {
    id_ = {};
    difference_.clear();
    person_ = store_.person();
    auto cast = store_.cast;
    cast.applicant = std::to_string(person_.value);
    return cast;
  }

  engine::Calendar publish(engine::Calendar changed) override {
    auto const csv = changed.to_csv();
    auto const version = store_.database.run_blocking([&](db::Connection& connection) {
      auto const published = db::publish_calendar(connection, {.version = 0,
                                                               .first_year = changed.first_year(),
                                                               .last_year = changed.last_year(),
                                                               .csv = csv,
                                                               .source = "simulation",
                                                               .published = {},
                                                               .effective = {}});
      store_.library.refresh(connection);
      return published;
    });
    return *store_.library.calendar(version);
  }

  void follow(Followed const& event) override {
    if (!difference_.empty()) return;
    try {
      if (event.before.version > 0)
        go_on(event);
      else if (event.made)
        start(event);
    } catch (std::exception const& error) {
      differ(event, error.what());
    }
  }

  std::string difference(engine::Instance const& last) override {
    if (!difference_.empty()) return difference_;
    auto const row = load();
    if (row.state != engine::state_json(last)) return "the stored state is not that of the core";
    auto const past = store_.database.run_blocking([&](db::Connection& connection) {
      return casework::past_of(connection, store_.library, row);
    });
    if (past) return {};
    return "a replay of the stored events differs in the " + past.error().what + " of step " +
           std::to_string(past.error().seq);
  }

 private:
  void differ(Followed const& event, std::string const& what) {
    difference_ = "step " + std::to_string(event.before.version + 1) + ": " + what;
  }

  db::LoadedCase load() {
    auto row = store_.database.run_blocking(
        [id = id_](db::Connection& connection) { return db::load_case(connection, id); });
    if (!row) throw std::runtime_error{"the case is not in the database"};
    return *std::move(row);
  }

  void start(Followed const& event) {
    auto const& package = event.package;
    db::StartRow const row{
        .id = db::new_case_id(event.event.at),
        .service = package.service,
        .number_prefix = package.number,
        .kind = casework::case_kind(package, event.made->next.variables),
        .person = person_,
        .package = package.sha256,
        .calendar_version = event.calendar.version(),
        .language = "kk",
        .fields = casework::case_fields(package, event.calendar, event.made->next),
        .step = db::step_rows(package, event.before, event.event, *event.made),
        .documents = {},
        .idempotency = key(event),
        .draft = {},
        .signature = {}};
    auto const outcome = store_.database.run_blocking(
        [&row](db::Connection& connection) { return db::start_case(connection, row); });
    auto const* started = std::get_if<db::Started>(&outcome);
    if (started == nullptr) return differ(event, "the start is not written");
    id_ = started->id;
  }

  /// The step of the case as the database has it; nothing of `event.before` goes into it.
  void go_on(Followed const& event) {
    auto const row = load();
    auto const package = store_.library.package(row.package);
    auto const known = store_.library.calendar(row.calendar_version);
    auto const now = engine::instance_from_json(row.state, package->term, *known);
    if (!now) return differ(event, "the stored state cannot be read");
    auto const* const change = std::get_if<engine::CalendarChanged>(&event.event.body);
    auto const calendar = change == nullptr ? known : store_.library.calendar(change->version);
    auto const made = engine::step(*package, *calendar, *now, event.event);
    if (made.has_value() != event.made.has_value())
      return differ(event, made ? "refused by the core alone" : "refused of the stored case alone");
    if (!made && made.error().text != event.made.error().text)
      return differ(event, "refused for another reason: " + made.error().text);
    if (!made) return;
    if (engine::state_json(made->next) != engine::state_json(event.made->next))
      return differ(event, "the step of the stored case leads elsewhere");
    db::StepRow step{.id = row.id,
                     .version = row.version,
                     .head_hash = row.head_hash,
                     .calendar_version = {},
                     .fields = casework::case_fields(*package, *calendar, made->next),
                     .step = db::step_rows(*package, *now, event.event, *made),
                     .documents = {},
                     .idempotency = key(event),
                     .completes = {}};
    if (change != nullptr) step.calendar_version = change->version;
    if (auto const* const answer = std::get_if<engine::HandlerResult>(&event.event.body)) {
      auto const lease = store_.claim(row.id, answer->token);
      step.completes = {.token = lease.token, .fence = lease.fence};
    }
    if (!std::holds_alternative<db::Written>(store_.write(std::move(step))))
      differ(event, "the step is not written");
  }

  /// As a browser sends one with every act.
  std::optional<db::Idempotency> key(Followed const& event) const {
    auto const& actor = event.event.actor.user;
    if (actor.empty()) return std::nullopt;
    auto const number =
        std::to_string(person_.value) + "/" + std::to_string(event.before.version + 1);
    return db::Idempotency{.scope = "user:" + actor, .key = number, .fingerprint = number};
  }

  Store::State& store_;
  db::PersonId person_;
  CaseId id_;
  std::string difference_;
};

Cast settle(db::Connection& connection, Store::State& store) {
  auto const office = db::save_office(connection, {.id = {},
                                                   .code = "O1",
                                                   .name_kk = "Office",
                                                   .name_ru = "Office",
                                                   .name_en = "Office",
                                                   .place = "city",
                                                   .address_kk = {},
                                                   .address_ru = {},
                                                   .address_en = {},
                                                   .phone = {},
                                                   .higher_body_kk = {},
                                                   .higher_body_ru = {}});
  auto const branch = db::save_branch(connection, {.id = {},
                                                   .office = office,
                                                   .code = "B1",
                                                   .name_kk = "Branch",
                                                   .name_ru = "Branch",
                                                   .name_en = "Branch",
                                                   .address_kk = {},
                                                   .address_ru = {},
                                                   .address_en = {},
                                                   .hours = {}});
  auto const user = [&] {
    return std::to_string(db::ensure_user(connection, store.person()).value);
  };
  Cast cast{.applicant = {},
            .office = std::to_string(office.value),
            .branch = std::to_string(branch.value),
            .officials = {},
            .head = user()};
  for (int i = 0; i < k_officials; ++i) cast.officials.push_back(user());
  return cast;
}

void deploy(db::Connection& connection, std::vector<simulation::Subject> const& subjects,
            engine::Calendar const& calendar) {
  for (auto const& subject : subjects)
    db::deploy_package(connection, db::package_row(*subject.package), subject.package->files);
  db::publish_calendar(connection, {.version = 0,
                                    .first_year = calendar.first_year(),
                                    .last_year = calendar.last_year(),
                                    .csv = calendar.to_csv(),
                                    .source = "simulation",
                                    .published = {},
                                    .effective = {}});
}

}  // namespace

Store::Store(std::string const& dsn, std::vector<simulation::Subject> const& subjects,
             engine::Calendar const& calendar) {
  auto const vault = db::Vault::from_text(db::Vault::generate());
  db::ensure_database(dsn);
  db::Connection connection{dsn, vault, {.statement_ms_max = 0}};
  if (db::schema_status(connection).applied != 0)
    throw std::runtime_error{"the database has a schema already; lives want an empty one"};
  db::migrate(connection, db::Mode::demo);
  deploy(connection, subjects, calendar);
  state_ = std::make_unique<State>(dsn, vault);
  state_->dsn = dsn;
  state_->vault = vault;
  state_->library.refresh(connection);
  state_->cast = settle(connection, *state_);
}

Store::~Store() = default;

std::unique_ptr<simulation::Follower> Store::follower() {
  return std::make_unique<Shadow>(*state_);
}

std::vector<std::string> Store::faults() {
  db::Connection connection{state_->dsn, state_->vault, {.statement_ms_max = 0}};
  std::vector<std::string> out;
  for (auto const& fault : db::verify_history(connection).faults)
    out.push_back("case " + std::to_string(fault.case_id.value) + ": " + fault.check + ", " +
                  fault.detail);
  return out;
}

Store::Counts Store::counts() {
  static db::Sql const k_counts{
      "lives_counts", "select (select count(*) from cases), (select count(*) from event)"};
  auto const gauges = state_->database.gauges();
  return state_->database.run_blocking([&](db::Connection& connection) {
    auto const [cases, events] = *connection.one<std::int64_t, std::int64_t>(k_counts);
    return Counts{.cases = cases, .events = events, .statements = std::int64_t(gauges.statements)};
  });
}

}  // namespace qyzmet::lives
