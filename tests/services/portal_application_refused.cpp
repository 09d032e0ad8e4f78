// An application with bad input: each page says what is wrong and what to do, in the reader's
// language, and keeps what was typed.
#include "services/casework/draft.hpp"
#include "services/simulators/clamd.hpp"
#include "tests/services/portal_rig.hpp"

namespace qyzmet::tests {
namespace {

constexpr std::string_view k_reason = "lost_damaged";
constexpr std::string_view k_document = "penalty_ruling";

class ApplicationRefused : public testing::TestWithParam<char const*> {
 protected:
  ApplicationRefused() { begin("aigul"); }

  void begin(std::string_view person) {
    browser = Browser{language};
    browser.sign_in(person);
    browser.get("/apply/military_id");
    auto const begun = browser.post("/apply/military_id", {});
    path = begun.location().substr(3);
    path.resize(path.rfind('/') + 1);
  }

  std::string language = GetParam();
  Browser browser{language};
  PortalRig& rig = PortalRig::instance();
  std::string path;  // "/apply/military_id/<draft>/"

  Page send(std::string const& page, Fields fields, std::vector<File> const& files = {}) {
    return browser.send(path + page, std::move(fields), files);
  }
  bool says(Page const& page, std::string const& key, boost::json::object const& arguments = {}) {
    return page.says(text_of(key, language, arguments));
  }
  /// Everything up to the page of documents is in order.
  void fill_in() {
    EXPECT_EQ(send("reason", {{"subtype", std::string{k_reason}}}).status, 303);
    EXPECT_EQ(send("office", {{"office", rig.office()}}).status, 303);
    EXPECT_EQ(send("branch", {{"branch", rig.branch()}}).status, 303);
    EXPECT_EQ(send("contacts", {{"phone", "+7 701 123 45 67"},
                                {"email", ""},
                                {"address", "Астана қ., Сынақ көшесі, 7"}})
                  .status,
              303);
  }
  Page upload(std::string const& name, std::string const& bytes) {
    return send("documents", {{"act", "upload"}}, {{std::string{k_document}, name, bytes}});
  }
  /// The page that asks for the signature; all before it is in order.
  Page ready_to_sign() {
    fill_in();
    EXPECT_EQ(upload("жақсы.pdf", "%PDF-1.4 good").status, 303);
    EXPECT_EQ(send("consent", {{"consent", "true"}}).status, 303);
    auto const check = browser.get(path + "check");
    EXPECT_EQ(check.status, 200);
    EXPECT_EQ(send("check", {{"sha256", check.value("sha256")}}).status, 303);
    return browser.get(path + "certify");
  }
  void expect_refused(Page const& page, std::string const& signature, std::string const& key) {
    auto const refusal = send(
        "certify", {{"act", "sign"}, {"sha256", page.value("sha256")}, {"signature", signature}});
    EXPECT_EQ(refusal.status, 422) << key;
    EXPECT_TRUE(says(refusal, key)) << key << "\n" << refusal.body;
    EXPECT_EQ(refusal.value("sha256"), page.value("sha256")) << "the application waits as it was";
  }
};

TEST_P(ApplicationRefused, a_choice_that_is_not_offered_is_refused_on_its_page) {
  auto refusal = send("reason", {{"subtype", "no_such_reason"}});
  EXPECT_EQ(refusal.status, 422);
  EXPECT_TRUE(says(refusal, "error.choose_reason"));
  refusal = send("office", {{"office", "999999"}});
  EXPECT_EQ(refusal.status, 422);
  EXPECT_TRUE(says(refusal, "error.not_a_choice"));
  fill_in();
  refusal = send("branch", {{"branch", "999999"}});
  EXPECT_EQ(refusal.status, 422);
  EXPECT_TRUE(says(refusal, "error.not_a_choice"));
  refusal = send("consent", {});
  EXPECT_EQ(refusal.status, 422);
  EXPECT_TRUE(says(refusal, "error.consent"));
}

TEST_P(ApplicationRefused, wrong_contacts_are_named_one_by_one_and_kept_as_they_were_typed) {
  auto const refusal =
      send("contacts", {{"phone", "12 34"}, {"email", "nobody@"}, {"address", "<b>"}});
  EXPECT_EQ(refusal.status, 422);
  for (auto const* key : {"error.field_phone", "error.field_email", "error.address_short"})
    EXPECT_TRUE(says(refusal, key)) << key;
  EXPECT_EQ(refusal.value("phone"), "12 34");
  EXPECT_EQ(refusal.value("email"), "nobody@");
  EXPECT_EQ(refusal.value("address"), "<b>");
  EXPECT_FALSE(refusal.body.contains("<b>\n</textarea>"));
}

TEST_P(ApplicationRefused, a_text_beyond_its_limit_comes_back_whole_with_the_limit) {
  std::string address;
  for (std::size_t i = 0; i <= casework::k_address_size_max; ++i) address += "ә";
  auto const refusal =
      send("contacts", {{"phone", "+77011234567"}, {"email", ""}, {"address", address}});
  EXPECT_EQ(refusal.status, 422);
  EXPECT_TRUE(
      says(refusal, "error.too_long", {{"max", std::to_string(casework::k_address_size_max)}}));
  EXPECT_EQ(refusal.value("address"), address);
  EXPECT_EQ(refusal.value("phone"), "+77011234567");
}

TEST_P(ApplicationRefused, an_unknown_field_is_named_and_the_rest_is_shown) {
  auto const refusal = send("contacts", {{"phone", "+77011234567"},
                                         {"email", "a@b.kz"},
                                         {"address", "Астана қ., Абай көшесі, 5"},
                                         {"colour", "red"}});
  EXPECT_EQ(refusal.status, 400);
  EXPECT_TRUE(says(refusal, "error.unknown_field", {{"field", "colour"}})) << refusal.body;
  EXPECT_TRUE(says(refusal, "problem.typed.text"));
  EXPECT_EQ(refusal.value("phone"), "+77011234567");
  EXPECT_EQ(refusal.value("address"), "Астана қ., Абай көшесі, 5");
  auto const file = send("documents", {{"act", "upload"}}, {{"passport", "a.pdf", "%PDF-1.4"}});
  EXPECT_EQ(file.status, 400);
  EXPECT_TRUE(says(file, "error.unknown_field", {{"field", "passport"}}));
}

TEST_P(ApplicationRefused, bad_files_are_named_and_good_ones_stay) {
  fill_in();
  ASSERT_EQ(upload("жақсы.pdf", "%PDF-1.4 good").status, 303);
  std::string const large = "%PDF-" + std::string(platform::Limits{}.file_bytes_max, 'x');
  for (auto const& [bytes, key, status] :
       {std::tuple{std::string{"MZ\x90, a program"}, "error.file_type", 422},
        {std::string{"<html>%PDF-"}, "error.file_type", 422},
        {std::string{}, "error.file_empty", 422},
        {large, "error.file_too_large", 413},
        {"%PDF-" + simulators::eicar(), "error.file_infected", 422}}) {
    auto const refusal = upload("тағы.pdf", bytes);
    EXPECT_EQ(refusal.status, status) << key;
    EXPECT_TRUE(says(refusal, key)) << key << "\n" << refusal.body;
    EXPECT_TRUE(refusal.says("жақсы.pdf")) << key << ": what was uploaded before is still there";
  }
}

TEST_P(ApplicationRefused, without_the_scanner_no_file_is_taken_and_nothing_is_lost) {
  fill_in();
  ASSERT_EQ(upload("жақсы.pdf", "%PDF-1.4 good").status, 303);
  ASSERT_TRUE(rig.clamd().faults().set("cut"));
  auto const refusal = upload("тағы.pdf", "%PDF-1.4 other");
  rig.clamd().faults().set("none");
  EXPECT_EQ(refusal.status, 503);
  EXPECT_TRUE(says(refusal, "error.scanner_unavailable")) << refusal.body;
  EXPECT_TRUE(refusal.says("жақсы.pdf"));
  EXPECT_EQ(upload("тағы.pdf", "%PDF-1.4 other").status, 303) << "it works again";
}

TEST_P(ApplicationRefused, more_files_than_the_limit_are_refused_by_number) {
  fill_in();
  std::vector<File> files;
  for (std::size_t i = 0; i <= platform::Limits{}.files_max; ++i)
    files.push_back({std::string{k_document}, "f.pdf", "%PDF-1.4"});
  auto const refusal = send("documents", {{"act", "upload"}}, files);
  EXPECT_EQ(refusal.status, 413);
  EXPECT_TRUE(says(refusal, "error.too_many_files")) << refusal.body;
}

TEST_P(ApplicationRefused, a_signature_that_is_not_the_applicants_own_certifies_nothing) {
  auto const page = ready_to_sign();
  auto const login = Browser{language}.get("/login");
  auto const& own = rig.keys("aigul");
  for (auto const& [signature, key] :
       {std::pair{Browser::signature(page, *own.auth), "signature.auth_key"},
        {Browser::signature(page, *rig.keys("arman").sign), "signature.wrong_iin"},
        {Browser::signature(page, *rig.keys("foreign").sign), "signature.unknown_authority"},
        {Browser::signature(page, *rig.keys("head").sign), "signature.wrong_role"},
        {Browser::signature(login, *own.sign), "signature.altered"},
        {std::string{"AAAA"}, "signature.malformed"},
        {std::string{}, "error.signature_missing"}})
    expect_refused(page, signature, key);
  auto const code =
      send("certify", {{"act", "confirm"}, {"sha256", page.value("sha256")}, {"code", "000000"}});
  EXPECT_EQ(code.status, 422);
  EXPECT_TRUE(says(code, "error.code_expired")) << code.body;
}

TEST_P(ApplicationRefused, an_own_certificate_that_no_longer_counts_certifies_nothing) {
  for (auto const& [person, key] :
       {std::pair{"half-revoked", "signature.revoked"}, {"half-expired", "signature.expired"}}) {
    begin(person);
    auto const page = ready_to_sign();
    expect_refused(page, Browser::signature(page, *rig.keys(person).sign), key);
  }
}

INSTANTIATE_TEST_SUITE_P(Languages, ApplicationRefused, testing::Values("kk", "ru", "en"));

}  // namespace
}  // namespace qyzmet::tests
