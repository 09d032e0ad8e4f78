// Small faults in the drawings and the guards of services 77 and 78: each mutant is refused by the
// validator, found by the explorer or by an observer, or stands with its reason in
// mutants_survived.txt. Of service 77 a sample, unless QYZMET_MUTANTS is "all", as in soaks: each
// means a search of all its states.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "engine/explore.hpp"
#include "tests/engine/mutants.hpp"
#include "tests/engine/story.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::engine {
namespace {

constexpr std::size_t k_states_max = 400'000;  // far more than the processes have
constexpr std::size_t k_stride = 7, k_long_stride = 50;

/// Reasons by mutant: lines "service: mutant: reason" of the reviewed list.
std::map<std::string, std::string> survived(std::string const& service) {
  std::map<std::string, std::string> out;
  std::ifstream in{std::filesystem::path{QYZMET_SOURCE_DIR} / "tests/engine/mutants_survived.txt"};
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    auto const first = line.find(": ");
    auto const second = first == line.npos ? first : line.find(": ", first + 2);
    if (second == line.npos) {
      ADD_FAILURE() << "not \"service: mutant: reason\": " << line;
    } else if (line.substr(0, first) == service) {
      bool const fresh =
          out.emplace(line.substr(first + 2, second - first - 2), line.substr(second + 2)).second;
      EXPECT_TRUE(fresh) << "stands twice: " << line;
    }
  }
  return out;
}

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

bool all_wanted() {
  auto const* const wanted = std::getenv("QYZMET_MUTANTS");
  return wanted != nullptr && std::string_view{wanted} == "all";
}

/// Tries every `stride`-th mutant.
void expect_found(std::string const& service, std::size_t stride) {
  auto const all = mutants(*tests::seed_package(service));
  auto const reasons = survived(service);
  std::map<std::string, std::size_t> found;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto const& mutant = all[i];
    auto const& id = mutant.id;
    EXPECT_TRUE(ids.insert(id).second) << id << " stands twice";
    if (i % stride != 0) continue;
    auto const by = found_by(mutant);
    ++found[by.substr(0, by.find(':'))];
    if (reasons.contains(id))
      EXPECT_EQ(by, "") << service << ": " << id << " is found now; take it off the list";
    else
      EXPECT_NE(by, "") << service << ": nothing finds " << id;
  }
  for (auto const& [id, reason] : reasons)
    EXPECT_TRUE(ids.contains(id)) << service << ": there is no mutant " << id;
  EXPECT_GT(all.size(), 50U);
  std::printf("[ MUTANTS  ] %s: %zu of %zu", service.c_str(), (all.size() + stride - 1) / stride,
              all.size());
  for (auto const& [by, count] : found)
    std::printf(", %zu %s", count, by.empty() ? "survive by the list" : by.c_str());
  std::puts("");
}

TEST(Mutants, of_service_77) {
  expect_found("military_id", all_wanted() ? 1 : k_stride);
}

TEST(Mutants, of_service_79) {
  expect_found("correction", all_wanted() ? 1 : k_long_stride);
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
