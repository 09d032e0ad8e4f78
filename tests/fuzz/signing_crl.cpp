// Lists of revoked certificates. None counts that the authority did not sign.
#include "signing/revocation_list.hpp"
#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

std::string const& right() {
  static std::string const made = *make_crl(
      world().service(world().root), {.revoked = {{.serial = "77", .at = world().now, .reason = 1}},
                                      .this_update = world().now - std::chrono::hours{1},
                                      .next_update = world().now + std::chrono::hours{1}});
  return made;
}

void target(std::string_view bytes) {
  auto const report =
      world().verify(world().cms, {.ocsp = {}, .crls = {std::string{bytes}}, .ocsp_nonce = {}});
  check(!report.passed() || fuzz::carries_signature_of(bytes, right()),
        "no list that was not signed counts");
  if (auto const list = RevocationList::read(bytes)) (void)list->find("\x77");
  Policy generic;
  generic.national = false;
  (void)verify_cms(world().cms, fuzz::k_content, world().trust, generic, world().now, world().now,
                   {.ocsp = {}, .crls = {std::string{bytes}}, .ocsp_nonce = {}});
}

}  // namespace

QYZMET_FUZZ_TARGET(right(), target)
