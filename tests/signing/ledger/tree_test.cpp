// Merkle trees against the published values of RFC 6962's reference implementation, against a tree
// computed by the definition, and against proofs that somebody has bent.
#include <gtest/gtest.h>

#include <random>

#include "signing/ledger/text.hpp"
#include "signing/ledger/tiles.hpp"
#include "tests/support/repeated.hpp"

namespace qyzmet::ledger {
namespace {

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return out;
}

std::vector<std::string> const k_entries{"",
                                         "00",
                                         "10",
                                         "2021",
                                         "3031",
                                         "40414243",
                                         "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f"};
std::vector<std::string> const k_roots{
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

Hashes published_leaves() {
  Hashes leaves;
  for (auto const& entry : k_entries) leaves.push_back(leaf_hash(bytes(entry)));
  return leaves;
}

/// MTH of RFC 9162, 2.1.1, word for word.
Hash root_by_definition(std::span<Hash const> leaves) {
  if (leaves.empty()) return sha256("");
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return node_hash(root_by_definition(leaves.first(k)), root_by_definition(leaves.subspan(k)));
}

std::string hex(Hash const& hash) {
  return to_hex(bytes_of(hash));
}
std::vector<std::string> hex(Hashes const& hashes) {
  std::vector<std::string> out;
  for (auto const& hash : hashes) out.push_back(hex(hash));
  return out;
}

Tiles grown(Hashes const& leaves, std::size_t step) {
  Tiles all;
  for (std::size_t size = 0; size < leaves.size(); size += step) {
    auto const more = std::min(step, leaves.size() - size);
    Tiles growing;
    for (auto const& id : growing_tiles(size)) growing[id] = all.at(id);
    for (auto& [id, tile] : append(growing, size, std::span{leaves}.subspan(size, more)))
      all[id] = std::move(tile);
  }
  return all;
}

Hashes proof_of(std::vector<Range> const& ranges, Tiles const& tiles) {
  auto hashes = hashes_of(ranges, tiles);
  EXPECT_TRUE(hashes.has_value());
  return hashes.value_or(Hashes{});
}

Hashes some_leaves(std::size_t count) {
  Hashes leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash("entry " + std::to_string(i)));
  return leaves;
}

TEST(Tree, PublishedRoots) {
  auto const leaves = published_leaves();
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    auto const first = Hashes{leaves.begin(), leaves.begin() + std::ptrdiff_t(size)};
    EXPECT_EQ(hex(*hash_of({.begin = 0, .end = size}, grown(first, 3))), k_roots[size]);
    EXPECT_EQ(hex(root_by_definition(first)), k_roots[size]);
  }
}

TEST(Tree, PublishedProofs) {
  auto const tiles = grown(published_leaves(), 8);
  EXPECT_EQ(hex(proof_of(inclusion_ranges(0, 8), tiles)),
            (std::vector<std::string>{
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  EXPECT_EQ(hex(proof_of(inclusion_ranges(5, 8), tiles)),
            (std::vector<std::string>{
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  EXPECT_EQ(hex(proof_of(consistency_ranges(6, 8), tiles)),
            (std::vector<std::string>{
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  EXPECT_EQ(hex(proof_of(consistency_ranges(2, 5), tiles)),
            (std::vector<std::string>{
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST(Tree, EveryProofOfSmallTreesVerifiesAndNoOther) {
  auto const leaves = some_leaves(40);
  auto const tiles = grown(leaves, 7);
  for (std::uint64_t size = 1; size <= leaves.size(); ++size) {
    auto const root = root_by_definition(std::span{leaves}.first(size));
    for (std::uint64_t index = 0; index < size; ++index) {
      auto const proof = proof_of(inclusion_ranges(index, size), tiles);
      EXPECT_EQ(root_by_inclusion(leaves[index], index, size, proof), root);
      EXPECT_NE(root_by_inclusion(leaves[(index + 1) % 40], index, size, proof), root);
      auto longer = proof;
      longer.push_back(root);
      EXPECT_EQ(root_by_inclusion(leaves[index], index, size, longer), std::nullopt);
      EXPECT_EQ(root_by_inclusion(leaves[index], size, size, proof), std::nullopt);
    }
    for (std::uint64_t older = 0; older <= size; ++older) {
      Head const before{.size = older, .root = root_by_definition(std::span{leaves}.first(older))};
      auto proof = proof_of(consistency_ranges(older, size), tiles);
      EXPECT_TRUE(verify_consistency(before, {.size = size, .root = root}, proof));
      EXPECT_FALSE(verify_consistency(before, {.size = size, .root = leaves[0]}, proof) &&
                   root != leaves[0] && older != 0);
      if (older != size && older != 0)
        EXPECT_FALSE(verify_consistency({.size = older, .root = leaves[39]},
                                        {.size = size, .root = root}, proof));
      for (auto& hash : proof) {
        hash[7] ^= 1;
        EXPECT_FALSE(verify_consistency(before, {.size = size, .root = root}, proof));
        hash[7] ^= 1;
      }
    }
  }
}

TEST(Tree, TilesOfManyLevelsGrowInAnySteps) {
  auto const leaves = some_leaves(70'000);
  auto const at_once = grown(leaves, leaves.size());
  EXPECT_EQ(grown(leaves, 999), at_once);
  EXPECT_EQ(at_once.rbegin()->first.level, 2U);
  auto const root = root_by_definition(leaves);
  EXPECT_EQ(hash_of({.begin = 0, .end = leaves.size()}, at_once), root);
  std::mt19937_64 random{20261128};
  for (int i = 0; i < repeated(300); ++i) {
    auto const size = 1 + random() % leaves.size();
    auto const index = random() % size;
    auto const part = root_by_definition(std::span{leaves}.first(size));
    // Exactly the named tiles are enough.
    Tiles some;
    for (auto const& id : tiles_of(inclusion_ranges(index, size))) some[id] = at_once.at(id);
    EXPECT_EQ(root_by_inclusion(leaves[index], index, size,
                                proof_of(inclusion_ranges(index, size), some)),
              part);
    EXPECT_TRUE(verify_consistency({.size = size, .root = part},
                                   {.size = leaves.size(), .root = root},
                                   proof_of(consistency_ranges(size, leaves.size()), at_once)));
  }
}

/// Proofs of a million entries have twenty hashes, and whoever appends holds four partial tiles.
TEST(Tree, AMillionLeavesNeedTwentyHashesAndFourTilesAtHand) {
  auto const size = std::uint64_t(repeated(1'000'000));
  constexpr std::uint64_t k_batch = 1000;
  Tiles growing, stored;
  std::size_t held = 0;
  for (std::uint64_t at = 0; at < size; at += k_batch) {
    Hashes leaves;
    for (std::uint64_t i = at; i < at + k_batch; ++i)
      leaves.push_back(leaf_hash(std::to_string(i)));
    auto const changed = append(growing, at, leaves);
    growing.clear();
    for (auto const& id : growing_tiles(at + k_batch)) {
      auto const found = changed.find(id);
      growing[id] = found != changed.end() ? found->second : stored.at(id);
    }
    for (auto const& [id, hashes] : changed) stored[id] = hashes;
    std::size_t bytes_held = 0;
    for (auto const& [id, hashes] : growing) bytes_held += hashes.size();
    held = std::max(held, bytes_held);
  }
  EXPECT_LE(held, 4 * k_tile_width * std::tuple_size_v<Hash>);
  auto const root = hash_of({.begin = 0, .end = size}, growing);
  ASSERT_TRUE(root) << "the right edge is enough for the head";
  std::mt19937_64 random{20261128};
  for (int i = 0; i < repeated(300); ++i) {
    auto const index = random() % size;
    auto const proof = proof_of(inclusion_ranges(index, size), stored);
    EXPECT_LE(proof.size(), 20U);
    EXPECT_EQ(root_by_inclusion(leaf_hash(std::to_string(index)), index, size, proof), root);
  }
}

TEST(Tree, AMissingOrShortTileGivesNothing) {
  auto tiles = grown(some_leaves(300), 300);
  Range const all{.begin = 0, .end = 300};
  EXPECT_TRUE(hash_of(all, tiles));
  auto& last = tiles.at({.level = 0, .index = 1});
  last.resize(last.size() - 32);
  EXPECT_FALSE(hash_of(all, tiles));
  tiles.erase({.level = 0, .index = 1});
  EXPECT_FALSE(hash_of(all, tiles));
}

TEST(TilePath, HasOneTextForEachTile) {
  auto const parsed = [](std::string_view text) { return parse_tile_path(text); };
  EXPECT_EQ(parsed("0/000"), TilePath{});
  EXPECT_EQ(parsed("1/x001/067.p/8"),
            (TilePath{.id = {.level = 1, .index = 1067}, .entries = false, .width = 8}));
  EXPECT_EQ(parsed("entries/x001/x234/067"),
            (TilePath{.id = {.level = 0, .index = 1234067}, .entries = true}));
  for (std::uint64_t const index : {0ULL, 9ULL, 999ULL, 1000ULL, 999'999ULL, 1'000'000'007ULL}) {
    TilePath const path{.id = {.level = 2, .index = index}, .entries = false, .width = 255};
    EXPECT_EQ(parsed(to_text(path)), path);
  }
  for (auto const* bad :
       {"", "0", "0/", "0/0", "0/00a", "0/x000/001", "0/000.p/0", "0/000.p/256", "0/000.p/08",
        "6/000", "00/000", "0/001/002", "0/x001", "0/x001/", "-1/000", "0/+01", "entries",
        "0/000.p/", "0/x999/x999/x999/x999/x999/x999/x999/999"})
    EXPECT_FALSE(parsed(bad)) << bad;
  EXPECT_EQ(tile_width({.level = 0, .index = 1}, 300), 44U);
  EXPECT_EQ(tile_width({.level = 1, .index = 0}, 300), 1U);
  EXPECT_EQ(tile_width({.level = 0, .index = 2}, 300), 0U);
}

}  // namespace
}  // namespace qyzmet::ledger
