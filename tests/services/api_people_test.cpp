// People, roles and stand-ins through the API: the same checks, limits and entries of the log of
// acts as on the pages of the administrator.
#include <set>

#include "db/clock.hpp"
#include "tests/services/api_admin_rig.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr char const* k_people = "/api/v1/admin/people";
constexpr char const* k_stand_ins = "/api/v1/admin/stand-ins";

class ApiPeople : public ApiAdminRig {
 protected:
  static json::object official(std::string const& iin) {
    return {{"iin", iin},
            {"name", "Іздеуова Ақбота"},
            {"position_kk", "маман"},
            {"position_ru", "специалист"},
            {"role", "executor"},
            {"office", office()}};
  }
  static std::string day(int from_today) {
    return rig().in_database([&](db::Connection& connection) {
      return to_iso(Date{legal_date(db::read_clock(connection)) + std::chrono::days{from_today}});
    });
  }
  static std::string id_of(std::string const& iin, std::string const& role) {
    auto const guest =
        rig().invite(iin, "Қызметкер", {{.role = role, .office = place_.office.id, .branch = {}}});
    return std::to_string(guest.user.value);
  }
};

TEST_F(ApiPeople, AnOfficialIsAddedFoundChangedAndBlocked) {
  std::string const iin = "900101300017";
  auto wrong = official("123");
  wrong["name"] = " ";
  wrong["office"] = "999999";
  auto const refused = admin.post(k_people, wrong);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.json.at("errors").as_array().size(), 3U) << refused.body;
  EXPECT_EQ(refused.json.at("errors").at(2).at("field").as_string(), "office");
  wrong["unit"] = "office-1";
  EXPECT_EQ(admin.post(k_people, wrong).text("code"), "unknown_field");

  auto const granted = acts("grant"), changed = acts("official"), revoked = acts("revoke");
  ApiHeaders const once{{"Idempotency-Key", "add-once"}};
  auto const made = admin.post(k_people, official(iin), once);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(admin.post(k_people, official(iin), once).body, made.body);
  EXPECT_EQ(acts("grant"), granted + 1);
  auto const path = made.header("location");
  EXPECT_EQ(path, k_people + ("/" + made.text("id")));
  EXPECT_FALSE(made.body.contains(iin)) << "nobody is shown an IIN";
  EXPECT_EQ(admin.get(k_people + ("?text=" + iin)).json.at("items").at(0), made.json);
  EXPECT_TRUE(find(admin.get(k_people + std::string{"?text=%D0%B7%D0%B4%D0%B5%D1%83"}), "id",
                   made.text("id"))
                  .is_object());
  EXPECT_EQ(admin.get(k_people + std::string{"?text=900101300099"}).body, "{\"items\":[]}");

  auto const role = admin.post(path + "/roles", {{"role", "branch_operator"}});
  EXPECT_EQ(role.status, 422);
  EXPECT_EQ(role.text("field"), "branch");
  json::object const at_branch{{"role", "branch_operator"}, {"branch", branch()}};
  auto const both = admin.post(path + "/roles", at_branch);
  EXPECT_EQ(both.json.at("roles").as_array().size(), 2U) << both.body;
  auto const taken = admin.post(path + "/roles/revoke", at_branch);
  EXPECT_EQ(taken.json.at("roles").as_array().size(), 1U) << taken.body;
  EXPECT_EQ(acts("grant"), granted + 2);
  EXPECT_EQ(acts("revoke"), revoked + 1);

  json::object change{{"position_kk", "бас маман"}, {"position_ru", "x"}, {"active", false}};
  auto const put = [&](std::string const& to, json::object const& body, std::string const& key) {
    return admin.put(to, body, {{"Idempotency-Key", key}});
  };
  EXPECT_EQ(admin.put(path, change).text("code"), "idempotency_key");
  auto const blocked = put(path, change, "block");
  EXPECT_EQ(blocked.text("active"), "false") << blocked.body;
  EXPECT_EQ(blocked.text("position_kk"), "бас маман");
  EXPECT_EQ(acts("official"), changed + 1);
  change.erase("active");
  EXPECT_EQ(put(path, change, "keep").text("active"), "false") << "absent: as it is";
  change["active"] = "yes";
  EXPECT_EQ(put(path, change, "type").text("code"), "field_type");
  change["active"] = true;
  change["position_ru"] = std::string(201, 'a');
  EXPECT_EQ(put(path, change, "long").text("code"), "too_long");
  EXPECT_EQ(admin.get(k_people + std::string{"/999999"}).text("code"), "row_not_found");
  EXPECT_EQ(put(k_people + std::string{"/999999"}, {{"active", true}}, "none").status, 404);
}

TEST_F(ApiPeople, NobodyShutsOutThemselves) {
  auto const own = k_people + ("/" + std::to_string(first_.user.value));
  auto const outside = admin.put(own, {{"position_kk", ""}, {"position_ru", ""}, {"active", false}},
                                 {{"Idempotency-Key", "own"}});
  EXPECT_EQ(outside.status, 403);
  EXPECT_EQ(outside.text("code"), "own_access");
  EXPECT_EQ(admin.post(own + "/roles/revoke", {{"role", "admin"}}).text("code"), "own_admin");
}

TEST_F(ApiPeople, ATokenEndsWithItsRole) {
  auto const guest = rig().invite("700101300055", "Үшінші Әкімші", {k_admin_grant});
  ApiClient third{rig()};
  third.enter(guest, k_admin_grant);
  EXPECT_EQ(third.get(k_people).status, 200);
  auto const path = k_people + ("/" + std::to_string(guest.user.value));
  EXPECT_EQ(admin.post(path + "/roles/revoke", {{"role", "admin"}}).status, 200);
  EXPECT_EQ(third.get(k_people).status, 401);
}

TEST_F(ApiPeople, ListsGoPageByPage) {
  for (int i = 0; i < 3; ++i) id_of("90010130006" + std::to_string(i), "executor");
  std::set<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    auto const page =
        admin.get(k_people + ("?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    for (auto const& item : page.json.at("items").as_array())
      EXPECT_TRUE(seen.insert(std::string{item.at("id").as_string()}).second) << page.body;
    cursor = page.text("next_cursor");
  } while (!cursor.empty() && ++pages < 20);
  EXPECT_GE(seen.size(), 5U);
}

TEST_F(ApiPeople, AStandInIsAppointedForDaysToComeAndWithdrawn) {
  auto const head = id_of("700101300066", "head"), deputy = id_of("700101300077", "registrar");
  json::object form{{"office", office()}, {"absent", head},        {"deputy", head},
                    {"from", day(-1)},    {"until", day(-2)},      {"basis", "№ 7"},
                    {"position_kk", ""},  {"position_ru", "и. о."}};
  auto const codes = [](ApiAnswer const& answer) {
    std::set<std::string> out;
    for (auto const& error : answer.json.at("errors").as_array())
      out.emplace(error.at("code").as_string());
    return out;
  };
  auto const wrong = admin.post(k_stand_ins, form);
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(codes(wrong),
            (std::set<std::string>{"same_person", "day_passed", "day_before_first", "required"}));
  form["from"] = "soon";
  EXPECT_EQ(admin.post(k_stand_ins, form).text("field"), "from");
  form["from"] = day(10);
  form["until"] = day(12);
  form["deputy"] = std::to_string(first_.user.value);
  form["position_kk"] = "м.а.";
  EXPECT_EQ(codes(admin.post(k_stand_ins, form)), std::set<std::string>{"not_of_this_office"});

  form["deputy"] = deputy;
  auto const before = acts("stand_in"), withdrawn = acts("stand_in_withdrawn");
  auto const made = admin.post(k_stand_ins, form);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(acts("stand_in"), before + 1);
  EXPECT_EQ(admin.post(k_stand_ins, form).text("code"), "stand_in_overlap");
  auto const row = find(admin.get(k_stand_ins), "id", made.text("id"));
  ASSERT_TRUE(row.is_object());
  EXPECT_EQ(row.at("state").at("code").as_string(), "ahead");
  EXPECT_EQ(row.at("deputy").at("id").as_string(), deputy);

  auto const path = k_stand_ins + ("/" + made.text("id")) + "/withdraw";
  EXPECT_EQ(admin.post(path, nullptr).status, 200);
  EXPECT_EQ(acts("stand_in_withdrawn"), withdrawn + 1);
  auto const again = admin.post(path, nullptr);
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.text("code"), "stand_in_over");
  EXPECT_EQ(find(admin.get(k_stand_ins), "id", made.text("id")).at("state").at("code").as_string(),
            "withdrawn");
}

}  // namespace
}  // namespace qyzmet::tests
