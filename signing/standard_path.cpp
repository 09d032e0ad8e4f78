#include "signing/standard_path.hpp"

#include "signing/algorithms.hpp"
#include "signing/cms.hpp"

namespace qyzmet::signing {
namespace {

using StorePtr = Owned<X509_STORE, X509_STORE_free>;
using StoreContextPtr = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
using Kind = PathFault::Kind;

Kind kind_of(int error) {
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return Kind::unknown_authority;
    case X509_V_ERR_CERT_REVOKED:
      return Kind::revoked;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
      return Kind::not_known_if_so;
    default:
      return Kind::invalid;
  }
}

void free_lists(STACK_OF(X509_CRL) * lists) {
  sk_X509_CRL_pop_free(lists, X509_CRL_free);
}
using ListsPtr = Owned<STACK_OF(X509_CRL), free_lists>;

ListsPtr read_lists(std::vector<std::string> const& crls) {
  ListsPtr lists{sk_X509_CRL_new_null()};
  for (auto const& bytes : crls) {
    auto const der = unwrap_pem_or_der(bytes);
    CrlPtr list{der ? from_der<X509_CRL>(*der, d2i_X509_CRL, X509_CRL_free) : nullptr};
    if (list) sk_X509_CRL_push(lists.get(), list.release());
  }
  return lists;
}

void set_inputs(X509_VERIFY_PARAM* parameters, PathInputs const& inputs) {
  unsigned long flags = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                        X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS |
                        X509_V_FLAG_POLICY_CHECK;
  if (inputs.explicit_policy) flags |= X509_V_FLAG_EXPLICIT_POLICY;
  if (inputs.inhibit_mapping) flags |= X509_V_FLAG_INHIBIT_MAP;
  if (inputs.inhibit_any_policy) flags |= X509_V_FLAG_INHIBIT_ANY;
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  for (auto const& policy : inputs.policies)
    X509_VERIFY_PARAM_add0_policy(parameters, OBJ_txt2obj(policy.c_str(), 1));
}

/// The anchor's own algorithms do not matter: it is trusted as it is.
std::optional<PathFault> find_weak(X509_STORE_CTX* context, Instant at) {
  auto* chain = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i + 1 < sk_X509_num(chain); ++i) {
    auto const certificate = Certificate::read(to_der(sk_X509_value(chain, i), i2d_X509));
    if (!certificate || !check_certificate_algorithms(*certificate, false, at))
      return PathFault{.kind = Kind::weak_algorithm, .depth = i};
  }
  return std::nullopt;
}

}  // namespace

std::optional<PathFault> find_path_fault(Certificate const& leaf, Anchors const& anchors,
                                         std::vector<Certificate> const& extra,
                                         std::vector<std::string> const& crls,
                                         PathInputs const& inputs, Instant at) {
  StorePtr const store{X509_STORE_new()};
  for (auto const& anchor : anchors.trusted) X509_STORE_add_cert(store.get(), anchor.get());
  auto const lists = read_lists(crls);
  auto const untrusted = stack_of(anchors.intermediates, extra);
  // With a key that OpenSSL may use: it verifies everything itself here.
  auto const whole = x509_from_der(leaf.der());
  StoreContextPtr const context{X509_STORE_CTX_new()};
  if (X509_STORE_CTX_init(context.get(), store.get(), whole.get(), untrusted.get()) != 1)
    return PathFault{};
  // Not into the store: that is asked by the name of the certificate's issuer alone, and the lists
  // of others would not be found.
  X509_STORE_CTX_set0_crls(context.get(), lists.get());
  auto* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, to_time_t(at));
  set_inputs(parameters, inputs);
  if (anchors.partial_chain) X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(context.get()) != 1)
    return PathFault{.kind = kind_of(X509_STORE_CTX_get_error(context.get())),
                     .depth = X509_STORE_CTX_get_error_depth(context.get())};
  return find_weak(context.get(), at);
}

}  // namespace qyzmet::signing
