#pragma once
// Documents that a person signs with the eGov mobile application: made by the person's page,
// fetched and answered by the application on the phone, which knows the random id from a QR and a
// token that follows from it. Sealed; gone after some minutes.
#include <optional>
#include <string>

#include "db/connection.hpp"

namespace qyzmet::db {

struct MobileSigning {
  std::string id;  // random, 32 hex digits
  PersonId person;
  std::string action;  // path of the form that takes the signature
  std::string bytes;
  std::string cms;  // "" until it came
  Instant expires;  // real time
};
void create_mobile_signing(Connection& connection, MobileSigning const& signing,
                           std::chrono::seconds lifetime);
/// Nothing once it has expired.
std::optional<MobileSigning> find_mobile_signing(Connection& connection, std::string const& id);
/// The first answer stays; false for a later one, or after the time.
bool answer_mobile_signing(Connection& connection, std::string const& id, std::string const& cms);
/// What the application must show beside the id: a keyed hash of it, in hex.
std::string mobile_token(Connection& connection, std::string const& id);

}  // namespace qyzmet::db
