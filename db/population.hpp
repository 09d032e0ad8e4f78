#pragma once
// Many people at once with what the registers know of them, as it was before this system: multi-row
// statements, a thousand people a transaction.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "db/people.hpp"
#include "db/registers.hpp"

namespace qyzmet::db {

struct KnownPerson {
  Person person;
  struct OnRegister {
    OfficeId office;
    std::string kind, category;
    Date taken_on;
  };
  std::optional<OnRegister> registration = {};
  FactValues facts = {};  // of the record, since `facts_from`
  Date facts_from = {};
  std::optional<MilitaryId> military_id = {};  // valid; `person` and `case_id` do not count
};

/// Enters those whose IIN is not known yet and leaves the others as they are; answers how many
/// came. `on_progress` hears after each transaction how many of `people` were in it, and answers
/// whether to go on.
std::size_t load_people(Connection& connection, std::vector<KnownPerson> const& people,
                        std::function<bool(std::size_t count)> const& on_progress = {});

}  // namespace qyzmet::db
