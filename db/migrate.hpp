#pragma once
// The schema: numbered, checksummed, transactional migrations (db/migrations/NNNN_name.sql),
// embedded in the binary, applied under an advisory lock. A new database is marked demo or
// production for ever (decision 19).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

enum class Mode { demo, production };
std::string_view to_text(Mode mode);

struct Migration {
  int number = 0;
  std::string name;
  std::string text;
  std::string sha256;
};
/// Those that the binary carries, by number.
std::vector<Migration> embedded_migrations();

struct SchemaStatus {
  int applied = 0;
  int wanted = 0;
  std::vector<std::string> problems;  // changed checksum, unknown number, gap, wrong mark
  std::optional<Mode> mode;
  bool right() const { return problems.empty() && applied == wanted && mode.has_value(); }
};
/// What serve asks before it starts.
SchemaStatus schema_status(Connection& connection);
SchemaStatus schema_status(Connection& connection, std::vector<Migration> const& wanted);

/// Applies what is missing; twice does nothing. Throws QueryError naming the migration when one
/// fails (it is rolled back), when a checksum differs, or when the mark is another one.
int migrate(Connection& connection, Mode mode);
int migrate(Connection& connection, Mode mode, std::vector<Migration> const& wanted);

/// Creates the database of the dsn when it does not exist yet (through database "postgres").
void ensure_database(std::string const& dsn);

}  // namespace qyzmet::db
