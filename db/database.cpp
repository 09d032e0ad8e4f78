#include "db/database.hpp"

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "db/vault.hpp"

namespace qyzmet::db {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds k_watch_interval{200};

/// Adds what a job sends, also one that throws.
class Counted {
 public:
  Counted(Connection const& connection, std::atomic<std::uint64_t>& sum)
      : connection_{connection}, sum_{sum}, before_{connection.statements()} {}
  ~Counted() { sum_ += static_cast<std::uint64_t>(connection_.statements() - before_); }
  Counted(Counted const&) = delete;
  Counted& operator=(Counted const&) = delete;

 private:
  Connection const& connection_;
  std::atomic<std::uint64_t>& sum_;
  std::int64_t before_;
};

}  // namespace

struct Database::Pool {
  /// Answers once, whoever comes first: the worker or the watchdog.
  struct Answer {
    explicit Answer(Finish finish_) : finish{std::move(finish_)} {}
    bool claim() { return !claimed.exchange(true); }
    void give(std::exception_ptr error) {
      if (claim()) finish(std::move(error));
    }
    Finish finish;
    std::atomic<bool> claimed{false};
  };
  struct Job {
    Work work;
    std::shared_ptr<Answer> answer;
  };
  struct Worker {
    std::mutex mutex;  // guards the three below
    std::shared_ptr<Answer> answer;
    Clock::time_point since;
    int socket = -1;
    std::thread thread;
  };

  Options options;
  std::shared_ptr<Vault const> vault;
  std::mutex mutex;  // guards jobs and closing
  std::condition_variable ready, stopped;
  std::deque<Job> jobs;
  bool closing = false;
  bool watching = true;
  std::vector<std::unique_ptr<Worker>> workers;
  std::thread watchdog;
  std::atomic<std::size_t> busy{0}, open{0};
  std::atomic<std::uint64_t> done{0}, statements{0}, refused{0}, abandoned{0}, reconnected{0};

  void work(Worker& me);
  void serve(Worker& me, std::optional<Connection>& connection, Job job);
  void connect(std::optional<Connection>& connection);
  void watch();
  void abandon(Worker& worker);
};

/// A live session: an idle one that became readable has been hung up on.
void Database::Pool::connect(std::optional<Connection>& connection) {
  if (connection && connection->hung_up()) {
    connection.reset();
    --open;
    ++reconnected;
  }
  if (connection) return;
  connection.emplace(options.dsn, vault, options.limits);
  ++open;
}

void Database::Pool::serve(Worker& me, std::optional<Connection>& connection, Job job) {
  std::exception_ptr error;
  try {
    connect(connection);
    {
      std::scoped_lock const lock{me.mutex};
      me.answer = job.answer;
      me.since = Clock::now();
      me.socket = connection->socket();
    }
    Counted const counted{*connection, statements};
    job.work(*connection);
  } catch (...) {
    error = std::current_exception();
  }
  {
    // From here on the watchdog does not touch the socket.
    std::scoped_lock const lock{me.mutex};
    me.answer.reset();
    me.socket = -1;
  }
  if (connection && !connection->usable()) {
    connection.reset();
    --open;
    ++reconnected;
  }
  ++done;
  job.answer->give(error);
}

void Database::Pool::work(Worker& me) {
  std::optional<Connection> connection;
  while (true) {
    Job job;
    {
      std::unique_lock lock{mutex};
      ready.wait(lock, [&] { return closing || !jobs.empty(); });
      if (jobs.empty()) return;
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    ++busy;
    serve(me, connection, std::move(job));
    --busy;
  }
}

/// The wait for a synchronous replica ends by no statement timeout. The connection is abandoned,
/// not the transaction: a cancel could turn an unreplicated commit into a reported success.
void Database::Pool::abandon(Worker& worker) {
  std::shared_ptr<Answer> late;
  {
    std::scoped_lock const lock{worker.mutex};
    auto const limit = std::chrono::milliseconds{options.job_ms_max};
    if (!worker.answer || Clock::now() - worker.since < limit) return;
    late = std::move(worker.answer);
    // Before the worker sees its socket die and answers that the database is not there.
    if (!late->claim()) return;
    ::shutdown(worker.socket, SHUT_RDWR);
  }
  ++abandoned;
  late->finish(std::make_exception_ptr(OutcomeUnknown{"database job abandoned", ""}));
}

void Database::Pool::watch() {
  std::unique_lock lock{mutex};
  while (watching) {
    stopped.wait_for(lock, k_watch_interval);
    lock.unlock();
    for (auto& worker : workers) abandon(*worker);
    lock.lock();
  }
}

Database::Database(Options options, std::shared_ptr<Vault const> vault)
    : pool_{std::make_shared<Pool>()} {
  pool_->options = std::move(options);
  pool_->vault = std::move(vault);
  auto& pool = *pool_;
  for (std::size_t i = 0; i < pool.options.connections; ++i)
    pool.workers.push_back(std::make_unique<Pool::Worker>());
  for (auto& worker : pool.workers)
    worker->thread = std::thread{[&pool, &me = *worker] { pool.work(me); }};
  pool.watchdog = std::thread{[&pool] { pool.watch(); }};
}

Database::~Database() {
  close();
}

void Database::close() {
  if (!pool_->watchdog.joinable()) return;
  std::deque<Pool::Job> waiting;
  {
    std::scoped_lock const lock{pool_->mutex};
    pool_->closing = true;
    waiting.swap(pool_->jobs);
  }
  pool_->ready.notify_all();
  for (auto& job : waiting)
    job.answer->give(std::make_exception_ptr(Overloaded{"the database pool is closing"}));
  for (auto& worker : pool_->workers) worker->thread.join();
  {
    std::scoped_lock const lock{pool_->mutex};
    pool_->watching = false;
  }
  pool_->stopped.notify_all();
  pool_->watchdog.join();
}

void Database::submit(Work work, Finish finish) {
  auto answer = std::make_shared<Pool::Answer>(std::move(finish));
  char const* refusal = nullptr;
  {
    std::scoped_lock const lock{pool_->mutex};
    if (pool_->closing)
      refusal = "the database pool is closing";
    else if (pool_->jobs.size() >= pool_->options.queue_max)
      refusal = "the queue of the database is full";
    else
      pool_->jobs.push_back({std::move(work), answer});
  }
  if (refusal == nullptr) {
    pool_->ready.notify_one();
    return;
  }
  ++pool_->refused;
  answer->give(std::make_exception_ptr(Overloaded{refusal}));
}

Gauges Database::gauges() const {
  std::size_t queued = 0;
  {
    std::scoped_lock const lock{pool_->mutex};
    queued = pool_->jobs.size();
  }
  return {.queued = queued,
          .busy = pool_->busy,
          .connections = pool_->open,
          .done = pool_->done,
          .statements = pool_->statements,
          .refused = pool_->refused,
          .abandoned = pool_->abandoned,
          .reconnected = pool_->reconnected};
}

}  // namespace qyzmet::db
