#pragma once
// Teaches OpenSSL the Kazakh GOST algorithms: a provider inside this program with keys, signatures,
// SubjectPublicKeyInfo and PKCS#8, and the digests and object identifiers that go with them. After
// install() the functions for certificates, CMS, OCSP and timestamps work on Kazakh data.
//
// Each digest goes with one family of keys only, and a signature over any other is refused. What is
// registered stays for the life of the process; the functions may be called from several threads
// and as often as one likes. A failure means a broken OpenSSL and ends the process.
#include <openssl/types.h>

namespace qyzmet::gost {

/// Parameter of EVP_PKEY_fromdata() for a public key: the DER of its SubjectPublicKeyInfo.
inline constexpr char const* k_key_info = "qyzmet-key-info";

/// In the default library context, beside OpenSSL's own default provider.
void install();
/// In a library context of the caller (install() is done, too).
void install_into(OSSL_LIB_CTX* context);

}  // namespace qyzmet::gost
