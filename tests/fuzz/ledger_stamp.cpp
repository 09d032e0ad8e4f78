// QR codes: stamps of documents and compact proofs. Nothing that the key has not signed counts.
#include <cstdint>

#include "engine/base/check.hpp"
#include "signing/ledger/proof.hpp"
#include "signing/ledger/stamp.hpp"
#include "signing/ledger/text.hpp"

namespace {

using namespace qyzmet;
using namespace qyzmet::ledger;

void look_at(std::string_view text, NoteKey const& key, std::string_view right) {
  auto const verdict = verify_stamp(text, key);
  check(verdict.fault != StampFault::none || text == right, "nobody else makes stamps");
  if (auto const proof = parse_compact(text))
    check(verify_proof(*proof, key).fault != ProofFault::none, "nobody else makes proofs");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static auto const signer = *NoteSigner::open("portal.example", KeyUse::note, make_note_key());
  static auto const right = make_stamp({.service = "77",
                                        .document = "place_info",
                                        .number = "77-2026-000001",
                                        .date = "2026-11-28",
                                        .person = "A",
                                        .office = "B"},
                                       signer);
  std::string_view const bytes{reinterpret_cast<char const*>(data), size};
  check(verify_stamp(right, signer.key()).fault == StampFault::none, "the right one counts");
  look_at(bytes, signer.key(), right);
  // As bytes under the Base45, where mutations go deeper.
  for (auto const prefix : {k_stamp_prefix, k_proof_prefix})
    look_at(std::string{prefix} + to_base45(bytes), signer.key(), right);
  return 0;
}
