#pragma once
// A generated population: people with valid IINs, spread over offices, with what the registers
// would know of them by the decision tables of service 78. The same seed gives the same people;
// their standing is that of `today`. Pure.
#include <cstdint>
#include <vector>

#include "db/population.hpp"
#include "engine/calendar.hpp"
#include "engine/package.hpp"

namespace qyzmet::cli {

inline constexpr int k_population_max = 1'000'000;

struct Census {
  int people = 10'000;
  std::uint64_t seed = 1;
  Date today;
  std::vector<db::Office> offices;  // at least one
};
std::vector<db::KnownPerson> populate(engine::Package const& registration,
                                      engine::Calendar const& calendar, Census const& census);

}  // namespace qyzmet::cli
