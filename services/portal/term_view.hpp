#pragma once
// A statutory term as people see it: the ribbon of days, the last day in words, and why just that
// day. Pure: deadlines of the engine in, the JSON of templates/pages/parts out (ribbon, due,
// why_date, mini). Legal days are those of UTC+5.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/calendar.hpp"
#include "engine/package.hpp"
#include "engine/terms.hpp"
#include "templates/renderer.hpp"

namespace qyzmet::portal {

/// Terms with more days than this fold whole weeks of the ribbon into one cell.
inline constexpr std::size_t k_ribbon_days_max = 21;
inline constexpr int k_mini_cells_max = 15;

/// For whom texts are made.
struct Reader {
  std::string language;
  templates::Catalogue const& texts;
  bool staff = false;  // officials see who acted and what is not for the citizen

  std::string text(std::string_view key, boost::json::object const& arguments = {},
                   engine::Package const* package = nullptr) const;
  /// Is there such a text, in the package or in the portal?
  bool has(std::string_view key, engine::Package const* package = nullptr) const;
  std::string long_date(Date day) const;  // "Wednesday, 2 December 2026"
  std::string day_month(Date day) const;  // "2 December"
  std::string time(Instant at) const;     // "10:15", of the legal zone
};

/// A term with everything that its explanation needs.
struct Term {
  engine::Package const& package;
  engine::Calendar const& calendar;
  engine::Deadlines const& deadlines;
  Instant now;
  std::string territory = {};  // code of the office that gives the service
};

/// Working days from the end of `today` to the end of `due`; negative (at least -1) when it has
/// passed.
int days_left(engine::Calendar const& calendar, Date today, Date due);

/// parts/ribbon. `marks`: short texts on days ("delivery").
boost::json::object ribbon_json(Term const& term, std::multimap<Date, std::string> const& marks,
                                Reader const& reader);
/// The milestones that the ribbon names for this reader.
std::multimap<Date, std::string> milestone_marks(Term const& term, Reader const& reader);
/// parts/due without its tag.
boost::json::object due_json(Term const& term, Reader const& reader);
/// parts/why_date of the last day.
boost::json::object why_json(Term const& term, Reader const& reader);
/// parts/why_date of a milestone; {} for an unknown code.
boost::json::object why_milestone_json(Term const& term, std::string_view code,
                                       Reader const& reader);
/// parts/mini, for lists: from the first counted day to the last.
boost::json::object mini_json(engine::Calendar const& calendar, Date accepted, Date due,
                              Date today);

/// {text, source}; null when the package has no such citation in this language.
boost::json::value cite_json(engine::Package const& package, std::string_view id,
                             Reader const& reader);

}  // namespace qyzmet::portal
