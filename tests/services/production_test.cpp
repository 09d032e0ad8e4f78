// A production installation with a certification authority of its own, set up as an operator does
// it: `migrate --mode production`, `user add-admin`, then the administrator signs in with a key.
// What belongs to demonstrations is not there.
#include <gtest/gtest.h>

#include <fstream>

#include "db/clock.hpp"
#include "services/cli/commands.hpp"
#include "services/platform/encoding.hpp"
#include "signing/authority.hpp"
#include "signing/certificate.hpp"
#include "tests/services/site_rig.hpp"

namespace qyzmet::tests {
namespace {

constexpr char const* k_admin_iin = "770412300138";
constexpr char const* k_citizen_iin = "850315300019";
constexpr char const* k_password = "authority";

Instant today() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

signing::CertificateSpec spec(std::vector<signing::NameEntry> subject) {
  return {.subject = std::move(subject),
          .from = today() - std::chrono::days{30},
          .until = today() + std::chrono::days{300}};
}

signing::CertificateSpec authority_spec(std::string name) {
  auto out = spec(
      {{.type = "C", .value = "KZ", .printable = true}, {.type = "CN", .value = std::move(name)}});
  out.key_usage = "critical,keyCertSign,cRLSign";
  out.basic_constraints = "critical,CA:TRUE";
  return out;
}

/// Root and authority under plain names: nothing in them says that they are for tests.
class OwnAuthority {
 public:
  OwnAuthority() {
    auto root = authority_spec("Qyzmet Root (RSA)");
    root.policies = "1.2.398.3.1.2";
    root_ = signing::issue_root(root);
    auto ca = authority_spec("Qyzmet Authority (RSA)");
    ca.basic_constraints = "critical,CA:TRUE,pathlen:0";
    ca_ = signing::issue(ca, root_);
    files_["trust/root.pem"] = signing::to_pem_certificate(root_.certificate);
    files_["trust/ca.pem"] = signing::to_pem_certificate(ca_.certificate);
    files_["root.p12"] = signing::to_p12(root_, k_password, {});
    files_["ca.p12"] = signing::to_p12(ca_, k_password, {root_.certificate});
    add_services();
    add_person("admin", "Баптаушиев", k_admin_iin);
    add_person("citizen", "Үлгіұлы", k_citizen_iin);
    auto seal = spec({{.type = "CN", .value = "Qyzmet"},
                      {.type = "C", .value = "KZ", .printable = true},
                      {.type = "O", .value = "Есіл бөлімі"},
                      {.type = "OU", .value = "BIN120340000014"}});
    seal.extended_key_usage =
        std::string{signing::eku::k_legal} + "," + std::string{signing::eku::k_information_system};
    add("people/seal-seal", seal);
    files_["index.txt"] = index_;
    files_["password"] = k_password;
  }

  Authority const& files() const { return files_; }

 private:
  void add_services() {
    auto ocsp = spec({{.type = "CN", .value = "OCSP"}});
    ocsp.key_usage = "critical,digitalSignature";
    ocsp.extended_key_usage = std::string{signing::eku::k_ocsp};
    ocsp.ocsp_nocheck = true;
    add("ocsp", ocsp);
    auto tsa = spec({{.type = "CN", .value = "TSA"}});
    tsa.extended_key_usage = "critical," + std::string{signing::eku::k_timestamping};
    add("tsa", tsa);
  }
  void add_person(std::string const& id, std::string const& surname, std::string const& iin) {
    auto person = spec({{.type = "CN", .value = surname + " Тимур"},
                        {.type = "SN", .value = surname},
                        {.type = "serialNumber", .value = "IIN" + iin, .printable = true},
                        {.type = "C", .value = "KZ", .printable = true}});
    person.key_usage = "critical,digitalSignature,keyEncipherment";
    person.extended_key_usage =
        std::string{signing::eku::k_auth} + "," + std::string{signing::eku::k_individual};
    add("people/" + id + "-auth", person);
  }
  void add(std::string const& stem, signing::CertificateSpec const& wanted) {
    auto const issued = signing::issue(wanted, ca_);
    files_[stem + ".p12"] = signing::to_p12(issued, k_password, {ca_.certificate});
    index_ += signing::serial_of(issued.certificate) + " good\n";
  }

  signing::Issued root_, ca_;
  std::string index_;
  Authority files_;
};

OwnAuthority const& own_authority() {
  static OwnAuthority const made;
  return made;
}

class Production : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    rig_ = new SiteRig{"production", db::Mode::production, own_authority().files()};
  }
  static void TearDownTestSuite() {
    delete rig_;
    rig_ = nullptr;
  }
  static SiteRig& rig() { return *rig_; }

  static int command(int (*run)(cli::Arguments), std::vector<std::string> words) {
    words.insert(words.end(), {"--config", rig().config_file()});
    std::vector<std::string_view> const views{words.begin(), words.end()};
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int const code = run(views);
    said_ = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    return code;
  }

  /// Signs in as a browser does: the page's challenge, signed with the key for signing in.
  static Guest sign_in(std::string const& person, int expected = 303) {
    auto const page = rig().get({}, "/kk/login");
    Guest guest;
    guest.visit = page.cookies.at("visit");
    guest.csrf = input_value(page.body, "csrf");
    auto const at = page.body.find("data-sign-bytes value=\"");
    auto const from = at + 23;
    auto const challenge =
        platform::from_base64(page.body.substr(from, page.body.find('"', from) - from));
    auto const answer = rig().post(guest, "/kk/login/eds",
                                   {{"challenge", input_value(page.body, "challenge")},
                                    {"signature", rig().sign(person, *challenge, "auth")}});
    EXPECT_EQ(answer.status, expected) << answer.body;
    if (!answer.cookies.contains("qyzmet")) return {};
    guest = {.session = answer.cookies.at("qyzmet")};
    guest.csrf = input_value(rig().get(guest, "/kk/cabinet").body, "csrf");
    return guest;
  }

  static inline SiteRig* rig_ = nullptr;
  static inline std::string said_;
};

TEST_F(Production, the_first_administrator_is_made_by_a_command_and_signs_in_with_a_key) {
  EXPECT_EQ(command(cli::run_add_admin, {"--iin", "770412300139", "--name", "Wrong digit"}), 2);
  EXPECT_EQ(command(cli::run_add_admin, {"--iin", k_admin_iin, "--name", "Баптаушиев Тимур",
                                         "--phone", "+77010000041"}),
            0)
      << said_;
  auto const admin = sign_in("admin");
  EXPECT_EQ(rig().get(admin, "/kk/admin").status, 200);
  EXPECT_EQ(rig().get(admin, "/kk/work").status, 403);
  auto const citizen = sign_in("citizen");
  EXPECT_EQ(rig().get(citizen, "/kk/admin").status, 403);
  EXPECT_EQ(rig().get(citizen, "/kk/apply/military_id").status, 200);
}

TEST_F(Production, nothing_of_a_demonstration_is_there) {
  EXPECT_EQ(rig().get({}, "/kk/demo").status, 404);
  EXPECT_EQ(command(cli::run_demo_people, {}), 2) << said_;
  EXPECT_THROW(rig().in_database([](db::Connection& connection) {
    return db::advance_demo_clock(connection, today() + std::chrono::days{1});
  }),
               db::Conflict);
  EXPECT_EQ(command(cli::run_migrate, {"--mode", "demo"}), 1) << said_;
  auto const page = rig().get({}, "/kk").body;
  EXPECT_EQ(page.find("<aside class=\"demo\""), std::string::npos);
}

TEST_F(Production, a_server_that_trusts_a_test_authority_does_not_start) {
  auto const trust = rig().config_file() + ".trust";
  std::filesystem::create_directories(trust);
  auto const test_root = signing::issue_root(authority_spec("Qyzmet Root TEST (RSA)"));
  std::ofstream{trust + "/root.pem"} << signing::to_pem_certificate(test_root.certificate);
  auto config = platform::load_config(rig().config_file());
  ASSERT_TRUE(config);
  config->trust_folder = trust;
  EXPECT_THROW(cli::Site{*config}, std::runtime_error);
}

}  // namespace
}  // namespace qyzmet::tests
