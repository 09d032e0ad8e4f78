// Small faults in the drawings and the guards of the services: each mutant is refused by the
// validator, found by the explorer or by an observer, or stands with its reason in
// mutants_survived.txt. Of services 77 and 79 a sample, unless QYZMET_MUTANTS is "all", as in
// soaks: each means a search of all their states.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/explore.hpp"
#include "tests/engine/mutants.hpp"
#include "tests/engine/story.hpp"
#include "tests/engine/survivors.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::size_t k_states_max = 400'000;  // far more than the processes have
constexpr std::size_t k_stride = 7, k_long_stride = 50;

/// What finds it, or "".
std::string found_by(Mutant const& mutant) {
  if (auto const refused = refused_by_validation(mutant); !refused.empty())
    return "validator: " + refused.front().reason;
  ExploreOptions options;
  options.findings_max = 1;
  options.states_max = k_states_max;
  auto const explored = explore(*mutant.package, seed(), options);
  if (explored.findings.empty()) return "";
  auto const& first = explored.findings.front();
  EXPECT_NE(first.property, "unfinished") << mutant.id << " has too many states";
  return first.property + ": " + first.element;
}

/// Tries every `stride`-th mutant.
void expect_found(std::string const& service, std::size_t stride) {
  Survivors survivors{"mutants_survived.txt", service};
  std::size_t number = 0;
  for (auto const& mutant : mutants(*tests::seed_package(service))) {
    survivors.exists(mutant.id);
    if (number++ % stride == 0) survivors.tried(mutant.id, found_by(mutant));
  }
  survivors.conclude(50);
}

TEST(Mutants, of_service_77) {
  expect_found("military_id", all_mutants_wanted() ? 1 : k_stride);
}

TEST(Mutants, of_service_79) {
  expect_found("correction", all_mutants_wanted() ? 1 : k_long_stride);
}

/// A paper comes with no application: where the task that draws it is gone, nobody can sign it.
TEST(Mutants, a_paper_that_nothing_draws_is_missed) {
  auto const all = mutants(*tests::seed_package("correction"));
  auto const undrawn = std::ranges::find(all, "drop Task_ExtensionNotice", &Mutant::id);
  ASSERT_NE(undrawn, all.end());
  EXPECT_NE(found_by(*undrawn), "");
}

TEST(Mutants, of_service_78) {
  expect_found("registration", 1);
}

}  // namespace
}  // namespace qyzmet::engine
