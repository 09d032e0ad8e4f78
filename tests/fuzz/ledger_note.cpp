// Notes, checkpoints, keys, tile paths and proofs of a transparency log. What is accepted is
// written in one form only, which is read back as the same.
#include <cstdint>

#include "engine/base/check.hpp"
#include "signing/ledger/proof.hpp"
#include "signing/ledger/tiles.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace qyzmet;
  using namespace qyzmet::ledger;
  std::string_view const bytes{reinterpret_cast<char const*>(data), size};
  if (auto const note = parse_note(bytes)) {
    check(to_text(*note) == bytes, "a note has one form");
    if (auto const checkpoint = parse_checkpoint(note->text))
      check(to_text(*checkpoint) == note->text, "a checkpoint has one form");
  }
  if (auto const key = parse_note_key(bytes)) check(to_text(*key) == bytes, "a key has one form");
  if (auto const path = parse_tile_path(bytes))
    check(to_text(*path) == bytes, "a tile has one name");
  if (auto const proof = parse_proof(bytes))
    check(to_text(*proof) == bytes, "a proof has one form");
  return 0;
}
