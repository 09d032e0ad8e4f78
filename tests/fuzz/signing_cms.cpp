// Signatures as CMS in every carrier, and as the container of the national tools. Nothing throws,
// and without revocation data nothing passes.
#include "signing/container.hpp"
#include "signing/der.hpp"
#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

void target(std::string_view bytes) {
  auto const report = world().verify(bytes, {});
  check(!report.passed(), "without revocation data nothing passes");
  check(!report.reason().empty(), "a refusal has a reason");
  check(!verify_cms(bytes, std::nullopt, world().trust, {}, world().now, world().now, {}).passed(),
        "an attached signature neither");
  for (auto const& each :
       verify_each_signer(bytes, fuzz::k_content, world().trust, {}, world().now, world().now, {}))
    check(!each.passed(), "nor one of several signers");
  if (is_container(bytes))
    check(!verify_container(bytes, world().trust, {}, world().now, world().now, {}).whole.passed(),
          "nor a container");
  (void)ocsp_question(bytes, world().trust);
  if (auto const decoded = decode_base64(bytes))
    check(decode_base64(encode_base64(*decoded)) == decoded, "Base64");
  (void)der::is_der(bytes);
  (void)der::oid_text(bytes);
}

}  // namespace

QYZMET_FUZZ_TARGET(world().cms, target)
