#include "services/platform/recent.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace qyzmet::platform {
namespace {

using Memory = Recent<int>;

TEST(Recent, the_oldest_goes_first) {
  Memory memory{2, std::chrono::seconds{60}};
  memory.put("a", 1);
  memory.put("b", 2);
  memory.put("a", 3);  // the newer of the two now
  memory.put("c", 4);
  EXPECT_EQ(memory.find("a"), 3);
  EXPECT_EQ(memory.find("b"), std::nullopt);
  EXPECT_EQ(memory.find("c"), 4);
}

TEST(Recent, what_is_taken_or_forgotten_is_gone) {
  Memory memory{2, std::chrono::seconds{60}};
  memory.put("a", 1);
  EXPECT_EQ(memory.take("a"), 1);
  EXPECT_EQ(memory.take("a"), std::nullopt);
  memory.put("b", 2);
  memory.forget("b");
  memory.forget("unknown");
  EXPECT_EQ(memory.find("b"), std::nullopt);
}

TEST(Recent, what_is_too_old_is_not_found_and_makes_room) {
  auto const alive = std::make_shared<int>(1);
  Recent<std::shared_ptr<int>> memory{10, std::chrono::seconds{-1}};
  memory.put("a", alive);
  EXPECT_EQ(memory.find("a"), std::nullopt);
  EXPECT_EQ(memory.take("a"), std::nullopt);
  EXPECT_EQ(alive.use_count(), 1);
  memory.put("b", alive);
  memory.put("c", alive);
  EXPECT_EQ(alive.use_count(), 2) << "the old one has gone with the next";
}

}  // namespace
}  // namespace qyzmet::platform
