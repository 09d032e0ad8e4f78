#include "signing/ledger/tree.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "engine/base/check.hpp"

namespace qyzmet::ledger {

namespace {

Hash digest(std::initializer_list<std::string_view> parts) {
  std::string whole;
  for (auto const part : parts) whole += part;
  return sha256(whole);
}

/// The largest power of two smaller than `size`; size > 1.
std::uint64_t split(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

}  // namespace

std::string_view bytes_of(Hash const& hash) {
  return {reinterpret_cast<char const*>(hash.data()), hash.size()};
}

std::optional<Hash> to_hash(std::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::ranges::copy(bytes, reinterpret_cast<char*>(hash.data()));
  return hash;
}

Hash sha256(std::string_view bytes) {
  // Looked up and allocated once: a leaf is short, and both cost more than hashing it.
  static EVP_MD const* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context{
      EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  Hash hash;
  unsigned size = 0;
  bool const done = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), hash.data(), &size) == 1;
  check(done && size == hash.size(), "SHA-256 is there");
  return hash;
}

Hash leaf_hash(std::string_view entry) {
  return digest({std::string_view{"\0", 1}, entry});
}

Hash node_hash(Hash const& left, Hash const& right) {
  return digest({"\1", bytes_of(left), bytes_of(right)});
}

std::vector<Node> nodes_of(Range range) {
  std::vector<Node> nodes;
  while (range.begin < range.end) {
    auto const size = std::bit_floor(range.end - range.begin);
    check(range.begin % size == 0, "a subtree begins at a multiple of its size");
    nodes.push_back({.level = unsigned(std::countr_zero(size)), .index = range.begin / size});
    range.begin += size;
  }
  return nodes;
}

Hash join(std::span<Hash const> parts) {
  if (parts.empty()) return sha256({});
  Hash root = parts.back();
  for (std::size_t i = parts.size() - 1; i-- > 0;) root = node_hash(parts[i], root);
  return root;
}

std::vector<Range> inclusion_ranges(std::uint64_t index, std::uint64_t size) {
  check(index < size && size <= k_size_max, "the leaf is in the tree");
  std::vector<Range> ranges;
  Range in{.begin = 0, .end = size};
  while (in.end - in.begin > 1) {
    auto const middle = in.begin + split(in.end - in.begin);
    bool const left = index < middle;
    ranges.push_back(left ? Range{.begin = middle, .end = in.end}
                          : Range{.begin = in.begin, .end = middle});
    (left ? in.end : in.begin) = middle;
  }
  std::ranges::reverse(ranges);
  return ranges;
}

std::vector<Range> consistency_ranges(std::uint64_t older, std::uint64_t newer) {
  check(older <= newer && newer <= k_size_max, "a log grows");
  if (older == 0 || older == newer) return {};
  std::vector<Range> ranges;
  Range in{.begin = 0, .end = newer};
  bool known = true;  // the verifier has the hash of [in.begin, older) already
  while (in.end != older) {
    auto const middle = in.begin + split(in.end - in.begin);
    if (older <= middle) {
      ranges.push_back({.begin = middle, .end = in.end});
      in.end = middle;
    } else {
      ranges.push_back({.begin = in.begin, .end = middle});
      in.begin = middle;
      known = false;
    }
  }
  if (!known) ranges.push_back(in);
  std::ranges::reverse(ranges);
  return ranges;
}

std::optional<Hash> root_by_inclusion(Hash const& leaf, std::uint64_t index, std::uint64_t size,
                                      std::span<Hash const> proof) {
  if (index >= size) return std::nullopt;
  auto at = index;
  auto last = size - 1;
  Hash root = leaf;
  for (auto const& sibling : proof) {
    if (last == 0) return std::nullopt;
    if (at % 2 == 1 || at == last) {
      root = node_hash(sibling, root);
      while (at % 2 == 0 && at != 0) at /= 2, last /= 2;
    } else {
      root = node_hash(root, sibling);
    }
    at /= 2, last /= 2;
  }
  return last == 0 ? std::optional{root} : std::nullopt;
}

bool verify_consistency(Head const& older, Head const& newer, std::span<Hash const> proof) {
  if (older.size > newer.size) return false;
  if (older.size == newer.size) return proof.empty() && older.root == newer.root;
  if (older.size == 0) return proof.empty() && older.root == sha256({});
  bool const whole = std::has_single_bit(older.size);  // the proof begins with the older root
  if (!whole && proof.empty()) return false;
  Hash const first = whole ? older.root : proof.front();
  auto at = older.size - 1;
  auto last = newer.size - 1;
  while (at % 2 == 1) at /= 2, last /= 2;
  Hash older_root = first;
  Hash newer_root = first;
  for (auto const& part : proof.subspan(whole ? 0 : 1)) {
    if (last == 0) return false;
    if (at % 2 == 1 || at == last) {
      older_root = node_hash(part, older_root);
      newer_root = node_hash(part, newer_root);
      while (at % 2 == 0 && at != 0) at /= 2, last /= 2;
    } else {
      newer_root = node_hash(newer_root, part);
    }
    at /= 2, last /= 2;
  }
  return last == 0 && older_root == older.root && newer_root == newer.root;
}

}  // namespace qyzmet::ledger
