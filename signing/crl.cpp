// Revocation lists: the fallback when the OCSP responder is silent.
#include <algorithm>

#include "signing/algorithms.hpp"
#include "signing/revocation.hpp"

namespace qyzmet::signing {
namespace {

using Kind = RevocationVerdict::Kind;
using DistributionPtr = Owned<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;

RevocationVerdict bad(std::string reason) {
  return {.kind = Kind::bad, .check = "crl", .reason = std::move(reason)};
}

std::optional<long> number_of(X509_CRL* crl, int nid) {
  auto* value = static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl, nid, nullptr, nullptr));
  if (value == nullptr) return std::nullopt;
  BignumPtr const number{ASN1_INTEGER_to_BN(value, nullptr)};
  ASN1_INTEGER_free(value);
  // 20 octets are allowed; ours are counters, and a larger number cannot be ordered as a long.
  if (!number || BN_is_negative(number.get()) || BN_num_bits(number.get()) > 62)
    return std::nullopt;
  return static_cast<long>(BN_get_word(number.get()));
}

/// Indirect lists, lists of some reasons, and unknown critical extensions are not understood here.
bool has_plain_scope(X509_CRL* crl) {
  for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
    auto* extension = X509_CRL_get_ext(crl, i);
    int const nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (X509_EXTENSION_get_critical(extension) == 1 && nid != NID_issuing_distribution_point &&
        nid != NID_delta_crl)
      return false;
  }
  if (X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) < 0) return true;
  DistributionPtr const scope{static_cast<ISSUING_DIST_POINT*>(
      X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, nullptr, nullptr))};
  return scope && scope->onlyCA <= 0 && scope->onlyattr <= 0 && scope->indirectCRL <= 0 &&
         scope->onlysomereasons == nullptr;
}

/// A list as it arrived: the signature is checked over these bytes.
struct List {
  std::string der;
  CrlPtr crl;
};

struct SignedParts {
  std::string_view tbs, signature;
  Algorithm outer, inner;
};

std::optional<SignedParts> split(std::string_view der) {
  auto const whole = der::first(der);
  if (!whole) return std::nullopt;
  der::Reader reader{whole->content};
  auto const tbs = reader.take(der::sequence);
  auto const outer = reader.take(der::sequence);
  auto const bits = reader.take(der::bit_string);
  if (!tbs || !outer || !bits || bits->content.empty()) return std::nullopt;
  der::Reader inside{tbs->content};
  inside.take(der::integer);
  auto const inner = inside.take(der::sequence);
  auto const outer_algorithm = parse_algorithm(*outer);
  auto const inner_algorithm = inner ? parse_algorithm(*inner) : std::nullopt;
  if (!outer_algorithm || !inner_algorithm) return std::nullopt;
  return SignedParts{.tbs = tbs->whole,
                     .signature = bits->content.substr(1),
                     .outer = *outer_algorithm,
                     .inner = *inner_algorithm};
}

/// One list of the national test CA states its algorithm with NULL parameters outside and without
/// inside. The outer statement is not signed, so nothing but absent against NULL is let through.
bool states_one_algorithm(SignedParts const& parts) {
  auto const is_empty = [](std::string_view parameters) {
    return parameters.empty() || parameters == std::string_view{"\x05\x00", 2};
  };
  return parts.outer.oid == parts.inner.oid &&
         (parts.outer.parameters == parts.inner.parameters ||
          (is_empty(parts.outer.parameters) && is_empty(parts.inner.parameters)));
}

bool is_signed(std::string_view der, X509* issuer) {
  auto const parts = split(der);
  if (!parts || !states_one_algorithm(*parts)) return false;
  auto const* suite = suite_of_signature(parts->inner.oid);
  return suite != nullptr && verify_signature(*suite, issuer, parts->tbs, parts->signature);
}

bool may_sign_lists(Certificate const& issuer) {
  auto const usage = issuer.key_usage();
  return usage == 0 || (usage & KU_CRL_SIGN) != 0;
}

/// Signed by the issuer, whole, in force at the best signature time.
bool is_usable(List const& list, Subject const& subject) {
  auto const since = to_instant(X509_CRL_get0_lastUpdate(list.crl.get()));
  auto const until = to_instant(X509_CRL_get0_nextUpdate(list.crl.get()));
  return since && until && *since <= subject.at + k_clock_skew_max && *until >= subject.best_time &&
         may_sign_lists(subject.issuer) && has_plain_scope(list.crl.get()) &&
         is_signed(list.der, subject.issuer.get());
}

bool is_of_issuer(X509_CRL* crl, Subject const& subject) {
  return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(subject.issuer.get())) == 0;
}

bool fits(X509_CRL* base, X509_CRL* delta) {
  auto const number = number_of(base, NID_crl_number);
  auto const delta_number = number_of(delta, NID_crl_number);
  auto const delta_base = number_of(delta, NID_delta_crl);
  return number && delta_number && delta_base && *delta_base <= *number && *number < *delta_number;
}

int reason_of(X509_REVOKED* entry) {
  auto* value = static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr));
  if (value == nullptr) return CRL_REASON_UNSPECIFIED;
  auto const reason = static_cast<int>(ASN1_ENUMERATED_get(value));
  ASN1_ENUMERATED_free(value);
  return reason;
}

RevocationVerdict look_up(X509_CRL* crl, Subject const& subject) {
  X509_REVOKED* entry = nullptr;
  auto* serial = X509_get_serialNumber(subject.certificate.get());
  if (X509_CRL_get0_by_serial(crl, &entry, serial) != 1) return {.kind = Kind::unavailable};
  auto const at = to_instant(X509_REVOKED_get0_revocationDate(entry));
  if (!at) return bad("signature.crl_unusable");
  if (reason_of(entry) == CRL_REASON_REMOVE_FROM_CRL || *at > subject.best_time)
    return {.kind = Kind::good};
  return {.kind = Kind::revoked,
          .check = "revocation",
          .reason = "signature.revoked",
          .revoked_at = *at};
}

RevocationVerdict judge_base(X509_CRL* base, std::vector<List> const& deltas,
                             Subject const& subject) {
  for (auto const& delta : deltas) {
    if (!fits(base, delta.crl.get())) continue;
    auto verdict = look_up(delta.crl.get(), subject);
    if (verdict.kind != Kind::unavailable) return verdict;
  }
  auto verdict = look_up(base, subject);
  // Not listed means good, for the list is complete.
  if (verdict.kind == Kind::unavailable) verdict.kind = Kind::good;
  return verdict;
}

std::optional<List> read_list(std::string const& bytes) {
  auto der = unwrap_pem_or_der(bytes);
  if (!der) return std::nullopt;
  CrlPtr crl{from_der<X509_CRL>(*der, d2i_X509_CRL, X509_CRL_free)};
  if (!crl) return std::nullopt;
  return List{.der = std::move(*der), .crl = std::move(crl)};
}

}  // namespace

RevocationVerdict judge_crls(std::vector<std::string> const& crls, Subject const& subject) {
  std::vector<List> bases, deltas;
  bool seen = false;
  if (crls.size() > k_crls_max) return bad("signature.crl_unusable");
  for (auto const& bytes : crls) {
    auto list = read_list(bytes);
    if (!list) return bad("signature.crl_unusable");
    if (!is_of_issuer(list->crl.get(), subject)) continue;
    seen = true;
    if (!is_usable(*list, subject)) continue;
    bool const delta = X509_CRL_get_ext_by_NID(list->crl.get(), NID_delta_crl, -1) >= 0;
    (delta ? deltas : bases).push_back(std::move(*list));
  }
  auto const newer = [](List const& left, List const& right) {
    return number_of(left.crl.get(), NID_crl_number) > number_of(right.crl.get(), NID_crl_number);
  };
  std::ranges::sort(deltas, newer);
  std::ranges::sort(bases, newer);
  if (bases.empty())
    return seen ? bad("signature.crl_unusable") : RevocationVerdict{.kind = Kind::unavailable};
  return judge_base(bases.front().crl.get(), deltas, subject);
}

}  // namespace qyzmet::signing
