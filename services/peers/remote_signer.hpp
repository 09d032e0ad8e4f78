#pragma once
// A signing service by the API of the Cloud Signature Consortium (CSC API v2.0, 11.9
// signatures/signHash): only the digest leaves the house, the key stays there.
//
//   POST <url>/signatures/signHash, Authorization: Bearer <token>, application/json
//     {"credentialID": "...", "hashes": ["<Base64>"], "hashAlgorithmOID": "...", "signAlgo": "..."}
//   200 {"signatures": ["<Base64>"]}
//
// Thread-safe. Errors: unavailable.
#include "services/peers/breaker.hpp"
#include "services/peers/signer.hpp"

namespace qyzmet::peers {

class RemoteSigner final : public Signer {
 public:
  struct Account {
    std::string url;  // up to and with the version: https://host/csc/v2
    std::string credential;
    std::string token;
  };
  RemoteSigner(Account account, std::string certificate, platform::Limits const& limits);

  std::string const& certificate() const override { return certificate_; }
  boost::asio::awaitable<Result<std::string>> sign(signing::ToSign what) override;

 private:
  Account account_;
  std::string certificate_;
  platform::Limits limits_;
  Breaker breaker_;
};

}  // namespace qyzmet::peers
