#pragma once
// Terms and milestones with their paragraphs and the days that were counted. Pure.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "engine/terms.hpp"
#include "services/api/call.hpp"

namespace qyzmet::api {

/// [{date, number, kind, basis}]: number 0 for a day that was skipped.
boost::json::array days_json(engine::CountedDays const& days);
/// {place, working_days, due, original_due, provisional, calendar_version, counted, paragraph ...}
boost::json::object term_json(Call const& call, engine::Package const& package,
                              engine::Deadlines const& deadlines);
/// {code, text, latest, rule, paragraph, counted}
boost::json::object milestone_json(Call const& call, engine::Package const& package,
                                   engine::Deadline const& milestone);

}  // namespace qyzmet::api
