#pragma once
// Applications that arrived while the revocation source was down: the receipt instant is fixed, the
// certificate check is repeated until it decides (decision 17). Sealed.
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Submission {
  std::string id;  // SHA-256 (hex) of the CMS: the same submission is kept once
  PersonId person;
  std::string xml;  // canonical application
  std::string cms;
  Instant received;
  std::string token = {};          // timestamp over the signature, DER; "" when there is none
  std::string status = "pending";  // "pending", "accepted", "rejected"
  std::string reason;              // key of the text catalogues when rejected
  std::string number;              // of the case when accepted
};
/// Idempotent by id while it waits; one that was rejected waits anew, as of its new receipt.
void keep_submission(Connection& connection, Submission const& submission);
std::vector<Submission> pending_submissions(Connection& connection, int limit);
/// What the cabinet shows beside the cases: those that are not accepted yet, newest first.
std::vector<Submission> submissions_of(Connection& connection, PersonId person);
void decide_submission(Connection& connection, std::string const& id, std::string const& status,
                       std::string const& reason, std::string const& number);

}  // namespace qyzmet::db
