// The administrator's registers: people, offices, branches, stand-ins, tokens of programs. What is
// wrong is named beside its field in the reader's language, what was typed stays, every act is
// recorded.
#include "db/clients.hpp"
#include "db/clock.hpp"
#include "tests/services/paper.hpp"
#include "tests/services/portal_rig.hpp"

namespace qyzmet::tests {
namespace {

constexpr char const* k_offices = "/admin/offices";
constexpr char const* k_stand_ins = "/admin/stand-ins";
constexpr char const* k_tokens = "/admin/tokens";

db::Sql const k_acts{"test_acts", "select count(*) from act_log where act = $1"};

class Administration : public testing::TestWithParam<char const*> {
 protected:
  Administration() { browser.sign_in("admin"); }

  std::string language = GetParam();
  Browser browser{language};
  PortalRig& rig = PortalRig::instance();

  bool says(Page const& page, std::string const& key, boost::json::object const& arguments = {}) {
    return page.says(text_of(key, language, arguments));
  }
  /// Every label has words.
  static void expect_words(Page const& page) {
    for (auto const* prefix : {">unit.", ">admin.", ">stand_in.", ">token.", ">error."})
      EXPECT_EQ(page.body.find(prefix), std::string::npos) << page.body;
  }
  std::int64_t acts(std::string const& act) {
    return rig.world().database.run_blocking([&](db::Connection& connection) {
      return std::get<0>(*connection.one<std::int64_t>(k_acts, act));
    });
  }
  Fields office(std::string const& code) {
    return {{"code", code},
            {"name_kk", "Жаңа бөлім " + code},
            {"name_ru", "Новый отдел"},
            {"name_en", "New office"},
            {"address_kk", "1"},
            {"address_ru", "2"},
            {"address_en", "3"},
            {"phone", "+7 (717) 200-00-01, 2"},
            {"higher_body_kk", "Департамент"},
            {"higher_body_ru", "Департамент"},
            {"place", "district"}};
  }
  std::string user_of(std::string_view person) {
    return rig.world().database.run_blocking([&](db::Connection& connection) {
      auto const found = db::find_person_by_iin(connection, PortalRig::iin(person));
      return std::to_string(db::find_user_by_person(connection, found->id)->id.value);
    });
  }
  std::string day(int from_today) {
    return rig.world().database.run_blocking([&](db::Connection& connection) {
      return to_iso(Date{legal_date(db::read_clock(connection)) + std::chrono::days{from_today}});
    });
  }
};

TEST_P(Administration, an_office_is_added_changed_and_each_wrong_field_named) {
  auto wrong = office("Bad Code");
  wrong["name_ru"] = "";
  wrong["name_en"] = std::string(201, 'a');
  wrong["phone"] = "none";
  wrong["place"] = "moon";
  browser.get("/admin/offices/new");
  auto const page = browser.post("/admin/offices/new", wrong);
  EXPECT_EQ(page.status, 422);
  for (auto const* key : {"error.unit_code", "error.required", "error.unit_phone", "error.choose"})
    EXPECT_TRUE(says(page, key)) << key;
  EXPECT_TRUE(says(page, "error.too_long", {{"max", "200"}}));
  for (auto const* field : {"code", "name_kk", "name_en", "phone", "address_kk"})
    EXPECT_EQ(page.value(field), wrong.at(field)) << field;
  expect_words(page);

  auto const code = "new-" + language;
  auto const before = acts("office");
  EXPECT_EQ(browser.post("/admin/offices/new", office(code)).location(),
            "/" + language + k_offices);
  EXPECT_EQ(acts("office"), before + 1);
  auto const list = browser.get(k_offices);
  EXPECT_TRUE(list.says(code));
  EXPECT_TRUE(says(list, "admin.closed")) << "nobody ticked that it is open";
  expect_words(list);
  auto const taken = browser.post("/admin/offices/new", office(code));
  EXPECT_EQ(taken.status, 422);
  EXPECT_TRUE(says(taken, "error.code_taken"));
  EXPECT_EQ(acts("office"), before + 1) << "what was refused is not recorded as done";
}

TEST_P(Administration, a_branch_belongs_to_an_office_and_can_be_changed) {
  browser.get("/admin/branches/new");
  auto const refused = browser.post("/admin/branches/new", {{"code", ""}, {"office", "999999"}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_TRUE(says(refused, "error.choose"));
  EXPECT_TRUE(says(refused, "error.required"));
  auto form = office("branch-" + language);
  for (auto const* gone : {"phone", "higher_body_kk", "higher_body_ru", "place"}) form.erase(gone);
  form["office"] = rig.office();
  form["hours"] = "09:00–18:00";
  for (auto const* name : {"name_kk", "name_ru", "name_en"}) form[name] = "branch of " + language;
  EXPECT_EQ(browser.post("/admin/branches/new", form).status, 303);
  auto const list = browser.get(k_offices).body;
  std::string const link = "/" + language + "/admin/branches/";
  std::string path;
  for (auto at = list.find(link); at != std::string::npos; at = list.find(link, at + 1)) {
    auto const end = list.find('"', at);
    if (list.substr(end, 60).contains("branch of " + language))
      path = list.substr(at + 1 + language.size(), end - at - 1 - language.size());
  }
  ASSERT_FALSE(path.empty()) << list;
  auto const stored = browser.get(path);
  EXPECT_EQ(stored.value("hours"), "09:00–18:00");
  form["hours"] = "10:00–19:00";
  form["code"] = stored.value("code");
  form["is_duty"] = "true";
  EXPECT_EQ(browser.post(path, form).status, 303);
  EXPECT_EQ(browser.get(path).value("hours"), "10:00–19:00");
  EXPECT_TRUE(says(browser.get(k_offices), "admin.duty"));
  EXPECT_EQ(browser.get("/admin/branches/999999").status, 404);
  EXPECT_EQ(browser.get("/admin/offices/x").status, 404);
}

TEST_P(Administration, a_stand_in_is_appointed_for_days_to_come_and_withdrawn) {
  browser.get(k_stand_ins);
  auto const head = rig.office() + "-" + user_of("head");
  auto const empty = browser.post(k_stand_ins, {});
  EXPECT_EQ(empty.status, 422);
  for (auto const* key : {"error.choose", "error.field_date", "error.required"})
    EXPECT_TRUE(says(empty, key)) << key;
  Fields form{
      {"absent", head}, {"deputy", user_of("head")}, {"from", day(-1)},       {"until", day(-2)},
      {"basis", "№ 7"}, {"position_kk", "м.а."},     {"position_ru", "и. о."}};
  auto const wrong = browser.post(k_stand_ins, form);
  EXPECT_EQ(wrong.status, 422);
  for (auto const* key : {"error.same_person", "error.day_passed", "error.day_before_first"})
    EXPECT_TRUE(says(wrong, key)) << key;
  EXPECT_EQ(wrong.value("basis"), "№ 7");
  EXPECT_EQ(wrong.value("from"), day(-1));
  expect_words(wrong);
  form["deputy"] = user_of("admin");
  form["from"] = day(10);
  form["until"] = day(400);
  auto const stranger = browser.post(k_stand_ins, form);
  EXPECT_TRUE(says(stranger, "error.not_of_this_office"));
  EXPECT_TRUE(says(stranger, "error.stand_in_too_long"));
  form["absent"] = rig.office() + "-" + user_of("registrar");
  EXPECT_TRUE(says(browser.post(k_stand_ins, form), "error.not_a_head"));

  form["absent"] = head;
  form["deputy"] = user_of("registrar");
  form["until"] = day(12);
  auto const before = acts("stand_in"), withdrawn = acts("stand_in_withdrawn");
  EXPECT_EQ(browser.post(k_stand_ins, form).status, 303);
  EXPECT_EQ(acts("stand_in"), before + 1);
  EXPECT_TRUE(says(browser.post(k_stand_ins, form), "error.stand_in_overlap"));
  auto const list = browser.get(k_stand_ins);
  EXPECT_TRUE(says(list, "stand_in.ahead"));
  expect_words(list);
  auto const id = list.value("id");
  EXPECT_EQ(browser.post("/admin/stand-ins/withdraw", {{"id", id}}).status, 303);
  EXPECT_EQ(acts("stand_in_withdrawn"), withdrawn + 1);
  auto const again = browser.post("/admin/stand-ins/withdraw", {{"id", id}});
  EXPECT_EQ(again.status, 409);
  EXPECT_TRUE(says(again, "error.stand_in_over"));
  EXPECT_TRUE(says(browser.get(k_stand_ins), "stand_in.withdrawn"));
}

TEST_P(Administration, an_official_is_found_changed_and_blocked) {
  auto const iin = language == "kk"   ? "900101300017"
                   : language == "ru" ? "900101300027"
                                      : "900101300037";
  Fields form{{"iin", iin},
              {"name", "Іздеуова " + language},
              {"position_kk", "маман"},
              {"position_ru", "специалист"},
              {"role", "executor"},
              {"unit", "office-999999"}};
  browser.get("/admin");
  auto const nowhere = browser.post("/admin/people", form);
  EXPECT_EQ(nowhere.status, 422);
  EXPECT_TRUE(says(nowhere, "error.unit_does_not_fit")) << "there is no such office";
  EXPECT_EQ(nowhere.value("name"), form.at("name"));
  form["unit"] = "office-" + rig.office();
  auto const granted = acts("grant"), changed = acts("official");
  ASSERT_EQ(browser.post("/admin/people", form).status, 303);
  EXPECT_EQ(acts("grant"), granted + 1);

  auto const by_name = browser.get("/admin?q=" + std::string{"%D0%B7%D0%B4%D0%B5%D1%83"});
  EXPECT_TRUE(by_name.says(form.at("name"))) << "in any case of letters";
  EXPECT_FALSE(by_name.says(PortalRig::iin("head")));
  auto const by_iin = browser.get("/admin?q=" + std::string{iin});
  EXPECT_TRUE(by_iin.says(form.at("name")));
  EXPECT_TRUE(says(browser.get("/admin?q=xyz"), "admin.people.none"));
  EXPECT_EQ(browser.get("/admin?page=99999999").status, 200);

  auto const at = by_iin.body.find("/admin/people/");
  ASSERT_NE(at, std::string::npos);
  auto const path = by_iin.body.substr(at, by_iin.body.find('"', at) - at);
  auto const page = browser.get(path);
  expect_words(page);
  EXPECT_EQ(page.value("position_kk"), "маман");
  auto const wrong = browser.post(
      path, {{"position_kk", std::string(201, 'a')}, {"position_ru", "x"}, {"active", "true"}});
  EXPECT_EQ(wrong.status, 422);
  EXPECT_TRUE(says(wrong, "error.too_long", {{"max", "200"}}));
  EXPECT_EQ(wrong.value("position_ru"), "x") << "what was typed stays";
  auto const role = browser.post(path + "/roles", {{"role", "branch_operator"}, {"unit", ""}});
  EXPECT_EQ(role.status, 422);
  EXPECT_TRUE(says(role, "error.unit_does_not_fit"));
  EXPECT_EQ(
      browser
          .post(path + "/roles", {{"role", "branch_operator"}, {"unit", "branch-" + rig.branch()}})
          .status,
      303);
  EXPECT_EQ(acts("grant"), granted + 2);
  EXPECT_TRUE(says(browser.get(path), "role.branch_operator"));

  EXPECT_EQ(browser.post(path, {{"position_kk", "бас маман"}, {"position_ru", "x"}}).status, 303);
  EXPECT_EQ(acts("official"), changed + 1);
  auto const blocked = browser.get(path);
  EXPECT_EQ(blocked.value("position_kk"), "бас маман");
  keep_for_looking("admin_official_" + language + ".html", blocked.body);
  keep_for_looking("admin_people_" + language + ".html", browser.get("/admin").body);
  EXPECT_TRUE(says(browser.get("/admin?q=" + std::string{iin}), "admin.blocked"));
  EXPECT_EQ(browser.get("/admin/people/999999").status, 404);
  EXPECT_EQ(browser.post("/admin/people/999999", {}).status, 404);

  auto const own = "/admin/people/" + user_of("admin");
  browser.get(own);
  auto const outside = browser.post(own, {{"position_kk", ""}, {"position_ru", ""}});
  EXPECT_EQ(outside.status, 403);
  EXPECT_TRUE(says(outside, "error.own_access")) << "nobody is left outside";
}

TEST_P(Administration, a_token_is_shown_once_and_can_be_revoked) {
  auto const page = browser.get(k_tokens);
  expect_words(page);
  EXPECT_EQ(page.value("days"), "90");
  auto const issued = acts("token_issued"), revoked = acts("token_revoked");
  auto const wrong = browser.post(k_tokens, {{"name", ""}, {"scopes", "all"}, {"days", "400"}});
  EXPECT_EQ(wrong.status, 422);
  for (auto const* key : {"error.required", "error.choose"}) EXPECT_TRUE(says(wrong, key)) << key;
  EXPECT_TRUE(says(wrong, "error.token_days", {{"max", "366"}}));
  EXPECT_EQ(wrong.value("days"), "400") << "what was typed stays";
  expect_words(wrong);
  EXPECT_EQ(acts("token_issued"), issued);

  auto const name = "Орталық " + language;
  auto const made = browser.post(k_tokens, {{"name", name}, {"scopes", "status"}, {"days", "30"}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.header("Cache-Control"), "no-store");
  auto const at = made.body.find("qzm_");
  ASSERT_NE(at, std::string::npos) << made.body;
  auto const token = made.body.substr(at, made.body.find('<', at) - at);
  EXPECT_EQ(acts("token_issued"), issued + 1);
  expect_words(made);
  auto const find = [&] {
    return rig.world().database.run_blocking(
        [&](db::Connection& connection) { return db::find_client(connection, token); });
  };
  ASSERT_TRUE(find());
  EXPECT_EQ(find()->scopes, std::vector<std::string>{"status"});
  auto const list = browser.get(k_tokens);
  EXPECT_TRUE(list.says(name));
  EXPECT_FALSE(list.body.contains("qzm_")) << "never again";
  keep_for_looking("admin_tokens_" + language + ".html", made.body);
  EXPECT_TRUE(says(list, "token.now"));

  auto const id = std::to_string(find()->id.value);
  EXPECT_EQ(browser.post("/admin/tokens/revoke", {{"id", id}}).status, 303);
  EXPECT_EQ(acts("token_revoked"), revoked + 1);
  EXPECT_FALSE(find()) << "at once";
  EXPECT_TRUE(says(browser.get(k_tokens), "token.revoked"));
  auto const again = browser.post("/admin/tokens/revoke", {{"id", id}});
  EXPECT_EQ(again.status, 409);
  EXPECT_TRUE(says(again, "error.token_over"));
}

TEST_P(Administration, an_office_is_found_by_name_and_by_code) {
  auto form = office("find-" + language);
  form["name_en"] = "Seek and find " + language;
  browser.get("/admin/offices/new");
  ASSERT_EQ(browser.post("/admin/offices/new", form).status, 303);
  auto const found = browser.get("/admin/offices?q=Seek%20and%20find%20" + language);
  EXPECT_TRUE(found.says("find-" + language));
  keep_for_looking("admin_offices_" + language + ".html", found.body);
  EXPECT_FALSE(found.body.contains("/admin/offices/" + rig.office() + "\""));
  EXPECT_TRUE(browser.get("/admin/offices?q=find-" + language).says("find-" + language));
  EXPECT_TRUE(says(browser.get("/admin/offices?q=nowhere"), "admin.offices.not_found"));
}

TEST_P(Administration, nobody_else_comes_in) {
  for (auto const* person : {"arman", "head"}) {
    Browser other{language};
    other.sign_in(person);
    for (auto const* path : {k_offices, "/admin/offices/new", "/admin/branches/new", k_stand_ins,
                             k_tokens, "/admin/people/1", "/admin/incidents"})
      EXPECT_EQ(other.get(path).status, 403) << path;
    EXPECT_EQ(other.post("/admin/offices/new", office("evil")).status, 403);
    EXPECT_EQ(other.post("/admin/stand-ins/withdraw", {{"id", "1"}}).status, 403);
    EXPECT_EQ(other.post(k_tokens, {{"name", "x"}, {"scopes", "status"}, {"days", "1"}}).status,
              403);
    EXPECT_EQ(other.post("/admin/people/1", {}).status, 403);
  }
}

INSTANTIATE_TEST_SUITE_P(Languages, Administration, testing::Values("kk", "ru", "en"));

}  // namespace
}  // namespace qyzmet::tests
