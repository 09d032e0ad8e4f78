#pragma once
// The demo authority on the wire: OCSP (RFC 6960, A.1) at /ocsp, timestamps (RFC 3161, 3.4) at
// /tsa, and the files that certificates point to (/ca.crl, /root.crl, /ca.cer, /root.cer, and the
// same with -gost behind the name). Both families answer at /ocsp and /tsa, each by itself at
// /ocsp-rsa, /tsa-rsa, /ocsp-gost and /tsa-gost. POST /revoke with serial= revokes a certificate
// now. Faults of everything at /control: unavailable, try_later, stale, wrong_nonce, garbage,
// revoked, unknown, slow; of the timestamps alone at /tsa/control. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <mutex>
#include <string>

#include "services/http/router.hpp"
#include "services/simulators/clock.hpp"
#include "services/simulators/demo_folder.hpp"
#include "services/simulators/faults.hpp"

namespace qyzmet::simulators {

class PkiSimulator {
 public:
  PkiSimulator(Authority authority, Clock clock);

  /// Must outlive the router.
  void add_routes(http::Router& router);
  Faults& faults() { return faults_; }
  Faults& tsa_faults() { return tsa_faults_; }
  /// False: no such certificate.
  bool revoke(std::string const& serial, Instant at);

 private:
  /// `family`: "" for both, "-rsa" or "-gost".
  boost::asio::awaitable<http::Response> ocsp(http::Request& request, std::string family);
  boost::asio::awaitable<http::Response> tsa(http::Request& request, std::string family);
  boost::asio::awaitable<http::Response> list(Hierarchy const& hierarchy, bool of_root);
  boost::asio::awaitable<http::Response> post_revoke(http::Request& request);
  http::Response front_page() const;
  signing::CertificateStatus status_of(std::string const& serial, Instant now) const;

  Authority authority_;
  Clock clock_;
  Faults faults_, tsa_faults_;
  mutable std::mutex mutex_;  // of authority_.index and number_
  int number_ = 1;
};

}  // namespace qyzmet::simulators
