#pragma once
// A revocation list (RFC 5280, 5), complete or delta, read once into a sorted index and looked up
// many times: the national list has 21 MB and 420,000 entries.
//
// Immutable and shared between threads; a lookup takes less than a microsecond, reading the
// national list about half a second, 32 bytes are kept for each entry. Never throws for hostile
// input. Error: invalid with "signature.crl_unusable".
#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace qyzmet::signing {

struct TrustStore;
struct ListIdentity;
class Certificate;

inline constexpr std::size_t k_crl_bytes_max = std::size_t{32} << 20;
inline constexpr std::size_t k_crl_entries_max = 1'000'000;

class RevocationList {
 public:
  struct Entry {
    Instant at;
    int reason = 0;  // CRLReason
  };

  /// PEM or DER. The signature is verified under the issuer's certificate among `trust`, and the
  /// bytes are let go.
  static Result<std::shared_ptr<RevocationList const>> open(std::string_view bytes,
                                                            TrustStore const& trust);
  /// Without looking at the signature; null if it is no list that we understand.
  static std::shared_ptr<RevocationList const> read(std::string_view bytes);

  /// `serial`: content octets of the INTEGER.
  std::optional<Entry> find(std::string_view serial) const;
  bool is_of(Certificate const& issuer) const;
  bool is_signed_by(Certificate const& issuer) const;
  /// Of all reasons, direct, and without critical extensions that we do not know.
  bool is_plain() const { return plain_; }
  bool covers_authorities() const { return !only_users_; }
  bool is_delta() const { return base_number_.has_value(); }
  /// The delta continues this complete list.
  bool is_continued_by(RevocationList const& delta) const;
  std::optional<std::int64_t> number() const { return number_; }
  Instant this_update() const { return this_update_; }
  Instant next_update() const { return next_update_; }
  std::size_t size() const { return entries_.size(); }
  ListIdentity identity() const;

 private:
  struct Record {
    std::array<std::uint8_t, 20> serial{};  // right-aligned
    std::uint8_t reason = 0;
    std::int64_t at = 0;  // seconds since 1970
    auto operator<=>(Record const&) const = default;
  };
  class Parser;

  std::string der_;           // empty once the signature is verified
  std::string signed_under_;  // DER of the certificate under which it was
  std::string issuer_;        // DER of the name
  std::string sha256_;        // hex, of the DER
  Instant this_update_, next_update_;
  std::optional<std::int64_t> number_, base_number_;
  bool plain_ = true, only_users_ = false;
  std::vector<Record> entries_;
};

}  // namespace qyzmet::signing
