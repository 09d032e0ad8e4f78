#pragma once
// Lists of cases as people see them: within the scope of a role, the least time left first (by due
// day, then by the next milestone). At most k_page_max rows a page.
#include <optional>
#include <string>
#include <vector>

#include "db/cases.hpp"

namespace qyzmet::db {

inline constexpr int k_page_max = 100;

/// Where a page ended: the next one begins behind this row, whatever has come and gone since.
struct ListCursor {
  Instant filed;
  Date due;
  std::optional<Date> milestone_due;
  CaseId id;
};

struct ListFilter {
  // Scope: what the role may see. At least one must be set, else the list is empty.
  std::optional<OfficeId> office;
  std::optional<BranchId> branch;
  std::optional<PersonId> person;
  bool everything = false;  // administrators
  // Narrowing.
  std::optional<UserId> executor;
  std::string stage;  // "registrar", "executor", "head", "branch_operator"
  // Beside those of this executor and stage the cases that wait for this person as secretary.
  std::optional<UserId> secretary = {};
  std::string state;  // public state
  std::string service;
  std::string text;  // number, or part of the applicant's name
  std::string iin;   // exact, by keyed hash
  bool unassigned = false;
  bool open_only = true;
  std::optional<Date> due_until;
  bool newest_first = false;  // for the cabinet: by filing, newest first
  std::optional<ListCursor> after = {};
  int offset = 0;
  int limit = 50;
};

struct ListRow {
  CaseId id;
  std::string number;
  std::string service, subtype, state, stage;
  PersonId person;
  std::string person_name;
  OfficeId office;
  std::optional<BranchId> branch;
  std::optional<UserId> executor;
  std::string executor_name;
  std::string place;
  Instant filed;
  Date accepted, due;
  std::string milestone;
  std::optional<Date> milestone_due;
  bool ended = false;
  std::string outcome;
  std::vector<std::string> breaches;
  std::string package;
  std::int64_t calendar_version = 0;
};

struct ListPage {
  std::vector<ListRow> rows;
  std::int64_t total = 0;  // behind the cursor, when there is one
};
ListPage list_cases(Connection& connection, ListFilter const& filter);

struct StageCount {
  std::string stage, state;
  std::int64_t open = 0;
  std::int64_t due_today_or_before = 0;
};
/// Numbers beside the tabs of a work list; only the scope of the filter is used.
std::vector<StageCount> count_cases(Connection& connection, ListFilter const& filter, Date today);

}  // namespace qyzmet::db
