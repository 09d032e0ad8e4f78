#include "signing/public_key.hpp"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>

#include "engine/base/check.hpp"
#include "signing/cms.hpp"

namespace qyzmet::signing {
namespace {

using KeyContextPtr = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

/// Looking a kind of key up by its name costs more than making the key.
KeyPtr make_key(EVP_PKEY_CTX* context, OSSL_PARAM* parameters) {
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context) != 1 ||
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    return nullptr;
  return KeyPtr{key};
}

/// What is in `bytes` if they are one SEQUENCE in DER.
std::optional<der::Reader> open_sequence(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != der::sequence || !der::is_der(bytes)) return std::nullopt;
  return der::Reader{der::first(bytes)->content};
}

/// The parts of SubjectPublicKeyInfo: algorithm and the octets of the key.
struct KeyInfo {
  Algorithm algorithm;
  std::string_view key;
};

std::optional<KeyInfo> split(std::string_view key_info) {
  auto reader = open_sequence(key_info);
  if (!reader) return std::nullopt;
  auto const algorithm = reader->take(der::sequence);
  auto const bits = reader->take(der::bit_string);
  auto named = algorithm ? parse_algorithm(*algorithm) : std::nullopt;
  if (!named || !bits || !reader->done() || bits->content.empty() || bits->content[0] != '\0')
    return std::nullopt;
  return KeyInfo{.algorithm = std::move(*named), .key = bits->content.substr(1)};
}

/// A positive INTEGER in the byte order of this machine.
std::string native(std::string_view integer) {
  std::string bytes{integer};
  std::ranges::reverse(bytes);
  return bytes;
}

/// Contents of INTEGERs.
struct RsaNumbers {
  std::string_view modulus, exponent;
};

std::optional<RsaNumbers> split_rsa(std::string_view key) {
  auto reader = open_sequence(key);
  if (!reader) return std::nullopt;
  auto const modulus = reader->take(der::integer);
  auto const exponent = reader->take(der::integer);
  if (!modulus || !exponent || !reader->done()) return std::nullopt;
  return RsaNumbers{.modulus = modulus->content, .exponent = exponent->content};
}

KeyPtr read_rsa(std::string_view key) {
  auto const numbers = split_rsa(key);
  if (!numbers) return nullptr;
  auto n = native(numbers->modulus), e = native(numbers->exponent);
  bool const negative = (n.back() & 0x80) != 0 || (e.back() & 0x80) != 0;
  if (negative) return nullptr;
  std::array parameters{
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, reinterpret_cast<unsigned char*>(n.data()),
                              n.size()),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, reinterpret_cast<unsigned char*>(e.data()),
                              e.size()),
      OSSL_PARAM_construct_end()};
  thread_local KeyContextPtr const context{EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
  return make_key(context.get(), parameters.data());
}

KeyPtr read_gost(EVP_PKEY_CTX* context, std::string_view key_info) {
  std::string whole{key_info};
  std::array parameters{
      OSSL_PARAM_construct_octet_string(gost::k_key_info, whole.data(), whole.size()),
      OSSL_PARAM_construct_end()};
  return make_key(context, parameters.data());
}

KeyPtr read_known(std::string_view key_info) {
  auto const info = split(key_info);
  if (!info) return nullptr;
  auto const& oid = info->algorithm.oid;
  if (oid == oids::k_rsa && info->algorithm.parameters == std::string_view{"\x05\x00", 2})
    return read_rsa(info->key);
  if (oid == oids::k_gost_2015_512) {
    thread_local KeyContextPtr const context{
        EVP_PKEY_CTX_new_from_name(nullptr, "KZ-GOST2015-512", nullptr)};
    return read_gost(context.get(), key_info);
  }
  if (oid == oids::k_gost_2004) {
    thread_local KeyContextPtr const context{
        EVP_PKEY_CTX_new_from_name(nullptr, "KZ-GOST2004", nullptr)};
    return read_gost(context.get(), key_info);
  }
  return nullptr;
}

// A provider with SHA-1 and with one key, which stands for any.

// SHA-1, by which OpenSSL tells certificates apart (provider-digest).

OSSL_FUNC_digest_newctx_fn new_digest;
OSSL_FUNC_digest_freectx_fn free_digest;
OSSL_FUNC_digest_init_fn begin_digest;
OSSL_FUNC_digest_update_fn update_digest;
OSSL_FUNC_digest_final_fn end_digest;
OSSL_FUNC_digest_get_params_fn describe_digest;

constexpr std::size_t k_sha1_bytes = 20, k_sha1_block_bytes = 64;

EVP_MD const* sha1() {
  static EVP_MD const* const fetched = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  return fetched;
}

void* new_digest(void*) {
  return EVP_MD_CTX_new();
}
void free_digest(void* context) {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}
int begin_digest(void* context, OSSL_PARAM const*) {
  return EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context), sha1(), nullptr);
}
int update_digest(void* context, unsigned char const* bytes, std::size_t size) {
  return EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context), bytes, size);
}
int end_digest(void* context, unsigned char* out, std::size_t* size, std::size_t room) {
  if (room < k_sha1_bytes) return 0;
  *size = k_sha1_bytes;
  return EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context), out, nullptr);
}
int describe_digest(OSSL_PARAM* parameters) {
  auto const set = [&](char const* name, std::size_t value) {
    auto* found = OSSL_PARAM_locate(parameters, name);
    return found == nullptr || OSSL_PARAM_set_size_t(found, value) == 1;
  };
  return int(set(OSSL_DIGEST_PARAM_SIZE, k_sha1_bytes) &&
             set(OSSL_DIGEST_PARAM_BLOCK_SIZE, k_sha1_block_bytes));
}

// The key (provider-keymgmt, provider-decoder).

// One algorithm of all kinds, for OpenSSL asks every decoder for every name of a key.
constexpr auto const* k_kinds = "1.2.840.113549.1.1.1:1.2.398.3.10.1.1.2.2:1.2.398.3.10.1.1.1.1";
constexpr std::string_view k_kind = "1.2.840.113549.1.1.1";
constexpr auto const* k_provider = "provider=qyzmet-no-key";
char the_key = 0;
OSSL_FUNC_BIO_read_ex_fn* read_core = nullptr;

template <class Function>
OSSL_DISPATCH entry(int number, Function* function) {
  return {number, reinterpret_cast<void (*)()>(function)};
}

void* load_key(void const*, std::size_t) {
  return &the_key;
}
void* new_key(void*) {
  return &the_key;
}
void free_key(void*) {}
int has(void const*, int) {
  return 1;
}

int decode(void*, OSSL_CORE_BIO* in, int, OSSL_CALLBACK* callback, void* argument,
           OSSL_PASSPHRASE_CALLBACK*, void*) {
  // Who decodes must take all there is.
  std::array<char, 1024> part;
  for (std::size_t size = 0; read_core(in, part.data(), part.size(), &size) == 1;) continue;
  int type = OSSL_OBJECT_PKEY;
  void* key = &the_key;
  std::string name{k_kind};
  std::array const parameters{
      OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
      OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, name.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof key),
      OSSL_PARAM_construct_end()};
  return callback(parameters.data(), argument);
}

OSSL_ALGORITHM const* query(void*, int operation, int* no_cache) {
  static std::array const key_functions{
      entry(OSSL_FUNC_KEYMGMT_NEW, new_key), entry(OSSL_FUNC_KEYMGMT_LOAD, load_key),
      entry(OSSL_FUNC_KEYMGMT_FREE, free_key), entry(OSSL_FUNC_KEYMGMT_HAS, has),
      OSSL_DISPATCH{0, nullptr}};
  static std::array const digest_functions{entry(OSSL_FUNC_DIGEST_NEWCTX, new_digest),
                                           entry(OSSL_FUNC_DIGEST_FREECTX, free_digest),
                                           entry(OSSL_FUNC_DIGEST_INIT, begin_digest),
                                           entry(OSSL_FUNC_DIGEST_UPDATE, update_digest),
                                           entry(OSSL_FUNC_DIGEST_FINAL, end_digest),
                                           entry(OSSL_FUNC_DIGEST_GET_PARAMS, describe_digest),
                                           OSSL_DISPATCH{0, nullptr}};
  static std::array const decoder_functions{
      entry(OSSL_FUNC_DECODER_NEWCTX, new_key), entry(OSSL_FUNC_DECODER_FREECTX, free_key),
      entry(OSSL_FUNC_DECODER_DECODE, decode), OSSL_DISPATCH{0, nullptr}};
  constexpr OSSL_ALGORITHM k_end{nullptr, nullptr, nullptr, nullptr};
  static std::array const digests{
      OSSL_ALGORITHM{"SHA1:SHA-1:1.3.14.3.2.26", k_provider, digest_functions.data(), nullptr},
      k_end};
  static std::array const managers{
      OSSL_ALGORITHM{k_kinds, k_provider, key_functions.data(), nullptr}, k_end};
  static std::array const decoders{
      OSSL_ALGORITHM{k_kinds, "provider=qyzmet-no-key,input=der,structure=SubjectPublicKeyInfo",
                     decoder_functions.data(), nullptr},
      k_end};
  *no_cache = 0;
  if (operation == OSSL_OP_DIGEST) return digests.data();
  if (operation == OSSL_OP_KEYMGMT) return managers.data();
  return operation == OSSL_OP_DECODER ? decoders.data() : nullptr;
}

int start(OSSL_CORE_HANDLE const*, OSSL_DISPATCH const* in, OSSL_DISPATCH const** out,
          void** context) {
  for (; in->function_id != 0; ++in)
    if (in->function_id == OSSL_FUNC_BIO_READ_EX) read_core = OSSL_FUNC_BIO_read_ex(in);
  static std::array const functions{entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
                                    OSSL_DISPATCH{0, nullptr}};
  *out = functions.data();
  *context = &the_key;
  return 1;
}

/// Knows nothing but that provider. Never freed: certificates that were read in it may be released
/// at the end of the program, in any order.
OSSL_LIB_CTX* bare_context() {
  static OSSL_LIB_CTX* const context = [] {
    auto* made = OSSL_LIB_CTX_new();
    check(made != nullptr && OSSL_PROVIDER_add_builtin(made, "qyzmet-no-key", start) == 1 &&
              OSSL_PROVIDER_load(made, "qyzmet-no-key") != nullptr,
          "a library context without keys");
    return made;
  }();
  return context;
}

}  // namespace

bool has_common_exponent(std::string_view key_info) {
  auto const info = split(key_info);
  if (!info || info->algorithm.oid != oids::k_rsa) return false;
  auto const numbers = split_rsa(info->key);
  return numbers && numbers->exponent == std::string_view{"\x01\x00\x01", 3};
}

KeyPtr read_public_key(std::string_view key_info) {
  gost::install();
  if (auto key = read_known(key_info)) return key;
  return KeyPtr{from_der<EVP_PKEY>(key_info, d2i_PUBKEY, EVP_PKEY_free)};
}

X509Ptr x509_without_key(std::string_view der) {
  gost::install();
  auto* x509 = X509_new_ex(bare_context(), nullptr);
  auto const* at = bytes_of(der);
  ERR_set_mark();
  auto const* done = d2i_X509(&x509, &at, static_cast<long>(der.size()));
  ERR_pop_to_mark();
  if (done == nullptr) {
    X509_free(x509);
    return nullptr;
  }
  X509Ptr read{x509};
  return at == bytes_of(der) + der.size() ? std::move(read) : nullptr;
}

}  // namespace qyzmet::signing
