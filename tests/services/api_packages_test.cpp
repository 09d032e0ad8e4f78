// Definition packages through the API: which is in force, and what an amendment changes.
#include <algorithm>

#include "db/definitions.hpp"
#include "services/seeds/seeds.hpp"
#include "tests/services/api_admin_rig.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr char const* k_packages = "/api/v1/admin/packages";

class ApiPackages : public ApiAdminRig {};

/// The seed of service 78 with its first task under another id, in force from tomorrow.
std::string deploy_amended(SiteRig& rig) {
  auto files = seeds::files("registration");
  auto const replace = [&](std::string_view from, std::string_view to) {
    int found = 0;
    for (auto& [name, bytes] : files)
      for (auto at = bytes.find(from); at != bytes.npos; at = bytes.find(from, at + to.size())) {
        bytes.replace(at, from.size(), to);
        ++found;
      }
    EXPECT_GT(found, 0) << from;
  };
  replace("version=\"1427\"", "version=\"1428\"");
  replace("effective-from=\"2025-10-27\"", "effective-from=\"2026-12-16\"");
  replace("Task_Register", "Task_Intake");
  auto const hash = seeds::package_hash(files);
  auto const package = engine::load_package(files, hash);
  EXPECT_TRUE(package.has_value());
  rig.in_database([&](db::Connection& connection) {
    db::deploy_package(connection, db::package_row(**package), files);
    rig.world().library.refresh(connection);
  });
  return hash;
}

TEST_F(ApiPackages, ShowWhatIsInForceAndWhatAnAmendmentChanges) {
  auto const hash = deploy_amended(rig());
  auto const list = admin.get(k_packages);
  auto const row = find(list, "sha256", hash);
  ASSERT_TRUE(row.is_object()) << list.body;
  EXPECT_EQ(row.at("state").at("code").as_string(), "ahead");
  EXPECT_EQ(row.at("from").as_string(), "2026-12-16");

  auto const path = k_packages + ("/" + hash);
  auto const shown = other.get(path);
  ASSERT_EQ(shown.status, 200) << shown.body;
  auto const before = shown.text("predecessor");
  auto const old = find(list, "sha256", before);
  ASSERT_TRUE(old.is_object()) << shown.body;
  EXPECT_EQ(old.at("state").at("code").as_string(), "in_force");
  EXPECT_EQ(old.at("until").as_string(), "2026-12-15") << "it ends on the day before";
  EXPECT_FALSE(shown.json.at("files").as_array().empty());

  auto const changes = other.get(path + "/changes");
  EXPECT_EQ(changes.text("before"), before) << changes.body;
  auto const intake = find(changes, "name", "Task_Intake");
  ASSERT_TRUE(intake.is_object()) << changes.body;
  EXPECT_EQ(intake.at("kind").as_string(), "added");
  auto const moved =
      std::ranges::any_of(changes.json.at("items").as_array(), [](json::value const& item) {
        return item.at("kind").as_string() == "needs_mapping" &&
               item.at("name").as_string() == "Task_Register";
      });
  EXPECT_TRUE(moved) << changes.body;
  auto const back = other.get(k_packages + ("/" + before) + "/changes?with=" + hash);
  EXPECT_EQ(find(back, "name", "Task_Intake").at("kind").as_string(), "removed") << back.body;
  EXPECT_EQ(other.get(k_packages + ("/" + before) + "/changes").status, 404) << "it is the first";

  std::string stranger;
  for (auto const& item : list.json.at("items").as_array())
    if (item.at("service").as_string() != "registration") stranger = item.at("sha256").as_string();
  EXPECT_EQ(other.get(path + "/changes?with=" + stranger).status, 404) << "of another service";
  EXPECT_EQ(other.get(k_packages + std::string{"/none"}).text("code"), "row_not_found");

  auto const picture = other.get(shown.text("picture"));
  EXPECT_EQ(picture.header("content-type"), "image/svg+xml");
  EXPECT_TRUE(picture.body.contains("n-Task_Intake")) << picture.body.substr(0, 300);
  auto const page = admin.get(k_packages + std::string{"?limit=1"});
  EXPECT_EQ(page.text("next_cursor"), "1") << page.body;
}

}  // namespace
}  // namespace qyzmet::tests
