#pragma once
// The stamp: the QR code of a document, which tells offline what the document says.
//
// "KZ1:" and, in Base45 (RFC 9285), a COSE_Sign1 (RFC 9052, tag 18) with EdDSA over Ed25519. In the
// protected header: alg -8; in the unprotected: kid, the id of the log's key (note.hpp). The
// payload is a CBOR map in its deterministic form (RFC 8949, 4.2.1), all values text, all keys
// there:
//   1 service ("77")   2 document ("place_info")   3 number of the case   4 date (ISO)
//   5 person   6 office
// The legal force is the signed file's; the stamp is a check for who holds a paper. Pure.
#include "signing/ledger/note.hpp"

namespace qyzmet::ledger {

inline constexpr std::size_t k_stamp_bytes_max = 1500;
inline constexpr std::size_t k_stamp_text_bytes_max = 200;
inline constexpr std::string_view k_stamp_prefix = "KZ1:";

struct Stamp {
  std::string service, document, number, date, person, office;
  bool operator==(Stamp const&) const = default;
};
/// Longer texts are cut at a character, so that the code stays small.
std::string make_stamp(Stamp const& stamp, NoteSigner const& signer);

enum class StampFault : std::uint8_t { none, format, key, signature };
struct StampVerdict {
  StampFault fault = StampFault::none;
  Stamp stamp = {};
};
StampVerdict verify_stamp(std::string_view text, NoteKey const& key);

}  // namespace qyzmet::ledger
