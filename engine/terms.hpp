#pragma once
// Statutory terms: which day ends a term, when each milestone is due, and why. Pure functions of
// (receipt instant, term rows of the package, calendar): anybody can recompute them (INV-31).
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/calendar.hpp"
#include "engine/value.hpp"

namespace qyzmet::engine {

/// One row of <term> in service.xml: "latest day of `code` = basis + offset working days".
struct MilestoneRule {
  enum class Basis { start, end, milestone, decision };  // decision: to extend the term
  std::string code;
  Basis basis = Basis::end;
  std::string basis_code;  // for Basis::milestone: an earlier row
  int offset_wd = 0;
  std::string rule;  // id of the legal rule, e.g. "R77-31"
  std::string cite;  // id of a citation of the package
};

/// <extension>: the term becomes `days` working days from its basis, once (e.g. R79-07). Where the
/// law limits extensions in general too, by `months` from the decision (the last of them ends on a
/// working day), `cap` says how both go together.
struct ExtensionRule {
  enum class Cap { days, months, earlier };  // days: beyond the months there is but a warning
  std::string code;
  int days = 0;
  MilestoneRule::Basis basis = MilestoneRule::Basis::start;  // start, end (as it was) or decision
  int months = 0;                                            // 0 = no general limit
  Cap cap = Cap::days;
  std::string rule;
  std::string cite;
  std::string months_cite = {};
  std::vector<MilestoneRule> milestones;  // new ones, and those that take the place of the term's
};

/// The row of places that holds where no other does.
inline constexpr std::string_view k_any_place = "any";

struct TermRule {
  std::string id = "T";
  std::map<std::string, int, std::less<>> days_by_place;  // "city" -> 7, "district" -> 5
  std::map<std::string, std::string, std::less<>> cite_by_place;
  std::chrono::minutes workday_end{18 * 60};  // half-open: 18:00 itself is the next working day
  std::string acceptance_cite;
  std::string counting_cite;
  std::vector<MilestoneRule> milestones;
  std::vector<ExtensionRule> extensions = {};

  ExtensionRule const* extension(std::string_view extension_code) const;
  /// The row of places that holds for `place`: its own, "any", or none ("").
  std::string_view place_row(std::string_view place) const;
  /// The milestone of that code; that of an extension before the one whose place it takes.
  MilestoneRule const* milestone(std::string_view milestone_code) const;
};

/// One day of a count, for "why this date?" and for the ribbon.
struct CountedDay {
  Date date;
  int number = 0;  // 1, 2, ... for counted working days; 0 for a skipped day
  DayKind kind = DayKind::working;
  std::string basis;  // see CalendarDay
  std::string source;
};

/// A list that its copies share, because every step copies the terms of its case. Who changes one
/// gets a list of its own.
template <class T>
class SharedList {
 public:
  SharedList() = default;
  SharedList(std::vector<T> items)
      : items_{std::make_shared<std::vector<T> const>(std::move(items))} {}
  operator std::vector<T> const&() const { return items(); }
  auto begin() const { return items().begin(); }
  auto end() const { return items().end(); }
  std::size_t size() const { return items().size(); }
  bool empty() const { return items().empty(); }
  T const& front() const { return items().front(); }
  T const& operator[](std::size_t i) const { return items()[i]; }
  std::vector<T>& change() {
    auto const own = std::make_shared<std::vector<T>>(items());
    items_ = own;
    return *own;
  }

 private:
  std::vector<T> const& items() const {
    static std::vector<T> const none;
    return items_ ? *items_ : none;
  }
  std::shared_ptr<std::vector<T> const> items_;
};

/// The days of one count, in its order.
using CountedDays = SharedList<CountedDay>;

struct Deadline {
  std::string code;
  Date latest;
  std::string rule;
  std::string cite;
  /// The days between the basis day and `latest`, in the order in which they are counted
  /// (backwards for a negative offset); without an offset, those of the basis day itself.
  CountedDays explanation;
};

/// By which rule and on which day a term was extended.
struct Extended {
  std::string code;
  Date on;
  bool operator==(Extended const&) const = default;
};

struct Deadlines {
  Instant filed;
  Date accepted;  // D0
  Date due;       // T; when extended, the new one
  std::optional<Extended> extended;
  Date original_due;                // T before the extension
  std::optional<Date> general_due;  // last day by the months of the extension's rule
  int days = 0;                     // working days after D0 up to T
  std::string place;
  std::int64_t calendar_version = 0;
  bool provisional = false;  // a day of the count lies in a provisional year
  CountedDays acceptance;    // receipt day .. D0 when D0 is later than the receipt day
  CountedDays explanation;   // D0+1 .. T
  SharedList<Deadline> milestones;

  Deadline const* find(std::string_view code) const;
};

/// The most working days that a case of this term may take from its acceptance.
int longest_term_wd(TermRule const& rule);
/// D0 of R-GEN-09 and R-GEN-10.
Date acceptance_day(Calendar const& calendar, Instant received, std::chrono::minutes workday_end);
/// The first working day before `until` on which the provider's day ends at another time in
/// `after`: who applied then would be accepted on another day than he was told.
std::optional<Date> first_rewritten_day(Calendar const& before, Calendar const& after,
                                        std::chrono::minutes workday_end, Date until);
/// Fails for a place kind ("error.unknown_place", field "place") or an extension
/// ("error.unknown_extension") that the term does not know, and for one that was decided before
/// the acceptance ("error.extension_early", field "extended_on"). When extended, milestones are
/// those of the term counted from the new end, without those that the extension has itself, and
/// then its own.
Result<Deadlines> compute_deadlines(TermRule const& rule, Calendar const& calendar,
                                    Instant received, std::string_view place,
                                    std::optional<Extended> const& extended = {});
/// What stands behind the term's id in FEEL: start, end, days and each milestone code (T.draft);
/// when extended, extended_on, original_end and general_end too.
Context to_context(Deadlines const& deadlines);
/// One value of it; null when it has none of that name.
Value term_value(Deadlines const& deadlines, std::string_view name);
/// IIN check: 12 digits, check digit and plausible birth date (law.md 5.3).
bool valid_iin(std::string_view iin);

/// What a valid IIN says of its holder.
struct IinFacts {
  Date born;
  bool male = false;
};
/// Nothing for an invalid number, and for those of foreigners that tell neither sex nor century.
std::optional<IinFacts> iin_facts(std::string_view iin);
/// The day on which somebody is `age` years old; who is born on 29 February on 1 March in common
/// years (law.md 4.1).
Date birthday(Date born, int age);
int full_years(Date born, Date day);

}  // namespace qyzmet::engine
