#pragma once
// A signing service with the keys of the demo people: the part of the CSC API v2.0 that a signer of
// digests needs (services/peers/remote_signer.hpp):
//   POST /csc/v2/signatures/signHash   {credentialID, hashes[], hashAlgorithmOID, signAlgo}
//   POST /csc/v2/credentials/info      {credentialID} -> {cert: {certificates: [Base64]}}
// A credential is "<person>-<key>", such as "seal-seal" or "seal-gost". Faults: unavailable,
// garbage, wrong_value (a signature over something else), refused (the token ends), slow.
// Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "services/http/router.hpp"
#include "services/simulators/demo_folder.hpp"
#include "services/simulators/faults.hpp"

namespace qyzmet::simulators {

class SignerSimulator {
 public:
  SignerSimulator(std::vector<Person> people, std::string token);

  /// Must outlive the router.
  void add_routes(http::Router& router);
  Faults& faults() { return faults_; }

 private:
  using Handler = http::Response (SignerSimulator::*)(http::Request const&) const;
  boost::asio::awaitable<http::Response> answer(http::Request& request, Handler handler);
  http::Response sign(http::Request const& request) const;
  http::Response describe(http::Request const& request) const;
  bool knows(http::Request const& request) const;
  signing::SigningKey const* find(std::string_view credential) const;

  std::vector<Person> people_;
  std::string token_;
  Faults faults_;
};

}  // namespace qyzmet::simulators
