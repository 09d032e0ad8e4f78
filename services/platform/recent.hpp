#pragma once
// What a process remembers of the last minutes: bounded in number and age, the oldest goes first.
// A hint, never the truth: whoever acts on it proves it to the database in the same statement.
// Thread-safe.
#include <chrono>
#include <cstddef>
#include <iterator>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace qyzmet::platform {

template <class Value>
class Recent {
 public:
  Recent(std::size_t count_max, std::chrono::seconds age_max)
      : count_max_{count_max}, age_max_{age_max} {}

  void put(std::string key, Value value) {
    std::scoped_lock const lock{mutex_};
    erase(key);
    while (!entries_.empty() && (index_.size() >= count_max_ || is_old(entries_.front())))
      erase(entries_.front().key);
    entries_.push_back({.key = std::move(key), .value = std::move(value), .since = Clock::now()});
    index_.emplace(entries_.back().key, std::prev(entries_.end()));
  }
  std::optional<Value> find(std::string const& key) {
    std::scoped_lock const lock{mutex_};
    auto const found = index_.find(key);
    if (found == index_.end() || is_old(*found->second)) return std::nullopt;
    return found->second->value;
  }
  /// The same, and forgets it: nobody else acts on this value meanwhile.
  std::optional<Value> take(std::string const& key) {
    std::scoped_lock const lock{mutex_};
    auto const found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    std::optional<Value> value;
    if (!is_old(*found->second)) value = std::move(found->second->value);
    erase(key);
    return value;
  }
  void forget(std::string const& key) {
    std::scoped_lock const lock{mutex_};
    erase(key);
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    std::string key;
    Value value;
    Clock::time_point since;
  };

  bool is_old(Entry const& entry) const { return Clock::now() - entry.since > age_max_; }
  void erase(std::string_view key) {
    auto const found = index_.find(key);
    if (found == index_.end()) return;
    auto const entry = found->second;
    index_.erase(found);
    entries_.erase(entry);
  }

  std::size_t const count_max_;
  std::chrono::seconds const age_max_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the oldest first
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index_;
};

}  // namespace qyzmet::platform
