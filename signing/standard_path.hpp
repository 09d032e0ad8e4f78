#pragma once
// Certification paths as RFC 5280, 6 has them in full: policies and their mapping, name
// constraints, and revocation by lists that are complete, delta, indirect or partitioned, for every
// certificate of the path. By OpenSSL's validator; the generic profile (decision 16) stands on it.
// Internal to signing/. Pure, thread-safe.
#include <optional>
#include <string>
#include <vector>

#include "signing/path.hpp"

namespace qyzmet::signing {

/// Inputs of RFC 5280, 6.1.1, (c) to (g).
struct PathInputs {
  std::vector<std::string> policies = {};  // user-initial-policy-set; empty: any policy
  bool explicit_policy = false;
  bool inhibit_mapping = false;
  bool inhibit_any_policy = false;
};

struct PathFault {
  enum class Kind {
    unknown_authority,
    invalid,          // any rule of the path
    revoked,          // a certificate of it, by the moment asked for
    not_known_if_so,  // no list that may be used, for some certificate of it
    weak_algorithm,   // a key or signature that is not on the generic list
  };
  Kind kind = Kind::invalid;
  int depth = 0;  // of the certificate at fault; 0: the leaf
};

/// Nothing: the path holds at `at`. `crls`: PEM or DER.
std::optional<PathFault> find_path_fault(Certificate const& leaf, Anchors const& anchors,
                                         std::vector<Certificate> const& extra,
                                         std::vector<std::string> const& crls,
                                         PathInputs const& inputs, Instant at);

}  // namespace qyzmet::signing
