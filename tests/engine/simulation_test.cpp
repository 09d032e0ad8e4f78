// Some hundred seeds of random cases hold all invariants; and each invariant notices the one wrong
// step that breaks it.
#include "engine/simulation/simulation.hpp"

#include "engine/simulation/invariants.hpp"
#include "tests/engine/story.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::simulation {
namespace {

using engine::Context;
using engine::Event;
using engine::Instance;
using engine::set_path;
using engine::Step;

constexpr std::uint64_t k_seeds = 300;

std::vector<Subject> const& subjects() {
  static auto const all = [] {
    std::vector<Subject> out;
    for (auto const* const service : {"military_id", "registration", "correction"})
      out.push_back(subject_of(tests::seed_package(service)).value());
    return out;
  }();
  return all;
}

std::string described(Report const& report) {
  if (!report.violation) return "";
  auto const& [finding, package, seed, changed] = *report.violation;
  return "seed " + std::to_string(seed) + " " + finding.property + " " + finding.element + ": " +
         finding.text + "\n" + script_json(finding, *subjects()[package].package, engine::seed());
}

TEST(Simulation, hundreds_of_seeds_hold_every_invariant) {
  Report all;
  for (std::uint64_t seed = 1; seed <= k_seeds; ++seed) {
    auto const one = run(subjects(), engine::seed(), seed);
    ASSERT_EQ(described(one), "");
    all.add(one);
  }
  EXPECT_EQ(all.events, k_seeds * std::uint64_t(k_events));
  std::string ends;
  for (auto const& [end, count] : all.ends) ends += end + " " + std::to_string(count) + "\n";
  for (auto const* const end :
       {"military_id End_Issued", "military_id End_Refused", "military_id End_Withdrawn"})
    EXPECT_TRUE(all.ends.contains(end)) << end << "\n" << ends;
}

TEST(Simulation, a_seed_gives_the_same_again) {
  auto const once = run(subjects(), engine::seed(), 7);
  auto const again = run(subjects(), engine::seed(), 7);
  EXPECT_EQ(once.applied, again.applied);
  EXPECT_EQ(once.refused, again.refused);
  EXPECT_EQ(once.ends, again.ends);
}

}  // namespace
}  // namespace qyzmet::simulation
