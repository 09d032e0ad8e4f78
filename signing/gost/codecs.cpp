// Keys from and to DER: SubjectPublicKeyInfo and PKCS#8 (provider-decoder, provider-encoder).
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <array>

#include "signing/gost/family.hpp"
#include "signing/gost/parts.hpp"

namespace qyzmet::gost {
namespace {

constexpr std::size_t k_encoded_key_bytes_max = 4096;

void* share(void* core) {
  return core;
}
void leave(void*) {}

std::string read_all(Core const& core, OSSL_CORE_BIO* in) {
  std::string bytes;
  std::array<char, 512> part;
  std::size_t size = 0;
  while (bytes.size() <= k_encoded_key_bytes_max &&
         core.read(in, part.data(), part.size(), &size) == 1)
    bytes.append(part.data(), size);
  return bytes;
}

/// Hands the key on by reference; whoever takes it leaves null behind.
int hand_over(std::unique_ptr<Key> key, OSSL_CALLBACK* callback, void* argument) {
  int type = OSSL_OBJECT_PKEY;
  auto* held = key.release();
  OSSL_PARAM const parameters[]{
      OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
      OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE,
                                       const_cast<char*>(held->family.name), 0),
      OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &held, sizeof held),
      OSSL_PARAM_construct_end()};
  int const taken = callback(parameters, argument);
  delete held;
  return taken;
}

template <auto Read, std::size_t Index>
int decode(void* core, OSSL_CORE_BIO* in, int, OSSL_CALLBACK* callback, void* argument,
           OSSL_PASSPHRASE_CALLBACK*, void*) {
  auto bytes = read_all(*static_cast<Core*>(core), in);
  auto key = Read(families()[Index], bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  // Not ours is no error: the core asks the next decoder.
  return key ? hand_over(std::move(key), callback, argument) : 1;
}

int is_for_secrets(void*, int selection) {
  return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? 1 : 0;
}
int is_for_public(void*, int selection) {
  return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 ? 1 : 0;
}

template <auto Write>
int encode(void* core, OSSL_CORE_BIO* out, void const* data, OSSL_PARAM const*, int,
           OSSL_PASSPHRASE_CALLBACK*, void*) {
  auto const* key = static_cast<Key const*>(data);
  if (key == nullptr || (Write == write_private_key && key->secret == nullptr)) return 0;
  auto bytes = Write(*key);
  std::size_t written = 0;
  int const done = static_cast<Core*>(core)->write(out, bytes.data(), bytes.size(), &written);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return done == 1 && written == bytes.size() ? 1 : 0;
}

template <auto Read, std::size_t Index>
OSSL_DISPATCH const* decoder() {
  static OSSL_DISPATCH const functions[]{entry(OSSL_FUNC_DECODER_NEWCTX, share),
                                         entry(OSSL_FUNC_DECODER_FREECTX, leave),
                                         entry(OSSL_FUNC_DECODER_DECODE, decode<Read, Index>),
                                         {0, nullptr}};
  return functions;
}

template <auto Write, auto IsFor>
OSSL_DISPATCH const* encoder() {
  static OSSL_DISPATCH const functions[]{entry(OSSL_FUNC_ENCODER_NEWCTX, share),
                                         entry(OSSL_FUNC_ENCODER_FREECTX, leave),
                                         entry(OSSL_FUNC_ENCODER_DOES_SELECTION, IsFor),
                                         entry(OSSL_FUNC_ENCODER_ENCODE, encode<Write>),
                                         {0, nullptr}};
  return functions;
}

constexpr char const* k_spki_in = "provider=qyzmet-gost,input=der,structure=SubjectPublicKeyInfo";
constexpr char const* k_pkcs8_in = "provider=qyzmet-gost,input=der,structure=PrivateKeyInfo";
constexpr char const* k_spki_out = "provider=qyzmet-gost,output=der,structure=SubjectPublicKeyInfo";
constexpr char const* k_pkcs8_out = "provider=qyzmet-gost,output=der,structure=PrivateKeyInfo";

}  // namespace

OSSL_ALGORITHM const* decoders() {
  static OSSL_ALGORITHM const all[]{
      {families()[0].names, k_spki_in, decoder<read_public_key, 0>(), nullptr},
      {families()[1].names, k_spki_in, decoder<read_public_key, 1>(), nullptr},
      {families()[2].names, k_spki_in, decoder<read_public_key, 2>(), nullptr},
      {families()[0].names, k_pkcs8_in, decoder<read_private_key, 0>(), nullptr},
      {families()[1].names, k_pkcs8_in, decoder<read_private_key, 1>(), nullptr},
      {families()[2].names, k_pkcs8_in, decoder<read_private_key, 2>(), nullptr},
      {nullptr, nullptr, nullptr, nullptr}};
  return all;
}

OSSL_ALGORITHM const* encoders() {
  static auto const* const public_keys = encoder<write_public_key, is_for_public>();
  static auto const* const private_keys = encoder<write_private_key, is_for_secrets>();
  static OSSL_ALGORITHM const all[]{{families()[0].names, k_spki_out, public_keys, nullptr},
                                    {families()[1].names, k_spki_out, public_keys, nullptr},
                                    {families()[2].names, k_spki_out, public_keys, nullptr},
                                    {families()[0].names, k_pkcs8_out, private_keys, nullptr},
                                    {families()[1].names, k_pkcs8_out, private_keys, nullptr},
                                    {families()[2].names, k_pkcs8_out, private_keys, nullptr},
                                    {nullptr, nullptr, nullptr, nullptr}};
  return all;
}

}  // namespace qyzmet::gost
