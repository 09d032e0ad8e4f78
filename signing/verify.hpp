#pragma once
// Verification of electronic signatures: bytes in, verdict out. ETSI EN 319 102-1, reduced to CMS
// with one signer (RFC 5652) in the profile of the Kazakh PKI: RSA, GOST 34.10-2015 and GOST
// 34.310-2004.
//
// No I/O and no clock: certificates, revocation data and both times come in. Thread-safe: nothing
// is shared. Never throws for hostile input. All views are only read during the call.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace qyzmet::signing {

inline constexpr std::size_t k_cms_bytes_max = std::size_t{2} << 20;            // in any carrier
inline constexpr std::size_t k_attached_cms_bytes_max = std::size_t{16} << 20;  // content inside
inline constexpr std::size_t k_certificates_max = 16;                           // inside one CMS
inline constexpr std::size_t k_timestamps_max = 4;
inline constexpr std::size_t k_ocsp_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t k_ocsp_responses_max = 8;
inline constexpr std::size_t k_crls_max = 8;
inline constexpr int k_chain_depth_max = 3;  // leaf, intermediate, anchor (national)
inline constexpr std::chrono::minutes k_clock_skew_max{5};
/// A status older than this before the best signature time says nothing about it.
inline constexpr std::chrono::minutes k_ocsp_age_max{15};

class RevocationList;

enum class Indication { total_passed, total_failed, indeterminate };
enum class Role { individual, official, provider_seal, any };
/// What the key may be for: signing documents, proving who logs in, or both.
enum class Usage { sign, authenticate, sign_or_authenticate };

struct Check {
  std::string name;   // "signature_value", "key_role", "iin", "ocsp_responder", ...
  std::string layer;  // format | crypto | path | revocation | time | policy | identity
  bool passed = false;
  std::string reason;   // key of the text catalogues; empty when passed
  bool decides = true;  // false: recorded only, such as a timestamp that could not be used

  /// "passed", "failed", or "warning" for what failed and does not decide.
  std::string_view result() const { return passed ? "passed" : decides ? "failed" : "warning"; }
};

struct Signer {
  std::string subject, iin, bin, algorithm, serial;
  std::string certificate_der;
  std::optional<Instant> claimed_time;
  Instant best_time;
  std::string name;          // CN: surname and given name
  std::string organisation;  // O
  std::string issuer;
  /// From extendedKeyUsage: "sign", "authenticate", "individual", "legal_entity", "head",
  /// "right_to_sign", "employee", "information_system", "treasury", "timestamping", ...
  std::vector<std::string> roles;
  Instant not_before, not_after;
};

/// A revocation list that a verdict rests on (CRLIdentifier of ETSI EN 319 122-1, A.1.1.2).
struct ListIdentity {
  std::string issuer;                               // RFC 2253
  std::string sha256;                               // hex, of the DER
  std::optional<std::int64_t> number, base_number;  // base: it is a delta
  Instant this_update, next_update;
};

struct Report {
  Indication indication = Indication::indeterminate;
  std::string sub_indication;  // HASH_FAILURE, REVOKED, EXPIRED, TRY_LATER, ... ("" when passed)
  std::optional<Signer> signer;
  std::vector<Check> checks;
  std::string content;  // the signed bytes (attached content, or what was given)
  std::string level;    // "basic" (no ESS attribute), "B" or "T" (with a valid timestamp)
  /// By which the signer's certificate was judged, the complete list first; empty: not by lists.
  std::vector<ListIdentity> lists;

  bool passed() const { return indication == Indication::total_passed; }
  /// The revocation source gave nothing usable yet: ask again later (decision 17).
  bool try_later() const { return sub_indication == "TRY_LATER"; }
  /// The key of the first failed check's reason, for the person.
  std::string reason() const;
};

/// "TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"
std::string_view to_text(Indication indication);

/// Remembers what was read and verified once, for who verifies many signatures under the same
/// certificates: verdicts are the same, sooner. Thread-safe.
class TrustCache;
std::shared_ptr<TrustCache> make_trust_cache();

/// Anchors are self-signed certificates, the others intermediates. PEM or DER.
struct TrustStore {
  std::vector<std::string> certificates;
  /// Every certificate is an anchor: for vectors whose root is not at hand.
  bool partial_chain = false;
  std::shared_ptr<TrustCache> cache = {};  // optional
};

struct Policy {
  bool national = true;       // allow-list, depth, EKU roles, IIN (decision 16); false = generic
  bool test_persons = false;  // switches the IIN check digit and date rule off
  Role role = Role::individual;
  std::string expected_iin;  // empty = any
  Usage usage = Usage::sign;
  std::string expected_bin;          // empty = any
  bool allow_basic = false;          // a CMS without ESS attribute is taken (level "basic")
  bool refuse_test_anchors = false;  // production mode
  /// Some national programs leave one NUL behind the DER; it is taken off, and that is recorded.
  bool allow_trailing_nul = false;
  /// The signed bytes did not exist before (our nonce is in them): a certificate that had ended by
  /// then is EXPIRED, otherwise OUT_OF_BOUNDS_NO_POE.
  std::optional<Instant> issued_at;
};

struct Evidence {
  std::vector<std::string> ocsp;  // DER responses
  std::vector<std::string> crls;  // PEM or DER
  std::string ocsp_nonce;         // of OcspQuestion; empty = we sent none
  /// Lists that are read once and asked often (revocation_list.hpp).
  std::vector<std::shared_ptr<RevocationList const>> lists = {};
};

/// `content` is the detached content (nothing for attached signatures). `at` is validation time,
/// `received_at` a proof of existence. Never throws for hostile input. Limit: 2 MiB of CMS, 16 MiB
/// with attached content.
Report verify_cms(std::string_view cms, std::optional<std::string_view> content,
                  TrustStore const& trust, Policy const& policy, Instant at, Instant received_at,
                  Evidence const& evidence);

/// The same for bytes of ours, whichever way the person's program made the CMS: attached content
/// must equal `bytes`, otherwise the signature is checked over them. Use this wherever somebody was
/// asked to sign something.
Report verify_cms_over(std::string_view cms, std::string_view bytes, TrustStore const& trust,
                       Policy const& policy, Instant at, Instant received_at,
                       Evidence const& evidence);

/// Every signer of a CMS judged alone, in the order of the SignerInfos. For containers in which
/// several people sign one manifest; nothing of the others counts for any of them. One report that
/// tells why, when there is nobody to judge.
std::vector<Report> verify_each_signer(std::string_view cms,
                                       std::optional<std::string_view> content,
                                       TrustStore const& trust, Policy const& policy, Instant at,
                                       Instant received_at, Evidence const& evidence);

/// A timestamp alone: a token, or the TimeStampResp around it, DER. `stamped` are the bytes that it
/// is over. The signer of the report is the TSA, its best time the stamped one.
Report verify_token(std::string_view token, std::optional<std::string_view> stamped,
                    TrustStore const& trust, Policy const& policy, Instant at,
                    Evidence const& evidence);
/// The bytes are a timestamp rather than the signature of a document.
bool is_token(std::string_view bytes);

/// Login: a CMS over a challenge of ours, with the AUTH or the SIGN key, of any role.
Report verify_challenge(std::string_view cms, std::string_view challenge, Instant challenge_issued,
                        TrustStore const& trust, Policy policy, Instant at,
                        Evidence const& evidence);

/// What the shell must ask: DER of an OCSP request for the signer's certificate, and the
/// certificate's own OCSP address (only compared with configuration, never followed blindly).
struct OcspQuestion {
  std::string request;
  std::string nonce;
  std::string address;
};
Result<OcspQuestion> ocsp_question(std::string_view cms, TrustStore const& trust);

/// The name says TEST: such an anchor must not be configured in production mode. PEM or DER; what
/// cannot be read counts as a test anchor.
bool is_test_anchor(std::string_view certificate);

/// Hex SHA-256.
std::string sha256_hex(std::string_view bytes);

}  // namespace qyzmet::signing
