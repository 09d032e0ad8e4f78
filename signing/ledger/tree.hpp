#pragma once
// Merkle trees as RFC 9162, section 2.1 (and RFC 6962) has them, over SHA-256: which subtrees make
// up a root or a proof, and the verification of proofs. No tree is held here; the hashes of
// subtrees come out of tiles (tiles.hpp). Pure, thread-safe.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qyzmet::ledger {

using Hash = std::array<std::uint8_t, 32>;
using Hashes = std::vector<Hash>;

inline constexpr std::size_t k_proof_hashes_max = 64;
/// Entries of a log, so that no arithmetic on sizes overflows.
inline constexpr std::uint64_t k_size_max = std::uint64_t{1} << 48;

/// The 32 bytes.
std::string_view bytes_of(Hash const& hash);
/// Nothing unless there are 32 bytes.
std::optional<Hash> to_hash(std::string_view bytes);

Hash sha256(std::string_view bytes);
/// SHA-256(0x00 || entry).
Hash leaf_hash(std::string_view entry);
/// SHA-256(0x01 || left || right).
Hash node_hash(Hash const& left, Hash const& right);

/// Leaves [begin, end): the subtree over them.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  auto operator<=>(Range const&) const = default;
};
/// A complete subtree of 2^level leaves, the index-th of its level.
struct Node {
  unsigned level = 0;
  std::uint64_t index = 0;
};
/// From left to right. `range` is one of those that the functions below name, or begins at 0.
std::vector<Node> nodes_of(Range range);
/// The root over complete subtrees, given from left to right; SHA-256 of nothing when there is
/// none.
Hash join(std::span<Hash const> parts);

/// Subtrees whose hashes prove that leaf `index` is one of `size` (2.1.3.1); index < size.
std::vector<Range> inclusion_ranges(std::uint64_t index, std::uint64_t size);
/// Subtrees whose hashes prove that the first `older` of `newer` leaves are as they were (2.1.4.1);
/// older <= newer.
std::vector<Range> consistency_ranges(std::uint64_t older, std::uint64_t newer);

/// The root that a proof of inclusion leads to (2.1.3.2); nothing when the proof has the wrong
/// length, or there is no such leaf.
std::optional<Hash> root_by_inclusion(Hash const& leaf, std::uint64_t index, std::uint64_t size,
                                      std::span<Hash const> proof);

struct Head {
  std::uint64_t size = 0;
  Hash root = {};
  bool operator==(Head const&) const = default;
};
/// 2.1.4.2; from the empty tree everything follows, with an empty proof.
bool verify_consistency(Head const& older, Head const& newer, std::span<Hash const> proof);

}  // namespace qyzmet::ledger
