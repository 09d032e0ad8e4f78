#include "signing/trust_cache.hpp"

#include <algorithm>

namespace qyzmet::signing {

KnownPaths::KnownPaths(Anchors const& anchors) {
  for (auto const* list : {&anchors.trusted, &anchors.intermediates})
    for (auto const& certificate : *list)
      for (auto const change : {certificate.not_before(), certificate.not_after()})
        changes_.push_back(std::chrono::floor<std::chrono::seconds>(change));
  std::ranges::sort(changes_);
}

std::optional<std::string> KnownPaths::key_of(Certificate const& leaf, Instant at) const {
  auto const second = std::chrono::floor<std::chrono::seconds>(at);
  auto const next = std::ranges::lower_bound(changes_, second);
  if (next != changes_.end() && *next == second) return std::nullopt;
  return leaf.fingerprint() + std::to_string(next - changes_.begin());
}

std::optional<Chain> KnownPaths::find(Certificate const& leaf, Instant at) {
  auto const key = key_of(leaf, at);
  if (!key) return std::nullopt;
  std::scoped_lock const lock{mutex_};
  auto const found = chains_.find(*key);
  return found == chains_.end() ? std::nullopt : std::optional{found->second};
}

void KnownPaths::keep(Certificate const& leaf, Instant at, Chain const& chain) {
  auto const key = key_of(leaf, at);
  if (!key) return;
  std::scoped_lock const lock{mutex_};
  if (chains_.size() >= k_cached_paths_max) chains_.clear();
  chains_.insert_or_assign(*key, chain);
}

std::shared_ptr<TrustCache> make_trust_cache() {
  return std::make_shared<TrustCache>();
}

std::shared_ptr<Anchors const> TrustCache::anchors(TrustStore const& trust) {
  {
    std::scoped_lock const lock{mutex_};
    if (anchors_ && trust_.partial_chain == trust.partial_chain &&
        trust_.certificates == trust.certificates)
      return anchors_;
  }
  auto made = read_trust(trust);
  made.paths = std::make_shared<KnownPaths>(made);
  auto anchors = std::make_shared<Anchors const>(std::move(made));
  std::scoped_lock const lock{mutex_};
  trust_ = {.certificates = trust.certificates, .partial_chain = trust.partial_chain};
  anchors_ = anchors;
  return anchors;
}

std::optional<Certificate> TrustCache::read(std::string_view der) {
  std::string const key{der};
  {
    std::scoped_lock const lock{mutex_};
    if (auto const found = certificates_.find(key); found != certificates_.end())
      return found->second;
  }
  auto certificate = Certificate::read(der);
  if (!certificate || der.size() > k_cached_certificate_bytes_max) return certificate;
  std::scoped_lock const lock{mutex_};
  if (certificates_.size() >= k_cached_certificates_max) certificates_.clear();
  certificates_.emplace(key, *certificate);
  return certificate;
}

bool TrustCache::is_signed_by(Certificate const& certificate, Certificate const& issuer,
                              bool remember) {
  if (!remember) return certificate.is_signed_by(issuer);
  auto const pair = certificate.fingerprint() + issuer.fingerprint();
  {
    std::scoped_lock const lock{mutex_};
    if (signatures_.contains(pair)) return true;
  }
  if (!certificate.is_signed_by(issuer)) return false;
  std::scoped_lock const lock{mutex_};
  if (signatures_.size() >= k_cached_signatures_max) signatures_.clear();
  signatures_.insert(pair);
  return true;
}

}  // namespace qyzmet::signing
