#include "signing/trust_cache.hpp"

namespace qyzmet::signing {

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
  auto anchors = std::make_shared<Anchors const>(read_trust(trust));
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
