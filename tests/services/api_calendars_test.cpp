// A changed calendar through the API, on its whole way: proposed by one administrator, what it
// would move, published by another, exported.
#include "engine/icalendar.hpp"
#include "services/casework/calendars.hpp"
#include "tests/services/api_admin_rig.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

namespace json = boost::json;

constexpr char const* k_calendars = "/api/v1/admin/calendars";
constexpr char const* k_proposals = "/api/v1/admin/calendars/proposals";

class ApiCalendars : public ApiAdminRig {
 protected:
  static json::object changed(std::string const& lines) {
    return {{"calendar", engine::seed_calendar().to_csv() + lines}, {"source", "decree"}};
  }
};

TEST_F(ApiCalendars, MoveOpenTermsOnceTwoAdministratorsAgree) {
  auto const number = apply("arman");
  auto const proposed =
      admin.post(k_proposals, changed("2026-12-21,holiday,constitution_day,decree\n"
                                      "closed,burabay-1,2026-12-22,2026-12-23,repair\n"));
  ASSERT_EQ(proposed.status, 201) << proposed.body;
  auto const path = proposed.header("location");
  EXPECT_EQ(path, k_proposals + ("/" + proposed.text("id")));
  EXPECT_EQ(other.get(k_calendars).text("proposal"), path);
  EXPECT_EQ(other.post(k_proposals, changed("")).text("code"), "calendar.error.open");

  auto const shown = other.get(path);
  EXPECT_EQ(shown.text("own"), "false");
  EXPECT_EQ(shown.json.at("differences").at(0).at("date").as_string(), "2026-12-21") << shown.body;
  EXPECT_EQ(shown.json.at("opening").as_array().size(), 1U) << shown.body;
  auto const preview = other.get(shown.text("preview"));
  EXPECT_EQ(preview.text("seen"), "1") << preview.body;
  EXPECT_EQ(preview.text("affected"), "1");
  auto const row = find(preview, "number", number);
  ASSERT_TRUE(row.is_object()) << preview.body;
  EXPECT_EQ(row.at("days").at(0).at("code").as_string(), "term");
  EXPECT_EQ(row.at("days").at(0).at("before").as_string(), "2026-12-23");
  EXPECT_EQ(row.at("days").at(0).at("after").as_string(), "2026-12-24");
  EXPECT_EQ(row.at("closures").at(0).at("unit").as_string(), "burabay-1");

  auto const own = admin.post(path + "/publish", nullptr);
  EXPECT_EQ(own.status, 403);
  EXPECT_EQ(own.text("code"), "calendar.error.four_eyes");
  auto const before = acts("calendar_published");
  ApiHeaders const once{{"Idempotency-Key", "publish-once"}};
  auto const published = other.post(path + "/publish", nullptr, once);
  ASSERT_EQ(published.status, 200) << published.body;
  EXPECT_EQ(other.post(path + "/publish", nullptr, once).body, published.body);
  EXPECT_EQ(acts("calendar_published"), before + 1);
  EXPECT_EQ(other.post(path + "/publish", nullptr).text("code"), "calendar.error.decided");
  EXPECT_EQ(other.get(path).status, 404) << "it waits no more";
  EXPECT_EQ(rig().wait(casework::apply_calendar(rig().world(), 100)), 1);
  ApiClient applicant{rig()};
  applicant.enter(invite_signer(rig(), "arman"));
  EXPECT_EQ(applicant.get("/api/v1/cases/" + number).text("due"), "2026-12-24");
  LAW("R-CAL-05");

  auto const version = admin.get(k_calendars + ("/" + published.text("version")));
  EXPECT_EQ(version.text("current"), "true") << version.body;
  EXPECT_EQ(version.json.at("closures").as_array().size(), 1U);
  EXPECT_EQ(version.json.at("hours").at(0).at("keeper").as_string(), "provider");
  auto const csv = admin.get(k_calendars + ("/" + published.text("version")) + "/csv");
  EXPECT_TRUE(csv.body.contains("2026-12-21,holiday,constitution_day,decree")) << csv.body;
}

TEST_F(ApiCalendars, NameWhatIsWrongInWords) {
  auto const bad = [&](std::string const& text, std::string const& day = "") {
    return admin.post(k_proposals, {{"calendar", text}, {"source", "x"}, {"effective_from", day}});
  };
  auto const form = bad("date,kind,basis\nyear,2026,official\n2026-13-01,holiday,x\n");
  EXPECT_EQ(form.status, 422);
  EXPECT_EQ(form.text("field"), "calendar");
  EXPECT_TRUE(form.text("detail").contains("3")) << form.body;
  EXPECT_TRUE(form.text("detail").contains(rig().text("en", "calendar.reason.date"))) << form.body;
  auto const rules = bad("date,kind,basis\nyear,2026,official\n2026-03-21,holiday,nauryz\n");
  EXPECT_TRUE(rules.text("detail").contains("23 March 2026")) << rules.body;
  auto const seed = engine::seed_calendar().to_csv();
  EXPECT_EQ(bad(seed, "2026-12-14").text("code"), "calendar.error.past");
  EXPECT_EQ(bad(seed, "soon").text("field"), "effective_from");
  EXPECT_EQ(bad(seed + "closed,nowhere,2027-01-11,2027-01-12,x\n").text("code"),
            "calendar.error.unit");
  EXPECT_EQ(admin.post(k_proposals, {{"calendar", seed}}).text("field"), "source");
  EXPECT_EQ(
      admin.post(k_proposals, {{"calendar", seed}, {"source", std::string(501, 'a')}}).text("code"),
      "too_long");
  EXPECT_EQ(admin.get(k_proposals + std::string{"/1"}).status, 404);
  EXPECT_EQ(admin.post(k_proposals + std::string{"/999/publish"}, nullptr).status, 409);
}

TEST_F(ApiCalendars, AProposalIsTakenAsICalendarAndRejected) {
  auto const text = engine::to_icalendar(engine::seed_calendar());
  auto const proposed = admin.post(k_proposals, {{"calendar", text}, {"source", "decree"}});
  ASSERT_EQ(proposed.status, 201) << proposed.body;
  auto const path = proposed.header("location");
  EXPECT_EQ(admin.get(path + "/preview?limit=1").text("affected").empty(), false);
  auto const before = acts("calendar_rejected");
  EXPECT_EQ(admin.post(path + "/reject", nullptr).status, 200) << "anybody may";
  EXPECT_EQ(acts("calendar_rejected"), before + 1);
  EXPECT_EQ(admin.post(path + "/reject", nullptr).status, 409);
  EXPECT_TRUE(admin.get(k_calendars).text("proposal").empty());
}

TEST_F(ApiCalendars, EachVersionIsGivenInBothForms) {
  auto const list = admin.get(k_calendars + std::string{"?limit=100"});
  EXPECT_EQ(list.json.at("items").as_array().back().at("version").as_int64(), 1);
  EXPECT_EQ(list.text("horizon.last_official"), "2026-12-31") << list.body;
  EXPECT_EQ(list.text("horizon.alarm"), "true");
  EXPECT_EQ(admin.get(k_calendars + std::string{"/1/csv"}).body, engine::seed_calendar().to_csv());
  EXPECT_EQ(admin.get(k_calendars + std::string{"/1/ics"}).body,
            engine::to_icalendar(engine::seed_calendar()));
  for (auto const* missing : {"/99", "/99/csv", "/x/ics"})
    EXPECT_EQ(admin.get(k_calendars + std::string{missing}).status, 404) << missing;
  EXPECT_EQ(admin.get(k_calendars + std::string{"/1/csv"}, {{"Accept", "text/calendar"}}).status,
            406);
}

}  // namespace
}  // namespace qyzmet::tests
