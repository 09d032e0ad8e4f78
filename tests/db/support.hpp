#pragma once
// Real PostgreSQL for the tests of db/: one cluster per process, started by db/cluster.sh in a
// temporary folder, and a fresh migrated database per test.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "db/cases.hpp"
#include "db/connection.hpp"
#include "db/migrate.hpp"
#include "db/people.hpp"
#include "db/vault.hpp"

namespace qyzmet::db::tests {

/// Connection string of a new database made from the migrated template (demo mode).
std::string fresh_database();
/// Connection string of a new, empty database.
std::string empty_database();
/// Connection string of the cluster's own database, for killing backends.
std::string admin_dsn();
std::shared_ptr<Vault const> vault();

/// What every case needs around it.
struct Scene {
  OfficeId office;
  BranchId branch;
  UserId executor, head;
  PersonId person;
  std::string package;
  std::int64_t calendar = 0;
};

class DatabaseTest : public testing::Test {
 public:
  DatabaseTest() : dsn{fresh_database()}, connection{dsn, vault()} {}
  /// A person of their own for each number.
  PersonId person(int number);
  Scene scene();
  StartRow start_row(Scene const& scene, PersonId person, std::string const& key = "");
  /// The next step of a case as it stands now.
  StepRow step_row(CaseId id, std::string const& key = "");
  /// start_case, which must succeed.
  CaseId started(Scene const& scene, PersonId person);
  std::int64_t count(std::string const& table);

  std::string dsn;
  Connection connection;
};

/// An Sql constant with this text that lives as long as the process.
Sql const& kept_sql(std::string const& text);

/// One value out of SQL that a test writes for itself.
template <class T>
T value_of(Connection& connection, std::string const& sql) {
  return std::get<0>(*connection.one<T>(kept_sql(sql)));
}

inline Instant at(std::string_view day, int hour = 5) {
  return start_of(*parse_date(day)) + std::chrono::hours{hour};
}

}  // namespace qyzmet::db::tests
