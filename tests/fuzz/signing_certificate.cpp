// Certificates and keys, RSA and GOST, in whatever form the bytes have.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "signing/public_key.hpp"
#include "signing/signer.hpp"
#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

void target(std::string_view bytes) {
  if (auto const signer = read_certificate(bytes))
    check(signer->iin.empty() || signer->iin.size() == 12, "an IIN has 12 digits");
  (void)extended_key_usages(bytes);
  (void)is_test_anchor(bytes);
  // As an anchor it makes nothing pass that it did not issue.
  check(!verify_cms(world().cms, fuzz::k_content, {.certificates = {std::string{bytes}}}, {},
                    world().now, world().now, {})
             .passed(),
        "without revocation data nothing passes");
  // Our reader of keys and OpenSSL's are of one mind.
  KeyPtr const theirs{from_der<EVP_PKEY>(bytes, d2i_PUBKEY, EVP_PKEY_free)};
  auto const ours = read_public_key(bytes);
  check((ours == nullptr) == (theirs == nullptr), "a key is a key for both");
  check(!ours || EVP_PKEY_eq(ours.get(), theirs.get()) == 1, "and the same one");
  auto const* at = reinterpret_cast<unsigned char const*>(bytes.data());
  EVP_PKEY_free(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.size())));
}

}  // namespace

QYZMET_FUZZ_TARGET(world().person.certificate, target)
