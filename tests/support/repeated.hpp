#pragma once
// How often a test repeats what it does at random. Under a sanitizer each step costs many times
// more, and a fault of memory shows in the first of them or in the fuzzing.
namespace qyzmet {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr int k_times_fewer = 10;
#else
inline constexpr int k_times_fewer = 1;
#endif

constexpr int repeated(int times) {
  return times / k_times_fewer;
}

}  // namespace qyzmet
