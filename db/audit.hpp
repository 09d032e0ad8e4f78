#pragma once
// Who looked at whose personal data: appended before the data is shown, chained by hashes per
// person, never changed. Fail closed: no row, no reading.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct ReadEntry {
  PersonId person;  // whose data
  UserId reader;    // 0 for a program
  std::string role;
  std::optional<CaseId> case_id;
  std::string purpose;  // "case_page", "work_list", "document", ...
  std::string fields;   // what was shown: "name,iin,contacts"
  // Filled when reading:
  std::int64_t seq = 0;
  Instant at;
  std::string reader_name;
  std::string number;
  std::optional<ClientId> client = {};  // the program that reads (db/clients.hpp)
};
void log_read(Connection& connection, ReadEntry const& entry);
/// For lists: one entry per person, one statement.
void log_reads(Connection& connection, std::vector<ReadEntry> const& entries);
/// "Who looked at my data", newest first.
std::vector<ReadEntry> reads_of(Connection& connection, PersonId person, int offset, int limit);

/// Acts of administrators and security events, append-only and chained.
void log_act(Connection& connection, std::optional<UserId> actor, std::string const& act,
             std::string const& details_json);

}  // namespace qyzmet::db
