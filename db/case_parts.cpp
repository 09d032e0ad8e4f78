#include "db/case_parts.hpp"

namespace qyzmet::db {

namespace {

#define QYZMET_PART_COLUMNS                                                              \
  "select c.number, p.part, p.office_id, p.received_at, p.accepted, p.due, p.breaches, " \
  "p.passed_at, p.passed_on, p.passed_to, p.passed_by, p.late from case_part p "         \
  "join cases c on c.id = p.case_id where "
Sql const k_of_case{"parts_of_case", QYZMET_PART_COLUMNS "p.case_id = $1 order by p.part"};
Sql const k_of_office{"parts_of_office", QYZMET_PART_COLUMNS
                      "p.office_id = $1 order by p.passed_at desc, p.case_id desc, p.part desc "
                      "offset $2 limit $3"};
#undef QYZMET_PART_COLUMNS

template <class... Arguments>
std::vector<CasePart> read(Connection& connection, Sql const& sql, Arguments const&... arguments) {
  std::vector<CasePart> out;
  for (auto& [number, part, office, received, accepted, due, breaches, passed, on, to, by, late] :
       connection.query<std::string, std::int32_t, OfficeId, Instant, Date, Date,
                        std::vector<std::string>, Instant, Date, OfficeId, UserId, bool>(
           sql, arguments...))
    out.push_back({.number = number,
                   .part = part,
                   .office = office,
                   .received = received,
                   .accepted = accepted,
                   .due = due,
                   .breaches = breaches,
                   .passed = passed,
                   .passed_on = on,
                   .passed_to = to,
                   .passed_by = by,
                   .late = late});
  return out;
}

}  // namespace

std::vector<CasePart> parts_of_case(Connection& connection, CaseId id) {
  return read(connection, k_of_case, id);
}

std::vector<CasePart> parts_of_office(Connection& connection, OfficeId office, int offset,
                                      int limit) {
  return read(connection, k_of_office, office, offset, limit);
}

}  // namespace qyzmet::db
