#pragma once
// The ZIP container of the national tools (KalkanCrypt ZIP, signing.md 6.8): files, a manifest with
// their digests, and CMS over the manifest, each of one or several signers.
//
//   META-INF/NCAManifest.xml   SigReference: names of the CMS; DataObjectReference: name, digest
//   META-INF/signature-*.cms   detached CMS over the bytes of the manifest
//
// Every file must be listed and every listed file be there, so that nothing unsigned travels along.
// Pure: the archive is read in memory. Thread-safe. Never throws for hostile input.
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "signing/verify.hpp"

namespace qyzmet::signing {

inline constexpr std::size_t k_container_bytes_max = std::size_t{32} << 20;
inline constexpr std::size_t k_container_file_bytes_max = std::size_t{16} << 20;
inline constexpr std::size_t k_container_content_bytes_max = std::size_t{64} << 20;  // unpacked
inline constexpr std::size_t k_container_files_max = 100;
inline constexpr std::size_t k_container_signatures_max = 8;

struct ContainerReport {
  /// Of the whole: what is wrong with the container, otherwise the worst of its signatures.
  Report whole;
  std::vector<Report> signatures;  // of each signer, in the order of the manifest
  std::vector<std::string> files;  // that the manifest covers
};

bool is_container(std::string_view bytes);
ContainerReport verify_container(std::string_view zip, TrustStore const& trust,
                                 Policy const& policy, Instant at, Instant received_at,
                                 Evidence const& evidence);

}  // namespace qyzmet::signing
