// What stands beside cases, through the API: the own contacts with a phone that its owner confirms,
// reminders and escalations of a desk, the accounting of blanks of an office.
#include <boost/json/serialize.hpp>

#include "services/casework/act.hpp"
#include "services/work/alerts.hpp"
#include "tests/services/api_admin_rig.hpp"
#include "tests/services/sms_code.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

class ApiDesk : public ApiAdminRig {
 protected:
  void SetUp() override { rig().set_clock(*parse_legal_time("2026-12-15T10:00")); }

  ApiClient official(std::string const& iin, std::string const& role) {
    db::Grant const grant{.role = role, .office = place_.office.id, .branch = {}};
    ApiClient out{rig()};
    out.enter(rig().invite(iin, "Қызметкер", {grant}), grant);
    return out;
  }
};

TEST_F(ApiDesk, APhoneIsTheOwnersOnceItsCodeComesBack) {
  ApiClient citizen{rig()}, stranger{rig()};
  citizen.enter(rig().invite("700101300033", "Азамат"));
  stranger.enter(rig().invite("700101300044", "Басқа"));
  auto const before = citizen.get("/api/v1/profile");
  ASSERT_EQ(before.status, 200) << before.body;
  auto const put = [&](json::object const& body) { return citizen.put("/api/v1/profile", body); };
  auto const wrong = put({{"phone", "12"}, {"email", "no"}, {"address", std::string(1000, 'a')}});
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(wrong.json.at("errors").as_array().size(), 3U) << wrong.body;
  EXPECT_EQ(put({{"iin", "700101300033"}}).text("code"), "unknown_field");

  auto const kept = put({{"phone", before.text("phone")},
                         {"email", "azamat@example.kz"},
                         {"address", "Щучинск қ., 1"}});
  EXPECT_EQ(kept.text("email"), "azamat@example.kz") << kept.body;
  EXPECT_TRUE(kept.text("code_id").empty()) << "the phone is as it was";
  auto const asked = put({{"phone", "+7 701 000 00 99"}, {"email", "azamat@example.kz"}});
  EXPECT_EQ(asked.text("phone"), before.text("phone")) << "until its code comes back";
  auto const id = asked.text("code_id");
  ASSERT_FALSE(id.empty()) << asked.body;
  auto const code = newest_code(rig().sms());

  auto const confirm = [&](ApiClient& client, std::string const& typed) {
    return client.put("/api/v1/profile/phone", {{"code_id", id}, {"code", typed}});
  };
  auto const other_code = code == "000000" ? "000001" : "000000";
  auto const mistyped = confirm(citizen, other_code);
  EXPECT_EQ(mistyped.text("code"), "code_wrong");
  EXPECT_EQ(mistyped.text("field"), "code");
  EXPECT_EQ(confirm(citizen, code).text("phone"), "+77010000099");
  EXPECT_EQ(confirm(citizen, code).text("code"), "code_expired") << "a code is good once";
  EXPECT_EQ(citizen.get("/api/v1/profile").text("phone"), "+77010000099");
  EXPECT_NE(stranger.get("/api/v1/profile").text("phone"), "+77010000099");
  EXPECT_EQ(admin.get("/api/v1/profile").status, 403) << "at a desk nobody has contacts";
}

TEST_F(ApiDesk, ACodeIsWorthNothingToSomebodyElse) {
  ApiClient citizen{rig()}, stranger{rig()};
  citizen.enter(rig().invite("700101300055", "Азамат"));
  stranger.enter(rig().invite("700101300066", "Басқа"));
  auto const asked = citizen.put("/api/v1/profile", {{"phone", "+77010000088"}});
  auto const taken = stranger.put("/api/v1/profile/phone", {{"code_id", asked.text("code_id")},
                                                            {"code", newest_code(rig().sms())}});
  EXPECT_EQ(taken.status, 422) << taken.body;
  EXPECT_NE(stranger.get("/api/v1/profile").text("phone"), "+77010000088");
}

TEST_F(ApiDesk, TheRegistrarIsRemindedAndTheHeadIsToldOfWhatWasMissed) {
  auto registrar = official("700101300077", "registrar"), head = official("700101300088", "head");
  auto const number = apply("arman");
  std::string const path = "/api/v1/alerts";
  EXPECT_EQ(registrar.get(path).body, "{\"items\":[]}");
  EXPECT_EQ(rig().wait(work::raise_alerts(rig().world())), 1);
  auto const reminded = registrar.get(path);
  ASSERT_EQ(reminded.json.at("items").as_array().size(), 1U) << reminded.body;
  auto const reminder = reminded.json.at("items").at(0);
  EXPECT_EQ(reminder.at("kind").as_string(), "reminder");
  EXPECT_EQ(reminder.at("number").as_string(), number);
  EXPECT_EQ(reminder.at("due").as_string(), "2026-12-15");
  EXPECT_FALSE(reminder.at("text").as_string().starts_with('['));
  EXPECT_FALSE(reminder.at("paragraph").at("text").as_string().empty());
  EXPECT_EQ(head.get(path).body, "{\"items\":[]}") << "nobody else is";

  auto const address = std::string{reminder.at("case").as_string()};
  EXPECT_EQ(registrar.get(address).status, 200);
  rig().set_clock(*parse_legal_time("2026-12-17T10:00"));
  auto const open = rig().wait(casework::open_case(rig().world(), number));
  ASSERT_TRUE(
      rig().wait(casework::act(rig().world(), open->row.id,
                               {.actor = {.user = "", .role = "system"}, .body = engine::Tick{}})));
  EXPECT_GE(rig().wait(work::raise_alerts(rig().world())), 1);
  auto const escalated = find(head.get(path), "kind", "escalation");
  ASSERT_TRUE(escalated.is_object());
  EXPECT_EQ(escalated.at("number").as_string(), number);
  EXPECT_EQ(escalated.at("milestone"), reminder.at("milestone"));
  LAW("R77-53");
  EXPECT_EQ(admin.get(path).status, 403);
}

TEST_F(ApiDesk, BlanksAreReceivedSpoiledAndDestroyedOnceForOneKey) {
  auto registrar = official("700101300099", "registrar");
  auto executor = official("700101300101", "executor");
  std::string const path = "/api/v1/blanks";
  auto const sum = [&](std::string const& kind, std::string const& what) {
    for (auto const& row : registrar.get(path).json.at("balance").as_array())
      if (row.at("kind").as_string() == kind) return row.at(what).as_int64();
    return std::int64_t{0};
  };
  json::object receipt{{"kind", "officer"},
                       {"series", "OF"},
                       {"first", "0000001"},
                       {"last", "000009"},
                       {"paper", "Н-5"}};
  auto const refused = registrar.post(path + "/receive", receipt);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.text("code"), "blank_digits");
  receipt["last"] = "0000009";
  ApiHeaders const once{{"Idempotency-Key", "receive-once"}};
  EXPECT_EQ(registrar.send("POST", path + "/receive", json::serialize(receipt)).text("code"),
            "idempotency_key");
  EXPECT_EQ(registrar.post(path + "/receive", receipt, once).text("count"), "9");
  EXPECT_EQ(registrar.post(path + "/receive", receipt, once).text("count"), "9");
  EXPECT_EQ(sum("officer", "received"), 9) << "once";
  EXPECT_EQ(registrar.post(path + "/receive", receipt).status, 422) << "they are there";
  receipt["number"] = "1";
  EXPECT_EQ(registrar.post(path + "/receive", receipt).text("code"), "unknown_field");

  json::object const spoilt{
      {"kind", "officer"}, {"series", "OF"}, {"number", "0000003"}, {"paper", "А-1"}};
  EXPECT_EQ(registrar.post(path + "/spoil", spoilt).text("count"), "1");
  EXPECT_EQ(registrar.post(path + "/spoil", spoilt).status, 422);
  EXPECT_EQ(sum("officer", "in_stock"), 8);
  json::object const act{{"kind", "officer"}, {"paper", "А-2"}};
  EXPECT_EQ(registrar.post(path + "/destroy", act).text("count"), "1");
  EXPECT_EQ(sum("officer", "destroyed"), 1);
  EXPECT_EQ(registrar.post(path + "/burn", act).status, 404);
  EXPECT_EQ(executor.post(path + "/destroy", act).status, 403);
  EXPECT_EQ(admin.post(path + "/destroy", act).status, 403);
}

}  // namespace
}  // namespace qyzmet::tests
