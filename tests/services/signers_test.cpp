// The three places where the server's own key may be: a file, a token (SoftHSM over PKCS#11), a
// service elsewhere (its simulator over HTTP). What each of them signs is verified as any
// signature.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "services/peers/pkcs11.hpp"
#include "services/peers/remote_signer.hpp"
#include "services/peers/signer.hpp"
#include "services/simulators/signer.hpp"
#include "signing/authority.hpp"
#include "signing/cms.hpp"
#include "tests/services/http_rig.hpp"
#include "tests/services/site_rig.hpp"

namespace qyzmet::tests {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr char const* k_module = "/usr/lib/softhsm/libsofthsm2.so";
constexpr char const* k_content = "Өтініштің қабылданғаны туралы талон";

void write_file(fs::path const& path, std::string const& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
}

/// The demo authority's files, and a token with the RSA key of the seal.
class Folder {
 public:
  Folder() {
    auto name = (fs::temp_directory_path() / "qyzmet-signers-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    path_ = name;
    for (auto const& [file, bytes] : demo_authority()) write_file(path_ / file, bytes);
    write_file(path_ / "seal.password", demo_authority().at("password") + "\n");
    write_file(path_ / "pin", "1234\n");
    write_file(path_ / "token", "secret\n");
    fs::create_directories(path_ / "tokens");
    write_file(path_ / "softhsm2.conf", "directories.tokendir = " + (path_ / "tokens").string() +
                                            "\nobjectstore.backend = file\nlog.level = ERROR\n");
    ::setenv("SOFTHSM2_CONF", (path_ / "softhsm2.conf").c_str(), 1);
    make_token();
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;

  std::string at(std::string const& name) const { return (path_ / name).string(); }
  std::string certificate(std::string const& name) const {
    return *signing::unwrap_pem_or_der(demo_authority().at("people/" + name + ".pem"));
  }

 private:
  static void run(std::string const& command) {
    if (std::system((command + " >/dev/null 2>&1").c_str()) != 0)
      throw std::runtime_error{"failed: " + command};
  }

  void make_token() const {
    run("softhsm2-util --init-token --free --label prov --so-pin 4321 --pin 1234");
    run("openssl pkcs12 -in " + at("people/seal-seal.p12") +
        " -passin file:" + at("seal.password") +
        " -nocerts -nodes | openssl pkcs8 -topk8 -nocrypt -out " + at("key.pem"));
    for (auto const* label : {"seal", "twin"})
      run("softhsm2-util --import " + at("key.pem") + " --token prov --pin 1234 --id 0" +
          (*label == 's' ? "1" : "2") + " --label " + label);
  }

  fs::path path_;
};

Folder const& folder() {
  static Folder const made;
  return made;
}

class Signers : public testing::Test {
 protected:
  Signers() : service_{simulators::read_people(folder().at("")), "secret"} {}

  static peers::Token token() {
    return {.module = k_module, .token = "prov", .key = "seal", .pin = "1234", .mechanism = 0x40};
  }
  static std::string refusal(peers::Token const& token, std::string const& certificate) {
    try {
      peers::open_token(token, certificate);
      return "opened";
    } catch (std::runtime_error const& error) {
      return error.what();
    }
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(rig_.port()) + "/csc/v2"; }
  void start_service() {
    service_.add_routes(rig_.router);
    rig_.start();
  }

  Result<std::string> sign(peers::Signer& signer) {
    auto const draft =
        signing::begin_cms(signer.certificate(), k_content, {.at = {}, .attached = true});
    auto const value = asio::co_spawn(rig_.io, signer.sign(draft->to_sign), asio::use_future).get();
    if (!value) return std::unexpected(value.error());
    return signing::finish_cms(*draft, *value);
  }
  /// The verdict on the path aside from revocation, which nobody was asked about.
  static std::string verdict(Result<std::string> const& cms) {
    if (!cms) return cms.error().text;
    signing::TrustStore trust;
    for (auto const* name : {"root", "ca", "root-gost", "ca-gost"})
      trust.certificates.push_back(demo_authority().at("trust/" + std::string{name} + ".pem"));
    signing::Policy policy;
    policy.role = signing::Role::provider_seal;
    auto const at = *parse_instant("2026-12-10T05:00:00.000000Z");
    return signing::verify_cms(*cms, std::nullopt, trust, policy, at, at, {}).reason();
  }

  simulators::SignerSimulator service_;
  Rig rig_;
};

constexpr char const* k_sound = "signature.no_revocation_data";

TEST_F(Signers, AKeyInATokenSignsByTheMechanismOfTheConfiguration) {
  rig_.start();
  for (auto const& [mechanism, input] : std::vector<std::pair<unsigned long, peers::TokenInput>>{
           {0x40, peers::TokenInput::bytes}, {0x01, peers::TokenInput::digest_info}}) {
    auto chosen = token();
    chosen.mechanism = mechanism;
    chosen.input = input;
    auto const signer = peers::open_token(chosen, folder().certificate("seal-seal"));
    EXPECT_EQ(verdict(sign(*signer)), k_sound);
    EXPECT_EQ(verdict(sign(*signer)), k_sound) << "as often as one likes";
  }
}

TEST_F(Signers, WhatIsWrongWithATokenIsSaidAtTheStart) {
  auto const certificate = folder().certificate("seal-seal");
  auto const with = [&](auto change) {
    auto changed = token();
    change(changed);
    return refusal(changed, certificate);
  };
  using testing::HasSubstr;
  EXPECT_THAT(with([](auto& t) { t.module = "/nowhere.so"; }), HasSubstr("cannot be loaded"));
  EXPECT_THAT(with([](auto& t) { t.module = "libc.so.6"; }), HasSubstr("no module"));
  EXPECT_THAT(with([](auto& t) { t.token = "other"; }), HasSubstr("no token with the label other"));
  EXPECT_THAT(with([](auto& t) { t.pin = "0000"; }), HasSubstr("the PIN is refused"));
  EXPECT_THAT(with([](auto& t) { t.key = "other"; }), HasSubstr("no private key"));
  EXPECT_THAT(with([](auto& t) { t.mechanism = 0x80000013; }), HasSubstr("does not sign"));
  EXPECT_THAT(with([](auto& t) { t.order = peers::TokenOrder::reversed; }),
              HasSubstr("do not fit the token"));
  EXPECT_THAT(refusal(token(), folder().certificate("arman-sign")),
              HasSubstr("do not belong together"));
}

TEST_F(Signers, ByteOrdersOfVendorsBecomeThatOfCms) {
  EXPECT_EQ(peers::in_cms_order("abcd", peers::TokenOrder::natural), "abcd");
  EXPECT_EQ(peers::in_cms_order("abcd", peers::TokenOrder::reversed), "dcba");
  EXPECT_EQ(peers::in_cms_order("abcd", peers::TokenOrder::halves_reversed), "badc");
  // A GOST key whose token would give big-endian numbers, in either order.
  auto const key = signing::open_p12(demo_authority().at("people/seal-gost.p12"),
                                     demo_authority().at("password"));
  auto const draft =
      signing::begin_cms((*key)->certificate_der(), k_content, {.at = {}, .attached = true});
  auto const value = *(*key)->sign(draft->to_sign.bytes);
  EXPECT_EQ(verdict(signing::finish_cms(*draft, *(*key)->sign_digest(draft->to_sign.digest))),
            k_sound);
  for (auto const order : {peers::TokenOrder::reversed, peers::TokenOrder::halves_reversed}) {
    auto const from_token = peers::in_cms_order(value, order);
    EXPECT_EQ(signing::finish_cms(*draft, from_token).error().text, "signature.signer_answer");
    EXPECT_EQ(verdict(signing::finish_cms(*draft, peers::in_cms_order(from_token, order))),
              k_sound);
  }
}

TEST_F(Signers, AServiceElsewhereSignsDigestsOfBothFamilies) {
  start_service();
  for (std::string const credential : {"seal-seal", "seal-gost"}) {
    peers::RemoteSigner signer{{.url = url(), .credential = credential, .token = "secret"},
                               folder().certificate(credential),
                               {}};
    EXPECT_EQ(verdict(sign(signer)), k_sound) << credential;
  }
}

TEST_F(Signers, EveryFaultOfTheServiceIsSeenThrough) {
  start_service();
  auto const asked = [&](std::string const& credential, std::string const& token) {
    peers::RemoteSigner signer{{.url = url(), .credential = credential, .token = token},
                               folder().certificate("seal-seal"),
                               {.peer_deadline = std::chrono::milliseconds{500}}};
    return verdict(sign(signer));
  };
  for (auto const& [name, outcome] :
       std::map<std::string, std::string>{{"none", k_sound},
                                          {"unavailable", "error.peer_unavailable"},
                                          {"refused", "error.peer_unavailable"},
                                          {"slow", "error.peer_unavailable"},
                                          {"garbage", "error.peer_unavailable"},
                                          {"wrong_value", "signature.signer_answer"}}) {
    ASSERT_TRUE(service_.faults().set(name, std::chrono::seconds{3}));
    EXPECT_EQ(asked("seal-seal", "secret"), outcome) << name;
  }
  service_.faults().set("none");
  EXPECT_EQ(asked("seal-seal", "guess"), "error.peer_unavailable");
  EXPECT_EQ(asked("nobody", "secret"), "error.peer_unavailable");
  EXPECT_EQ(asked("arman-sign", "secret"), "signature.signer_answer") << "somebody else's key";
}

TEST_F(Signers, TheConfigurationChoosesAndNamesWhatIsMissing) {
  start_service();
  std::string const common = "seal_certificate = " + folder().at("people/seal-seal.pem") + "\n";
  std::map<std::string, std::string> const kinds{
      {"p12", "seal_p12 = " + folder().at("people/seal-seal.p12") +
                  "\nseal_password_file = " + folder().at("seal.password")},
      {"pkcs11", common + "pkcs11_module = " + k_module +
                     "\npkcs11_token = prov\npkcs11_key = twin\npkcs11_mechanism = 0x1\n"
                     "pkcs11_input = digest_info\npkcs11_pin_file = " +
                     folder().at("pin")},
      {"remote",
       common + "signer_url = " + url() +
           "\nsigner_credential = seal-seal\nsigner_token_file = " + folder().at("token")}};
  auto const nothing = [](std::string const&) { return std::nullopt; };
  for (auto const& [kind, lines] : kinds) {
    auto const config = platform::parse_config("seal = " + kind + "\n" + lines + "\n", nothing);
    ASSERT_TRUE(config) << config.error().front();
    auto const signer = peers::open_signer(*config);
    EXPECT_EQ(verdict(sign(*signer)), k_sound) << kind;
    auto const bare = platform::parse_config("seal = " + kind + "\n", nothing);
    auto const missing = platform::missing_for_serving(*bare);
    auto const first = lines.substr(0, lines.find(' '));
    EXPECT_THAT(missing, testing::Contains(first + " is not set"));
  }
  auto const wrong = platform::parse_config(
      "seal = smartcard\npkcs11_input = x\npkcs11_order = y\npkcs11_mechanism = z\n", nothing);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().size(), 4U);
}

}  // namespace
}  // namespace qyzmet::tests
