// The mode of the country through the API: proposed by one administrator, confirmed by another.
#include "tests/services/api_admin_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr char const* k_modes = "/api/v1/admin/modes";
constexpr char const* k_proposals = "/api/v1/admin/modes/proposals";

class ApiModes : public ApiAdminRig {
 protected:
  static json::object mobilisation() {
    return {{"mode", "mobilisation"},
            {"act_number", "1"},
            {"act_date", "2026-12-15"},
            {"reason", "decree"}};
  }
};

TEST_F(ApiModes, TwoAdministratorsSwitchIt) {
  auto const proposed = admin.post(k_proposals, mobilisation());
  ASSERT_EQ(proposed.status, 201) << proposed.body;
  auto const path = k_proposals + ("/" + proposed.text("id"));
  EXPECT_EQ(other.post(k_proposals, mobilisation()).text("code"), "mode.error.open");
  EXPECT_EQ(admin.get(k_modes).text("proposal.own"), "true");
  EXPECT_EQ(other.get(k_modes).text("proposal.own"), "false");

  EXPECT_EQ(admin.post(path + "/confirm", nullptr).status, 403);
  auto const before = acts("legal_mode_confirmed");
  ApiHeaders const once{{"Idempotency-Key", "confirm-once"}};
  auto const confirmed = other.post(path + "/confirm", nullptr, once);
  ASSERT_EQ(confirmed.status, 200) << confirmed.body;
  EXPECT_EQ(confirmed.text("mode.code"), "mobilisation");
  EXPECT_EQ(other.post(path + "/confirm", nullptr, once).body, confirmed.body);
  EXPECT_EQ(acts("legal_mode_confirmed"), before + 1);
  EXPECT_EQ(other.post(path + "/confirm", nullptr).text("code"), "mode.error.decided");

  rig().set_clock(*parse_legal_time("2026-12-15T10:05"));
  auto const list = other.get(k_modes);
  auto const& row = list.json.at("items").at(0);
  EXPECT_TRUE(row.at("current").as_bool()) << list.body;
  EXPECT_EQ(row.at("act_number").as_string(), "1");
  EXPECT_TRUE(list.text("proposal").empty());
  auto const service = admin.get("/api/v1/services/military_id");
  EXPECT_EQ(service.text("mode.code"), "mobilisation") << service.body;
  LAW("E-33");
}

TEST_F(ApiModes, WhatIsWrongIsNamed) {
  auto const bad = [&](char const* member, json::value const& value) {
    auto body = mobilisation();
    body[member] = value;
    return admin.post(k_proposals, body);
  };
  EXPECT_EQ(bad("mode", "war").text("field"), "mode");
  EXPECT_EQ(bad("from", "soon").text("code"), "mode.error.time");
  EXPECT_EQ(bad("from", "2026-12-14T10:00").text("code"), "mode.error.past");
  EXPECT_EQ(bad("act_date", "15.12.2026").text("field"), "act_date");
  EXPECT_EQ(bad("reason", "").status, 422);
  EXPECT_EQ(admin.post(k_proposals + std::string{"/999/reject"}, nullptr).status, 409);

  auto body = mobilisation();
  body["mode"] = "wartime";
  auto const proposed = admin.post(k_proposals, body);
  ASSERT_EQ(proposed.status, 201) << proposed.body;
  auto const before = acts("legal_mode_rejected");
  auto const path = k_proposals + ("/" + proposed.text("id"));
  EXPECT_EQ(admin.post(path + "/reject", nullptr).status, 200) << "anybody may";
  EXPECT_EQ(acts("legal_mode_rejected"), before + 1);
}

}  // namespace
}  // namespace qyzmet::tests
