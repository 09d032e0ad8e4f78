// XML signatures in both shapes. Nothing throws, and without revocation data nothing passes; what
// is read as signed is only what a signature is over.
#include "signing/xml.hpp"

#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

std::string const& right() {
  static std::string const made =
      *sign_xml(*signing_key(world().person), "<a><iin>850315300019</iin><!-- x --></a>");
  return made;
}

void target(std::string_view bytes) {
  Policy policy;
  policy.allow_basic = true;
  for (auto const function : {verify_xml, verify_soap}) {
    auto const report = function(bytes, world().trust, policy, world().now, world().now, {});
    check(!report.passed(), "without revocation data nothing passes");
    check(!report.reason().empty(), "a refusal has a reason");
  }
  (void)is_soap(bytes);
}

}  // namespace

QYZMET_FUZZ_TARGET(right(), target)
