#include "db/packing.hpp"

#include <gtest/gtest.h>

#include "db/vault.hpp"
#include "tests/engine/story.hpp"

namespace qyzmet::db::tests {

TEST(Packing, BytesComeBackAsTheyWere) {
  for (std::string const& plain :
       {std::string{}, std::string{"{}"}, std::string(200'000, 'x'), random_bytes(5'000)})
    EXPECT_EQ(unpack(pack(plain)), plain);
}

TEST(Packing, TheStateOfACaseBecomesMuchSmaller) {
  engine::Event const event{.at = *parse_instant("2026-11-23T05:00:00.000000Z"),
                            .actor = engine::k_citizen,
                            .salt = random_hex(16),
                            .body = engine::Start{engine::application("dismissed", "city")}};
  auto const step = engine::step(*engine::service_77(), engine::seed(), {}, event);
  ASSERT_TRUE(step);
  auto const state = engine::state_json(step->next);
  EXPECT_LT(pack(state).size(), state.size() / 2);
  EXPECT_EQ(unpack(pack(state)), state);
}

TEST(Packing, BrokenBytesAreRefused) {
  auto const packed = pack("{\"version\":1}");
  EXPECT_THROW(unpack({}), std::runtime_error);
  EXPECT_THROW(unpack("not packed"), std::runtime_error);
  EXPECT_THROW(unpack(packed.substr(0, packed.size() - 1)), std::runtime_error);
  auto const large = pack(std::string(k_unpacked_bytes_max + 1, 'x'));
  EXPECT_THROW(unpack(large), std::runtime_error);
}

}  // namespace qyzmet::db::tests
