#pragma once
// Public keys without the price of OpenSSL's search: it asks every provider for every decoder each
// time it meets a key, which costs several times what verifying with the key does. Internal to
// signing/. Pure, thread-safe.
#include <string_view>

#include "signing/openssl.hpp"

namespace qyzmet::signing {

/// The key of a SubjectPublicKeyInfo, null if OpenSSL cannot use it. RSA and GOST 34.10 are read
/// here in DER; whatever has another form or algorithm is left to OpenSSL.
KeyPtr read_public_key(std::string_view key_info);

/// An RSA key with the exponent 65537.
bool has_common_exponent(std::string_view key_info);

/// X509_get0_pubkey() of the result is a key for nothing: the functions that build paths ask
/// whether there is one, and use only those of issuers.
X509Ptr x509_without_key(std::string_view der);

}  // namespace qyzmet::signing
