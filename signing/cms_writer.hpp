#pragma once
// Writing CMS SignedData with one signer, for documents and for timestamp tokens. Internal to
// signing/. Pure.
#include <optional>
#include <string>
#include <string_view>

#include "signing/signer.hpp"

namespace qyzmet::signing {

struct CmsPlan {
  std::string_view content_type;
  bool attached = false;
  std::optional<Instant> signing_time;
};
Result<CmsDraft> draft_cms(std::string_view certificate, std::string_view content,
                           CmsPlan const& plan);
Result<std::string> write_cms(SigningKey const& key, std::string_view content, CmsPlan const& plan);

/// UTCTime until 2049, then GeneralizedTime (RFC 5280, 4.1.2.5).
std::string encode_time(Instant at);
std::string encode_generalized_time(Instant at);
/// AlgorithmIdentifier with NULL parameters.
std::string encode_algorithm(std::string_view oid);

}  // namespace qyzmet::signing
