// Offices and branches through the API: the registers with closed ones, each wrong member named,
// every act recorded once.
#include "tests/services/api_admin_rig.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr char const* k_offices = "/api/v1/admin/offices";
constexpr char const* k_branches = "/api/v1/admin/branches";

class ApiOffices : public ApiAdminRig {
 protected:
  static json::object unit(std::string const& code) {
    return {{"code", code},
            {"name_kk", "Жаңа бөлім " + code},
            {"name_ru", "Новый отдел " + code},
            {"name_en", "New office " + code},
            {"address_kk", "1"},
            {"address_ru", "2"},
            {"address_en", "3"}};
  }
  static json::object an_office(std::string const& code) {
    auto out = unit(code);
    out["phone"] = "+7 (717) 200-00-01, 2";
    out["higher_body_kk"] = out["higher_body_ru"] = "Департамент";
    out["place"] = "district";
    return out;
  }
  ApiAnswer put(std::string const& path, json::object const& body, std::string const& key) {
    return admin.put(path, body, {{"Idempotency-Key", key}});
  }
};

TEST_F(ApiOffices, AnOfficeIsAddedChangedClosedAndEachWrongMemberNamed) {
  auto wrong = an_office("Bad Code");
  wrong["name_ru"] = "";
  wrong["name_en"] = std::string(201, 'a');
  wrong["phone"] = "none";
  wrong["place"] = "moon";
  wrong.erase("address_kk");
  auto const refused = admin.post(k_offices, wrong);
  EXPECT_EQ(refused.status, 422);
  std::map<std::string, std::string> found;
  for (auto const& error : refused.json.at("errors").as_array())
    found[std::string{error.at("field").as_string()}] = error.at("code").as_string();
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"code", "unit_code"},
                                                       {"name_ru", "required"},
                                                       {"name_en", "too_long"},
                                                       {"address_kk", "required"},
                                                       {"phone", "unit_phone"},
                                                       {"place", "choose"}}));

  auto const before = acts("office");
  ApiHeaders const once{{"Idempotency-Key", "office-once"}};
  auto const made = admin.post(k_offices, an_office("new-1"), once);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(admin.post(k_offices, an_office("new-1"), once).text("id"), made.text("id"));
  EXPECT_EQ(acts("office"), before + 1);
  EXPECT_EQ(admin.post(k_offices, an_office("new-1")).text("code"), "code_taken");
  auto const path = made.header("location");
  EXPECT_EQ(path, k_offices + ("/" + made.text("id")));
  EXPECT_EQ(admin.get(path).json, made.json);

  auto change = an_office("new-1");
  change["active"] = false;
  EXPECT_EQ(put(path, change, "close").text("active"), "false");
  change.erase("active");
  change["phone"] = "+7 (717) 200-00-09";
  auto const changed = put(path, change, "phone");
  EXPECT_EQ(changed.text("active"), "false") << "absent: as it is";
  EXPECT_EQ(changed.text("phone"), "+7 (717) 200-00-09");
  EXPECT_TRUE(find(admin.get(k_offices + std::string{"?text=new-1"}), "code", "new-1").is_object())
      << "the register has closed ones, too";
  ApiClient nobody{rig()};
  EXPECT_TRUE(find(nobody.get("/api/v1/offices"), "code", "new-1").is_null());
  EXPECT_EQ(admin.get(k_offices + std::string{"/999999"}).status, 404);
  EXPECT_EQ(put(k_offices + std::string{"/x"}, change, "none").status, 404);
}

TEST_F(ApiOffices, WhoStandsAboveAnOfficeIsKeptAndTold) {
  auto above = an_office("above-1");
  above["above_only"] = true;
  auto const department = admin.post(k_offices, above);
  ASSERT_EQ(department.status, 201) << department.body;
  auto below = an_office("below-1");
  below["superior"] = department.text("id");
  below["superior_email"] = "department@example.kz";
  auto const made = admin.post(k_offices, below);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text("superior"), department.text("id"));
  EXPECT_EQ(made.text("superior_email"), "department@example.kz");
  auto const path = made.header("location");
  EXPECT_EQ(put(path, an_office("below-1"), "as-it-is").json, made.json) << "absent: as it is";
  below["superior"] = "";
  below["superior_email"] = "";
  auto const none = put(path, below, "none-above");
  EXPECT_FALSE(none.json.as_object().contains("superior")) << none.body;
  EXPECT_FALSE(none.json.as_object().contains("superior_email"));
  below["superior"] = made.text("id");
  EXPECT_EQ(put(path, below, "itself").json.at("errors").at(0).at("code").as_string(),
            "superior_circle");
  below["superior"] = "999999";
  EXPECT_EQ(put(path, below, "nobody").status, 422);
  ApiClient nobody{rig()};
  auto const offered = nobody.get("/api/v1/offices");
  EXPECT_TRUE(find(offered, "code", "below-1").is_object());
  EXPECT_TRUE(find(offered, "code", "above-1").is_null()) << "nobody applies there";
  EXPECT_EQ(admin.get("/api/v1/admin/incidents/superiors").body, "{\"items\":[]}");
}

TEST_F(ApiOffices, TheTerritorySaysWhichTermHolds) {
  auto const made = admin.post(k_offices, an_office("751110000"));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text("place.code"), "city") << "by its code, whatever was sent";
}

TEST_F(ApiOffices, ABranchBelongsToAnOfficeAndCanBeChanged) {
  auto const refused = admin.post(k_branches, {{"code", "b"}, {"office", "999999"}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.json.at("errors").as_array().size(), 8U) << refused.body;
  auto form = unit("branch-1");
  form["office"] = office();
  form["hours"] = "09:00–18:00";
  auto const before = acts("branch");
  auto const made = admin.post(k_branches, form);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(acts("branch"), before + 1);
  EXPECT_EQ(made.text("open_hours"), "Mon–Fri 09:00–18:00") << "by the calendar";
  form["is_duty"] = true;
  form["hours"] = "10:00–19:00";
  auto const changed = put(made.header("location"), form, "duty");
  EXPECT_EQ(changed.text("is_duty"), "true") << changed.body;
  EXPECT_EQ(changed.text("open_hours"), "Mon–Fri 09:00–20:00; Sat 09:00–13:00");
  EXPECT_EQ(admin.get(made.header("location")).json, changed.json);
  form["is_duty"] = "yes";
  EXPECT_EQ(put(made.header("location"), form, "type").text("field"), "is_duty");
  auto const of_office = admin.get(k_branches + ("?office=" + office()));
  EXPECT_EQ(of_office.json.at("items").as_array().size(), 2U) << of_office.body;
  EXPECT_EQ(admin.get(k_branches + std::string{"?office=999999"}).body, "{\"items\":[]}");
  EXPECT_EQ(admin.get(k_branches + std::string{"/999999"}).status, 404);
}

TEST_F(ApiOffices, ListsGoPageByPage) {
  for (auto const* code : {"page-1", "page-2", "page-3"})
    ASSERT_EQ(admin.post(k_offices, an_office(code)).status, 201);
  std::string const path = k_offices + std::string{"?text=page-&limit=2"};
  auto const first = admin.get(path);
  EXPECT_EQ(first.json.at("items").as_array().size(), 2U) << first.body;
  auto const last = admin.get(path + "&cursor=" + first.text("next_cursor"));
  EXPECT_EQ(last.json.at("items").as_array().size(), 1U) << last.body;
  EXPECT_TRUE(last.text("next_cursor").empty());
  EXPECT_EQ(admin.get(path + "&cursor=1000000").body, "{\"items\":[]}");
}

}  // namespace
}  // namespace qyzmet::tests
