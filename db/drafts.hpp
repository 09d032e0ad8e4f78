#pragma once
// Application drafts: answers of a person who has not sent them yet. Sealed; optimistic version.
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct DraftFile {
  std::string code;    // document code of the package
  std::string sha256;  // stored by store_document()
  std::string name;
  std::string media_type;
  std::int64_t size = 0;
};
struct Draft {
  std::string id;  // random, 32 hex digits
  PersonId person;
  std::string service;
  std::string answers;  // JSON
  std::string nonce;    // 32 hex digits
  std::vector<DraftFile> files;
  std::int64_t version = 0;
  Instant changed;
};
void create_draft(Connection& connection, Draft const& draft);
std::optional<Draft> load_draft(Connection& connection, std::string const& id, PersonId person);
std::vector<Draft> drafts_of(Connection& connection, PersonId person);
/// Writes answers and nonce where version = draft.version; false when somebody was first.
bool save_draft(Connection& connection, Draft const& draft);
/// At most 10 files a draft (decision 23): false when it is full. Changes the version.
bool add_draft_file(Connection& connection, std::string const& id, PersonId person,
                    DraftFile const& file);
bool remove_draft_file(Connection& connection, std::string const& id, PersonId person,
                       std::string const& code, std::string const& sha256);
bool delete_draft(Connection& connection, std::string const& id, PersonId person);

}  // namespace qyzmet::db
