#pragma once
// The demo authority on the wire: OCSP (RFC 6960, A.1) at /ocsp, timestamps (RFC 3161, 3.4) at
// /tsa, and the files that certificates point to (/ca.crl, /ca-delta.crl, /root.crl, /ca.cer,
// /root.cer, and the same with -gost behind the name). Complete lists are published twice a day,
// deltas with each change; both answer conditional requests. Both families answer at /ocsp and
// /tsa, each by itself at /ocsp-rsa, /tsa-rsa, /ocsp-gost and /tsa-gost. POST /revoke with serial=
// revokes a certificate now. Faults of everything at /control: unavailable, ocsp_unavailable (lists
// and timestamps answer), try_later, stale, wrong_nonce, garbage, revoked, unknown, slow; of the
// timestamps alone at /tsa/control. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

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
  enum class ListKind { root, complete, delta };
  struct Publication {
    Instant at;
    int number = 0;
    std::set<std::string, std::less<>> serials;
    std::string der;
  };
  boost::asio::awaitable<http::Response> list(http::Request& request, Hierarchy const& hierarchy,
                                              ListKind kind);
  /// Null: OpenSSL could not make it. Under the mutex.
  Publication const* published(Hierarchy const& hierarchy, ListKind kind, Instant now);
  boost::asio::awaitable<http::Response> post_revoke(http::Request& request);
  http::Response front_page() const;
  signing::CertificateStatus status_of(std::string const& serial, Instant now) const;

  Authority authority_;
  Clock clock_;
  Faults faults_, tsa_faults_;
  mutable std::mutex mutex_;  // of authority_.index and what follows
  std::map<std::pair<std::string, ListKind>, Publication> lists_;  // by suffix
  int number_ = 0;                                                 // of the last publication
};

}  // namespace qyzmet::simulators
