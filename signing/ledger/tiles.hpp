#pragma once
// The tree cut into tiles (c2sp.org/tlog-tiles): 256 hashes of one level each, the last of a level
// perhaps with fewer. Full tiles never change; a partial one only grows, so that each of its
// earlier widths is a beginning of it. Pure, thread-safe.
#include <map>
#include <set>

#include "signing/ledger/tree.hpp"

namespace qyzmet::ledger {

inline constexpr std::uint64_t k_tile_width = 256;
inline constexpr unsigned k_tile_levels_max = 6;  // 256^6 = k_size_max

struct TileId {
  unsigned level = 0;
  std::uint64_t index = 0;
  auto operator<=>(TileId const&) const = default;
};
/// Hashes one after the other, 32 bytes each.
using Tiles = std::map<TileId, std::string>;

/// How many hashes the tile has in a tree of that size; 0: there is none.
std::uint64_t tile_width(TileId id, std::uint64_t size);
/// Tiles out of which hash_of() takes the ranges.
std::set<TileId> tiles_of(std::span<Range const> ranges);
/// Nothing when a tile is missing or too short.
std::optional<Hash> hash_of(Range range, Tiles const& tiles);
std::optional<Hashes> hashes_of(std::span<Range const> ranges, Tiles const& tiles);

/// The partial tiles of a tree, which append() continues.
std::set<TileId> growing_tiles(std::uint64_t size);
/// All tiles that get hashes when `leaves` follow on the first `size`, as they are then. `growing`
/// has the tiles of growing_tiles(size).
Tiles append(Tiles const& growing, std::uint64_t size, std::span<Hash const> leaves);

/// What a path below /tile/ names: "0/x001/067" or "entries/000.p/17".
struct TilePath {
  TileId id;
  bool entries = false;
  std::uint64_t width = k_tile_width;
  bool operator==(TilePath const&) const = default;
};
std::string to_text(TilePath const& path);
std::optional<TilePath> parse_tile_path(std::string_view text);

}  // namespace qyzmet::ledger
