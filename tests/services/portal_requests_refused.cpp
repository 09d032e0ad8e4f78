// Requests that no page of ours sends, sessions that ended, tokens out of date: a translated page
// says so and shows what was typed.
#include "tests/services/portal_rig.hpp"

namespace qyzmet::tests {
namespace {

constexpr char const* k_form = "Content-Type: application/x-www-form-urlencoded\r\n";
constexpr char const* k_same = "Origin: http://portal.test\r\nSec-Fetch-Site: same-origin\r\n";
constexpr char const* k_profile = "/cabinet/profile";

class RequestRefused : public testing::TestWithParam<char const*> {
 protected:
  std::string language = GetParam();
  Browser browser{language};
  PortalRig& rig = PortalRig::instance();

  bool says(Page const& page, std::string const& key, boost::json::object const& arguments = {}) {
    return page.says(text_of(key, language, arguments));
  }
  void expect_problem(Page const& page, int status) {
    auto const code = std::to_string(status);
    EXPECT_EQ(page.status, status) << page.body;
    EXPECT_EQ(page.header("Content-Language"), language);
    EXPECT_TRUE(says(page, "problem.title." + code)) << code;
    EXPECT_TRUE(says(page, "problem.text." + code)) << code << "\n" << page.body;
    EXPECT_TRUE(says(page, "problem.request")) << "a number to ask for help with";
  }
};

TEST_P(RequestRefused, forms_of_another_type_or_size_get_a_page_that_says_so) {
  browser.sign_in("arman");
  auto const same = std::string{k_same};
  expect_problem(
      browser.raw("POST", k_profile, same + "Content-Type: application/json\r\n", "{\"phone\":1}"),
      415);
  expect_problem(browser.raw("POST", k_profile, same + "Content-Type: text/plain\r\n", "a=b"), 415);
  expect_problem(browser.raw("POST", k_profile, same, "a=b"), 415);
  expect_problem(browser.raw("POST", k_profile, same + k_form, std::string(70'000, 'a')), 413);
  expect_problem(browser.raw("GET", k_profile, k_form, "a=b"), 413);
}

TEST_P(RequestRefused, malformed_forms_are_not_understood) {
  browser.sign_in("arman");
  auto const same = std::string{k_same} + k_form;
  for (std::string const body : {"phone=%ff", "phone=%00", "phone=1&phone=2", "phone=%zz"})
    expect_problem(browser.raw("POST", k_profile, same, body), 400);
  auto const multipart = std::string{k_same} + "Content-Type: multipart/form-data; boundary=XY\r\n";
  expect_problem(browser.raw("POST", "/login/eds", multipart, "no parts at all"), 400);
  expect_problem(browser.raw("POST", "/login/eds", multipart, "--XY\r\n\r\n\r\n--XY--\r\n"), 400);
}

TEST_P(RequestRefused, addresses_and_methods_that_do_not_exist_are_named) {
  expect_problem(browser.get("/no/such/page"), 404);
  expect_problem(browser.get("/services/no_such_service"), 404);
  expect_problem(browser.raw("PUT", "/login", k_same, ""), 405);
  expect_problem(browser.get("/login?a=1&a=2"), 400);
  expect_problem(browser.get("/login?a=%ff"), 400);
  EXPECT_EQ(browser.get("/login?unknown=1").status, 200) << "mailings add parameters of their own";
}

TEST_P(RequestRefused, a_form_of_another_site_is_not_carried_out) {
  browser.sign_in("arman");
  browser.get(k_profile);
  for (auto const* headers :
       {"Origin: http://evil.test\r\n", "Sec-Fetch-Site: cross-site\r\n", ""}) {
    auto const page =
        browser.raw("POST", k_profile, std::string{headers} + k_form,
                    "csrf=" + browser.csrf + "&phone=87011112233&email=&address=attacker+street");
    EXPECT_EQ(page.status, 403);
    EXPECT_TRUE(says(page, "error.foreign_form")) << page.body;
    EXPECT_FALSE(page.says("attacker street")) << "a stranger's text is not shown";
  }
}

TEST_P(RequestRefused, a_token_out_of_date_loses_nothing_that_was_typed) {
  browser.sign_in("arman");
  auto const page = browser.post(k_profile, {{"csrf", "old"},
                                             {"phone", "8 701 111 22 33"},
                                             {"email", ""},
                                             {"address", "Абай\nкөшесі <1>"}});
  EXPECT_EQ(page.status, 403);
  EXPECT_TRUE(says(page, "error.form_expired")) << page.body;
  EXPECT_TRUE(says(page, "problem.typed"));
  EXPECT_TRUE(says(page, "field.phone"));
  EXPECT_EQ(page.value("phone"), "8 701 111 22 33");
  EXPECT_EQ(page.value("address"), "Абай\nкөшесі <1>");
  EXPECT_TRUE(page.body.contains("href=\"/kk/cabinet\"")) << "back to the page it came from";
}

TEST_P(RequestRefused, a_session_that_ended_loses_nothing_that_was_typed) {
  browser.sign_in("arman");
  browser.get(k_profile);
  browser.forget("qyzmet");
  auto const page = browser.post(
      k_profile, {{"phone", "87011112233"}, {"email", ""}, {"address", "Астана, Абай, 5"}});
  EXPECT_EQ(page.status, 403);
  EXPECT_TRUE(says(page, "error.signed_out")) << page.body;
  EXPECT_EQ(page.value("phone"), "87011112233");
  EXPECT_EQ(page.value("address"), "Астана, Абай, 5");
  EXPECT_TRUE(page.says("/" + language + "/login?next=%2Fkk%2Fcabinet")) << page.body;
  EXPECT_FALSE(page.says("csrf\" value=\"" + browser.csrf)) << "tokens are not shown again";
  auto const large = browser.send("/apply/military_id/0/documents", {},
                                  {{"a", "a.pdf", std::string(100'000, 'x')}});
  EXPECT_EQ(large.status, 403) << "files of strangers are not read";
  EXPECT_TRUE(says(large, "error.signed_out"));
}

TEST_P(RequestRefused, wrong_contacts_of_the_profile_stay_in_their_fields) {
  browser.sign_in("arman");
  browser.get(k_profile);
  auto const page =
      browser.post(k_profile, {{"phone", "+1 555"}, {"email", "a b"}, {"address", "Абай, 5"}});
  EXPECT_EQ(page.status, 422);
  EXPECT_TRUE(says(page, "error.field_phone"));
  EXPECT_TRUE(says(page, "error.field_email"));
  EXPECT_EQ(page.value("phone"), "+1 555");
  EXPECT_EQ(page.value("email"), "a b");
  EXPECT_EQ(page.value("address"), "Абай, 5");
}

TEST_P(RequestRefused, the_administrators_form_names_each_wrong_field) {
  browser.sign_in("admin");
  browser.get("/admin");
  std::string const name(201, 'a');
  auto const page = browser.post("/admin/people", {{"iin", "850315300018"},
                                                   {"name", name},
                                                   {"position_kk", "маман"},
                                                   {"position_ru", "специалист"},
                                                   {"role", "emperor"},
                                                   {"unit", "office-1"}});
  EXPECT_EQ(page.status, 422) << page.body;
  EXPECT_TRUE(says(page, "error.iin"));
  EXPECT_TRUE(says(page, "error.too_long", {{"max", "200"}}));
  EXPECT_TRUE(says(page, "error.choose"));
  EXPECT_EQ(page.value("iin"), "850315300018");
  EXPECT_EQ(page.value("name"), name);
  EXPECT_EQ(page.value("position_kk"), "маман");
}

INSTANTIATE_TEST_SUITE_P(Languages, RequestRefused, testing::Values("kk", "ru", "en"));

}  // namespace
}  // namespace qyzmet::tests
