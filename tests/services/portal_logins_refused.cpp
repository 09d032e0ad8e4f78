// Who cannot prove who they are stays outside, and reads why, in their language, with what was
// typed still there.
#include <functional>

#include "services/platform/encoding.hpp"
#include "signing/signer.hpp"
#include "tests/services/portal_rig.hpp"

namespace qyzmet::tests {
namespace {

constexpr std::string_view k_next = "/kk/cabinet/profile";

class LoginRefused : public testing::TestWithParam<char const*> {
 protected:
  std::string language = GetParam();
  Browser browser{language};
  PortalRig& rig = PortalRig::instance();

  Page answer(Page const& page, std::string const& signature) {
    return browser.send("/login/eds", {{"challenge", page.value("challenge")},
                                       {"next", std::string{k_next}},
                                       {"signature", signature}});
  }
  /// The refusal says `key` and offers a fresh challenge.
  void expect_refused(Page const& page, Page const& refusal, std::string const& key) {
    EXPECT_EQ(refusal.status, 422) << key;
    EXPECT_TRUE(refusal.says(text_of(key, language))) << key << "\n" << refusal.body;
    EXPECT_EQ(refusal.header("Content-Language"), language);
    EXPECT_EQ(refusal.value("next"), k_next) << key;
    EXPECT_FALSE(refusal.value("challenge").empty());
    EXPECT_NE(refusal.value("challenge"), page.value("challenge")) << "a challenge serves once";
    EXPECT_EQ(browser.get("/cabinet").status, 303) << "nobody is signed in";
  }
};

TEST_P(LoginRefused, bytes_that_are_no_signature_are_named) {
  auto const page = browser.get("/login?next=" + std::string{k_next});
  expect_refused(page, answer(page, ""), "error.signature_missing");
  for (std::string const bytes : {"%%% no Base64", "AAAA", "-----BEGIN CMS-----\nAA==\n"}) {
    auto const fresh = browser.get("/login");
    expect_refused(fresh, answer(fresh, bytes), "signature.malformed");
  }
  auto const fresh = browser.get("/login");
  auto cut = Browser::signature(fresh, *rig.keys("arman").auth);
  cut.resize(cut.size() / 8 * 4);
  expect_refused(fresh, answer(fresh, cut), "signature.malformed");
}

TEST_P(LoginRefused, a_signature_over_another_challenge_is_no_login) {
  auto const stranger = browser.get("/login");
  auto const page = browser.get("/login");
  expect_refused(page, answer(page, Browser::signature(stranger, *rig.keys("arman").auth)),
                 "signature.altered");
}

TEST_P(LoginRefused, certificates_that_prove_nothing_are_refused_with_their_reason) {
  for (auto const& [person, key] : {std::pair{"expired", "signature.expired"},
                                    {"revoked", "signature.revoked"},
                                    {"foreign", "signature.unknown_authority"},
                                    {"wrong-iin", "signature.invalid_iin"}}) {
    auto const page = browser.get("/login");
    expect_refused(page, answer(page, Browser::signature(page, *rig.keys(person).auth)), key);
    auto const again = browser.get("/login");
    expect_refused(again, answer(again, Browser::signature(again, *rig.keys(person).sign)), key);
  }
}

TEST_P(LoginRefused, a_used_challenge_is_out_of_date) {
  auto const page = browser.get("/login");
  auto const good = Browser::signature(page, *rig.keys("arman").auth);
  EXPECT_EQ(answer(page, good).status, 303);
  browser.forget("qyzmet");
  browser.get("/login");
  auto const refusal = answer(page, good);
  EXPECT_EQ(refusal.status, 422);
  EXPECT_TRUE(refusal.says(text_of("error.challenge_expired", language))) << refusal.body;
}

TEST_P(LoginRefused, without_an_answer_of_the_authority_nobody_comes_in) {
  auto const page = browser.get("/login");
  auto const good = Browser::signature(page, *rig.keys("arman").auth);
  ASSERT_TRUE(rig.pki().faults().set("unavailable"));
  auto const refusal = answer(page, good);
  rig.pki().faults().set("none");
  EXPECT_EQ(refusal.status, 503);
  EXPECT_TRUE(refusal.says(text_of("error.ocsp_unavailable", language))) << refusal.body;
  EXPECT_EQ(browser.sign_in("arman").status, 303) << "it works again";
}

TEST_P(LoginRefused, a_signature_file_beyond_the_limit_says_what_to_send_instead) {
  auto const page = browser.get("/login");
  auto const refusal =
      browser.send("/login/eds", {{"challenge", page.value("challenge")}, {"next", ""}},
                   {{"cms", "big.cms", std::string(signing::k_cms_bytes_max + 1, 'x')}});
  EXPECT_EQ(refusal.status, 413);
  EXPECT_TRUE(refusal.says(text_of("signature.too_large", language))) << refusal.body;
}

TEST_P(LoginRefused, an_invalid_iin_stays_in_its_field) {
  browser.get("/login");
  for (std::string const iin : {"12", "850315300018", "85031530001x", "000000000000", "\"><i>"}) {
    auto const refusal = browser.post("/login/otp", {{"iin", iin}, {"next", std::string{k_next}}});
    EXPECT_EQ(refusal.status, 422) << iin;
    EXPECT_TRUE(refusal.says(text_of("error.iin", language))) << iin;
    EXPECT_EQ(refusal.value("iin"), iin);
    EXPECT_EQ(refusal.value("next"), k_next);
    EXPECT_FALSE(refusal.body.contains("\"><i>")) << "what was typed is text";
  }
}

TEST_P(LoginRefused, a_wrong_code_says_how_many_tries_are_left) {
  browser.get("/login");
  auto const sent = browser.post("/login/otp", {{"iin", PortalRig::iin("aigul")}, {"next", ""}});
  ASSERT_EQ(sent.status, 303);
  browser.get(sent.location());
  for (int left = 4; left >= 1; --left) {
    auto const refusal = browser.post("/login/otp/confirm", {{"code", "x"}, {"next", ""}});
    EXPECT_EQ(refusal.status, 422);
    EXPECT_TRUE(
        refusal.says(text_of("error.code_wrong", language, {{"left", std::to_string(left)}})))
        << left;
  }
  auto const last = browser.post("/login/otp/confirm", {{"code", "x"}, {"next", ""}});
  EXPECT_TRUE(last.says(text_of("error.code_tries", language))) << last.body;
}

INSTANTIATE_TEST_SUITE_P(Languages, LoginRefused, testing::Values("kk", "ru", "en"));

}  // namespace
}  // namespace qyzmet::tests
