// Two officers, the citizen and a timer at once on one case, over HTTP against the real server and
// PostgreSQL, in random interleavings: of those who want the same thing one wins, the others are
// told why not, and nothing is lost or done twice.
#include <gtest/gtest.h>

#include <array>
#include <barrier>
#include <chrono>
#include <random>
#include <thread>

#include "db/verify.hpp"
#include "services/casework/act.hpp"
#include "services/casework/replay.hpp"
#include "tests/engine/story.hpp"
#include "tests/services/applicant.hpp"
#include "tests/services/certifying.hpp"
#include "tests/support/law.hpp"

namespace qyzmet::tests {
namespace {

constexpr int k_interleavings = 1000;
constexpr int k_delay_us_max = 4000;
/// About what it takes to look at a code before the withdrawal is written.
constexpr int k_head_start_us = 8000;

Instant legal(std::string_view day, int hour) {
  return start_of(*parse_date(day)) + std::chrono::hours{hour};
}

class Interleavings : public testing::Test {
 protected:
  Interleavings() {
    rig_.set_clock(legal("2026-11-23", 10));
    auto const at_office = [this](std::string role) {
      return db::Grant{.role = std::move(role), .office = place_.office.id, .branch = {}};
    };
    first_ = rig_.invite("700101100011", "Бірінші Тіркеуші", {at_office("registrar")});
    second_ = rig_.invite("700101100012", "Екінші Тіркеуші", {at_office("registrar")});
    executor_ = rig_.invite("700101100013", "Орындаушы", {at_office("executor")}).user;
  }

  struct Filed {
    std::string number;
    Guest applicant;
  };
  Filed file(int i) {
    Filed filed;
    filed.applicant =
        rig_.invite("800101" + std::to_string(100'000 + i), "Өтініш беруші " + std::to_string(i));
    auto const user = std::to_string(filed.applicant.user.value);
    auto variables = engine::application("dismissed", "district");
    variables.erase("number");
    variables["applicant"] = user;
    engine::set_path(variables, "office.id", std::to_string(place_.office.id.value));
    engine::set_path(variables, "branch.id", std::to_string(place_.branch.id.value));
    auto const started = rig_.wait(casework::start_case(
        rig_.world(),
        {.package = rig_.world().library.in_force("military_id", *parse_date("2026-11-23")),
         .received = rig_.world().clock.now(),
         .actor = {.user = user, .role = "citizen"},
         .variables = std::move(variables),
         .applicant = filed.applicant.person,
         .language = "kk",
         .draft = {},
         .documents = {},
         .idempotency_key = "start-" + user}));
    if (!started) throw std::runtime_error{"start: " + started.error().text};
    filed.number = started->number;
    return filed;
  }

  PageAnswer register_it(Guest const& officer, std::string const& number) {
    return rig_.post(
        officer, "/kk/work/cases/" + number + "/tasks/Task_Register",
        {{"key", officer.session + number}, {"executor", std::to_string(executor_.value)}});
  }
  /// Up to the last press of the button.
  struct Withdrawal {
    StatementPage page;
    AskedCode asked;
  };
  Withdrawal about_to_withdraw(Filed const& filed) {
    auto const form = rig_.post(
        filed.applicant, "/kk/cabinet/cases/" + filed.number + "/messages/application.withdrawn",
        {{"key", "withdraw-" + filed.number}});
    auto page = statement_after(rig_, filed.applicant, form);
    auto asked = ask_code(rig_, filed.applicant, page);
    return {.page = std::move(page), .asked = std::move(asked)};
  }
  PageAnswer withdraw(Withdrawal const& about) {
    return rig_.post(
        about.asked.guest, about.page.path,
        {{"act", "confirm"}, {"sha256", about.page.sha256}, {"code", about.asked.code}});
  }
  /// As the worker that fires timers; false: somebody was faster.
  bool tick(CaseId id) {
    auto const ticked = rig_.wait(
        casework::act(rig_.world(), id, {.actor = engine::k_system, .body = engine::Tick{}}));
    if (!ticked) {
      EXPECT_TRUE(ticked.error().text == "error.nothing_due" ||
                  ticked.error().text == "error.case_ended" ||
                  ticked.error().code == ErrorCode::conflict)
          << ticked.error().text;
    }
    return ticked.has_value();
  }

  struct Answers {
    PageAnswer first, second, citizen;
    bool timer = false;
  };
  Answers collide(Filed const& filed, CaseId id, std::array<int, 4> const& delays) {
    Answers got;
    auto const about = about_to_withdraw(filed);
    std::barrier gate{4};
    auto const after = [&](int which, auto act) {
      return std::jthread{[&gate, delay = delays[std::size_t(which)], act] {
        gate.arrive_and_wait();
        std::this_thread::sleep_for(std::chrono::microseconds{delay});
        act();
      }};
    };
    auto const officer = after(0, [&] { got.first = register_it(first_, filed.number); });
    auto const other = after(1, [&] { got.second = register_it(second_, filed.number); });
    auto const citizen = after(2, [&] { got.citizen = withdraw(about); });
    auto const timer = after(3, [&] { got.timer = tick(id); });
    return got;
  }

  /// What the stored history says; replayed, it must lead to the stored state.
  struct Happened {
    int registered = 0, withdrawn = 0, breaches = 0, ticks = 0;
    std::size_t events = 0;
    bool ended = false;
  };
  Happened history(std::string const& number) {
    Happened out;
    rig_.in_database([&](db::Connection& connection) {
      auto const row = *db::load_case(connection, number);
      auto const past = casework::past_of(connection, rig_.world().library, row);
      ASSERT_TRUE(past) << past.error().what << " at " << past.error().seq;
      out.events = past->size();
      EXPECT_EQ(row.version, std::int64_t(past->size()));
      for (auto const& step : *past) {
        auto const& body = step.event.body;
        if (auto const* const done = std::get_if<engine::CompleteTask>(&body))
          out.registered += done->task == "Task_Register" ? 1 : 0;
        out.withdrawn += std::holds_alternative<engine::ReceiveMessage>(body) ? 1 : 0;
        out.ticks += std::holds_alternative<engine::Tick>(body) ? 1 : 0;
        for (auto const& fact : step.step.facts) out.breaches += fact.kind == "breach" ? 1 : 0;
      }
    });
    return out;
  }

  static bool done(PageAnswer const& answer) { return answer.status == 303; }
  /// Refused, with words for the person.
  void expect_told(PageAnswer const& answer) {
    if (done(answer)) return;
    EXPECT_TRUE(answer.status == 409 || answer.status == 410) << answer.status << answer.body;
    auto const page = unescaped(answer.body);
    bool told = false;
    for (auto const* const key : {"error.task_not_open", "error.case_ended",
                                  "error.not_possible_now", "error.somebody_was_first"})
      told = told || page.find(rig_.text("kk", key)) != std::string::npos;
    EXPECT_TRUE(told) << page;
  }

  SiteRig rig_{"interleavings"};
  Place const place_ = make_place(rig_);
  Guest first_, second_;
  UserId executor_;
};

TEST_F(Interleavings, one_wins_the_others_are_told_and_nothing_is_lost) {
  std::mt19937 random{20'261'123};
  std::vector<Filed> filed;
  for (int i = 0; i < k_interleavings; ++i) filed.push_back(file(i));
  rig_.set_clock(legal("2026-11-24", 9));  // the day of registration is over: its timer is due
  int by_first = 0, by_second = 0, by_nobody = 0, by_timer = 0;
  for (auto const& one : filed) {
    auto const id = rig_.in_database(
        [&](db::Connection& connection) { return db::load_case(connection, one.number)->id; });
    std::array<int, 4> delays{};
    for (auto& delay : delays) delay = int(random() % k_delay_us_max);
    if (random() % 2 == 0)
      for (auto const official : {0, 1}) delays[std::size_t(official)] += k_head_start_us;
    auto const got = collide(one, id, delays);
    for (auto const* const answer : {&got.first, &got.second, &got.citizen}) expect_told(*answer);
    auto const was = history(one.number);
    ASSERT_EQ(was.registered, int(done(got.first)) + int(done(got.second))) << one.number;
    ASSERT_LE(was.registered, 1);
    ASSERT_EQ(was.withdrawn, int(done(got.citizen)));
    ASSERT_EQ(was.ticks, int(got.timer));
    ASSERT_EQ(was.breaches, 1) << "the missed day of registration, whoever came first";
    ASSERT_EQ(was.events, 1U + std::size_t(was.registered + was.withdrawn + was.ticks));
    by_first += done(got.first);
    by_second += done(got.second);
    by_nobody += was.registered == 0;
    by_timer += got.timer;
    if (HasFatalFailure()) return;
  }
  std::printf(
      "[ RACES    ] %d: registered by one %d, by the other %d, withdrawn first %d; "
      "timer alone %d\n",
      k_interleavings, by_first, by_second, by_nobody, by_timer);
  EXPECT_GT(by_first, 0);
  EXPECT_GT(by_second, 0);
  EXPECT_GT(by_nobody, 0);
  EXPECT_GT(by_timer, 0);
  auto const verdict =
      rig_.in_database([](db::Connection& connection) { return db::verify_history(connection); });
  EXPECT_TRUE(verdict.faults.empty()) << verdict.faults.front().check;
}

}  // namespace
}  // namespace qyzmet::tests
