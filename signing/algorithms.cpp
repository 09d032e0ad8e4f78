#include "signing/algorithms.hpp"

#include <algorithm>
#include <array>

namespace qyzmet::signing {
namespace {

using namespace std::literals;

constexpr std::string_view k_ec = "1.2.840.10045.2.1";
constexpr std::array k_rsa256{oids::k_rsa_sha256, oids::k_rsa};
constexpr std::array k_rsa384{"1.2.840.113549.1.1.12"sv, oids::k_rsa};
constexpr std::array k_rsa512{"1.2.840.113549.1.1.13"sv, oids::k_rsa};
constexpr std::array k_ec256{"1.2.840.10045.4.3.2"sv};
constexpr std::array k_ec384{"1.2.840.10045.4.3.3"sv};
constexpr std::array k_ec512{"1.2.840.10045.4.3.4"sv};
// The library of the national CA also writes the OID of the key where that of the signature
// belongs.
constexpr std::array k_gost512{"1.2.398.3.10.1.1.2.3.2"sv, oids::k_gost_2015_512};
constexpr std::array k_gost256{"1.2.398.3.10.1.1.2.3.1"sv, oids::k_gost_2015_256};
constexpr std::array k_gost2004{"1.2.398.3.10.1.1.1.2"sv, oids::k_gost_2004};

constexpr Date k_always{std::chrono::local_days{std::chrono::year{2000} / 1 / 1}};
constexpr Date k_open{std::chrono::local_days{std::chrono::year{2999} / 1 / 1}};

constexpr std::array k_suites{
    Suite{"RSA-SHA256", oids::k_rsa, oids::k_sha256, k_rsa256, "SHA256", 2048, 8192, true, k_always,
          k_open},
    Suite{"GOST2015-512", oids::k_gost_2015_512, oids::k_streebog_512, k_gost512, "KZ-STREEBOG-512",
          512, 512, true, k_always, k_open},
    Suite{"GOST2004", oids::k_gost_2004, oids::k_gost_34311, k_gost2004, "KZ-GOST34311", 256, 256,
          true, k_always, k_open},
    // Its curve was never seen in a certificate, so it is not on the national list.
    Suite{"GOST2015-256", oids::k_gost_2015_256, oids::k_streebog_256, k_gost256, "KZ-STREEBOG-256",
          256, 256, false, k_always, k_open},
    Suite{"RSA-SHA384", oids::k_rsa, oids::k_sha384, k_rsa384, "SHA384", 2048, 8192, false,
          k_always, k_open},
    Suite{"RSA-SHA512", oids::k_rsa, oids::k_sha512, k_rsa512, "SHA512", 2048, 8192, false,
          k_always, k_open},
    Suite{"ECDSA-SHA256", k_ec, oids::k_sha256, k_ec256, "SHA256", 256, 521, false, k_always,
          k_open},
    Suite{"ECDSA-SHA384", k_ec, oids::k_sha384, k_ec384, "SHA384", 256, 521, false, k_always,
          k_open},
    Suite{"ECDSA-SHA512", k_ec, oids::k_sha512, k_ec512, "SHA512", 256, 521, false, k_always,
          k_open},
};

std::unexpected<std::string> weak() {
  return std::unexpected("signature.weak_algorithm"s);
}
std::unexpected<std::string> unsupported() {
  return std::unexpected("signature.unsupported_algorithm"s);
}

bool is_null_or_absent(std::string_view parameters) {
  return parameters.empty() || parameters == std::string_view{"\x05\x00", 2};
}

bool has_named_curve(EVP_PKEY const* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return false;
  std::string_view const curve{name.data(), size};
  return curve == "prime256v1" || curve == "secp384r1" || curve == "secp521r1";
}

/// The national list is exact; the generic one leaves choices that the standards leave.
bool is_sound_key(Suite const& suite, Certificate const& certificate) {
  auto const* key = certificate.key();
  if (key == nullptr) return false;
  int const bits = EVP_PKEY_get_bits(key);
  if (bits < suite.bits_min || bits > suite.bits_max) return false;
  if (suite.key == oids::k_rsa) return certificate.has_common_exponent();
  // GOST keys of any but the one right curve are not even read.
  return suite.key != k_ec || has_named_curve(key);
}

bool is_in_use(Suite const& suite, bool national, Instant at) {
  auto const day = legal_date(at);
  return (suite.national || !national) && suite.from <= day && day <= suite.until;
}

}  // namespace

std::expected<Suite const*, std::string> find_suite(Certificate const& signer,
                                                    Algorithm const& digest,
                                                    Algorithm const& signature, bool national,
                                                    Instant at) {
  auto const& key = signer.key_algorithm();
  if (std::ranges::find(k_suites, key, &Suite::key) == k_suites.end()) return unsupported();
  if (!is_null_or_absent(digest.parameters) || !is_null_or_absent(signature.parameters))
    return weak();
  auto const found = std::ranges::find_if(k_suites, [&](Suite const& suite) {
    return suite.key == key && suite.digest == digest.oid && is_in_use(suite, national, at) &&
           std::ranges::find(suite.signatures, signature.oid) != suite.signatures.end();
  });
  if (found == k_suites.end() || !is_sound_key(*found, signer)) return weak();
  return &*found;
}

std::expected<void, std::string> check_certificate_algorithms(Certificate const& certificate,
                                                              bool national, Instant at) {
  auto const* signed_in = suite_of_signature(certificate.signature_algorithm());
  auto const& key = certificate.key_algorithm();
  auto const by_key = std::ranges::find_if(k_suites, [&](Suite const& suite) {
    return suite.key == key && is_in_use(suite, national, at);
  });
  if (by_key == k_suites.end())
    return std::ranges::find(k_suites, key, &Suite::key) == k_suites.end()
               ? std::expected<void, std::string>{unsupported()}
               : weak();
  bool const signed_well = signed_in != nullptr && is_in_use(*signed_in, national, at);
  if (!signed_well || !is_sound_key(*by_key, certificate)) return weak();
  return {};
}

Suite const* signing_suite(Certificate const& certificate) {
  auto const found = std::ranges::find(k_suites, certificate.key_algorithm(), &Suite::key);
  return found != k_suites.end() && found->national ? &*found : nullptr;
}

Suite const* suite_of_signature(std::string_view oid) {
  auto const found = std::ranges::find_if(
      k_suites, [&](Suite const& suite) { return suite.signatures.front() == oid; });
  return found == k_suites.end() ? nullptr : &*found;
}

namespace {

/// Looked up once: the library searches its providers each time it is asked by name.
EVP_MD const* fetched(char const* md) {
  struct Fetched {
    std::string_view name;
    Owned<EVP_MD, EVP_MD_free> md;
  };
  static std::array<Fetched, 4> const all = [] {
    std::array<Fetched, 4> out;
    std::size_t at = 0;
    for (char const* name : {"SHA256", "SHA384", "SHA512", "SHA1"})
      out[at++] = {.name = name,
                   .md = Owned<EVP_MD, EVP_MD_free>{EVP_MD_fetch(nullptr, name, nullptr)}};
    return out;
  }();
  auto const found = std::ranges::find(all, std::string_view{md}, &Fetched::name);
  return found == all.end() ? EVP_get_digestbyname(md) : found->md.get();
}

/// Making a context for a key costs as much as a tenth of the verification, and authorities have
/// few keys: each thread keeps the contexts of the last ones. A context holds its key, so while it
/// is here no other key can have that address.
class RsaContexts {
 public:
  static RsaContexts& of_this_thread() {
    thread_local RsaContexts contexts;
    return contexts;
  }

  EVP_PKEY_CTX* get(Suite const& suite, EVP_PKEY* key) {
    auto const found = std::ranges::find_if(
        held_, [&](Held const& held) { return held.key == key && held.suite == &suite; });
    // The one that was asked longest ago stands last: a person's, soon.
    if (found != held_.end()) {
      std::rotate(held_.begin(), found, found + 1);
      return held_.front().context.get();
    }
    ContextPtr context{EVP_PKEY_CTX_new(key, nullptr)};
    if (!context || EVP_PKEY_verify_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(context.get(), fetched(suite.md)) != 1)
      return nullptr;
    std::rotate(held_.begin(), held_.end() - 1, held_.end());
    held_.front() = {.key = key, .suite = &suite, .context = std::move(context)};
    return held_.front().context.get();
  }

 private:
  using ContextPtr = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
  struct Held {
    EVP_PKEY const* key = nullptr;
    Suite const* suite = nullptr;
    ContextPtr context;
  };
  std::array<Held, k_key_contexts_max> held_;
};

bool verify_rsa(Suite const& suite, EVP_PKEY* key, std::string_view bytes,
                std::string_view signature) {
  auto* context = RsaContexts::of_this_thread().get(suite, key);
  auto const hash = digest(suite.md, bytes);
  return context != nullptr && !hash.empty() &&
         EVP_PKEY_verify(context, bytes_of(signature), signature.size(), bytes_of(hash),
                         hash.size()) == 1;
}

}  // namespace

bool verify_signature(Suite const& suite, EVP_PKEY* key, std::string_view bytes,
                      std::string_view signature) {
  if (key == nullptr) return false;
  if (suite.key == oids::k_rsa && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
    return verify_rsa(suite, key, bytes, signature);
  DigestContextPtr const context{EVP_MD_CTX_new()};
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, suite.md, nullptr, nullptr, key,
                                 nullptr) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(bytes),
                          bytes.size()) == 1;
}

bool verify_signature(Suite const& suite, Certificate const& signer, std::string_view bytes,
                      std::string_view signature) {
  return verify_signature(suite, signer.key(), bytes, signature);
}

std::optional<std::string> digest_by_oid(std::string_view oid, std::string_view bytes) {
  if (oid == oids::k_sha1) return digest("SHA1", bytes);
  auto const found = std::ranges::find(k_suites, oid, &Suite::digest);
  return found == k_suites.end() ? std::nullopt : std::optional{digest(found->md, bytes)};
}

std::string digest(char const* md, std::string_view bytes) {
  gost::install();
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  thread_local DigestContextPtr const context{EVP_MD_CTX_new()};
  if (EVP_DigestInit_ex2(context.get(), fetched(md), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), out.data(), &size) != 1)
    return {};
  return {chars_of(out.data()), size};
}

}  // namespace qyzmet::signing
