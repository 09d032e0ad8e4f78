// Packages that are not offered: no page speaks of them, nobody can apply under them.
#include "db/definitions.hpp"
#include "services/casework/library.hpp"
#include "services/seeds/seeds.hpp"
#include "tests/services/portal_rig.hpp"

namespace qyzmet::tests {
namespace {

/// The registration under another name, in force, but for nobody yet.
db::PackageRow deploy_unoffered(db::Connection& connection) {
  auto files = seeds::files("registration");
  auto& rows = files.at("service.xml");
  constexpr std::string_view k_id = "id=\"registration\"";
  rows.replace(rows.find(k_id), k_id.size(), "id=\"prepared\" offered=\"false\"");
  auto const hash = seeds::package_hash(files);
  auto const package = engine::load_package(files, hash).value();
  db::PackageRow const row{.sha256 = hash,
                           .service = package->service,
                           .number = package->number,
                           .version = package->version,
                           .from = package->effective_from,
                           .until = {},
                           .deployed = {}};
  db::deploy_package(connection, row, files);
  return row;
}

TEST(NotOffered, a_service_that_is_only_prepared_is_nowhere_to_be_seen) {
  auto& world = PortalRig::instance().world();
  auto const today = world.clock.today();
  EXPECT_NE(world.library.in_force("registration", today), nullptr);
  auto const row = world.database.run_blocking([&world](db::Connection& connection) {
    auto out = deploy_unoffered(connection);
    world.library.refresh(connection);
    return out;
  });
  ASSERT_NE(world.library.package(row.sha256), nullptr) << "officials see what is deployed";
  EXPECT_EQ(world.library.in_force(row.service, today), nullptr);
  Browser browser{"en"};
  browser.sign_in("aigul");
  EXPECT_TRUE(browser.get("").says("/services/registration"));
  EXPECT_FALSE(browser.get("").says("/services/" + row.service));
  EXPECT_EQ(browser.get("/services/" + row.service).status, 404);
  EXPECT_EQ(browser.get("/apply/" + row.service).status, 404);
  EXPECT_EQ(browser.post("/apply/" + row.service, {}).status, 404);
}

}  // namespace
}  // namespace qyzmet::tests
