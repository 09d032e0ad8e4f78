#include "signing/path.hpp"

#include <algorithm>

#include "signing/algorithms.hpp"

namespace qyzmet::signing {
namespace {

struct StoreContextFree {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, StoreContextFree>;
using StorePtr = Owned<X509_STORE, X509_STORE_free>;

X509StackPtr stack_of(std::vector<Certificate> const& first,
                      std::vector<Certificate> const& second = {}) {
  X509StackPtr stack{sk_X509_new_null()};
  for (auto const* list : {&first, &second})
    for (auto const& certificate : *list) {
      X509_up_ref(certificate.get());
      sk_X509_push(stack.get(), certificate.get());
    }
  return stack;
}

/// Validity in time is noted and judged by our own rules; everything else stays an error.
int note_validity(int ok, X509_STORE_CTX* context) {
  int const error = X509_STORE_CTX_get_error(context);
  if (ok == 1) return 1;
  if (error != X509_V_ERR_CERT_HAS_EXPIRED && error != X509_V_ERR_CERT_NOT_YET_VALID) return 0;
  if (X509_STORE_CTX_get_error_depth(context) > 0)
    *static_cast<bool*>(X509_STORE_CTX_get_app_data(context)) = false;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
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

}  // namespace

Anchors read_trust(TrustStore const& trust) {
  Anchors anchors{.trusted = {}, .intermediates = {}, .partial_chain = trust.partial_chain};
  for (auto const& bytes : trust.certificates) {
    auto certificate = Certificate::read_file(bytes);
    if (!certificate) continue;
    bool const anchor = trust.partial_chain || certificate->is_self_issued();
    (anchor ? anchors.trusted : anchors.intermediates).push_back(std::move(*certificate));
  }
  return anchors;
}

std::expected<Chain, std::string> build_chain(Certificate const& leaf, Anchors const& anchors,
                                              std::vector<Certificate> const& extra, Instant at) {
  StorePtr const store{X509_STORE_new()};
  for (auto const& anchor : anchors.trusted) X509_STORE_add_cert(store.get(), anchor.get());
  auto const untrusted = stack_of(anchors.intermediates, extra);
  StoreContextPtr const context{X509_STORE_CTX_new()};
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted.get()) != 1)
    return std::unexpected("signature.path");
  bool authorities_valid = true;
  X509_STORE_CTX_set_app_data(context.get(), &authorities_valid);
  X509_STORE_CTX_set_verify_cb(context.get(), note_validity);
  auto* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, to_time_t(at));
  X509_VERIFY_PARAM_set_depth(parameters, 8);
  if (anchors.partial_chain) X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(context.get()) != 1)
    return std::unexpected(is_missing_issuer(X509_STORE_CTX_get_error(context.get()))
                               ? "signature.unknown_authority"
                               : "signature.path");
  Chain chain{.certificates = {}, .authorities_valid = authorities_valid};
  auto* built = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(built); ++i) {
    auto certificate = Certificate::read(to_der(sk_X509_value(built, i), i2d_X509));
    if (!certificate) return std::unexpected("signature.path");
    chain.certificates.push_back(std::move(*certificate));
  }
  // A leaf that is itself an anchor proves nothing about who issued it.
  if (chain.certificates.size() < 2) return std::unexpected("signature.unknown_authority");
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
