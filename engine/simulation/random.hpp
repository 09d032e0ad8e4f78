#pragma once
// A source of chance that gives the same numbers on every machine: splitmix64 (Steele, Lea and
// Flood, 2014). The distributions of <random> are left to implementations, so they are not used.
#include <cstddef>
#include <cstdint>

namespace qyzmet::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    auto z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  /// 0 .. limit - 1; the bias of the remainder is far below what a simulation notices.
  int below(std::size_t limit) { return int(next() % limit); }
  bool percent(int chance) { return below(100) < chance; }
  template <class Items>
  auto const& any(Items const& items) {
    return items[std::size_t(below(items.size()))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace qyzmet::simulation
