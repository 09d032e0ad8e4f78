// OpenSSL 3.0 finds the digest of a signature algorithm only among its own object identifiers and
// among digests of the old kind, hence the deprecated functions, here and nowhere else.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/objects.h>

#include <cstring>
#include <new>
#include <type_traits>

#include "engine/base/check.hpp"
#include "signing/gost/family.hpp"
#include "signing/gost/parts.hpp"

namespace qyzmet::gost {
namespace {

// OpenSSL copies and drops the state as plain bytes.
static_assert(std::is_trivially_copyable_v<Digest> && std::is_trivially_destructible_v<Digest>);

Digest& state_of(EVP_MD_CTX* context) {
  return *static_cast<Digest*>(EVP_MD_CTX_get0_md_data(context));
}

template <std::size_t Index>
int begin(EVP_MD_CTX* context) {
  new (EVP_MD_CTX_get0_md_data(context)) Digest{families()[Index]};
  return 1;
}

int update(EVP_MD_CTX* context, void const* bytes, std::size_t size) {
  state_of(context).update({static_cast<char const*>(bytes), size});
  return 1;
}

int finish(EVP_MD_CTX* context, unsigned char* out) {
  auto const digest = state_of(context).finish();
  std::memcpy(out, digest.data(), digest.size());
  return 1;
}

int object(char const* oid, std::string const& name) {
  int const nid = OBJ_create(oid, name.c_str(), name.c_str());
  check(nid != NID_undef, "registering an object identifier");
  return nid;
}

EVP_MD* make_digest(Family const& family, int (*begin_function)(EVP_MD_CTX*), int digest, int key) {
  auto* method = EVP_MD_meth_new(digest, key);
  int const block = family.secret_form == Family::SecretForm::octets ? 64 : 32;
  check(method != nullptr && EVP_MD_meth_set_result_size(method, int(family.bytes)) == 1 &&
            EVP_MD_meth_set_input_blocksize(method, block) == 1 &&
            EVP_MD_meth_set_app_datasize(method, sizeof(Digest)) == 1 &&
            EVP_MD_meth_set_init(method, begin_function) == 1 &&
            EVP_MD_meth_set_update(method, update) == 1 &&
            EVP_MD_meth_set_final(method, finish) == 1 && EVP_add_digest(method) == 1,
        "registering a digest");
  return method;
}

std::array<EVP_MD*, k_families> methods;

template <std::size_t Index>
void register_family() {
  auto const& family = families()[Index];
  std::string const name = family.name;
  int const key = object(family.key_oid, name);
  int const digest = object(family.digest_oid, family.digest);
  int const signature = object(family.signature_oid, name + "-SIGNATURE");
  methods[Index] = make_digest(family, begin<Index>, digest, key);
  check(OBJ_add_sigid(signature, digest, key) == 1, "registering a signature algorithm");
}

}  // namespace

void register_objects() {
  register_family<0>();
  register_family<1>();
  register_family<2>();
}

void unregister_objects() {
  for (auto* method : methods) EVP_MD_meth_free(method);
}

}  // namespace qyzmet::gost
