#pragma once
// The real data of the Kazakh PKI (shared/vectors/eds): reads files, skips where there are none.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "engine/base/time.hpp"
#include "signing/verify.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::signing::tests {

class EdsVectors : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = qyzmet::tests::shared("vectors/eds");
    if (!folder_) GTEST_SKIP() << "the vectors are not here";
  }

  std::string read(std::string const& name) const {
    std::ifstream in{*folder_ / name, std::ios::binary};
    EXPECT_TRUE(in) << name;
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  static Instant day(int year, unsigned month, unsigned day, int hour = 20, int minute = 5,
                     int second = 0) {
    return Instant{std::chrono::sys_days{std::chrono::year{year} / month / day}} +
           std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
  }

  std::optional<std::filesystem::path> folder_;
};

}  // namespace qyzmet::signing::tests
