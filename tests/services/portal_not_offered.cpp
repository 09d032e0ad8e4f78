// Packages that are not offered: no page speaks of them, nobody can apply under them.
#include "services/casework/library.hpp"
#include "services/seeds/seeds.hpp"
#include "tests/services/portal_rig.hpp"

namespace qyzmet::tests {
namespace {

TEST(NotOffered, services_without_pages_are_nowhere_to_be_seen) {
  auto& world = PortalRig::instance().world();
  auto const today = world.clock.today();
  EXPECT_NE(world.library.in_force("military_id", today), nullptr);
  Browser browser{"en"};
  browser.sign_in("aigul");
  EXPECT_TRUE(browser.get("").says(
      world.library.in_force("military_id", today)->texts.at("en").at("service.title")));
  for (auto const* service : {"correction"}) {
    auto const hash = seeds::package_hash(seeds::files(service));
    EXPECT_EQ(world.library.package(hash), nullptr) << "it would take the place of the real one";
    EXPECT_EQ(world.library.in_force(service, today), nullptr);
    EXPECT_FALSE(browser.get("").says("/services/" + std::string{service}));
    EXPECT_EQ(browser.get(std::string{"/services/"} + service).status, 404);
    EXPECT_EQ(browser.get(std::string{"/apply/"} + service).status, 404);
    EXPECT_EQ(browser.post(std::string{"/apply/"} + service, {}).status, 404);
  }
}

}  // namespace
}  // namespace qyzmet::tests
