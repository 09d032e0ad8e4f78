#pragma once
// The load of the benchmark: HTTP/1.1 over keep-alive connections, one thread, epoll; as little
// work per request as possible, because it takes it from the cores that the server needs. Every
// answer is checked. A connection that the server ends (its limit of requests) is made anew.
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace qyzmet::bench {

struct Target {
  std::uint16_t port = 0;
};

/// One request, and the beginning of the answer that counts as success.
struct Exchange {
  std::string request;
  std::string_view expected;  // "HTTP/1.1 303"
};

/// What the connection `index` sends next; nothing when it is through.
using Source = std::function<std::optional<Exchange>(std::size_t index)>;

struct LoadResult {
  std::size_t requests = 0;
  std::chrono::duration<double> time{};
  std::vector<double> milliseconds;  // per request, sorted
  std::string first_failure;         // of an answer that was not the expected one; "" when none

  /// The requests of another run, made after this one.
  void add(LoadResult const& other);
  double per_second() const { return static_cast<double>(requests) / time.count(); }
  double percentile(double part) const;
};

/// Runs until all connections are through; throws when the server cannot be reached or is silent.
LoadResult run_load(Target target, std::size_t connections, Source const& source);

}  // namespace qyzmet::bench
