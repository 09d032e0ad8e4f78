#pragma once
// One row of what must be refused: it spoils one thing of a situation that passes, and says which
// check finds it and what it means for the signature.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/signing/bench.hpp"
#include "tests/signing/pitfalls.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::signing::tests {

struct Refusal {
  std::string name;
  std::function<void(Situation&)> spoil;
  std::string check, sub_indication, reason;
  char const* law = nullptr;
  std::string noted = {};  // a check that fails as well, without deciding
};

inline void PrintTo(Refusal const& refusal, std::ostream* out) {
  *out << refusal.name;
}

inline std::string name_of(testing::TestParamInfo<Refusal> const& info) {
  return info.param.name;
}

inline void expect_refused(Refusal const& row, Family family) {
  WithFamily const with{family};
  Situation situation;
  row.spoil(situation);
  auto const report = situation.verify();
  if (row.law != nullptr) LAW(row.law);
  EXPECT_NE(report.indication, Indication::total_passed);
  EXPECT_EQ(failed_check(report), row.check);
  EXPECT_EQ(report.sub_indication, row.sub_indication);
  EXPECT_EQ(report.reason(), row.reason);
  auto const noted = [&](Check const& check) { return check.name == row.noted && !check.passed; };
  if (!row.noted.empty()) EXPECT_TRUE(std::ranges::any_of(report.checks, noted)) << row.noted;
  record_refusal(row.name, report, row.noted);
}

/// What does not depend on the algorithm is refused whatever the algorithm is.
inline void expect_refused_everywhere(Refusal const& row) {
  for (auto const family : {Family::rsa, Family::gost, Family::gost_older}) {
    SCOPED_TRACE(static_cast<int>(family));
    expect_refused(row, family);
  }
}

inline void sign_with(Situation& situation, CertificateSpec spec) {
  situation.parts = Parts{issue_person(std::move(spec))};
}

}  // namespace qyzmet::signing::tests
