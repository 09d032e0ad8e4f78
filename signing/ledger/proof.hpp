#pragma once
// Proofs of inclusion that verify offline (c2sp.org/tlog-proof), and the entries of this log.
//
// An entry is 32 bytes: the SHA-256 of the record of one event, which is canonical JSON (RFC 8785)
// and holds the salted hash of the event. The record travels with a proof as its extra data, so
// the entry can be computed from it.
//
// The same proof for a QR code: "KZL:" and, in Base45, the CBOR array
//   [origin, size, signature of the log, index, [hashes], record]
// from which the text comes back byte for byte: the root follows from the hashes.
#include "signing/ledger/note.hpp"

namespace qyzmet::ledger {

inline constexpr std::size_t k_proof_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t k_record_bytes_max = std::size_t{16} << 10;
inline constexpr std::string_view k_proof_prefix = "KZL:";

struct Proof {
  std::string record;  // extra data
  std::uint64_t index = 0;
  Hashes hashes;
  std::string checkpoint;  // signed note
  bool operator==(Proof const&) const = default;
};
std::optional<Proof> parse_proof(std::string_view text);
std::string to_text(Proof const& proof);

/// Of the record; what the tree holds is its leaf_hash().
std::string entry_of(std::string_view record);

/// `key`: of another log, or never signed by this one.
enum class ProofFault : std::uint8_t { none, format, key, signature, inclusion };
struct ProofVerdict {
  ProofFault fault = ProofFault::none;
  Checkpoint checkpoint = {};
};
ProofVerdict verify_proof(Proof const& proof, NoteKey const& log);

/// For a QR code, with the signature of `log` alone. Nothing when it has not signed.
std::optional<std::string> compact(Proof const& proof, NoteKey const& log);
/// Signed by whom the name and the key id say; verify it like any other.
std::optional<Proof> parse_compact(std::string_view text);

}  // namespace qyzmet::ledger
