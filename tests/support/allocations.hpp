#pragma once
// Counts the allocations of a whole program: the operators are replaced, so exactly one of its
// sources includes this.
#include <atomic>
#include <cstdlib>
#include <new>

namespace qyzmet::tests {
inline std::atomic<long> allocations = 0;
}  // namespace qyzmet::tests

void* operator new(std::size_t size) {
  qyzmet::tests::allocations.fetch_add(1, std::memory_order_relaxed);
  if (auto* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
