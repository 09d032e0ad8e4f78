// What a step of service 77, loading its package and exploring it cost. Allocations, states and
// steps are counted and bounded; times are told, and bounded with a threefold margin where the
// machine must not matter.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "engine/explore.hpp"
#include "tests/engine/story.hpp"
#include "tests/support/allocations.hpp"

namespace qyzmet::engine {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

/// Of this thread alone: others on the machine do not count.
double cpu_milliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
}

/// A case from the application to the handing over, every event and the state before it.
Story whole_story() {
  Story story;
  EXPECT_EQ(text_of(story.file("2026-12-10T10:00", application("lost_damaged", "district"))), "");
  EXPECT_EQ(text_of(story.complete("Task_Register", "2026-12-10T11:00", k_registrar, registered())),
            "");
  EXPECT_EQ(text_of(story.complete("Task_Review", "2026-12-11T10:00", k_executor, approval())), "");
  EXPECT_EQ(text_of(story.complete("Task_Draft", "2026-12-11T11:00", k_executor, draft())), "");
  EXPECT_EQ(text_of(story.complete("Task_Sign", "2026-12-11T12:00", k_head, signing())), "");
  return story;
}

TEST(Cost, a_step_of_service_77_allocates_within_bounds) {
  constexpr int k_rounds = 200;
  constexpr long k_allocations_max = 120;
  auto const story = whole_story();
  std::vector<double> times;
  long most = 0;
  for (int round = 0; round < k_rounds; ++round) {
    Instance now;
    for (auto const& event : story.events) {
      auto const before = tests::allocations.load();
      auto const began = Clock::now();
      auto next = step(*story.package, seed(), now, event);
      times.push_back(microseconds(Clock::now() - began));
      most = std::max(most, tests::allocations.load() - before);
      ASSERT_TRUE(next);
      now = std::move(next->next);
    }
  }
  std::ranges::nth_element(times, times.begin() + std::ptrdiff_t(times.size() / 2));
  std::printf("| step of service 77: median, most allocations   | %.1f us, %ld |\n",
              times[times.size() / 2], most);
  EXPECT_LE(most, k_allocations_max);
}

TEST(Cost, a_package_loads_in_time) {
  constexpr double k_milliseconds = 20;
  auto const files = package_files();
  std::vector<double> times;
  for (int round = 0; round < 5; ++round) {
    auto copy = files;
    auto const began = Clock::now();
    auto const loaded = load_package(std::move(copy), "");
    times.push_back(microseconds(Clock::now() - began) / 1000);
    ASSERT_TRUE(loaded);
  }
  auto const best = *std::ranges::min_element(times);
  std::printf("| package of service 77 loads and validates      | %.1f ms |\n", best);
  EXPECT_LE(best, 3 * k_milliseconds);
}

/// CPU time of one step, with the machine as busy as it is.
double step_milliseconds(Story const& story) {
  constexpr int k_rounds = 300;
  auto const began = cpu_milliseconds();
  for (int round = 0; round < k_rounds; ++round) {
    Instance now;
    for (auto const& event : story.events) now = step(*story.package, seed(), now, event)->next;
  }
  return (cpu_milliseconds() - began) / double(k_rounds * story.events.size());
}

/// What the explorer does of its own is bounded by what its steps cost: the same everywhere.
TEST(Cost, service_77_is_explored_within_bounds) {
  constexpr std::size_t k_states_max = 8'400, k_steps_max = 100'000;
  constexpr double k_times_its_steps = 4;
  auto const story = whole_story();
  auto const one = step_milliseconds(story);
  auto const began = cpu_milliseconds();
  auto const explored = explore(*story.package, seed());
  auto const took = cpu_milliseconds() - began;
  auto const times = took / (double(explored.steps) * (one + step_milliseconds(story)) / 2);
  std::printf("| service 77 is explored: states, steps, CPU time | %zu, %zu, %.0f ms |\n",
              explored.states, explored.steps, took);
  std::printf("| that is so many times the time of its steps    | %.1f |\n", times);
  EXPECT_LE(explored.states, k_states_max);
  EXPECT_LE(explored.steps, k_steps_max);
  EXPECT_LE(times, k_times_its_steps);
}

}  // namespace
}  // namespace qyzmet::engine
