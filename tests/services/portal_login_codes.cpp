// One-time passwords at the door: who asks for one learns nothing of the person, cannot make the
// person's telephone ring without end, and cannot keep the person out.
#include <chrono>
#include <thread>

#include "tests/services/portal_rig.hpp"
#include "tests/services/sms_code.hpp"

namespace qyzmet::tests {
namespace {

constexpr int k_codes_per_person = 5;  // from one address
constexpr int k_wait_ms_max = 5'000;   // a message leaves beside the answer
constexpr std::string_view k_nobody = "020501500169";

class LoginCodes : public testing::Test {
 protected:
  PortalRig& rig = PortalRig::instance();

  std::size_t messages() { return rig.sms().messages().size(); }
  /// How many messages have left since there were `before`, once `wanted` have or the wait is over.
  std::size_t sent_since(std::size_t before, std::size_t wanted) {
    for (int waited = 0; messages() - before < wanted && waited < k_wait_ms_max; waited += 20)
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    return messages() - before;
  }
  static Page ask(Browser& browser, std::string_view iin) {
    browser.get("/login");
    return browser.post("/login/otp", {{"iin", std::string{iin}}, {"next", ""}});
  }
  static Page enter(Browser& browser, std::string const& code) {
    browser.get("/login/otp");
    return browser.post("/login/otp/confirm", {{"code", code}, {"next", ""}});
  }
};

TEST_F(LoginCodes, the_answer_is_the_same_for_those_who_are_known_and_those_who_are_not) {
  auto const before = messages();
  Browser known{"ru"}, unknown{"ru"};
  auto const to_known = ask(known, PortalRig::iin("dana"));
  EXPECT_EQ(sent_since(before, 1), 1U);
  auto const to_unknown = ask(unknown, k_nobody);
  EXPECT_EQ(to_known.status, 303);
  EXPECT_EQ(to_unknown.status, to_known.status);
  EXPECT_EQ(to_unknown.location(), to_known.location());
  EXPECT_EQ(to_unknown.head.size(), to_known.head.size()) << "the cookie, too";
  EXPECT_EQ(unknown.get("/login/otp").body.size(), known.get("/login/otp").body.size());
  for (int left = 4; left >= 1; --left) {
    auto const text = text_of("error.code_wrong", "ru", {{"left", std::to_string(left)}});
    EXPECT_TRUE(enter(known, "x").says(text)) << left;
    EXPECT_TRUE(enter(unknown, "x").says(text)) << left;
  }
  EXPECT_EQ(sent_since(before, 2), 1U) << "nobody gets a message about somebody unknown";
}

TEST_F(LoginCodes, whoever_asks_on_and_on_is_answered_alike_and_sends_no_more_messages) {
  auto const before = messages();
  Browser browser{"ru"};
  for (int time = 1; time <= k_codes_per_person; ++time) {
    EXPECT_EQ(ask(browser, PortalRig::iin("arman")).status, 303);
    EXPECT_EQ(sent_since(before, std::size_t(time)), std::size_t(time));
  }
  auto const stale = newest_code(rig.sms());
  auto const more = ask(browser, PortalRig::iin("arman"));
  EXPECT_EQ(more.status, 303);
  EXPECT_EQ(more.location(), "/ru/login/otp");
  EXPECT_EQ(enter(browser, stale).status, 422) << "the code of an earlier request";
  EXPECT_EQ(messages() - before, std::size_t(k_codes_per_person));
}

TEST_F(LoginCodes, a_stranger_cannot_keep_the_person_out) {
  Browser stranger{"ru"}, person{"ru"};
  auto before = messages();
  for (int time = 0; time < 2 * k_codes_per_person; ++time)
    EXPECT_EQ(ask(stranger, PortalRig::iin("aigul")).status, 303);
  for (int time = 0; time < 6; ++time) EXPECT_EQ(enter(stranger, "x").status, 422);
  EXPECT_EQ(sent_since(before, k_codes_per_person), std::size_t(k_codes_per_person));
  before = messages();
  ASSERT_EQ(ask(person, PortalRig::iin("aigul")).status, 303);
  ASSERT_EQ(sent_since(before, 1), 1U);
  auto const code = newest_code(rig.sms());
  EXPECT_EQ(enter(stranger, code).status, 422) << "a code opens the browser that asked for it";
  EXPECT_EQ(enter(person, code).status, 303);
  EXPECT_EQ(person.get("/cabinet").status, 200);
}

}  // namespace
}  // namespace qyzmet::tests
