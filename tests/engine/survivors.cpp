#include "tests/engine/survivors.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace qyzmet::engine {

bool all_mutants_wanted() {
  auto const* const wanted = std::getenv("QYZMET_MUTANTS");
  return wanted != nullptr && std::string_view{wanted} == "all";
}

Survivors::Survivors(std::string const& file, std::string service) : service_{std::move(service)} {
  std::ifstream in{std::string{QYZMET_SOURCE_DIR} + "/tests/engine/" + file};
  EXPECT_TRUE(in) << file;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    auto const reason = line.rfind(" // ");
    if (reason == line.npos || !line.contains(": ")) {
      ADD_FAILURE() << "not \"service: mutant // reason\": " << line;
    } else if (line.starts_with(service_ + ": ")) {
      auto const begin = service_.size() + 2;
      auto const id = line.substr(begin, reason - begin);
      EXPECT_TRUE(reasons_.emplace(id, line.substr(reason + 4)).second) << id << " stands twice";
    }
  }
}

void Survivors::exists(std::string const& id) {
  EXPECT_TRUE(ids_.insert(id).second) << id << " stands twice";
}

void Survivors::tried(std::string const& id, std::string const& by) {
  ++by_[by.substr(0, by.find(':'))];
  if (reasons_.contains(id))
    EXPECT_EQ(by, "") << service_ << ": " << id << " is found now; take it off the list";
  else
    EXPECT_NE(by, "") << service_ << ": nothing finds " << id;
}

void Survivors::conclude(std::size_t mutants_min) const {
  for (auto const& [id, reason] : reasons_)
    EXPECT_TRUE(ids_.contains(id)) << service_ << ": there is no mutant " << id;
  EXPECT_GT(ids_.size(), mutants_min);
  std::size_t tried = 0;
  for (auto const& [by, count] : by_) tried += count;
  std::printf("[ MUTANTS  ] %s: %zu of %zu", service_.c_str(), tried, ids_.size());
  for (auto const& [by, count] : by_)
    std::printf(", %zu %s", count, by.empty() ? "survive by the list" : by.c_str());
  std::puts("");
}

}  // namespace qyzmet::engine
