#pragma once
// What was read and verified once and need not be again: the configured certificates, those of
// time-stamping authorities and responders, which certificate was signed by which key, and the
// paths of time-stamping authorities. Only positive results are kept, each under the hash of all
// bytes that it depends on, so a cache changes the time a verdict takes and never the verdict.
// Internal to signing/.
//
// Shared between threads. Bounded: when it is full it is emptied.
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "signing/path.hpp"

namespace qyzmet::signing {

inline constexpr std::size_t k_cached_certificates_max = 256;
inline constexpr std::size_t k_cached_certificate_bytes_max = std::size_t{8} << 10;
inline constexpr std::size_t k_cached_signatures_max = 4096;
inline constexpr std::size_t k_cached_paths_max = 64;

/// Paths that were built from certain anchors, without any certificate besides. A path hangs on the
/// moment only through which certificates are valid then; so one that was built is right until the
/// next moment at which any of them begins or ends.
class KnownPaths {
 public:
  explicit KnownPaths(Anchors const& anchors);
  std::optional<Chain> find(Certificate const& leaf, Instant at);
  void keep(Certificate const& leaf, Instant at, Chain const& chain);

 private:
  /// Empty within the second of a change: there begin and end are read in more than one way.
  std::optional<std::string> key_of(Certificate const& leaf, Instant at) const;

  std::vector<std::chrono::sys_seconds> changes_;  // sorted
  std::mutex mutex_;
  std::unordered_map<std::string, Chain> chains_;
};

class TrustCache {
 public:
  /// The certificates of the store, read when they are others than the last time.
  std::shared_ptr<Anchors const> anchors(TrustStore const& trust);
  /// Certificate::read, remembered: for certificates that come again and again.
  std::optional<Certificate> read(std::string_view der);
  /// `certificate` was signed with the key of `issuer`. Remembered for authorities and their
  /// services, not for people: there are too many, and each comes once.
  bool is_signed_by(Certificate const& certificate, Certificate const& issuer, bool remember);

 private:
  std::mutex mutex_;
  TrustStore trust_;
  std::shared_ptr<Anchors const> anchors_;
  std::unordered_map<std::string, Certificate> certificates_;
  std::unordered_set<std::string> signatures_;
};

}  // namespace qyzmet::signing
