// General suites under the generic profile: NIST PKITS (paths), Wycheproof (primitives), signature
// wrapping of the EU's DSS. Each prints its counts.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "signing/algorithms.hpp"
#include "signing/cms_writer.hpp"
#include "signing/standard_path.hpp"
#include "signing/xml.hpp"
#include "signing/xml_document.hpp"
#include "tests/signing/bench.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::signing::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class PkiVectors : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = qyzmet::tests::shared("vectors/pki");
    if (!folder_) GTEST_SKIP() << "the vectors are not here";
  }
  static std::string read(fs::path const& path) {
    std::ifstream in{path, std::ios::binary};
    EXPECT_TRUE(in) << path;
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::optional<fs::path> folder_;
};

// --- paths

constexpr auto k_policy_1 = "2.16.840.1.101.3.2.1.48.1";
constexpr auto k_policy_2 = "2.16.840.1.101.3.2.1.48.2";

class Pkits : public PkiVectors {
 protected:
  void SetUp() override {
    PkiVectors::SetUp();
    if (!folder_) return;
    for (auto const& entry : fs::directory_iterator{*folder_ / "pkits/certs"}) {
      auto const name = entry.path().stem().string();
      auto const certificate = Certificate::read(read(entry.path()));
      if (name.ends_with("EE")) {
        targets_.emplace(name.substr(0, name.size() - 2), certificate);
      } else if (certificate) {
        (name == "TrustAnchorRootCertificate" ? anchors_.trusted : anchors_.intermediates)
            .push_back(*certificate);
      }
    }
    for (auto const& entry : fs::directory_iterator{*folder_ / "pkits/crls"})
      crls_.push_back(read(entry.path()));
  }

  bool passes(std::string const& name) const {
    // The two whose users want another policy (PKITS 4.10.3 and 4.11.4).
    static std::set<std::string, std::less<>> const second{"ValidPolicyMappingTest3",
                                                           "ValidinhibitPolicyMappingTest4"};
    auto const& target = targets_.at(name);
    return target &&
           !find_path_fault(*target, anchors_, {}, crls_,
                            {.policies = {second.contains(name) ? k_policy_2 : k_policy_1}}, day_);
  }

  Instant day_{std::chrono::sys_days{std::chrono::year{2020} / 6 / 1}};
  Anchors anchors_;
  std::map<std::string, std::optional<Certificate>> targets_;
  std::vector<std::string> crls_;
};

TEST_F(Pkits, NothingInvalidPassesAndEachMissIsExplained) {
  std::map<std::string, std::string, std::less<>> const misses{
      {"ValidDSASignaturesTest4", "DSA is on no list of ours"},
      {"ValidDSAParameterInheritanceTest5", "DSA is on no list of ours"},
      {"ValidcRLIssuerTest30", "the list's issuer is under another branch of the tree"},
      {"ValidNegativeSerialNumberTest14", "RFC 5280 forbids negative serials; so do we"}};
  std::size_t cases = 0, right = 0;
  for (auto const& [name, target] : targets_) {
    bool const valid = name.starts_with("Valid");
    if (!valid && !name.starts_with("Invalid")) continue;
    ++cases;
    bool const passed = passes(name);
    right += passed == valid ? 1 : 0;
    if (!valid) {
      EXPECT_FALSE(passed) << name;
    } else if (!passed) {
      EXPECT_TRUE(misses.contains(name)) << name << " is refused and nobody says why";
      if (misses.contains(name))
        std::printf("# PKITS %s: %s\n", name.c_str(), misses.find(name)->second.c_str());
    }
  }
  std::printf("# PKITS: %zu of %zu as their names say\n", right, cases);
  EXPECT_EQ(cases, 203U);
  EXPECT_GE(right, 199U);
}

// --- primitives

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return bytes;
}

/// r and s of one length each, as DER has them; what has no such form is left alone.
std::string from_p1363(std::string const& pair, std::size_t size) {
  if (pair.size() != 2 * size) return pair;
  auto const integer = [](std::string_view digits) {
    while (digits.size() > 1 && digits.front() == 0) digits.remove_prefix(1);
    std::string content{digits};
    if ((static_cast<unsigned char>(content.front()) & 0x80) != 0) content.insert(0, 1, '\0');
    return der::encode(der::integer, content);
  };
  return der::encode(der::sequence, {integer(std::string_view{pair}.substr(0, size)),
                                     integer(std::string_view{pair}.substr(size))});
}

struct Primitive {
  char const *file, *suite;    // OID of the signature
  std::size_t pair_bytes = 0;  // of each half of a signature that is no DER
  std::size_t tests = 0;
};

class Wycheproof : public PkiVectors, public testing::WithParamInterface<Primitive> {};
TEST_P(Wycheproof, AgreesWithEveryResult) {
  auto const all =
      json::parse(read(*folder_ / "wycheproof" / (std::string{GetParam().file} + "_test.json")));
  auto const* suite = suite_of_signature(GetParam().suite);
  ASSERT_NE(suite, nullptr);
  std::size_t tests = 0, mismatches = 0;
  for (auto const& group : all.at("testGroups").as_array()) {
    auto const der = from_hex(group.at("publicKeyDer").as_string());
    auto const* at = bytes_of(der);
    KeyPtr const key{d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()))};
    ASSERT_TRUE(key);
    for (auto const& test : group.at("tests").as_array()) {
      auto signature = from_hex(test.at("sig").as_string());
      if (GetParam().pair_bytes != 0) signature = from_p1363(signature, GetParam().pair_bytes);
      bool const passed =
          verify_signature(*suite, key.get(), from_hex(test.at("msg").as_string()), signature);
      std::string_view const expected = test.at("result").as_string();
      ++tests;
      bool const wrong = passed ? expected == "invalid" : expected == "valid";
      mismatches += wrong ? 1 : 0;
      EXPECT_FALSE(wrong) << "tcId " << test.at("tcId");
    }
  }
  std::printf("# Wycheproof %s: %zu tests, %zu mismatches\n", GetParam().file, tests, mismatches);
  EXPECT_EQ(tests, GetParam().tests);
}

constexpr auto k_ecdsa_sha256 = "1.2.840.10045.4.3.2";
INSTANTIATE_TEST_SUITE_P(
    All, Wycheproof,
    testing::Values(Primitive{"rsa_signature_2048_sha256", "1.2.840.113549.1.1.11", 0, 259},
                    Primitive{"rsa_signature_2048_sha512", "1.2.840.113549.1.1.13", 0, 259},
                    Primitive{"rsa_signature_3072_sha256", "1.2.840.113549.1.1.11", 0, 259},
                    Primitive{"rsa_signature_4096_sha256", "1.2.840.113549.1.1.11", 0, 258},
                    Primitive{"ecdsa_secp256r1_sha256", k_ecdsa_sha256, 0, 484},
                    Primitive{"ecdsa_secp256r1_sha256_p1363", k_ecdsa_sha256, 32, 262},
                    Primitive{"ecdsa_secp384r1_sha384", "1.2.840.10045.4.3.3", 0, 504},
                    Primitive{"ecdsa_secp521r1_sha512", "1.2.840.10045.4.3.4", 0, 542}),
    [](auto const& info) { return std::string{info.param.file}; });

TEST_F(PkiVectors, SignaturesWithPssAreOnNoListOfOurs) {
  for (bool const national : {true, false}) {
    Situation situation;
    situation.policy.national = national;
    situation.parts.signature_algorithm = encode_algorithm("1.2.840.113549.1.1.10");
    auto const report = situation.verify();
    EXPECT_EQ(failed_check(report), "algorithm");
    EXPECT_EQ(report.sub_indication, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE");
  }
}

// --- wrapped signatures

class Wrapping : public PkiVectors {
 protected:
  /// The signer's certificate as an anchor and a moment inside its validity, so that only the form
  /// can be to blame.
  static Report verify(std::string const& xml, bool national) {
    TrustStore trust{.certificates = {}, .partial_chain = true};
    auto at = now();
    auto const begin = xml.find("X509Certificate>", xml.rfind("SignatureValue>"));
    auto const end = xml.find("</", begin);
    auto const der = decode_base64(xml.substr(begin + 16, end - begin - 16));
    auto const certificate = der ? Certificate::read(*der) : std::nullopt;
    EXPECT_TRUE(certificate);
    if (certificate) {
      trust.certificates = {certificate->der()};
      at = certificate->not_before() + days{1};
    }
    Policy policy;
    policy.national = national;
    policy.allow_basic = true;
    policy.test_persons = true;
    policy.role = Role::any;
    return verify_xml(xml, trust, policy, at, at, {});
  }
};

TEST_F(Wrapping, EverySampleIsRefusedByItsForm) {
  std::size_t refused = 0, samples = 0;
  for (auto const& entry : fs::directory_iterator{*folder_ / "dss-xsw"})
    for (bool const national : {true, false}) {
      auto const report = verify(read(entry.path()), national);
      EXPECT_EQ(failed_check(report), "structure") << entry.path();
      EXPECT_EQ(report.sub_indication, "FORMAT_FAILURE") << entry.path();
      EXPECT_EQ(report.content, "");
      samples += national ? 1 : 0;
      refused += national && !report.passed() ? 1 : 0;
    }
  std::printf("# Wrapped signatures of DSS and their original: %zu of %zu refused by form\n",
              refused, samples);
  EXPECT_EQ(samples, 7U);
}

/// The control: what the profile refuses is a good signature by the core it stands on.
TEST_F(Wrapping, TheOriginalIsSoundByTheCoreAlone) {
  auto const bytes = read(*folder_ / "dss-xsw/original.xml");
  auto const document = xml::parse(bytes);
  ASSERT_TRUE(document);
  auto* root = xmlDocGetRootElement(document.get());
  xmlNode *signature = nullptr, *info = nullptr;
  std::string value, certificate, digest_value;
  for (auto* node : xml::all_elements(root)) {
    if (xml::is(node, xml::ns::k_signature, "Signature")) signature = node;
    if (xml::is(node, xml::ns::k_signature, "SignedInfo")) info = node;
    if (xml::is(node, xml::ns::k_signature, "SignatureValue"))
      value = *decode_base64(*xml::text(node));
    if (xml::is(node, xml::ns::k_signature, "X509Certificate"))
      certificate = *decode_base64(*xml::text(node));
    if (xml::is(node, xml::ns::k_signature, "DigestValue") && digest_value.empty())
      digest_value = *decode_base64(*xml::text(node));
  }
  ASSERT_TRUE(signature != nullptr && info != nullptr);
  auto const signer = Certificate::read(certificate);
  ASSERT_TRUE(signer);
  xml::Canonical const exclusive{.exclusive = true};
  auto const signed_info = xml::canonicalise(document.get(), info, nullptr, exclusive);
  auto const* suite = suite_of_signature(signed_info.find("rsa-sha512") != std::string::npos
                                             ? "1.2.840.113549.1.1.13"
                                             : "1.2.840.113549.1.1.11");
  EXPECT_TRUE(verify_signature(*suite, *signer, signed_info, value));
  auto const content = xml::canonicalise(document.get(), root, signature, exclusive);
  EXPECT_EQ(digest("SHA256", content), digest_value);
}

}  // namespace
}  // namespace qyzmet::signing::tests
