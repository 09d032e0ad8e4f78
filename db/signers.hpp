#pragma once
// Whom a paper of ours names as the official who signs it (R-GEN-16), and papers that were drawn
// anew for the one who is about to sign and wait for that signature.
#include <optional>
#include <string>
#include <vector>

#include "db/cases.hpp"

namespace qyzmet::db {

struct NamedSigner {
  std::optional<UserId> official;  // absent: there was nobody to be named
};
/// What is kept first stays.
void keep_named_signer(Connection& connection, std::string const& document,
                       NamedSigner const& named);
/// nullopt: the paper names no signer.
std::optional<NamedSigner> named_signer(Connection& connection, std::string const& document);

struct Redrawn {
  CaseId case_id;
  std::string original;  // SHA-256 of the paper in whose place it comes
  UserId official;
  std::string code, sha256;
};
/// In the place of an earlier one of that official.
void keep_redrawn(Connection& connection, Redrawn const& paper);
std::optional<Redrawn> find_redrawn(Connection& connection, std::string const& original,
                                    UserId official);
/// As documents of the case that nobody but officials sees; without those that are signed.
std::vector<CaseDocumentRow> redrawn_of_case(Connection& connection, CaseId id);

}  // namespace qyzmet::db
