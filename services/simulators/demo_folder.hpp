#pragma once
// What `qyzmet demo pki` has written: the authority, its index, and the people with their keys.
// Read once at start; immutable afterwards but for the index. Throws std::runtime_error naming the
// file that is missing or wrong.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signing/responders.hpp"
#include "signing/signer.hpp"

namespace qyzmet::simulators {

struct Person {
  std::string id, role, surname, given, iin, organisation, bin, state;
  /// "sign", "auth" or "seal" (RSA), "gost" -> key
  std::map<std::string, std::unique_ptr<signing::SigningKey>, std::less<>> keys;
  std::string name() const { return surname + (given.empty() ? "" : " " + given); }
};
std::vector<Person> read_people(std::string const& folder);

/// One of the two authorities, with RSA or with GOST.
struct Hierarchy {
  std::string suffix;                            // of its files: "" or "-gost"
  std::string ca_certificate, root_certificate;  // DER
  signing::Responder ca, root, ocsp, tsa;
};

struct Authority {
  std::vector<Hierarchy> hierarchies;  // RSA, then GOST where the folder has it
  /// Every certificate that was issued, by serial number.
  std::map<std::string, signing::CertificateStatus, std::less<>> index;
};
Authority read_authority(std::string const& folder);

}  // namespace qyzmet::simulators
