#pragma once
// Collects the checks of one verification in the order in which they run; the first failed one that
// decides gives the verdict. Internal to signing/. One object per verification.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "signing/verify.hpp"

namespace qyzmet::signing {

/// What a failed check means for the signature.
struct Consequence {
  Indication indication = Indication::indeterminate;
  std::string_view sub_indication;
};

namespace consequence {
inline constexpr Consequence k_format{Indication::total_failed, "FORMAT_FAILURE"};
inline constexpr Consequence k_hash{Indication::total_failed, "HASH_FAILURE"};
inline constexpr Consequence k_crypto{Indication::total_failed, "SIG_CRYPTO_FAILURE"};
inline constexpr Consequence k_revoked{Indication::total_failed, "REVOKED"};
/// Of an authority: its people may have signed before, and nothing tells when (ETSI EN 319 102-1,
/// 5.2.6.4).
inline constexpr Consequence k_revoked_no_poe{Indication::indeterminate, "REVOKED_NO_POE"};
inline constexpr Consequence k_expired{Indication::total_failed, "EXPIRED"};
inline constexpr Consequence k_not_yet_valid{Indication::total_failed, "NOT_YET_VALID"};
inline constexpr Consequence k_no_certificate{Indication::indeterminate,
                                              "NO_SIGNING_CERTIFICATE_FOUND"};
inline constexpr Consequence k_no_chain{Indication::indeterminate, "NO_CERTIFICATE_CHAIN_FOUND"};
inline constexpr Consequence k_chain{Indication::indeterminate, "CHAIN_CONSTRAINTS_FAILURE"};
inline constexpr Consequence k_algorithm{Indication::indeterminate,
                                         "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"};
inline constexpr Consequence k_constraints{Indication::indeterminate, "SIG_CONSTRAINTS_FAILURE"};
inline constexpr Consequence k_out_of_bounds{Indication::indeterminate, "OUT_OF_BOUNDS_NO_POE"};
inline constexpr Consequence k_try_later{Indication::indeterminate, "TRY_LATER"};
}  // namespace consequence

class Checks {
 public:
  explicit Checks(Report& report) : report_(report) {}

  /// Records a check; returns whether it passed.
  bool note(std::string name, std::string layer, std::optional<std::string> const& fault,
            Consequence failed) {
    if (fault && !failed_) {
      report_.indication = failed.indication;
      report_.sub_indication = failed.sub_indication;
      failed_ = true;
    }
    add(std::move(name), std::move(layer), fault, true);
    return !fault;
  }
  /// Records a check that does not decide.
  void remark(std::string name, std::string layer, std::optional<std::string> const& fault) {
    add(std::move(name), std::move(layer), fault, false);
  }
  bool failed() const { return failed_; }

 private:
  void add(std::string name, std::string layer, std::optional<std::string> const& fault,
           bool decides) {
    report_.checks.push_back({.name = std::move(name),
                              .layer = std::move(layer),
                              .passed = !fault,
                              .reason = fault.value_or(""),
                              .decides = decides});
  }

  Report& report_;
  bool failed_ = false;
};

}  // namespace qyzmet::signing
