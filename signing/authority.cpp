#include "signing/authority.hpp"

#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "signing/certificate.hpp"
#include "signing/cms.hpp"

namespace qyzmet::signing {
namespace {

using NamePtr = Owned<X509_NAME, X509_NAME_free>;
using ExtensionPtr = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using KeyContextPtr = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Pkcs12Ptr = Owned<PKCS12, PKCS12_free>;

void require(bool done, char const* what) {
  if (!done) throw std::runtime_error(std::string{"issuing a certificate: "} + what);
}

/// GOST keys sign with the one digest of their family.
EVP_MD const* digest_for(EVP_PKEY* key, std::string const& wanted) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return EVP_get_digestbyname(wanted.c_str());
  char name[64];
  EVP_PKEY_get_default_digest_name(key, name, sizeof name);
  return EVP_get_digestbyname(name);
}

KeyPtr make_key(CertificateSpec const& spec) {
  gost::install();
  if (!spec.key.empty()) {
    auto const* at = bytes_of(spec.key);
    KeyPtr key{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(spec.key.size()))};
    require(key != nullptr, "key");
    return key;
  }
  auto const* name = spec.algorithm.c_str();
  KeyContextPtr const context{EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr)};
  BignumPtr const exponent{BN_new()};
  require(context && exponent && EVP_PKEY_keygen_init(context.get()) == 1, "key algorithm");
  require(spec.algorithm != "RSA" ||
              (BN_set_word(exponent.get(), spec.key_exponent) == 1 &&
               EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), spec.key_bits) == 1 &&
               EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) == 1),
          "key parameters");
  EVP_PKEY* key = nullptr;
  require(EVP_PKEY_generate(context.get(), &key) == 1, "key generation");
  return KeyPtr{key};
}

KeyPtr read_key(std::string const& der) {
  auto const* at = bytes_of(der);
  KeyPtr key{d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()))};
  require(key != nullptr, "key of the authority");
  return key;
}

std::string to_pkcs8(EVP_PKEY* key) {
  Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> const info{EVP_PKEY2PKCS8(key)};
  return to_der(info.get(), i2d_PKCS8_PRIV_KEY_INFO);
}

NamePtr make_name(std::vector<NameEntry> const& entries) {
  NamePtr name{X509_NAME_new()};
  for (auto const& entry : entries) {
    Owned<ASN1_OBJECT, ASN1_OBJECT_free> const type{OBJ_txt2obj(entry.type.c_str(), 0)};
    require(type != nullptr, "name");
    // A plain type keeps the bytes as they are; the flag form would choose a type by itself.
    int const form = entry.printable ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
    require(X509_NAME_add_entry_by_OBJ(name.get(), type.get(), form, bytes_of(entry.value),
                                       static_cast<int>(entry.value.size()), -1,
                                       entry.joins_previous ? -1 : 0) == 1,
            "name");
  }
  return name;
}

void set_time(ASN1_TIME* time, Instant at) {
  require(ASN1_TIME_adj(time, to_time_t(at), 0, 0) != nullptr, "validity");
}

void add_extension(X509* x509, X509V3_CTX* context, int nid, std::string const& value) {
  if (value.empty()) return;
  ExtensionPtr const extension{X509V3_EXT_conf_nid(nullptr, context, nid, value.c_str())};
  require(extension && X509_add_ext(x509, extension.get(), -1) == 1, OBJ_nid2sn(nid));
}

void add_extensions(X509* x509, X509* issuer, CertificateSpec const& spec) {
  // OpenSSL parses policies only with a configuration at hand, be it an empty one.
  Owned<CONF, NCONF_free> const configuration{NCONF_new(nullptr)};
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509V3_set_nconf(&context, configuration.get());
  add_extension(x509, &context, NID_basic_constraints, spec.basic_constraints);
  add_extension(x509, &context, NID_key_usage, spec.key_usage);
  add_extension(x509, &context, NID_ext_key_usage, spec.extended_key_usage);
  add_extension(x509, &context, NID_subject_key_identifier, "hash");
  add_extension(x509, &context, NID_authority_key_identifier, "keyid");
  add_extension(x509, &context, NID_certificate_policies, spec.policies);
  if (spec.ocsp_nocheck) add_extension(x509, &context, NID_id_pkix_OCSP_noCheck, "NULL");
  if (spec.address.empty()) return;
  auto const files = spec.address + "/" + spec.issuer_file;
  add_extension(x509, &context, NID_crl_distribution_points, "URI:" + files + ".crl");
  add_extension(x509, &context, NID_info_access,
                "OCSP;URI:" + spec.address + "/ocsp,caIssuers;URI:" + files + ".cer");
}

/// The key id with its first digit made small and not zero, so that the number stays positive and
/// has 20 octets (signing.md 4.1).
std::string serial_from_key(EVP_PKEY* key) {
  Owned<X509_PUBKEY, X509_PUBKEY_free> info;
  X509_PUBKEY* raw = nullptr;
  require(X509_PUBKEY_set(&raw, key) == 1, "key");
  info.reset(raw);
  unsigned char const* bits = nullptr;
  int size = 0;
  X509_PUBKEY_get0_param(nullptr, &bits, &size, nullptr, raw);
  unsigned char out[EVP_MAX_MD_SIZE];
  std::size_t length = 0;
  require(EVP_Q_digest(nullptr, "SHA1", nullptr, bits, static_cast<std::size_t>(size), out,
                       &length) == 1,
          "key id");
  unsigned const high = (out[0] >> 4) & 7U;
  out[0] = static_cast<unsigned char>((high == 0 ? 1U : high) << 4 | (out[0] & 15U));
  return {chars_of(out), length};
}

void set_serial(X509* x509, EVP_PKEY* key, std::string const& hex) {
  BIGNUM* raw = nullptr;
  if (hex.empty()) {
    auto const serial = serial_from_key(key);
    raw = BN_bin2bn(bytes_of(serial), static_cast<int>(serial.size()), nullptr);
  } else {
    BN_hex2bn(&raw, hex.c_str());
  }
  BignumPtr const number{raw};
  require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr,
          "serial");
}

Issued make(CertificateSpec const& spec, Issued const* authority) {
  auto const key = make_key(spec);
  X509Ptr const x509{X509_new()};
  auto const name = make_name(spec.subject);
  auto const issuer = authority != nullptr ? x509_from_der(authority->certificate) : nullptr;
  auto const issuer_key = authority != nullptr ? read_key(authority->key) : nullptr;
  require(authority == nullptr || issuer, "certificate of the authority");
  auto* signer = issuer ? issuer.get() : x509.get();
  require(X509_set_version(x509.get(), X509_VERSION_3) == 1 &&
              X509_set_subject_name(x509.get(), name.get()) == 1 &&
              X509_set_pubkey(x509.get(), key.get()) == 1,
          "subject");
  require(X509_set_issuer_name(x509.get(), X509_get_subject_name(signer)) == 1, "issuer");
  set_serial(x509.get(), key.get(), spec.serial_hex);
  set_time(X509_getm_notBefore(x509.get()), spec.from);
  set_time(X509_getm_notAfter(x509.get()), spec.until);
  add_extensions(x509.get(), signer, spec);
  auto* sign_with = issuer_key ? issuer_key.get() : key.get();
  require(X509_sign(x509.get(), sign_with, digest_for(sign_with, spec.digest)) > 0, "signature");
  return {.certificate = to_der(x509.get(), i2d_X509), .key = to_pkcs8(key.get())};
}

}  // namespace

std::vector<std::string> make_keys(std::size_t count, std::string const& algorithm) {
  CertificateSpec spec;
  spec.algorithm = algorithm;
  std::vector<std::string> keys(count);
  std::atomic<std::size_t> next = 0;
  auto const work = [&] {
    for (auto at = next++; at < count; at = next++) keys[at] = to_pkcs8(make_key(spec).get());
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  return keys;
}

Issued issue_root(CertificateSpec const& spec) {
  return make(spec, nullptr);
}

Issued issue(CertificateSpec const& spec, Issued const& authority) {
  return make(spec, &authority);
}

std::string to_p12(Issued const& issued, std::string const& password,
                   std::vector<std::string> const& chain) {
  auto const key = read_key(issued.key);
  auto const certificate = x509_from_der(issued.certificate);
  X509StackPtr const others{sk_X509_new_null()};
  for (auto const& der : chain) {
    auto other = x509_from_der(der);
    require(other != nullptr, "chain");
    sk_X509_push(others.get(), other.release());
  }
  Pkcs12Ptr const p12{PKCS12_create(password.c_str(), nullptr, key.get(), certificate.get(),
                                    others.get(), 0, 0, 0, 0, 0)};
  require(p12 != nullptr, "p12");
  return to_der(p12.get(), i2d_PKCS12);
}

std::string to_pem_certificate(std::string_view der) {
  return "-----BEGIN CERTIFICATE-----\n" + encode_base64(der, 64) + "\n-----END CERTIFICATE-----\n";
}

std::string serial_of(std::string_view certificate) {
  auto const x509 = x509_from_der(certificate);
  require(x509 != nullptr, "certificate");
  BignumPtr const number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509.get()), nullptr)};
  char* text = BN_bn2hex(number.get());
  require(text != nullptr, "serial");
  std::string hex = text;
  OPENSSL_free(text);
  return hex;
}

}  // namespace qyzmet::signing
