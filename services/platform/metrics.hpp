#pragma once
// Counters, gauges and histograms with the Prometheus text format 0.0.4. Registration takes a lock
// and happens once per name and labels; updates are lock-free. References stay valid for the life
// of the registry. Labels carry fixed words only, never personal data or unbounded values.
#include <atomic>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace qyzmet::platform {

class Counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t to) { value_.store(to, std::memory_order_relaxed); }
  void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations in seconds over fixed bounds from 1 ms to 30 s.
class Histogram {
 public:
  static constexpr double k_bounds_s[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                          0.25,  0.5,    1,     2.5,  5,     10,   30};
  static constexpr std::size_t k_bound_count = std::size(k_bounds_s);

  void observe(double seconds);
  /// Observations up to and including bound number `bound`; k_bound_count means all of them.
  std::uint64_t count_up_to(std::size_t bound) const;
  double sum_s() const;

 private:
  std::atomic<std::uint64_t> buckets_[k_bound_count + 1]{};
  std::atomic<std::uint64_t> sum_us_{0};
};

using Labels = std::map<std::string, std::string>;

class Metrics {
 public:
  Counter& counter(std::string_view name, std::string_view help, Labels const& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels const& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, Labels const& labels = {});
  /// The page of /metrics.
  std::string text() const;

 private:
  template <class T>
  struct Family {
    std::string help;
    std::map<std::string, T> members;  // by rendered labels; nodes never move
  };
  template <class T>
  using Families = std::map<std::string, Family<T>, std::less<>>;
  template <class T>
  T& member(Families<T>& families, std::string_view name, std::string_view help,
            Labels const& labels);

  mutable std::mutex mutex_;
  Families<Counter> counters_;
  Families<Gauge> gauges_;
  Families<Histogram> histograms_;
};

/// The registry of this process.
Metrics& metrics();

}  // namespace qyzmet::platform
