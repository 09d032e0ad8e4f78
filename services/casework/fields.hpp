#pragma once
// What lists and searches show of a case, derived from its instance. Pure.
#include <string>
#include <string_view>

#include "db/cases.hpp"
#include "engine/package.hpp"

namespace qyzmet::casework {

db::CaseFields case_fields(engine::Package const& package, engine::Calendar const& calendar,
                           engine::Instance const& instance);
/// Code of the state that people are told.
std::string state_code(engine::Package const& package, engine::Instance const& instance);

/// A role without a desk: a case names one of the officials of its office, who acts so in it alone.
inline constexpr std::string_view k_secretary = "secretary";

/// A milestone whose breach timer is armed and would be a breach as things stand: not reached yet.
/// Or another last day that nothing in the process depends on.
struct OpenMilestone {
  std::string code;
  Date latest;
  std::string role = {};             // who is to reach it, where that is not who acts next
  std::string rule = {}, cite = {};  // of other last days
  bool expected = false;             // of a message that others send: `role` is told of it
  std::string wait = {};             // key of the wait for it
};
/// The earliest first.
std::vector<OpenMilestone> open_milestones(engine::Package const& package,
                                           engine::Calendar const& calendar,
                                           engine::Instance const& instance);
/// The last days of open tasks, the targets of the office, and the days until which messages are
/// expected, the earliest first.
std::vector<OpenMilestone> other_days(engine::Package const& package,
                                      engine::Calendar const& calendar,
                                      engine::Instance const& instance);
/// Rule and paragraph of a milestone or a target; empty for what has none.
struct MilestoneSource {
  std::string rule, cite;
};
MilestoneSource source_of(engine::Package const& package, std::string_view milestone);

}  // namespace qyzmet::casework
