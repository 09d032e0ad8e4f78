// What the core costs of one transition of service 77, without a database: `step` itself, and what
// else is made of it for the statement. For each kind of event the median time and the number of
// allocations, which does not depend on the machine.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "db/cases.hpp"
#include "engine/explore.hpp"
#include "services/casework/fields.hpp"
#include "services/seeds/seeds.hpp"
#include "tests/support/allocations.hpp"

namespace qyzmet::bench {
namespace {

using namespace engine;
using Clock = std::chrono::steady_clock;

constexpr Instant k_filed{std::chrono::sys_days{std::chrono::year{2026} / 12 / 10} +
                          std::chrono::hours{5}};

struct Cost {
  std::vector<double> microseconds;
  long allocations = 0;

  template <class Work>
  auto measure(Work work) {
    auto const before = tests::allocations.load();
    auto const began = Clock::now();
    auto out = work();
    microseconds.push_back(std::chrono::duration<double, std::micro>(Clock::now() - began).count());
    allocations = tests::allocations.load() - before;
    return out;
  }
  double median() {
    auto const middle = microseconds.begin() + std::ptrdiff_t(microseconds.size() / 2);
    std::ranges::nth_element(microseconds, middle);
    return *middle;
  }
};

/// One event of the life of a case, again and again on the same state.
struct Act {
  char const* name;
  Instance before;
  Event event;
  Cost step, rows, fields;
};

Event event(std::chrono::hours after, std::string user, std::string role,
            decltype(Event::body) body) {
  return {.at = k_filed + after,
          .actor = {.user = std::move(user), .role = std::move(role), .unit = "1"},
          .salt = std::string(32, '0'),
          .body = std::move(body)};
}

Context application() {
  return {{"applicant", "1"},
          {"language", "kk"},
          {"subtype", "dismissed"},
          {"place", "city"},
          {"mode", "peacetime"},
          {"consent", true},
          {"documents", List{}},
          {"office", Context{{"id", "1"}}},
          {"branch", Context{{"id", "1"}, {"is_duty", false}}},
          {"certified", Context{{"by", "eds"},
                                {"document", std::string(64, 'a')},
                                {"signature", std::string(64, 'b')}}}};
}

std::vector<Act> acts(Package const& package, Calendar const& calendar) {
  using std::chrono::hours;
  std::vector<Act> out;
  Instance now;
  auto const add = [&](char const* name, Event made) {
    auto next = step(package, calendar, now, made);
    if (!next) throw std::runtime_error{"refused: " + next.error().text};
    out.push_back({.name = name,
                   .before = std::exchange(now, std::move(next->next)),
                   .event = std::move(made),
                   .step = {},
                   .rows = {},
                   .fields = {}});
  };
  add("start", event(hours{0}, "1", "citizen", Start{application()}));
  add("register",
      event(hours{1}, "2", "registrar",
            CompleteTask{.task = "Task_Register", .form = {{"executor", "3"}}, .signature = {}}));
  add("review", event(hours{2}, "3", "executor",
                      CompleteTask{.task = "Task_Review",
                                   .form = {{"checklist.identity", true},
                                            {"checklist.photo", true},
                                            {"checklist.registered", true},
                                            {"checklist.served", true},
                                            {"checklist.documents", true},
                                            {"review.outcome", "approve"}},
                                   .signature = {}}));
  return out;
}

/// Three times what is wanted: 50 ms to explore the service, 5 us for a step of it.
constexpr double k_explored_ms_max = 150, k_step_us_max = 15;

double explored_milliseconds(Package const& package, Calendar const& calendar, int rounds) {
  Cost cost;
  for (int round = 0; round < rounds; ++round) {
    auto const report = cost.measure([&] { return explore(package, calendar); });
    if (round == 0)
      std::printf("explored: %zu states, %zu transitions, %zu steps\n", report.states,
                  report.transitions, report.steps);
  }
  return cost.median() / 1000;
}

int run(int rounds, int explored_rounds) {
  auto const package = seeds::package("military_id");
  if (!package) throw std::runtime_error{"the package of the program is broken"};
  auto const calendar = seeds::calendar();
  auto all = acts(**package, calendar);
  for (int round = 0; round < rounds; ++round)
    for (auto& act : all) {
      auto const made =
          act.step.measure([&] { return step(**package, calendar, act.before, act.event); });
      act.rows.measure([&] { return db::step_rows(**package, act.before, act.event, *made); });
      act.fields.measure([&] { return casework::case_fields(**package, calendar, made->next); });
    }
  std::printf("%-10s %20s %20s %20s\n", "", "step", "rows of it", "columns of the case");
  for (auto& act : all) {
    std::printf("%-10s", act.name);
    for (auto* cost : {&act.step, &act.rows, &act.fields})
      std::printf(" %8.2f us %5ld new", cost->median(), cost->allocations);
    std::printf("\n");
  }
  Cost steps;
  for (auto const& act : all)
    steps.microseconds.insert(steps.microseconds.end(), act.step.microseconds.begin(),
                              act.step.microseconds.end());
  auto const median = steps.median();
  auto const explored = explored_milliseconds(**package, calendar, explored_rounds);
  std::printf("median of all steps %.2f us (at most %.0f), explored in %.0f ms (at most %.0f)\n",
              median, k_step_us_max, explored, k_explored_ms_max);
  return median <= k_step_us_max && explored <= k_explored_ms_max ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace qyzmet::bench

int main(int count, char** arguments) {
  try {
    auto const argument = [&](int at, int otherwise) {
      return count > at ? std::max(1, std::atoi(arguments[at])) : otherwise;
    };
    return qyzmet::bench::run(argument(1, 20'000), argument(2, 5));
  } catch (std::exception const& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
