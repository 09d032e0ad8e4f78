#pragma once
// Who makes the server's own signatures (decision 15): a key in a PKCS#12 file, in a PKCS#11 token,
// or behind the HTTP interface of the Cloud Signature Consortium. All three hand back nothing but
// the signature value; what is signed, and whether the value is right, is signing/'s.
//
// Thread-safe. Errors: unavailable ("error.peer_unavailable"), or what signing/signer.hpp names.
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "services/platform/config.hpp"
#include "signing/signer.hpp"

namespace qyzmet::peers {

class Signer {
 public:
  virtual ~Signer() = default;
  /// DER.
  virtual std::string const& certificate() const = 0;
  /// The value in the form that CMS wants, natural for RSA, LE(r)||LE(s) for GOST.
  virtual boost::asio::awaitable<Result<std::string>> sign(signing::ToSign what) = 0;
};

/// As the configuration says (`seal`). Throws std::runtime_error with the remedy when a file, a
/// token or a key is missing, or when key and certificate do not belong together.
std::unique_ptr<Signer> open_signer(platform::Config const& config);

/// A key of this process.
std::unique_ptr<Signer> software_signer(std::unique_ptr<signing::SigningKey> key);

}  // namespace qyzmet::peers
