#pragma once
// A key in a PKCS#11 token (OASIS PKCS#11 2.40): the module is loaded, the key is found by the
// label of the token and its own, and C_Sign is called; no engine of OpenSSL stands between.
// Vendors of Kazakh tokens have mechanisms and byte orders of their own, so both are configuration.
//
// Calls of the module block: they run on one thread of the signer's own. A session that the token
// has lost is opened once more. Thread-safe.
#include <string>
#include <string_view>

#include "services/peers/signer.hpp"

namespace qyzmet::peers {

/// What the mechanism takes.
enum class TokenInput {
  bytes,        // the message; the token digests it
  digest,       // as it is
  digest_info,  // PKCS#1 DigestInfo, for CKM_RSA_PKCS
};
/// What the mechanism gives.
enum class TokenOrder {
  natural,          // as CMS wants it
  reversed,         // back to front: BE(s)||BE(r) of RFC 4491
  halves_reversed,  // each half back to front: BE(r)||BE(s)
};

struct Token {
  std::string module;  // path of the library
  std::string token;   // label
  std::string key;     // label of the private key
  std::string pin;
  unsigned long mechanism = 0;
  TokenInput input = TokenInput::bytes;
  TokenOrder order = TokenOrder::natural;
};

/// Signs once for a proof. Throws std::runtime_error that says what is missing.
std::unique_ptr<Signer> open_token(Token token, std::string certificate);

/// A value of the token in the order of CMS. Pure.
std::string in_cms_order(std::string value, TokenOrder order);

}  // namespace qyzmet::peers
