#pragma once
// Certification authorities of one's own in the profile of the Kazakh PKI, for demonstration and
// tests: one with RSA and one with GOST 34.10-2015, each with root, CA, OCSP responder and TSA;
// people, officials and the seal of an office have keys of both, as in life. Names say TEST and
// DEMO, so that is_test_anchor() refuses them in production mode.
//
// Pure but for key generation (OpenSSL's generator). Takes about 0.1 s per key. Errors: invalid for
// a person without the fields that the role needs.
#include <map>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace qyzmet::signing {

enum class DemoRole { citizen, head, right_to_sign, employee, office_seal };

struct DemoPerson {
  std::string id;  // file names and choice in the simulator: [a-z0-9-]
  DemoRole role = DemoRole::citizen;
  std::string surname, given, patronymic;  // office_seal: surname holds the name of the system
  std::string iin;                         // empty for office_seal
  std::string organisation, bin;           // empty for citizens
  bool expired = false;                    // certificates that ended a day before `now`
  bool revoked = false;                    // revoked an hour before `now`
};

struct DemoPkiSpec {
  Instant now;
  std::string password = "Qyzmet-demo";           // of every p12
  std::string address = "http://127.0.0.1:8090";  // of the `pki` simulator, for AIA and CRL
  std::vector<DemoPerson> people;
};

/// Relative path -> bytes:
///   trust/root.pem, trust/ca.pem      what verifiers are configured with
///   root.p12, ca.p12, ocsp.p12, tsa.p12   keys of the authority (for the simulator only)
///   people/<id>-sign.p12, people/<id>-auth.p12 (seals: <id>-seal.p12) with RSA, .pem of each
///   people/<id>-gost.p12, .pem            the key for documents (seals: for the seal) with GOST
///   people.json                       [{id, name, iin, bin, organisation, role, keys[], ...}]
///   index.txt                         serial, good|revoked, time, reason: one line for each leaf
///   ca.crl, root.crl                  DER
/// The files of the authority with GOST have "-gost" behind their names: trust/ca-gost.pem, ...
using DemoPki = std::map<std::string, std::string>;
Result<DemoPki> make_demo_pki(DemoPkiSpec const& spec);

}  // namespace qyzmet::signing
