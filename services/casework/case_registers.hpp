#pragma once
// Everything around a case that its readers are shown, read in one go.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/case_parts.hpp"
#include "db/cases.hpp"
#include "db/documents.hpp"
#include "db/people.hpp"
#include "engine/package.hpp"
#include "engine/value.hpp"

namespace qyzmet::casework {

/// What the case was at an office that passed it on.
struct EarlierPart {
  db::CasePart row;
  db::Office office;
};

struct CaseRegisters {
  std::vector<db::HistoryEntry> history;
  std::vector<db::CaseDocumentRow> documents;
  std::vector<db::Signature> signatures;
  std::optional<db::Office> office;
  std::optional<db::Branch> branch;
  std::map<std::string, std::string> names;  // user id -> name, of everybody who acted or may
  std::vector<EarlierPart> parts = {};       // in their order
};
/// Logs nothing: access.hpp has opened the case before. Blocking.
CaseRegisters read_registers(db::Connection& connection, db::LoadedCase const& row);

/// The person of engine::Actor::user; nullopt for the system. Pure.
std::optional<UserId> user_of(std::string_view actor);

/// The paragraph by which a package passes cases on; "" when it never does. Pure.
std::string passing_cite(engine::Package const& package);

/// The facts of one step in their order: {kind, node, at, data}. Pure.
std::vector<engine::Context> facts_of(db::HistoryEntry const& entry);

}  // namespace qyzmet::casework
