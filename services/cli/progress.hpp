#pragma once
// Progress of a long command for whoever waits at a terminal: what, how far, how long still. One
// line on standard error, rewritten in place, wiped at the end; nothing before half a second has
// passed, and nothing at all when standard error is no terminal or standard output is a pipe.
//
//   Progress progress{"exploring"};
//   while (work_is_left()) {
//     do_a_piece();
//     if (!progress.add(1, pieces_known_so_far)) return k_interrupted;
//   }
//
// While a Progress lives, the first Ctrl-C (or SIGTERM) only asks to stop: add() answers false, and
// the command ends between two pieces of work. A second one ends the process at once. add() and
// stopped() may be called from any thread; at most one Progress lives at a time.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

namespace qyzmet::cli {

/// Exit code of a command that was stopped, as shells have it: 128 + SIGINT.
inline constexpr int k_interrupted = 130;

/// "exploring: 1 200 of 4 800 (25 %), about 12 s left"; `total` 0 = not known. Cut to `columns`.
std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t total,
                          std::chrono::milliseconds elapsed, std::size_t columns);

class Progress {
 public:
  /// `what` is a word for people ("exploring"); `total` pieces of work, 0 when nobody knows.
  explicit Progress(std::string what, std::uint64_t total = 0, std::FILE* terminal = stderr);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;

  /// `count` more pieces are done. False: stop now, the person asked for it.
  bool add(std::uint64_t count = 1) {
    auto const done = done_.fetch_add(count, std::memory_order_relaxed) + count;
    if (shown_) show(done);
    return !stopped();
  }
  /// As above, with a new total: a search learns how much there is while it goes on.
  bool add(std::uint64_t count, std::uint64_t total) {
    total_.store(total, std::memory_order_relaxed);
    return add(count);
  }
  bool stopped() const;
  std::uint64_t done() const { return done_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  void show(std::uint64_t done);

  std::string const what_;
  std::atomic<std::uint64_t> total_;
  std::atomic<std::uint64_t> done_ = 0;
  std::FILE* const terminal_;
  bool const shown_;
  Clock::time_point const began_ = Clock::now();
  std::atomic<Clock::time_point> next_;  // when the line is due again
  std::mutex writing_;
  bool wrote_ = false;
};

}  // namespace qyzmet::cli
