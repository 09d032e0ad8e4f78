#pragma once
// The parts of the provider, as tables for OpenSSL's core (openssl-core_dispatch). Internal to
// signing/gost/. The tables are constant.
#include <openssl/core_dispatch.h>

namespace qyzmet::gost {

/// What the core gave to one instance of the provider: its input and output.
struct Core {
  OSSL_FUNC_BIO_read_ex_fn* read = nullptr;
  OSSL_FUNC_BIO_write_ex_fn* write = nullptr;
};

template <class Function>
constexpr auto entry(int number, Function* function) {
  return OSSL_DISPATCH{number, reinterpret_cast<void (*)()>(function)};
}

OSSL_ALGORITHM const* key_managers();
OSSL_ALGORITHM const* signatures();
OSSL_ALGORITHM const* decoders();
OSSL_ALGORITHM const* encoders();
/// Object identifiers and digests, which OpenSSL 3.0 wants outside of providers.
void register_objects();
/// At the end of the program: OpenSSL's tables do not own the digests that they point to.
void unregister_objects();

inline constexpr char const* k_properties = "provider=qyzmet-gost";

}  // namespace qyzmet::gost
