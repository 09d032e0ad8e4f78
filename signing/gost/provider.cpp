#include "signing/gost/provider.hpp"

#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <array>
#include <mutex>

#include "engine/base/check.hpp"
#include "signing/gost/parts.hpp"

namespace qyzmet::gost {
namespace {

constexpr char const* k_name = "qyzmet-gost";

OSSL_ALGORITHM const* query(void*, int operation, int* no_cache) {
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_KEYMGMT:
      return key_managers();
    case OSSL_OP_SIGNATURE:
      return signatures();
    case OSSL_OP_DECODER:
      return decoders();
    case OSSL_OP_ENCODER:
      return encoders();
    default:
      return nullptr;
  }
}

void tear_down(void* context) {
  delete static_cast<Core*>(context);
}

int start(OSSL_CORE_HANDLE const*, OSSL_DISPATCH const* in, OSSL_DISPATCH const** out,
          void** context) {
  static OSSL_DISPATCH const functions[]{entry(OSSL_FUNC_PROVIDER_TEARDOWN, tear_down),
                                         entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
                                         {0, nullptr}};
  auto* core = new Core;
  for (; in->function_id != 0; ++in) {
    if (in->function_id == OSSL_FUNC_BIO_READ_EX) core->read = OSSL_FUNC_BIO_read_ex(in);
    if (in->function_id == OSSL_FUNC_BIO_WRITE_EX) core->write = OSSL_FUNC_BIO_write_ex(in);
  }
  *context = core;
  *out = functions;
  return 1;
}

OSSL_PROVIDER* load(OSSL_LIB_CTX* context, char const* name) {
  auto* provider = OSSL_PROVIDER_load(context, name);
  check(provider != nullptr, "loading a provider");
  return provider;
}

OSSL_PROVIDER* load_ours(OSSL_LIB_CTX* context) {
  check(OSSL_PROVIDER_add_builtin(context, k_name, start) == 1, "adding the GOST provider");
  return load(context, k_name);
}

/// Of the default context: held until OpenSSL cleans up behind the program.
std::array<OSSL_PROVIDER*, 2> held;
void let_go() {
  for (auto* provider : held) OSSL_PROVIDER_unload(provider);
  unregister_objects();
}

}  // namespace

void install() {
  static std::once_flag once;
  std::call_once(once, [] {
    register_objects();
    // A provider loaded by name keeps OpenSSL from loading its default one by itself.
    held = {load(nullptr, "default"), load_ours(nullptr)};
    OPENSSL_atexit(let_go);
  });
}

void install_into(OSSL_LIB_CTX* context) {
  install();
  load_ours(context);
}

}  // namespace qyzmet::gost
