// Progress of a long command: what a person sees at a terminal, what a pipe gets, how it stops.
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "services/cli/progress.hpp"

namespace qyzmet::cli {
namespace {

using namespace std::chrono_literals;

/// A terminal of our own: what is written to `out` comes back from read().
class Terminal {
 public:
  Terminal() {
    int slave = -1;
    struct winsize const size{.ws_row = 24, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
    EXPECT_EQ(::openpty(&master_, &slave, nullptr, nullptr, &size), 0);
    out = ::fdopen(slave, "w");
    ::setenv("TERM", "xterm", 1);
  }
  ~Terminal() {
    std::fclose(out);
    ::close(master_);
  }
  Terminal(Terminal const&) = delete;
  Terminal& operator=(Terminal const&) = delete;

  std::string read() {
    std::string text(4096, '\0');
    fd_set set;
    FD_ZERO(&set);
    FD_SET(master_, &set);
    struct timeval patience{.tv_sec = 0, .tv_usec = 100'000};
    if (::select(master_ + 1, &set, nullptr, nullptr, &patience) != 1) return {};
    auto const count = ::read(master_, text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }

  std::FILE* out = nullptr;

 private:
  int master_ = -1;
};

TEST(ProgressLine, EstimatesWhatIsLeftFromWhatIsDone) {
  EXPECT_EQ(progress_line("exploring", 1200, 4800, 4s, 80),
            "exploring: 1 200 of 4 800 (25 %), about 12 s left");
  EXPECT_EQ(progress_line("importing", 10, 100'000, 1s, 80),
            "importing: 10 of 100 000 (0 %), about 3 h left");
  EXPECT_EQ(progress_line("importing", 100, 1'500, 20s, 80),
            "importing: 100 of 1 500 (6 %), about 5 min left");
}

TEST(ProgressLine, ClaimsNothingThatNobodyKnows) {
  EXPECT_EQ(progress_line("exploring", 1'234'567, 0, 4s, 80), "exploring: 1 234 567, 4 s so far");
  EXPECT_EQ(progress_line("exploring", 0, 100, 4s, 80), "exploring: 0 of 100 (0 %)");
  EXPECT_EQ(progress_line("exploring", 120, 100, 4s, 80), "exploring: 120 of 100 (100 %)");
  EXPECT_EQ(progress_line("exploring", 1200, 4800, 4s, 12), "exploring: 1");
}

TEST(Progress, IsOneLineOfTheTerminalAndGoesAway) {
  Terminal terminal;
  {
    Progress progress{"simulating", 1000, terminal.out};
    EXPECT_TRUE(progress.add(10));
    EXPECT_EQ(terminal.read(), "") << "a short command says nothing";
    std::this_thread::sleep_for(500ms);
    EXPECT_TRUE(progress.add(240));
    auto const line = terminal.read();
    EXPECT_TRUE(line.starts_with("\rsimulating: 250 of 1 000 (25 %), about")) << line;
    EXPECT_TRUE(line.ends_with("\x1b[K")) << line;
    EXPECT_LE(line.size(), 40 - 1 + 1 + 3) << "never wraps";
    EXPECT_TRUE(progress.add());
    EXPECT_EQ(terminal.read(), "") << "not with every piece";
  }
  EXPECT_EQ(terminal.read(), "\r\x1b[K");
}

TEST(Progress, IsQuietWhenNobodyWatches) {
  std::FILE* const file = std::tmpfile();
  {
    Progress progress{"simulating", 10, file};
    std::this_thread::sleep_for(550ms);
    EXPECT_TRUE(progress.add(5));
  }
  EXPECT_EQ(std::ftell(file), 0);
  std::fclose(file);
}

TEST(Progress, IsQuietOnATerminalThatCannotRewriteALine) {
  Terminal terminal;
  ::setenv("TERM", "dumb", 1);
  Progress progress{"simulating", 10, terminal.out};
  std::this_thread::sleep_for(550ms);
  EXPECT_TRUE(progress.add(5));
  EXPECT_EQ(terminal.read(), "");
}

TEST(Progress, TheFirstSignalAsksToStopAndTheOldHandlerComesBack) {
  for (int const signal : {SIGINT, SIGTERM}) {
    struct sigaction after{};
    {
      Progress progress{"exploring"};
      EXPECT_TRUE(progress.add());
      ::raise(signal);
      EXPECT_TRUE(progress.stopped());
      EXPECT_FALSE(progress.add());
      EXPECT_EQ(progress.done(), 2U);
    }
    ::sigaction(signal, nullptr, &after);
    EXPECT_EQ(after.sa_handler, SIG_DFL);
    EXPECT_TRUE(Progress{"again"}.add()) << "the next command begins afresh";
  }
}

TEST(Progress, TheSecondSignalEndsTheProcess) {
  auto const child = ::fork();
  if (child == 0) {
    Progress const progress{"exploring"};
    ::raise(SIGINT);
    ::raise(SIGINT);
    std::_Exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST(Progress, CountsFromManyThreads) {
  Progress progress{"simulating", 40'000};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int k = 0; k < 10'000; ++k) progress.add();
      });
  }
  EXPECT_EQ(progress.done(), 40'000U);
}

}  // namespace
}  // namespace qyzmet::cli
