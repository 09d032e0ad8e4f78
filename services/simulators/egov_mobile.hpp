#pragma once
// The eGov mobile application with the demo people's keys (signing.md 7.3). Camera and finger are
// one call here:
//   POST /scan  qr=mobileSign:<address>, person=ID, mode=MODE
// It asks API №1 of the address, then API №2 with the bearer, signs, and puts the signature back.
// Modes: confirm; gost (the GOST key); cancel (looks at the document and sends nothing);
// other_document (signs other bytes); wrong_token. The answer is what the portal said last. GET /
// is the same as a page. Thread-safe.
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "services/http/router.hpp"
#include "services/simulators/clock.hpp"
#include "services/simulators/demo_folder.hpp"

namespace qyzmet::simulators {

class EgovMobileSimulator {
 public:
  EgovMobileSimulator(std::vector<Person> people, Clock clock);

  /// Must outlive the router.
  void add_routes(http::Router& router);

 private:
  struct Scan {
    std::string address, person, mode;
  };
  boost::asio::awaitable<http::Response> scan(http::Request& request);
  boost::asio::awaitable<http::Response> sign(Scan scan, std::string offer);
  signing::SigningKey const* key_of(Scan const& scan) const;
  http::Response front_page() const;

  std::vector<Person> people_;
  Clock clock_;
};

}  // namespace qyzmet::simulators
