#pragma once
// Statements of applicants that wait to be certified: the bytes that were shown, by their SHA-256.
// Sealed; gone after their time, which runs on the real clock.
#include <chrono>
#include <optional>
#include <string>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Statement {
  std::string sha256;  // hex, of `xml`
  PersonId person;
  CaseId case_id;
  std::string xml;
  bool accepted = false;  // reading: the case has this document
};
void keep_statement(Connection& connection, Statement const& statement,
                    std::chrono::seconds lifetime);
/// Of this person in this case alone; nothing once it has expired.
std::optional<Statement> find_statement(Connection& connection, std::string const& sha256,
                                        PersonId person, CaseId case_id);

}  // namespace qyzmet::db
