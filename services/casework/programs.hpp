#pragma once
// Tokens of programs of other organisations (contact centre, integrators), as administrators give
// them out and take them back, on the page and on the command line. Written and put into the log of
// acts in one transaction. The token is told once; the database keeps its hash. Blocking.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "db/clients.hpp"
#include "services/casework/registers.hpp"

namespace qyzmet::casework {

/// How such a token begins: what kind one is can be seen, by us and by those who look for lost
/// ones.
inline constexpr std::string_view k_program_prefix = "qzm_";
inline constexpr std::array<std::string_view, 2> k_scopes{"status", "residence"};
inline constexpr int k_token_days_max = 366;
inline constexpr int k_token_days_default = 90;
inline constexpr std::size_t k_program_name_size_max = 200;

/// "now", "over", "revoked", by the real clock.
std::string_view token_state(db::Client const& client);

struct NewToken {
  std::string name;  // of the program
  std::vector<std::string> scopes;
  int days = k_token_days_default;
};
struct IssuedToken {
  db::ClientId id;
  std::string token;
};
/// Errors of the fields "name", "scopes", "days".
Kept<IssuedToken> issue_token(db::Connection& connection, NewToken const& wanted, UserId by);
/// At once; false when there is no such token, or it was revoked before.
bool revoke_token(db::Connection& connection, db::ClientId id, UserId by);

}  // namespace qyzmet::casework
