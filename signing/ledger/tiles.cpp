#include "signing/ledger/tiles.hpp"

#include "engine/base/check.hpp"
#include "signing/ledger/text.hpp"

namespace qyzmet::ledger {

namespace {

constexpr std::size_t k_hash_bytes = std::tuple_size_v<Hash>;
constexpr unsigned k_tile_height = 8;
constexpr std::size_t k_path_bytes_max = 40;

/// 2^below hashes of one tile make the node.
struct Place {
  TileId tile;
  std::uint64_t first = 0;
  unsigned below = 0;
};
Place place_of(Node const& node) {
  auto const below = node.level % k_tile_height;
  auto const first = node.index << below;
  return {.tile = {.level = node.level / k_tile_height, .index = first / k_tile_width},
          .first = first % k_tile_width,
          .below = below};
}

/// The root over a power of two of hashes.
Hash fold(Hashes row) {
  for (auto width = row.size(); width > 1; width /= 2)
    for (std::size_t i = 0; i < width / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  return row.front();
}

std::optional<Hash> node_of(Node const& node, Tiles const& tiles) {
  auto const place = place_of(node);
  auto const tile = tiles.find(place.tile);
  auto const count = std::size_t{1} << place.below;
  if (tile == tiles.end() || tile->second.size() < (place.first + count) * k_hash_bytes)
    return std::nullopt;
  Hashes row;
  for (std::size_t i = 0; i < count; ++i)
    row.push_back(*to_hash(
        std::string_view{tile->second}.substr((place.first + i) * k_hash_bytes, k_hash_bytes)));
  return fold(std::move(row));
}

/// Of a full tile: the hash that stands for it one level higher.
Hash root_of_full(std::string_view tile) {
  Hashes row;
  for (; !tile.empty(); tile.remove_prefix(k_hash_bytes))
    row.push_back(*to_hash(tile.substr(0, k_hash_bytes)));
  return fold(std::move(row));
}

/// Three digits a segment, all but the last marked with an x.
std::string index_text(std::uint64_t index) {
  auto const digits = std::to_string(1000 + index % 1000).substr(1);
  if (index < 1000) return digits;
  auto above = index_text(index / 1000);
  auto const last = above.rfind('/');
  above.insert(last == std::string::npos ? 0 : last + 1, "x");
  return above + "/" + digits;
}

std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::uint64_t value = 0;
  for (bool more = true; more;) {
    more = text.starts_with('x');
    if (more) text.remove_prefix(1);
    auto const digits = text.substr(0, 3);
    if (digits.size() < 3 || digits.find_first_not_of("0123456789") != digits.npos ||
        value > k_size_max)
      return std::nullopt;
    for (char const digit : digits) value = value * 10 + std::uint64_t(digit - '0');
    text.remove_prefix(3);
    if (more && !text.starts_with('/')) return std::nullopt;
    if (more) text.remove_prefix(1);
  }
  return text.empty() ? std::optional{value} : std::nullopt;
}

}  // namespace

std::uint64_t tile_width(TileId id, std::uint64_t size) {
  if (id.level >= k_tile_levels_max) return 0;
  auto const hashes = size >> (k_tile_height * id.level);
  if (id.index > hashes / k_tile_width) return 0;
  return std::min(hashes - id.index * k_tile_width, k_tile_width);
}

std::set<TileId> tiles_of(std::span<Range const> ranges) {
  std::set<TileId> tiles;
  for (auto const& range : ranges)
    for (auto const& node : nodes_of(range)) tiles.insert(place_of(node).tile);
  return tiles;
}

std::optional<Hash> hash_of(Range range, Tiles const& tiles) {
  Hashes parts;
  for (auto const& node : nodes_of(range)) {
    auto const hash = node_of(node, tiles);
    if (!hash) return std::nullopt;
    parts.push_back(*hash);
  }
  return join(parts);
}

std::optional<Hashes> hashes_of(std::span<Range const> ranges, Tiles const& tiles) {
  Hashes hashes;
  for (auto const& range : ranges) {
    auto const hash = hash_of(range, tiles);
    if (!hash) return std::nullopt;
    hashes.push_back(*hash);
  }
  return hashes;
}

std::set<TileId> growing_tiles(std::uint64_t size) {
  std::set<TileId> tiles;
  for (unsigned level = 0; level < k_tile_levels_max; ++level) {
    auto const hashes = size >> (k_tile_height * level);
    if (hashes % k_tile_width != 0) tiles.insert({.level = level, .index = hashes / k_tile_width});
  }
  return tiles;
}

Tiles append(Tiles const& growing, std::uint64_t size, std::span<Hash const> leaves) {
  check(size + leaves.size() <= k_size_max, "the log has room");
  Tiles changed;
  Hashes row{leaves.begin(), leaves.end()};
  for (unsigned level = 0; !row.empty() && level < k_tile_levels_max; ++level) {
    auto position = size >> (k_tile_height * level);
    Hashes above;
    for (auto const& hash : row) {
      TileId const id{.level = level, .index = position / k_tile_width};
      auto [tile, added] = changed.try_emplace(id);
      if (added && position % k_tile_width != 0) tile->second = growing.at(id);
      check(tile->second.size() == position % k_tile_width * k_hash_bytes, "tiles have no gaps");
      tile->second += bytes_of(hash);
      if (++position % k_tile_width == 0) above.push_back(root_of_full(tile->second));
    }
    row = std::move(above);
  }
  return changed;
}

std::string to_text(TilePath const& path) {
  auto const level = path.entries ? std::string{"entries"} : std::to_string(path.id.level);
  auto const width = path.width == k_tile_width ? "" : ".p/" + std::to_string(path.width);
  return level + "/" + index_text(path.id.index) + width;
}

std::optional<TilePath> parse_tile_path(std::string_view text) {
  TilePath path;
  auto const slash = text.find('/');
  if (text.size() > k_path_bytes_max || slash == text.npos) return std::nullopt;
  auto const level = text.substr(0, slash);
  auto index = text.substr(slash + 1);
  path.entries = level == "entries";
  if (auto const partial = index.find(".p/"); partial != index.npos) {
    auto const width = parse_number(index.substr(partial + 3));
    if (!width || *width == 0 || *width >= k_tile_width) return std::nullopt;
    path.width = *width;
    index = index.substr(0, partial);
  }
  auto const parsed_level = path.entries ? 0 : parse_number(level);
  auto const parsed_index = parse_index(index);
  if (!parsed_level || *parsed_level >= k_tile_levels_max || !parsed_index) return std::nullopt;
  path.id = {.level = unsigned(*parsed_level), .index = *parsed_index};
  // Each tile has one name.
  return to_text(path) == text ? std::optional{path} : std::nullopt;
}

}  // namespace qyzmet::ledger
