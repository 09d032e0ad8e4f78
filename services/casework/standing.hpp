#pragma once
// What the decision tables of a package (decisions.dmn) say of a person: sex and age come out of
// the IIN, which itself goes no further, the rest from the application and the registers. Pure.
#include <optional>
#include <string>
#include <string_view>

#include "engine/package.hpp"

namespace qyzmet::casework {

/// What is known of a person besides the IIN.
struct Known {
  bool registered = false;  // has an active registration
  bool speciality = false;  // a military-registration speciality
};

/// Variables of the package below `person`, as far as it declares them (engine/package.hpp):
/// sex; subject, the result of table "subject"; conscript_until, the first birthday for which table
/// "kind" does not say "conscript". Empty for an IIN that tells neither sex nor age.
engine::Context standing(engine::Package const& package, engine::Calendar const& calendar,
                         std::string_view iin, Date day, Known known);

/// What a table says of somebody, and on what ground.
struct Said {
  std::string value;
  std::string cite;  // id of a citation of the package
};
/// The standing of a person on a day, as it is shown: "subject", and the category of reservists of
/// that composition with the birthday on which it changes. Absent where no table or row says it.
struct Standing {
  std::optional<Said> subject, category;
  std::optional<Date> category_until;
  std::string category_next = {};
};
Standing standing_on(engine::Package const& package, engine::Calendar const& calendar,
                     std::string_view iin, Date day, Known known, std::string_view composition);

/// The answers of fields that a table answers, on that day: the output that is called like its
/// table. `sex` and `age` come out of the IIN; other inputs are read beside the field: `a.category`
/// asks for `a.composition`.
engine::Context table_answers(engine::Package const& package, engine::Calendar const& calendar,
                              engine::Form const& form, std::string_view iin,
                              engine::Context const& environment, Date day);

/// Of `variables`, what the package declares: nothing else reaches a case.
engine::Context declared(engine::Package const& package, engine::Context const& variables);

}  // namespace qyzmet::casework
