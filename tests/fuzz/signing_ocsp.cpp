// Answers of the OCSP responder. None counts that the authority did not sign.
#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

std::string const& right() {
  static std::string const made = *answer_ocsp(
      world().service(world().root), ocsp_question(world().cms, world().trust)->request,
      [](std::string const&) { return CertificateStatus{}; }, world().now);
  return made;
}

/// The part with the signature stands before the certificates; its last octets are looked for.
std::string const& signature() {
  static std::string const made = [] {
    auto const at = right().find(world().root.certificate);
    return at == std::string::npos ? right() : right().substr(0, at - 12);
  }();
  return made;
}

void target(std::string_view bytes) {
  auto const report =
      world().verify(world().cms, {.ocsp = {std::string{bytes}}, .crls = {}, .ocsp_nonce = {}});
  check(!report.passed() || fuzz::carries_signature_of(bytes, signature()),
        "no answer that was not signed counts");
}

}  // namespace

QYZMET_FUZZ_TARGET(right(), target)
