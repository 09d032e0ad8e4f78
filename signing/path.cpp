#include "signing/path.hpp"

#include <algorithm>

#include "engine/base/check.hpp"
#include "signing/algorithms.hpp"
#include "signing/trust_cache.hpp"

namespace qyzmet::signing {
namespace {

// By their names, for whoever configured the certificates has vouched for those.
constexpr std::string_view k_state_bodies_authority =
    "Удостоверяющий центр Государственных органов";
constexpr std::string_view k_bank_authority = "BTSD CA";

struct StoreContextFree {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, StoreContextFree>;

struct Run {
  Certificate const& leaf;
  Anchors const& anchors;
  std::vector<Certificate> const& extra;
  Instant at;
  Chain chain = {};

  /// OpenSSL's chain is made of the objects that it was given.
  Certificate const* find(X509 const* x509) const {
    if (leaf.get() == x509) return &leaf;
    for (auto const* list : {&anchors.trusted, &anchors.intermediates, &extra})
      for (auto const& certificate : *list)
        if (certificate.get() == x509) return &certificate;
    return nullptr;
  }
};

/// People come once; authorities, and who stamps and answers for them, again and again.
bool is_service(Certificate const& certificate) {
  return X509_get_extended_key_usage(certificate.get()) == XKU_TIMESTAMP;
}

bool is_signed_by(Run const& run, std::size_t depth) {
  auto const& certificate = run.chain.certificates[depth];
  auto const& issuer = run.chain.certificates[depth + 1];
  if ((X509_get_key_usage(issuer.get()) & KU_KEY_CERT_SIGN) == 0) return false;
  if (run.anchors.cache == nullptr) return certificate.is_signed_by(issuer);
  return run.anchors.cache->is_signed_by(certificate, issuer, depth > 0 || is_service(certificate));
}

/// Instead of OpenSSL's own last step: signatures that are known already are not verified again,
/// and validity in time is noted and judged by our rules. The anchor is trusted as it is.
int verify_signatures(X509_STORE_CTX* context) {
  auto& run = *static_cast<Run*>(X509_STORE_CTX_get_app_data(context));
  auto& all = run.chain.certificates;
  auto* chain = X509_STORE_CTX_get0_chain(context);
  for (int depth = 0; depth < sk_X509_num(chain); ++depth) {
    auto const* certificate = run.find(sk_X509_value(chain, depth));
    check(certificate != nullptr, "a path is made of the certificates given");
    if (depth > 0 && !certificate->covers(run.at)) run.chain.authorities_valid = false;
    all.push_back(*certificate);
  }
  for (std::size_t depth = all.size() - 1; depth > 0; --depth) {
    if (is_signed_by(run, depth - 1)) continue;
    X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_SIGNATURE_FAILURE);
    return 0;
  }
  return 1;
}

std::shared_ptr<X509_STORE> store_of(std::vector<Certificate> const& trusted) {
  std::shared_ptr<X509_STORE> store{X509_STORE_new(), X509_STORE_free};
  for (auto const& anchor : trusted) X509_STORE_add_cert(store.get(), anchor.get());
  return store;
}

bool is_missing_issuer(int error) {
  return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
         error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
         error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
         error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
         error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

bool is_excluded(Certificate const& certificate) {
  return std::ranges::any_of(certificate.usages(), [](std::string const& usage) {
    return usage == eku::k_treasury || usage == eku::k_notary || usage == eku::k_authority_staff ||
           usage.starts_with(std::string{eku::k_authority_staff} + ".");
  });
}

bool is_individual(Certificate const& certificate) {
  return certificate.has_usage(eku::k_individual) && !certificate.has_usage(eku::k_legal);
}

bool is_official(Certificate const& certificate) {
  return certificate.has_usage(eku::k_legal) && !certificate.has_usage(eku::k_individual) &&
         (certificate.has_usage(eku::k_head) || certificate.has_usage(eku::k_right_to_sign) ||
          certificate.has_usage(eku::k_employee));
}

bool is_seal(Certificate const& certificate) {
  return certificate.has_usage(eku::k_legal) && !certificate.has_usage(eku::k_sign) &&
         !certificate.has_usage(eku::k_auth);
}

bool has_role(Certificate const& certificate, Role role) {
  switch (role) {
    case Role::individual:
      return is_individual(certificate);
    case Role::official:
      return is_official(certificate);
    case Role::provider_seal:
      return is_seal(certificate);
    case Role::any:
      return is_individual(certificate) || is_official(certificate);
  }
  return false;
}

std::optional<std::string> find_purpose_fault(Certificate const& certificate, Usage usage) {
  bool const sign = certificate.has_usage(eku::k_sign);
  bool const auth = certificate.has_usage(eku::k_auth);
  if (usage == Usage::sign && auth) return "signature.auth_key";
  if (usage == Usage::authenticate && !auth) return "signature.sign_key";
  if (!sign && !auth) return "signature.wrong_role";
  auto const needed = auth ? KU_DIGITAL_SIGNATURE : KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;
  if ((certificate.key_usage() & static_cast<unsigned>(needed)) != static_cast<unsigned>(needed))
    return "signature.key_usage";
  return std::nullopt;
}

std::expected<Chain, std::string> search_chain(Certificate const& leaf, Anchors const& anchors,
                                               std::vector<Certificate> const& extra, Instant at) {
  auto const store = anchors.store ? anchors.store : store_of(anchors.trusted);
  auto const untrusted = stack_of(anchors.intermediates, extra);
  StoreContextPtr const context{X509_STORE_CTX_new()};
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted.get()) != 1)
    return std::unexpected("signature.path");
  Run run{.leaf = leaf, .anchors = anchors, .extra = extra, .at = at};
  X509_STORE_CTX_set_app_data(context.get(), &run);
  X509_STORE_CTX_set_verify(context.get(), verify_signatures);
  auto* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, to_time_t(at));
  X509_VERIFY_PARAM_set_depth(parameters, 8);
  if (anchors.partial_chain) X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(context.get()) != 1)
    return std::unexpected(is_missing_issuer(X509_STORE_CTX_get_error(context.get()))
                               ? "signature.unknown_authority"
                               : "signature.path");
  // A leaf that is itself an anchor proves nothing about who issued it.
  if (run.chain.certificates.size() < 2) return std::unexpected("signature.unknown_authority");
  return std::move(run.chain);
}

}  // namespace

X509StackPtr stack_of(std::vector<Certificate> const& first,
                      std::vector<Certificate> const& second) {
  X509StackPtr stack{sk_X509_new_null()};
  for (auto const* list : {&first, &second})
    for (auto const& certificate : *list) {
      X509_up_ref(certificate.get());
      sk_X509_push(stack.get(), certificate.get());
    }
  return stack;
}

Anchors read_trust(TrustStore const& trust) {
  Anchors anchors{.trusted = {}, .intermediates = {}, .partial_chain = trust.partial_chain};
  for (auto const& bytes : trust.certificates) {
    auto certificate = Certificate::read_file(bytes);
    if (!certificate) continue;
    bool const anchor = trust.partial_chain || certificate->is_self_issued();
    (anchor ? anchors.trusted : anchors.intermediates).push_back(std::move(*certificate));
  }
  anchors.store = store_of(anchors.trusted);
  anchors.cache = trust.cache.get();
  return anchors;
}

std::shared_ptr<Anchors const> anchors_of(TrustStore const& trust) {
  return trust.cache ? trust.cache->anchors(trust)
                     : std::make_shared<Anchors const>(read_trust(trust));
}

std::expected<Chain, std::string> build_chain(Certificate const& leaf, Anchors const& anchors,
                                              std::vector<Certificate> const& extra, Instant at) {
  if (!anchors.paths || !extra.empty() || !is_service(leaf))
    return search_chain(leaf, anchors, extra, at);
  if (auto known = anchors.paths->find(leaf, at)) return std::move(*known);
  auto chain = search_chain(leaf, anchors, extra, at);
  if (chain) anchors.paths->keep(leaf, at, *chain);
  return chain;
}

std::optional<std::string> find_chain_fault(Chain const& chain, Policy const& policy, Instant at) {
  auto const& all = chain.certificates;
  if (policy.refuse_test_anchors && is_test_anchor(all.back().der()))
    return "signature.test_authority";
  for (std::size_t i = 0; i + 1 < all.size(); ++i)
    if (auto const sound = check_certificate_algorithms(all[i], policy.national, at); !sound)
      return sound.error();
  if (!policy.national) return std::nullopt;
  if (all.size() > k_chain_depth_max) return "signature.path";
  return std::nullopt;
}

std::optional<std::string> find_authority_fault(Chain const& chain, Policy const& policy) {
  if (!policy.national) return std::nullopt;
  auto const& leaf = chain.certificates.front();
  for (std::size_t i = 1; i < chain.certificates.size(); ++i) {
    auto const names = chain.certificates[i].values(NID_commonName);
    auto const is_named = [&](std::string_view name) {
      return std::ranges::find(names, name) != names.end();
    };
    bool const official = is_official(leaf) || is_seal(leaf);
    if (is_named(k_bank_authority) || (is_named(k_state_bodies_authority) && !official))
      return "signature.authority_of_others";
  }
  return std::nullopt;
}

std::optional<std::string> find_policy_fault(Certificate const& certificate, Policy const& policy) {
  if (!policy.national || certificate.has_policy_under(k_national_policy)) return std::nullopt;
  return "signature.certificate_policy";
}

std::optional<std::string> find_role_fault(Certificate const& certificate, Policy const& policy) {
  auto const usage = certificate.key_usage();
  if ((X509_get_extension_flags(certificate.get()) & EXFLAG_CA) != 0) return "signature.key_usage";
  if (!policy.national) {
    bool const stated = (X509_get_extension_flags(certificate.get()) & EXFLAG_KUSAGE) != 0;
    bool const signs = (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
    return stated && !signs ? std::optional{"signature.key_usage"} : std::nullopt;
  }
  if (is_excluded(certificate)) return "signature.wrong_role";
  if (policy.role == Role::provider_seal) {
    if (!is_seal(certificate)) return "signature.wrong_role";
    return (usage & KU_DIGITAL_SIGNATURE) != 0 ? std::nullopt
                                               : std::optional{"signature.key_usage"};
  }
  if (auto fault = find_purpose_fault(certificate, policy.usage)) return fault;
  if (!has_role(certificate, policy.role)) return "signature.wrong_role";
  return std::nullopt;
}

}  // namespace qyzmet::signing
