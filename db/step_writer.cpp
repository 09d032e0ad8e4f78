#include "db/step_writer.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>

#include "db/step_batch.hpp"

namespace qyzmet::db {

namespace asio = boost::asio;

namespace {

struct Waiting {
  std::shared_ptr<StepRow const> row;
  std::move_only_function<void(BatchOutcome)> answer;
};

/// What one statement carries. The job fills `outcomes`, whoever ends the job answers.
struct Batch {
  std::atomic<bool> taken{false};  // by the job, or by whoever says that there was none
  std::vector<Waiting> steps;
  std::vector<BatchOutcome> outcomes;

  void write(Connection& connection) {
    std::vector<StepRow const*> rows;
    rows.reserve(steps.size());
    for (auto const& step : steps) rows.push_back(step.row.get());
    outcomes = write_steps(connection, rows);
  }
  void answer(std::exception_ptr const& error) {
    for (std::size_t i = 0; i < steps.size(); ++i)
      steps[i].answer(error ? BatchOutcome{error} : std::move(outcomes[i]));
  }
};

}  // namespace

struct StepWriter::State : std::enable_shared_from_this<State> {
  State(Database& database_, Options options_) : database{database_}, options{options_} {}

  Database& database;
  Options const options;
  std::mutex mutex;  // guards the two below
  std::deque<Waiting> waiting;
  std::size_t statements = 0;

  /// False when too many wait already.
  bool push(Waiting step) {
    std::scoped_lock const lock{mutex};
    if (waiting.size() >= options.waiting_max) return false;
    waiting.push_back(std::move(step));
    return true;
  }
  /// The first of those who wait, no case twice: its second step needs the outcome of its first.
  std::vector<Waiting> take() {
    std::scoped_lock const lock{mutex};
    std::vector<Waiting> taken;
    std::deque<Waiting> left;
    for (auto& step : waiting) {
      bool const full = taken.size() == k_batch_rows_max;
      if (full || std::ranges::any_of(
                      taken, [&](auto const& other) { return other.row->id == step.row->id; }))
        left.push_back(std::move(step));
      else
        taken.push_back(std::move(step));
    }
    waiting = std::move(left);
    return taken;
  }
  bool begin() {
    std::scoped_lock const lock{mutex};
    bool const worth_it =
        statements == 0 ? !waiting.empty() : waiting.size() >= statements * k_batch_rows_max;
    if (!worth_it || statements == options.statements_max) return false;
    ++statements;
    return true;
  }
  void end() {
    std::scoped_lock const lock{mutex};
    --statements;
  }
  /// Steps are taken when a session is there for them, not before: the longer it takes, the more
  /// go together.
  void send() {
    if (!begin()) return;
    auto const batch = std::make_shared<Batch>();
    auto const self = shared_from_this();
    database.submit(
        [self, batch](Connection& connection) {
          if (batch->taken.exchange(true)) return;
          batch->steps = self->take();
          batch->write(connection);
        },
        [self, batch](std::exception_ptr const& error) {
          if (!batch->taken.exchange(true)) batch->steps = self->take();
          self->end();
          batch->answer(error);
          self->send();
        });
  }
};

StepWriter::StepWriter(Database& database, Options options)
    : state_{std::make_shared<State>(database, options)} {}
StepWriter::~StepWriter() = default;

asio::awaitable<WriteOutcome> StepWriter::write(std::shared_ptr<StepRow const> row) {
  if (!goes_with_others(*row)) {
    auto outcome = co_await state_->database.run(
        [row](Connection& connection) { return write_step(connection, *row); });
    co_return outcome;
  }
  auto const result = std::make_shared<std::optional<WriteOutcome>>();
  auto initiation = [state = state_, row, result](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto answer = [shared, result, executor,
                   guard = asio::make_work_guard(executor)](BatchOutcome outcome) {
      std::exception_ptr error;
      if (auto* thrown = std::get_if<std::exception_ptr>(&outcome))
        error = *thrown;
      else
        *result = std::get<WriteOutcome>(std::move(outcome));
      asio::post(executor, [shared, error] { std::move (*shared)(error); });
    };
    if (!state->push({row, answer})) {
      answer(std::make_exception_ptr(Overloaded{"too many steps wait to be written"}));
      return;
    }
    state->send();
  };
  co_await asio::async_initiate<asio::use_awaitable_t<> const, void(std::exception_ptr)>(
      initiation, asio::use_awaitable);
  co_return std::move(**result);
}

}  // namespace qyzmet::db
