#include "signing/signer.hpp"

#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "engine/base/check.hpp"
#include "signing/algorithms.hpp"
#include "signing/authority.hpp"
#include "signing/certificate.hpp"
#include "signing/cms.hpp"
#include "signing/cms_writer.hpp"

namespace qyzmet::signing {
namespace {

using Pkcs12Ptr = Owned<PKCS12, PKCS12_free>;
using KeyContextPtr = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

class SoftwareKey final : public SigningKey {
 public:
  SoftwareKey(KeyPtr key, std::string certificate, Suite const& suite)
      : key_(std::move(key)), certificate_(std::move(certificate)), suite_(suite) {}

  Result<std::string> sign(std::string_view bytes) const override {
    DigestContextPtr const context{EVP_MD_CTX_new()};
    std::size_t size = 0;
    if (EVP_DigestSignInit_ex(context.get(), nullptr, suite_.md, nullptr, nullptr, key_.get(),
                              nullptr) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes_of(bytes), bytes.size()) != 1)
      return fail(ErrorCode::invalid, "signature.key_file");
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(bytes), bytes.size()) != 1)
      return fail(ErrorCode::invalid, "signature.key_file");
    signature.resize(size);
    return signature;
  }

  Result<std::string> sign_digest(std::string_view digest) const override {
    KeyContextPtr const context{EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr)};
    bool const rsa = EVP_PKEY_is_a(key_.get(), "RSA") == 1;
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
    std::string signature(size, '\0');
    if (EVP_PKEY_sign_init(context.get()) != 1 ||
        (rsa &&
         (EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
          EVP_PKEY_CTX_set_signature_md(context.get(), EVP_get_digestbyname(suite_.md)) != 1)) ||
        EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                      bytes_of(digest), digest.size()) != 1)
      return fail(ErrorCode::invalid, "signature.key_file");
    signature.resize(size);
    return signature;
  }

  std::string const& certificate_der() const override { return certificate_; }

 private:
  KeyPtr key_;
  std::string certificate_;
  Suite const& suite_;
};

/// A context of its own for the old algorithms of key files, so that they stay unavailable to
/// everything else in the process.
OSSL_LIB_CTX* key_file_context() {
  static OSSL_LIB_CTX* const context = [] {
    auto* fresh = OSSL_LIB_CTX_new();
    OSSL_PROVIDER_load(fresh, "default");
    OSSL_PROVIDER_load(fresh, "legacy");
    gost::install_into(fresh);
    return fresh;
  }();
  return context;
}

KeyPtr key_from_der(std::string const& der) {
  gost::install();
  auto const* at = bytes_of(der);
  return KeyPtr{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()))};
}

std::unexpected<Error> bad_file() {
  return fail(ErrorCode::invalid, "signature.key_file");
}

/// The certificate of the key among those of its file. Both are read anew: keys of two library
/// contexts cannot be compared.
Result<std::unique_ptr<SigningKey>> make_key(EVP_PKEY* key, STACK_OF(X509) const* certificates) {
  auto own = key_from_der(to_der(key, i2d_PrivateKey));
  if (!own) return bad_file();
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    auto const certificate = Certificate::read(to_der(sk_X509_value(certificates, i), i2d_X509));
    if (!certificate || X509_check_private_key(certificate->get(), own.get()) != 1) continue;
    auto const* suite = signing_suite(*certificate);
    if (suite == nullptr) return fail(ErrorCode::invalid, "signature.unsupported_algorithm");
    return std::make_unique<SoftwareKey>(std::move(own), certificate->der(), *suite);
  }
  return bad_file();
}

}  // namespace

Result<std::unique_ptr<SigningKey>> open_p12(std::string_view p12, std::string const& password) {
  if (p12.size() > k_p12_bytes_max) return bad_file();
  auto* file = PKCS12_init_ex(NID_pkcs7_data, key_file_context(), nullptr);
  auto const* at = bytes_of(p12);
  Pkcs12Ptr const owner{d2i_PKCS12(&file, &at, static_cast<long>(p12.size()))};
  if (!owner) return bad_file();
  if (PKCS12_verify_mac(owner.get(), password.c_str(), static_cast<int>(password.size())) != 1)
    return fail(ErrorCode::invalid, "signature.key_password");
  EVP_PKEY* key = nullptr;
  X509StackPtr const certificates{sk_X509_new_null()};
  auto* all = certificates.get();
  int const parsed = PKCS12_parse(owner.get(), password.c_str(), &key, nullptr, &all);
  KeyPtr const key_owner{key};
  // The container is sound and open, so what cannot be read is a key of another family.
  if (parsed != 1 || key == nullptr)
    return fail(ErrorCode::invalid, "signature.unsupported_algorithm");
  return make_key(key, all);
}

std::unique_ptr<SigningKey> signing_key(Issued const& issued) {
  auto const certificate = Certificate::read(issued.certificate);
  auto const* suite = certificate ? signing_suite(*certificate) : nullptr;
  check(suite != nullptr, "a certificate of our own with a key that signs");
  return std::make_unique<SoftwareKey>(key_from_der(issued.key), issued.certificate, *suite);
}

Result<std::string> sign_cms(SigningKey const& key, std::string_view content,
                             SignOptions const& options) {
  return write_cms(
      key, content,
      {.content_type = oids::k_data, .attached = options.attached, .signing_time = options.at});
}

Result<CmsDraft> begin_cms(std::string_view certificate, std::string_view content,
                           SignOptions const& options) {
  return draft_cms(
      certificate, content,
      {.content_type = oids::k_data, .attached = options.attached, .signing_time = options.at});
}

std::string digest_info(ToSign const& what) {
  return der::encode(der::sequence, {encode_algorithm(what.digest_algorithm),
                                     der::encode(der::octet_string, what.digest)});
}

std::string to_pem_cms(std::string_view der) {
  return "-----BEGIN CMS-----\n" + encode_base64(der, 64) + "\n-----END CMS-----\n";
}

Result<Signer> read_certificate(std::string_view bytes) {
  auto const certificate = Certificate::read_file(bytes);
  if (!certificate) return fail(ErrorCode::invalid, "signature.malformed");
  return certificate->describe();
}

bool is_self_signed(std::string_view bytes) {
  auto const certificate = Certificate::read_file(bytes);
  return !certificate || certificate->is_self_issued();
}

std::vector<std::string> extended_key_usages(std::string_view bytes) {
  auto const certificate = Certificate::read_file(bytes);
  return certificate ? certificate->usages() : std::vector<std::string>{};
}

}  // namespace qyzmet::signing
