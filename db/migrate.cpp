#include "db/migrate.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <span>

#include "db/vault.hpp"
#include "engine/base/check.hpp"
#include "engine/base/embedded.hpp"
#include "engine/base/failpoint.hpp"

namespace qyzmet::db {

namespace migrations {
std::span<EmbeddedFile const> files();
}

namespace {

// Any number, the same in every version of the product.
Sql const k_lock{"migrate_lock", "select pg_advisory_lock(7720260001)::text"};
Sql const k_unlock{"migrate_unlock", "select pg_advisory_unlock(7720260001)::text"};
Sql const k_has_table{"migrate_has_table",
                      "select to_regclass('public.schema_migration') is not null, "
                      "to_regclass('public.installation') is not null"};
Sql const k_applied{"migrate_applied",
                    "select number, name, sha256 from schema_migration order by number"};
Sql const k_record{"migrate_record",
                   "insert into schema_migration (number, name, sha256) values ($1, $2, $3)"};
Sql const k_mode{"migrate_mode", "select mode from installation"};
Sql const k_mark{"migrate_mark", "insert into installation (mode) values ($1)"};

constexpr char const* k_create_table =
    "create table if not exists schema_migration (number int primary key, name text not null, "
    "sha256 text not null, applied_at timestamptz not null default clock_timestamp())";

struct Lock {
  explicit Lock(Connection& connection_) : connection{connection_} {
    connection.query<std::string>(k_lock);
  }
  ~Lock() {
    try {
      connection.query<std::string>(k_unlock);
    } catch (DatabaseError const&) {
      // The lock ends with the session.
      return;
    }
  }
  Lock(Lock const&) = delete;
  Lock& operator=(Lock const&) = delete;
  Connection& connection;
};

[[noreturn]] void refuse(std::string const& why) {
  throw QueryError{why, ""};
}

void apply(Connection& connection, Migration const& migration) {
  try {
    connection.transaction([&] {
      connection.script(migration.text);
      connection.execute(k_record, migration.number, migration.name, migration.sha256);
      failpoint("migrate.recorded");
    });
  } catch (DatabaseError const& error) {
    refuse("migration " + migration.name + " failed and was rolled back: " + error.what());
  }
}

std::optional<Mode> mark(Connection& connection) {
  auto const row = connection.one<std::string>(k_mode);
  if (!row) return std::nullopt;
  return std::get<0>(*row) == "demo" ? Mode::demo : Mode::production;
}

std::string escaped_name(std::string_view name) {
  std::string out = "\"";
  for (char const c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string_view to_text(Mode mode) {
  return mode == Mode::demo ? "demo" : "production";
}

std::vector<Migration> embedded_migrations() {
  std::vector<Migration> all;
  for (auto const& file : migrations::files()) {
    auto const slash = file.name.rfind('/');
    auto const name = file.name.substr(slash == file.name.npos ? 0 : slash + 1);
    int number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    check(number > 0, "a migration has no number");
    all.push_back({.number = number,
                   .name = std::string{name},
                   .text = std::string{file.bytes},
                   .sha256 = to_hex(sha256(file.bytes))});
  }
  std::ranges::sort(all, {}, &Migration::number);
  for (std::size_t i = 0; i < all.size(); ++i)
    check(all[i].number == int(i) + 1, "the migrations are not numbered 1, 2, 3 ...");
  return all;
}

SchemaStatus schema_status(Connection& connection) {
  return schema_status(connection, embedded_migrations());
}

SchemaStatus schema_status(Connection& connection, std::vector<Migration> const& wanted) {
  SchemaStatus status;
  status.wanted = int(wanted.size());
  auto const [has_table, has_mark] = *connection.one<bool, bool>(k_has_table);
  if (!has_table) return status;
  for (auto const& [number, name, sum] :
       connection.query<int, std::string, std::string>(k_applied)) {
    ++status.applied;
    if (number > int(wanted.size()))
      status.problems.push_back("migration " + name + " is newer than this program");
    else if (wanted[std::size_t(number) - 1].sha256 != sum)
      status.problems.push_back("migration " + name + " was changed after it had been applied");
    else if (number != status.applied)
      status.problems.push_back("a migration before " + name + " is missing");
  }
  if (has_mark) status.mode = mark(connection);
  return status;
}

int migrate(Connection& connection, Mode mode) {
  return migrate(connection, mode, embedded_migrations());
}

int migrate(Connection& connection, Mode mode, std::vector<Migration> const& wanted) {
  Lock const lock{connection};
  connection.script(k_create_table);
  auto const status = schema_status(connection, wanted);
  if (!status.problems.empty()) refuse(status.problems.front());
  if (status.mode && *status.mode != mode)
    refuse("this database is marked " + std::string{to_text(*status.mode)} +
           " for ever; use another database for " + std::string{to_text(mode)});
  for (auto at = std::size_t(status.applied); at < wanted.size(); ++at)
    apply(connection, wanted[at]);
  if (!mark(connection)) connection.execute(k_mark, to_text(mode));
  return int(wanted.size()) - status.applied;
}

void ensure_database(std::string const& dsn) {
  char* message = nullptr;
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const options{
      PQconninfoParse(dsn.c_str(), &message), &PQconninfoFree};
  PQfreemem(message);
  if (!options) refuse("the connection string of the database is malformed");
  std::vector<char const*> keywords, values;
  std::string wanted;
  for (auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    bool const name = std::string_view{option->keyword} == "dbname";
    if (name) wanted = option->val;
    keywords.push_back(option->keyword);
    values.push_back(name ? "postgres" : option->val);
  }
  if (wanted.empty() || wanted == "postgres") return;
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<PGconn, decltype(&PQfinish)> const link{
      PQconnectdbParams(keywords.data(), values.data(), 0), &PQfinish};
  // A managed server may not let us in there: then the database exists, or the next step says so.
  if (PQstatus(link.get()) != CONNECTION_OK) return;
  auto const sql = "create database " + escaped_name(wanted);
  std::unique_ptr<PGresult, decltype(&PQclear)> const result{PQexec(link.get(), sql.c_str()),
                                                             &PQclear};
  char const* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  std::string_view const code = state ? state : "";
  // 42P04: it exists; 23505: somebody makes it at this moment.
  if (!code.empty() && code != "42P04" && code != "23505")
    refuse("cannot create the database: SQLSTATE " + std::string{code});
}

}  // namespace qyzmet::db
