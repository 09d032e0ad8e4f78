// OpenSSL's own functions on Kazakh data: certificates, CMS, OCSP, timestamps, lists; keys and
// signatures through the usual interfaces.
#include "signing/gost/provider.hpp"

#include <gtest/gtest.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <fstream>

#include "engine/base/owned.hpp"
#include "tests/support/shared.hpp"

namespace qyzmet::gost::tests {
namespace {

using Bio = Owned<BIO, BIO_free>;
using Cert = Owned<X509, X509_free>;
using Pkey = Owned<EVP_PKEY, EVP_PKEY_free>;
using Context = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Store = Owned<X509_STORE, X509_STORE_free>;

class OpensslWithKazakhData : public testing::Test {
 protected:
  void SetUp() override {
    install();
    folder_ = qyzmet::tests::shared("vectors/eds");
    if (!folder_) GTEST_SKIP() << "the vectors are not here";
  }

  std::string read(std::string const& name) const {
    std::ifstream in{*folder_ / name, std::ios::binary};
    EXPECT_TRUE(in) << name;
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  Cert certificate(std::string const& name) const {
    auto const bytes = read(name);
    Bio const in{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))};
    if (bytes.starts_with("-----"))
      return Cert{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
    return Cert{d2i_X509_bio(in.get(), nullptr)};
  }
  /// Anchors and intermediates alike; the time is given, for some of them have ended.
  Store store(std::vector<std::string> const& names, std::time_t at) const {
    Store store{X509_STORE_new()};
    for (auto const& name : names) X509_STORE_add_cert(store.get(), certificate(name).get());
    auto* parameters = X509_STORE_get0_param(store.get());
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(parameters, at);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
    return store;
  }
  bool is_issued(std::string const& subject, std::string const& issuer) const {
    auto const leaf = certificate(subject), authority = certificate(issuer);
    return X509_verify(leaf.get(), X509_get0_pubkey(authority.get())) == 1;
  }

  std::optional<std::filesystem::path> folder_;
};

constexpr std::time_t k_july_2026 = 1784538487 + 60;

TEST_F(OpensslWithKazakhData, EveryCertificateVerifiesUnderItsIssuer) {
  std::vector<std::pair<std::string, std::string>> const pairs{
      {"ca-production/btsd_gost.cer", "ca-production/root_gost_2020.cer"},
      {"ca-production/nca_gost.pem", "ca-production/root_gost.pem"},
      {"ca-production/nca_gost_2022.pem", "ca-production/root_gost_2022.pem"},
      {"ca-production/prod_tsa_2025.cer", "ca-production/nca_gost_2022.pem"},
      {"ca-production/root_gost.pem", "ca-production/root_gost.pem"},
      {"ca-production/root_gost_2020.cer", "ca-production/root_gost_2020.cer"},
      {"ca-production/root_gost_2022.pem", "ca-production/root_gost_2022.pem"},
      {"ca-production/ucgo_gost.cer", "ca-production/root_gost_2020.cer"},
      {"skarm-kalkan/certs/root_test_gost_2022.cer", "skarm-kalkan/certs/root_test_gost_2022.cer"},
      {"skarm-kalkan/certs/nca_gost2022_test.cer", "skarm-kalkan/certs/root_test_gost_2022.cer"},
      {"gokalkan/gost1.cer", "skarm-kalkan/certs/nca_gost2022_test.cer"},
      {"skarm-kalkan/examples/test_CERT_GOST.txt", "ca-production/nca_gost.pem"},
      {"malikzh-ncanode/certs/ceo_valid_sign_2004_gost.cer",
       "malikzh-ncanode/ca/nca_gost_test.crt"}};
  for (auto const& [subject, issuer] : pairs) EXPECT_TRUE(is_issued(subject, issuer)) << subject;
  EXPECT_FALSE(is_issued("ca-production/nca_gost_2022.pem", "ca-production/nca_gost_2022.pem"));
  EXPECT_FALSE(is_issued("ca-production/nca_gost.pem", "ca-production/root_gost_2020.cer"));
}

TEST_F(OpensslWithKazakhData, AChangedCertificateDoesNot) {
  auto const authority = certificate("ca-production/nca_gost_2022.pem");
  auto const der = read("ca-production/prod_tsa_2025.cer");
  std::size_t refused = 0, tried = 0;
  for (std::size_t at = 4; at < der.size(); at += 13) {
    auto changed = der;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    auto const* in = reinterpret_cast<unsigned char const*>(changed.data());
    Cert const leaf{d2i_X509(nullptr, &in, static_cast<long>(changed.size()))};
    ++tried;
    if (!leaf || X509_verify(leaf.get(), X509_get0_pubkey(authority.get())) != 1) ++refused;
  }
  EXPECT_EQ(refused, tried);
}

TEST_F(OpensslWithKazakhData, TheChainOfTheProductionTsaIsBuilt) {
  auto const anchors =
      store({"ca-production/root_gost_2022.pem", "ca-production/nca_gost_2022.pem"}, k_july_2026);
  auto const leaf = certificate("ca-production/prod_tsa_2025.cer");
  Owned<X509_STORE_CTX, X509_STORE_CTX_free> const context{X509_STORE_CTX_new()};
  ASSERT_EQ(X509_STORE_CTX_init(context.get(), anchors.get(), leaf.get(), nullptr), 1);
  EXPECT_EQ(X509_verify_cert(context.get()), 1)
      << X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

TEST_F(OpensslWithKazakhData, CmsVerifyChecksSignaturesAndEss) {
  auto const anchors = store(
      {"skarm-kalkan/certs/root_test_gost_2022.cer", "skarm-kalkan/certs/nca_gost2022_test.cer"},
      k_july_2026);
  for (std::string const who : {"individual", "legal_entity"}) {
    auto const bytes = read("skarm-kalkan/cms/" + who + "_detached.der");
    auto document = read("skarm-kalkan/cms/" + who + "_document.txt");
    auto const verify = [&] {
      Bio const in{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))};
      Bio const content{BIO_new_mem_buf(document.data(), static_cast<int>(document.size()))};
      Owned<CMS_ContentInfo, CMS_ContentInfo_free> const cms{d2i_CMS_bio(in.get(), nullptr)};
      return CMS_verify(cms.get(), nullptr, anchors.get(), content.get(), nullptr,
                        CMS_CADES | CMS_BINARY);
    };
    EXPECT_EQ(verify(), 1) << who;
    document[0] = static_cast<char>(document[0] ^ 1);
    EXPECT_EQ(verify(), 0) << who;
  }
}

TEST_F(OpensslWithKazakhData, OcspAnswersOfBothFamiliesVerify) {
  std::vector<std::pair<std::string, std::string>> const answers{
      {"ocsp_response_individual_2015.bin", "nca_gost2015_test.cer"},
      {"ocsp_response_ceo_2015_revoked.bin", "nca_gost2015_test.cer"},
      {"ocsp_response_ceo_sign_2004_revoked.bin", "nca_gost_test.crt"},
      {"ocsp_response_individual_sign_2004.bin", "nca_rsa_test.crt"}};
  for (auto const& [name, issuer] : answers) {
    auto const anchors = store({"malikzh-ncanode/ca/" + issuer}, 1662137800);
    auto const verify = [&](std::string const& bytes) {
      Bio const in{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))};
      Owned<OCSP_RESPONSE, OCSP_RESPONSE_free> const answer{
          d2i_OCSP_RESPONSE_bio(in.get(), nullptr)};
      Owned<OCSP_BASICRESP, OCSP_BASICRESP_free> const basic{
          answer ? OCSP_response_get1_basic(answer.get()) : nullptr};
      return basic ? OCSP_basic_verify(basic.get(), nullptr, anchors.get(), 0) : 0;
    };
    auto bytes = read("malikzh-ncanode/ocsp/" + name);
    EXPECT_EQ(verify(bytes), 1) << name;
    bytes[80] = static_cast<char>(bytes[80] ^ 1);
    EXPECT_NE(verify(bytes), 1) << name;
  }
}

TEST_F(OpensslWithKazakhData, ATimestampTokenVerifies) {
  // Its ESSCertID is of the first version, with SHA-1; its imprint, too, which policy refuses.
  auto const bytes = read("malikzh-ncanode/tsp/tsp_token.bin");
  auto const* in = reinterpret_cast<unsigned char const*>(bytes.data());
  Owned<PKCS7, PKCS7_free> const token{d2i_PKCS7(nullptr, &in, static_cast<long>(bytes.size()))};
  ASSERT_NE(token, nullptr);
  auto const anchors = store({"malikzh-ncanode/ca/nca_gost_test.crt"}, 1663507214);
  X509* signer = nullptr;
  EXPECT_EQ(TS_RESP_verify_signature(token.get(), nullptr, anchors.get(), &signer), 1);
  Cert const owner{signer};
  auto changed = bytes;
  changed[changed.size() - 5] = static_cast<char>(changed[changed.size() - 5] ^ 1);
  in = reinterpret_cast<unsigned char const*>(changed.data());
  Owned<PKCS7, PKCS7_free> const other{d2i_PKCS7(nullptr, &in, static_cast<long>(changed.size()))};
  EXPECT_NE(TS_RESP_verify_signature(other.get(), nullptr, anchors.get(), &signer), 1);
}

TEST_F(OpensslWithKazakhData, ListsOfBothFamiliesVerify) {
  std::vector<std::pair<std::string, std::string>> const lists{
      {"malikzh-ncanode/crl/nca_gost2022_test.crl", "malikzh-ncanode/ca/nca_gost2015_test.cer"},
      {"malikzh-ncanode/crl/nca_gost_test.crl", "malikzh-ncanode/ca/nca_gost_test.crt"},
      {"skarm-kalkan/certs/nca_gost2022_test.crl", "skarm-kalkan/certs/nca_gost2022_test.cer"},
      {"skarm-kalkan/certs/nca_gost2022_d_test.crl", "skarm-kalkan/certs/nca_gost2022_test.cer"}};
  for (auto const& [name, issuer] : lists) {
    auto const bytes = read(name);
    auto const* in = reinterpret_cast<unsigned char const*>(bytes.data());
    Owned<X509_CRL, X509_CRL_free> const list{
        d2i_X509_CRL(nullptr, &in, static_cast<long>(bytes.size()))};
    auto const authority = certificate(issuer);
    EXPECT_EQ(X509_CRL_verify(list.get(), X509_get0_pubkey(authority.get())), 1) << name;
  }
}

// --- keys and signatures

class Keys : public testing::TestWithParam<char const*> {
 protected:
  void SetUp() override { install(); }
  static Pkey make() {
    Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> const context{
        EVP_PKEY_CTX_new_from_name(nullptr, GetParam(), nullptr)};
    EVP_PKEY* key = nullptr;
    EXPECT_EQ(EVP_PKEY_keygen_init(context.get()), 1);
    EXPECT_EQ(EVP_PKEY_generate(context.get(), &key), 1);
    return Pkey{key};
  }
  static std::string sign(EVP_PKEY* key, char const* digest, std::string const& bytes) {
    Context const context{EVP_MD_CTX_new()};
    std::size_t size = 0;
    auto const* in = reinterpret_cast<unsigned char const*>(bytes.data());
    if (EVP_DigestSignInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key, nullptr) !=
            1 ||
        EVP_DigestSign(context.get(), nullptr, &size, in, bytes.size()) != 1)
      return {};
    std::string out(size, '\0');
    EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, in,
                             bytes.size()),
              1);
    return out;
  }
  static bool verify(EVP_PKEY* key, std::string const& bytes, std::string const& signature) {
    Context const context{EVP_MD_CTX_new()};
    return EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key,
                                   nullptr) == 1 &&
           EVP_DigestVerify(context.get(), reinterpret_cast<unsigned char const*>(signature.data()),
                            signature.size(), reinterpret_cast<unsigned char const*>(bytes.data()),
                            bytes.size()) == 1;
  }
};

TEST_P(Keys, SignAndGoThroughTheirEncodings) {
  auto const key = make();
  ASSERT_NE(key, nullptr);
  auto const signature = sign(key.get(), nullptr, "message");
  EXPECT_EQ(signature.size(), static_cast<std::size_t>(EVP_PKEY_get_size(key.get())));
  EXPECT_TRUE(verify(key.get(), "message", signature));
  EXPECT_FALSE(verify(key.get(), "another", signature));

  unsigned char* out = nullptr;
  int const public_size = i2d_PUBKEY(key.get(), &out);
  ASSERT_GT(public_size, 0);
  auto const* at = const_cast<unsigned char const*>(out);
  Pkey const public_key{d2i_PUBKEY(nullptr, &at, public_size)};
  OPENSSL_free(out);
  ASSERT_NE(public_key, nullptr);
  EXPECT_EQ(EVP_PKEY_eq(key.get(), public_key.get()), 1);
  EXPECT_TRUE(verify(public_key.get(), "message", signature));
  EXPECT_EQ(sign(public_key.get(), nullptr, "message"), "");

  out = nullptr;
  int const size = i2d_PrivateKey(key.get(), &out);
  ASSERT_GT(size, 0);
  at = out;
  Pkey const again{d2i_AutoPrivateKey(nullptr, &at, size)};
  OPENSSL_free(out);
  ASSERT_NE(again, nullptr);
  EXPECT_TRUE(verify(key.get(), "more", sign(again.get(), nullptr, "more")));
  EXPECT_EQ(EVP_PKEY_eq(key.get(), make().get()), 0);
}

TEST_P(Keys, TakeNoDigestButTheirOwn) {
  auto const key = make();
  for (char const* digest :
       {"SHA256", "SHA1", "KZ-STREEBOG-512", "KZ-STREEBOG-256", "KZ-GOST34311"}) {
    std::array<char, 64> own{};
    EVP_PKEY_get_default_digest_name(key.get(), own.data(), own.size());
    EXPECT_EQ(sign(key.get(), digest, "message").empty(), std::string{own.data()} != digest)
        << digest;
  }
}

INSTANTIATE_TEST_SUITE_P(AllFamilies, Keys,
                         testing::Values("KZ-GOST2015-512", "KZ-GOST2015-256", "KZ-GOST2004"));

}  // namespace
}  // namespace qyzmet::gost::tests
