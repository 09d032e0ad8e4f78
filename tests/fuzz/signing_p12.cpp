// Key files: PKCS#12 with any password-based encryption, in DER and BER.
#include "signing/signer.hpp"
#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

std::string const& right() {
  static std::string const made = to_p12(world().person, "fuzz", {world().root.certificate});
  return made;
}

void target(std::string_view bytes) {
  for (auto const* password : {"fuzz", "Qwerty12"})
    if (auto const key = open_p12(bytes, password))
      check(!(*key)->certificate_der().empty(), "a key has its certificate");
}

}  // namespace

QYZMET_FUZZ_TARGET(right(), target)
