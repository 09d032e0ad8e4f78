#pragma once
// What was read and verified once and need not be again: the configured certificates, those of
// time-stamping authorities and responders, and which certificate was signed by which key. Only
// positive results are kept, each under the hash of all bytes that it depends on, so a cache
// changes the time a verdict takes and never the verdict. Internal to signing/.
//
// Shared between threads. Bounded: when it is full it is emptied.
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "signing/path.hpp"

namespace qyzmet::signing {

inline constexpr std::size_t k_cached_certificates_max = 256;
inline constexpr std::size_t k_cached_certificate_bytes_max = std::size_t{8} << 10;
inline constexpr std::size_t k_cached_signatures_max = 4096;

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
