#include "services/cli/progress.hpp"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "engine/base/check.hpp"

namespace qyzmet::cli {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_silent_at_first{500};
constexpr milliseconds k_between_lines{200};
constexpr std::size_t k_columns_default = 80;
constexpr std::array<int, 2> k_signals{SIGINT, SIGTERM};

std::atomic<bool> is_alive = false;
std::sig_atomic_t volatile is_stop_wanted = 0;
std::array<struct sigaction, k_signals.size()> handlers_before;

void want_stop(int /*signal*/) {
  is_stop_wanted = 1;
}

/// The handler goes after its first call, so that a second signal ends the process.
void listen_for_signals() {
  is_stop_wanted = 0;
  struct sigaction action{};
  action.sa_handler = want_stop;
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  ::sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < k_signals.size(); ++i)
    ::sigaction(k_signals[i], &action, &handlers_before[i]);
}

void restore_signals() {
  for (std::size_t i = 0; i < k_signals.size(); ++i)
    ::sigaction(k_signals[i], &handlers_before[i], nullptr);
}

bool is_watched(std::FILE* terminal) {
  struct stat out{};
  bool const piped = ::fstat(STDOUT_FILENO, &out) == 0 && S_ISFIFO(out.st_mode);
  if (terminal == stderr && piped) return false;
  char const* const kind = std::getenv("TERM");
  bool const is_dumb = kind != nullptr && std::strcmp(kind, "dumb") == 0;
  return ::isatty(::fileno(terminal)) == 1 && !is_dumb;
}

std::size_t columns_of(std::FILE* terminal) {
  struct winsize size{};
  bool const known = ::ioctl(::fileno(terminal), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : k_columns_default;
}

/// 12 345: blanks between the thousands.
std::string grouped(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = std::ssize(text) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ' ');
  return text;
}

/// One unit is enough to decide whether to wait.
std::string duration_text(double seconds) {
  auto const whole = [](double value) {
    return grouped(static_cast<std::uint64_t>(std::max(1.0, value + 0.5)));
  };
  if (seconds < 90) return whole(seconds) + " s";
  if (seconds < 90 * 60) return whole(seconds / 60) + " min";
  return whole(seconds / 3600) + " h";
}

}  // namespace

std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t total,
                          milliseconds elapsed, std::size_t columns) {
  double const seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000);
  double const rate = static_cast<double>(done) / seconds;
  auto line = std::string{what} + ": " + grouped(done);
  if (total == 0) {
    line += ", " + duration_text(seconds) + " so far";
  } else {
    auto const share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    line += " of " + grouped(total) + " (" + std::to_string(static_cast<int>(share * 100)) + " %)";
    if (done > 0 && done < total)
      line += ", about " + duration_text(static_cast<double>(total - done) / rate) + " left";
  }
  if (line.size() > columns) line.resize(columns);
  return line;
}

Progress::Progress(std::string what, std::uint64_t total, std::FILE* terminal)
    : what_{std::move(what)},
      total_{total},
      terminal_{terminal},
      shown_{is_watched(terminal)},
      next_{began_ + k_silent_at_first} {
  check(!is_alive.exchange(true), "one Progress at a time");
  listen_for_signals();
}

Progress::~Progress() {
  restore_signals();
  is_alive = false;
  if (!wrote_) return;
  std::fputs("\r\x1b[K", terminal_);
  std::fflush(terminal_);
}

bool Progress::stopped() const {
  return is_stop_wanted != 0;
}

void Progress::show(std::uint64_t done) {
  auto const now = Clock::now();
  if (now < next_.load(std::memory_order_relaxed)) return;
  std::unique_lock const lock{writing_, std::try_to_lock};
  if (!lock) return;
  next_ = now + k_between_lines;
  wrote_ = true;
  auto const elapsed = std::chrono::duration_cast<milliseconds>(now - began_);
  auto const line = progress_line(what_, done, total_, elapsed, columns_of(terminal_) - 1);
  std::fprintf(terminal_, "\r%s\x1b[K", line.c_str());
  std::fflush(terminal_);
}

}  // namespace qyzmet::cli
