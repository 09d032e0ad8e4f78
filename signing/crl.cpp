// Revocation lists: the fallback when the OCSP responder is silent.
#include <algorithm>

#include "signing/revocation.hpp"
#include "signing/revocation_list.hpp"

namespace qyzmet::signing {
namespace {

using Kind = RevocationVerdict::Kind;
using ListPtr = std::shared_ptr<RevocationList const>;

RevocationVerdict bad(std::string reason) {
  return {.kind = Kind::bad, .check = "crl", .reason = std::move(reason)};
}

/// Signed by the issuer, whole, in force at the best signature time.
bool is_usable(RevocationList const& list, Subject const& subject) {
  bool const authority = (X509_get_extension_flags(subject.certificate.get()) & EXFLAG_CA) != 0;
  return list.this_update() <= subject.at + k_clock_skew_max &&
         list.next_update() >= subject.best_time && list.is_plain() &&
         (!authority || list.covers_authorities()) && list.is_signed_by(subject.issuer);
}

std::string_view serial_of(Subject const& subject) {
  auto const* serial = X509_get0_serialNumber(subject.certificate.get());
  return {chars_of(ASN1_STRING_get0_data(serial)),
          static_cast<std::size_t>(ASN1_STRING_length(serial))};
}

RevocationVerdict look_up(RevocationList const& list, Subject const& subject) {
  auto const entry = list.find(serial_of(subject));
  if (!entry) return {.kind = Kind::unavailable};
  if (entry->reason == CRL_REASON_REMOVE_FROM_CRL || entry->at > subject.best_time)
    return {.kind = Kind::good};
  return {.kind = Kind::revoked,
          .check = "revocation",
          .reason = "signature.revoked",
          .revoked_at = entry->at};
}

RevocationVerdict judge_base(RevocationList const& base, std::vector<ListPtr> const& deltas,
                             Subject const& subject) {
  std::vector<ListIdentity> lists{base.identity()};
  std::optional<RevocationVerdict> changed;
  for (auto const& delta : deltas) {
    if (!base.is_continued_by(*delta)) continue;
    lists.push_back(delta->identity());
    auto verdict = look_up(*delta, subject);
    if (!changed && verdict.kind != Kind::unavailable) changed = std::move(verdict);
  }
  auto verdict = changed ? std::move(*changed) : look_up(base, subject);
  // Not listed means good, for the list is complete; but ended certificates leave it (RFC 5280, 5),
  // so a list that was begun afterwards says nothing.
  if (verdict.kind == Kind::unavailable && base.this_update() <= subject.certificate.not_after())
    verdict.kind = Kind::good;
  verdict.lists = std::move(lists);
  return verdict;
}

}  // namespace

RevocationVerdict judge_crls(std::vector<std::string> const& crls,
                             std::vector<ListPtr> const& indexed, Subject const& subject) {
  std::vector<ListPtr> all = indexed, bases, deltas;
  if (crls.size() + indexed.size() > k_crls_max) return bad("signature.crl_unusable");
  for (auto const& bytes : crls) all.push_back(RevocationList::read(bytes));
  bool seen = false;
  for (auto const& list : all) {
    if (!list) return bad("signature.crl_unusable");
    if (!list->is_of(subject.issuer)) continue;
    seen = true;
    if (is_usable(*list, subject)) (list->is_delta() ? deltas : bases).push_back(list);
  }
  auto const newer = [](ListPtr const& left, ListPtr const& right) {
    return left->number() > right->number();
  };
  std::ranges::sort(deltas, newer);
  std::ranges::sort(bases, newer);
  if (bases.empty())
    return seen ? bad("signature.crl_unusable") : RevocationVerdict{.kind = Kind::unavailable};
  return judge_base(*bases.front(), deltas, subject);
}

}  // namespace qyzmet::signing
