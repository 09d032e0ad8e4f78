#pragma once
// What the decision tables of a package (decisions.dmn) say of a person: sex and age come out of
// the IIN, which itself goes no further, the rest from the application and the military record.
// Pure.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/age_reviews.hpp"
#include "engine/package.hpp"

namespace qyzmet::casework {

/// What is known of a person besides the IIN. As it begins, nothing is: no other register answers
/// us, so whoever the record says nothing of counts as a citizen at large in no service.
struct Known {
  bool registered = false;       // has an active registration
  bool speciality = false;       // a military-registration speciality
  bool citizen = true;           // false: mark "citizenship_lost"
  bool imprisoned = false;       // serves a sentence of deprivation of liberty
  bool abroad = false;           // lives abroad for good
  bool serving = false;          // in a law-enforcement, special or civil-protection body
  bool removed = false;          // for good: died, past the age limit, or the record says no more
  std::string composition = {};  // "": the age limit is the one of every composition
};
/// `on_day`: the record as it holds on the day that is asked for.
Known known_of(bool registered, std::vector<db::RecordFact> const& on_day);
/// The fact that an application of that kind ends by itself, as {name, value after it}: who applies
/// as released is in prison no more (table "returns"). Only of what `on_day` says; nullopt: none.
std::optional<std::pair<std::string, std::string>> ended_by(
    engine::Package const& package, engine::Calendar const& calendar,
    std::vector<db::RecordFact> const& on_day, std::string_view subtype, bool released);
/// `on_day` as it is with such a fact.
std::vector<db::RecordFact> after(std::vector<db::RecordFact> on_day,
                                  std::pair<std::string, std::string> const& fact);

/// Variables of the package below `person`, as far as it declares them (engine/package.hpp):
/// sex; subject, the result of table "subject"; conscript_until, the first birthday for which table
/// "kind" does not say "conscript". Empty for an IIN that tells neither sex nor age.
engine::Context standing(engine::Package const& package, engine::Calendar const& calendar,
                         std::string_view iin, Date day, Known const& known);

/// What a table says of somebody, and on what ground.
struct Said {
  std::string value;
  std::string cite;  // id of a citation of the package
};
/// The standing of a person on a day, as it is shown: "subject", and the category of reservists of
/// the composition that is known, with the birthday on which it changes. Absent where no table or
/// row says it.
struct Standing {
  std::optional<Said> subject, category;
  std::optional<Date> category_until;
  std::string category_next = {};
};
Standing standing_on(engine::Package const& package, engine::Calendar const& calendar,
                     std::string_view iin, Date day, Known const& known);

/// What birthdays from `review.due` to `today` have made of a reservist; a category that differs
/// without one, as under amended rules, differs since `today`.
db::AgeVerdict judge_age(engine::Package const& package, engine::Calendar const& calendar,
                         db::AgeReview const& review, Date today);

/// The answers of fields that a table answers, on that day: the output that is called like its
/// table. `sex` and `age` come out of the IIN; other inputs are read beside the field: `a.category`
/// asks for `a.composition`.
engine::Context table_answers(engine::Package const& package, engine::Calendar const& calendar,
                              engine::Form const& form, std::string_view iin,
                              engine::Context const& environment, Date day);

/// Of `variables`, what the package declares: nothing else reaches a case.
engine::Context declared(engine::Package const& package, engine::Context const& variables);

}  // namespace qyzmet::casework
