#pragma once
// What a case was at the offices that passed it on (R-GEN-20, E-17). Written with the step that
// passes it on (cases.hpp); immutable by migration 0024. Cases that were passed on before that
// migration have no parts. Blocking, reads only.
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "db/ids.hpp"

namespace qyzmet::db {

struct CasePart {
  std::string number;  // of the case
  int part = 0;        // 1, 2, ...
  OfficeId office;
  Instant received;
  Date accepted;                      // D0 there
  Date due;                           // T there
  std::vector<std::string> breaches;  // codes of milestones that were missed there
  Instant passed;
  Date passed_on;
  OfficeId passed_to;
  UserId passed_by;
  bool late = false;
};
/// In their order.
std::vector<CasePart> parts_of_case(Connection& connection, CaseId id);
/// What the office has passed on, the latest first.
std::vector<CasePart> parts_of_office(Connection& connection, OfficeId office, int offset,
                                      int limit);

}  // namespace qyzmet::db
