// Key management (provider-keymgmt).
#include <openssl/core_names.h>
#include <openssl/params.h>

#include <utility>

#include "signing/gost/family.hpp"
#include "signing/gost/parts.hpp"
#include "signing/gost/provider.hpp"

namespace qyzmet::gost {
namespace {

void release(void* key) {
  delete static_cast<Key*>(key);
}

/// The key that a decoder made changes hands.
void* take_over(void const* reference, std::size_t size) {
  if (size != sizeof(Key*)) return nullptr;
  auto** held = static_cast<Key**>(const_cast<void*>(reference));
  return std::exchange(*held, nullptr);
}

template <std::size_t Index>
void* create(void*) {
  return new Key{families()[Index], nullptr};
}

OSSL_PARAM const* importable(int) {
  static OSSL_PARAM const list[]{OSSL_PARAM_octet_string(k_key_info, nullptr, 0), OSSL_PARAM_END};
  return list;
}

/// Public keys only.
int import(void* data, int selection, OSSL_PARAM const* parameters) {
  auto& key = *static_cast<Key*>(data);
  auto const* found = OSSL_PARAM_locate_const(parameters, k_key_info);
  void const* bytes = nullptr;
  std::size_t size = 0;
  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 || found == nullptr ||
      OSSL_PARAM_get_octet_string_ptr(found, &bytes, &size) != 1)
    return 0;
  auto read = read_public_key(key.family, {static_cast<char const*>(bytes), size});
  if (!read) return 0;
  key.point = std::move(read->point);
  return 1;
}

int has(void const* data, int selection) {
  auto const& key = *static_cast<Key const*>(data);
  if (key.point == nullptr) return 0;
  return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || key.secret != nullptr ? 1 : 0;
}

int match(void const* left_data, void const* right_data, int selection) {
  auto const& left = *static_cast<Key const*>(left_data);
  auto const& right = *static_cast<Key const*>(right_data);
  if (&left.family != &right.family) return 0;
  // The public point follows from the secret, so it stands for both.
  if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0) return 1;
  return left.family.curve().equal(left.point.get(), right.point.get()) ? 1 : 0;
}

int get_parameters(void* data, OSSL_PARAM* parameters) {
  auto const& family = static_cast<Key const*>(data)->family;
  int const bits = static_cast<int>(8 * family.bytes);
  auto const put = [&](char const* name, int value) {
    auto* found = OSSL_PARAM_locate(parameters, name);
    return found == nullptr || OSSL_PARAM_set_int(found, value) == 1;
  };
  auto const put_text = [&](char const* name, char const* value) {
    auto* found = OSSL_PARAM_locate(parameters, name);
    return found == nullptr || OSSL_PARAM_set_utf8_string(found, value) == 1;
  };
  return put(OSSL_PKEY_PARAM_BITS, bits) && put(OSSL_PKEY_PARAM_SECURITY_BITS, bits / 2) &&
                 put(OSSL_PKEY_PARAM_MAX_SIZE, bits / 4) &&
                 put_text(OSSL_PKEY_PARAM_DEFAULT_DIGEST, family.digest) &&
                 put_text(OSSL_PKEY_PARAM_MANDATORY_DIGEST, family.digest)
             ? 1
             : 0;
}

OSSL_PARAM const* gettable_parameters(void*) {
  static OSSL_PARAM const list[]{
      OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
      OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
      OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, nullptr, 0),
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, nullptr, 0),
      OSSL_PARAM_END};
  return list;
}

template <std::size_t Index>
void* begin_generation(void*, int, OSSL_PARAM const*) {
  return const_cast<Family*>(&families()[Index]);
}

void* generate(void* family, OSSL_CALLBACK*, void*) {
  return make_key(*static_cast<Family const*>(family)).release();
}

void end_generation(void*) {}

template <std::size_t Index>
char const* operation_name(int) {
  return families()[Index].name;
}

template <std::size_t Index>
OSSL_DISPATCH const* table() {
  static OSSL_DISPATCH const functions[]{
      entry(OSSL_FUNC_KEYMGMT_NEW, create<Index>),
      entry(OSSL_FUNC_KEYMGMT_IMPORT, import),
      entry(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, importable),
      entry(OSSL_FUNC_KEYMGMT_FREE, release),
      entry(OSSL_FUNC_KEYMGMT_LOAD, take_over),
      entry(OSSL_FUNC_KEYMGMT_HAS, has),
      entry(OSSL_FUNC_KEYMGMT_MATCH, match),
      entry(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_parameters),
      entry(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable_parameters),
      entry(OSSL_FUNC_KEYMGMT_GEN_INIT, begin_generation<Index>),
      entry(OSSL_FUNC_KEYMGMT_GEN, generate),
      entry(OSSL_FUNC_KEYMGMT_GEN_CLEANUP, end_generation),
      entry(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_name<Index>),
      {0, nullptr}};
  return functions;
}

}  // namespace

OSSL_ALGORITHM const* key_managers() {
  static OSSL_ALGORITHM const all[]{
      {families()[0].names, k_properties, table<0>(), "GOST 34.10-2015, 512 bits"},
      {families()[1].names, k_properties, table<1>(), "GOST 34.10-2015, 256 bits"},
      {families()[2].names, k_properties, table<2>(), "GOST 34.310-2004"},
      {nullptr, nullptr, nullptr, nullptr}};
  return all;
}

}  // namespace qyzmet::gost
