#pragma once
// Ownership of OpenSSL objects and the few conversions that every file of this folder needs.
// Internal to signing/.
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/owned.hpp"
#include "engine/base/time.hpp"
#include "signing/gost/provider.hpp"

namespace qyzmet::signing {

inline void free_x509_stack(STACK_OF(X509) * stack) {
  sk_X509_pop_free(stack, X509_free);
}

using X509Ptr = Owned<X509, X509_free>;
using CrlPtr = Owned<X509_CRL, X509_CRL_free>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using BioPtr = Owned<BIO, BIO_free>;
using BignumPtr = Owned<BIGNUM, BN_free>;
using DigestContextPtr = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using X509StackPtr = Owned<STACK_OF(X509), free_x509_stack>;

inline unsigned char const* bytes_of(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}
inline char const* chars_of(unsigned char const* bytes) {
  return reinterpret_cast<char const*>(bytes);
}
inline std::string string_of(ASN1_STRING const* text) {
  return {chars_of(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// DER of an object by one of OpenSSL's i2d functions; empty on failure.
template <class T, class Encode>
std::string to_der(T* object, Encode encode) {
  unsigned char* out = nullptr;
  int const size = encode(object, &out);
  if (size <= 0) return {};
  std::string der(chars_of(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

/// The object that fills `der` completely by one of OpenSSL's d2i functions, otherwise null.
template <class T, class Decode>
T* from_der(std::string_view der, Decode decode, void (*release)(T*)) {
  auto const* at = bytes_of(der);
  T* object = decode(nullptr, &at, static_cast<long>(der.size()));
  if (object != nullptr && at != bytes_of(der) + der.size()) {
    release(object);
    object = nullptr;
  }
  return object;
}

inline X509Ptr x509_from_der(std::string_view der) {
  gost::install();
  return X509Ptr{from_der<X509>(der, d2i_X509, X509_free)};
}

inline std::optional<Instant> to_instant(ASN1_TIME const* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  std::chrono::year_month_day const day{std::chrono::year{parts.tm_year + 1900},
                                        std::chrono::month(unsigned(parts.tm_mon + 1)),
                                        std::chrono::day(unsigned(parts.tm_mday))};
  if (!day.ok()) return std::nullopt;
  return Instant{std::chrono::sys_days{day}} + std::chrono::hours{parts.tm_hour} +
         std::chrono::minutes{parts.tm_min} + std::chrono::seconds{parts.tm_sec};
}
inline std::time_t to_time_t(Instant at) {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::floor<std::chrono::seconds>(at).time_since_epoch())
      .count();
}

}  // namespace qyzmet::signing
