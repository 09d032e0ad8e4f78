// Making and verifying signatures (provider-signature).
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <cstring>
#include <optional>

#include <utility>

#include "signing/gost/family.hpp"
#include "signing/gost/parts.hpp"

namespace qyzmet::gost {
namespace {

/// The key belongs to the caller, who keeps it for as long as the operation lasts.
struct Operation {
  Key const* key = nullptr;
  std::optional<Digest> digest;
};

Operation& of(void* context) {
  return *static_cast<Operation*>(context);
}

std::string_view view(unsigned char const* bytes, std::size_t size) {
  return {reinterpret_cast<char const*>(bytes), size};
}

void* create(void*, char const*) {
  return new Operation;
}

void release(void* context) {
  delete static_cast<Operation*>(context);
}

void* duplicate(void* context) {
  return new Operation{of(context)};
}

bool is_own_digest(Family const& family, char const* name) {
  return name == nullptr || *name == '\0' || OPENSSL_strcasecmp(name, family.digest) == 0 ||
         std::strcmp(name, family.digest_oid) == 0;
}

int set_parameters(void* context, OSSL_PARAM const* parameters) {
  auto const* digest = parameters != nullptr
                           ? OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_DIGEST)
                           : nullptr;
  if (digest == nullptr) return 1;
  char const* name = nullptr;
  return OSSL_PARAM_get_utf8_string_ptr(digest, &name) == 1 && of(context).key != nullptr &&
                 is_own_digest(of(context).key->family, name)
             ? 1
             : 0;
}

OSSL_PARAM const* settable_parameters(void*, void*) {
  static OSSL_PARAM const list[]{OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, nullptr, 0),
                                 OSSL_PARAM_END};
  return list;
}

int get_parameters(void* context, OSSL_PARAM* parameters) {
  auto* found = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
  if (found == nullptr) return 1;
  if (of(context).key == nullptr) return 0;
  auto const identifier = signature_algorithm(of(context).key->family);
  return OSSL_PARAM_set_octet_string(found, identifier.data(), identifier.size());
}

OSSL_PARAM const* gettable_parameters(void*, void*) {
  static OSSL_PARAM const list[]{
      OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, nullptr, 0), OSSL_PARAM_END};
  return list;
}

int start(void* context, void* key, OSSL_PARAM const* parameters) {
  if (key != nullptr) of(context).key = static_cast<Key const*>(key);
  return of(context).key != nullptr ? set_parameters(context, parameters) : 0;
}

int start_signing(void* context, void* key, OSSL_PARAM const* parameters) {
  return start(context, key, parameters) == 1 && of(context).key->secret != nullptr ? 1 : 0;
}

/// A digest of another family must not be put under this key.
int start_digest(void* context, char const* name, void* key, OSSL_PARAM const* parameters) {
  if (start(context, key, parameters) != 1) return 0;
  auto const& family = of(context).key->family;
  if (!is_own_digest(family, name)) return 0;
  of(context).digest.emplace(family);
  return 1;
}

int start_digest_signing(void* context, char const* name, void* key, OSSL_PARAM const* parameters) {
  return start_digest(context, name, key, parameters) == 1 && of(context).key->secret != nullptr
             ? 1
             : 0;
}

int update(void* context, unsigned char const* bytes, std::size_t size) {
  if (!of(context).digest) return 0;
  of(context).digest->update(view(bytes, size));
  return 1;
}

int sign(void* context, unsigned char* out, std::size_t* size, std::size_t room,
         unsigned char const* digest, std::size_t digest_size) {
  auto const* key = of(context).key;
  if (key == nullptr || key->secret == nullptr) return 0;
  *size = 2 * key->family.bytes;
  if (out == nullptr) return 1;
  auto const made = room < *size
                        ? std::string{}
                        : key->family.curve().sign(key->secret.get(), view(digest, digest_size));
  std::memcpy(out, made.data(), made.size());
  return made.empty() ? 0 : 1;
}

int verify(void* context, unsigned char const* signature, std::size_t size,
           unsigned char const* digest, std::size_t digest_size) {
  auto const* key = of(context).key;
  return key != nullptr && key->verify(view(digest, digest_size), view(signature, size)) ? 1 : 0;
}

std::string finish(void* context) {
  auto digest = std::exchange(of(context).digest, std::nullopt);
  return digest ? digest->finish() : std::string{};
}

int finish_signing(void* context, unsigned char* out, std::size_t* size, std::size_t room) {
  // Asked for the size alone, the digest goes on.
  auto const digest = out == nullptr ? std::string{} : finish(context);
  return sign(context, out, size, room, reinterpret_cast<unsigned char const*>(digest.data()),
              digest.size());
}

int finish_verifying(void* context, unsigned char const* signature, std::size_t size) {
  auto const digest = finish(context);
  return verify(context, signature, size, reinterpret_cast<unsigned char const*>(digest.data()),
                digest.size());
}

OSSL_DISPATCH const* table() {
  static OSSL_DISPATCH const functions[]{
      entry(OSSL_FUNC_SIGNATURE_NEWCTX, create),
      entry(OSSL_FUNC_SIGNATURE_FREECTX, release),
      entry(OSSL_FUNC_SIGNATURE_DUPCTX, duplicate),
      entry(OSSL_FUNC_SIGNATURE_SIGN_INIT, start_signing),
      entry(OSSL_FUNC_SIGNATURE_SIGN, sign),
      entry(OSSL_FUNC_SIGNATURE_VERIFY_INIT, start),
      entry(OSSL_FUNC_SIGNATURE_VERIFY, verify),
      entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, start_digest_signing),
      entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, update),
      entry(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, finish_signing),
      entry(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, start_digest),
      entry(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, update),
      entry(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, finish_verifying),
      entry(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, get_parameters),
      entry(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, gettable_parameters),
      entry(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set_parameters),
      entry(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable_parameters),
      {0, nullptr}};
  return functions;
}

}  // namespace

OSSL_ALGORITHM const* signatures() {
  static OSSL_ALGORITHM const all[]{
      {families()[0].names, k_properties, table(), "GOST 34.10-2015, 512 bits"},
      {families()[1].names, k_properties, table(), "GOST 34.10-2015, 256 bits"},
      {families()[2].names, k_properties, table(), "GOST 34.310-2004"},
      {nullptr, nullptr, nullptr, nullptr}};
  return all;
}

}  // namespace qyzmet::gost
