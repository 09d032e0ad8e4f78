#pragma once
// What all tests of a suite share: made by its SetUpTestSuite with begin(), gone with the suite.
// One suite runs at a time, so there is one of a kind.
#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace qyzmet::tests {

template <class Rig>
class Shared : public testing::Test {
 protected:
  template <class... Arguments>
  static void begin(Arguments&&... arguments) {
    shared_ = std::make_unique<Rig>(std::forward<Arguments>(arguments)...);
  }
  static void TearDownTestSuite() { shared_.reset(); }
  static Rig& shared() { return *shared_; }

 private:
  static inline std::unique_ptr<Rig> shared_;
};

}  // namespace qyzmet::tests
