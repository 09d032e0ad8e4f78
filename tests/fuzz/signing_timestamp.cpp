// Timestamps: the answer of the authority, the token inside a signature, the token alone. None
// proves a time that the authority did not sign.
#include "signing/tsp.hpp"

#include "tests/fuzz/signing_world.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::signing;
using fuzz::world;

std::string const& right() {
  static std::string const made = [] {
    auto const question = *tsp_question_for(world().cms);
    return *tsp_token(
        *answer_tsp(world().service(world().authority), question.request, world().now), question);
  }();
  return made;
}

void target(std::string_view bytes) {
  (void)tsp_token(bytes, *tsp_question("x"));
  if (auto const stamped = with_timestamp(world().cms, bytes))
    check(world().verify(*stamped, {}).level != "T" || fuzz::carries_signature_of(bytes, right()),
          "no timestamp that was not signed counts");
  (void)is_token(bytes);
  check(!verify_token(bytes, fuzz::k_content, world().trust, {}, world().now, {}).passed(),
        "without revocation data nothing passes");
}

}  // namespace

QYZMET_FUZZ_TARGET(right(), target)
