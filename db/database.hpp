#pragma once
// The pool: N threads, each with a session of its own, behind one bounded queue. Coroutines hand a
// job in and resume on their own executor; Asio threads never block on SQL. Thread-safe.
//
//   auto found = co_await database.run([id](db::Connection& c) { return db::load_case(c, id); });
//
// Jobs take what they need by value. Errors: Overloaded when the queue is full, Unavailable when no
// session can be had, Timeout when a job outlives `job_ms_max` (the connection is abandoned, not
// the transaction: the outcome is unknown), and whatever the job throws.
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "db/connection.hpp"

namespace qyzmet::db {

struct Options {
  std::string dsn;
  std::size_t connections = 8;
  std::size_t queue_max = 512;
  int job_ms_max = 15'000;  // beyond the statement's own limit: the synchronous wait of a commit
  Limits limits;
};

struct Gauges {
  std::size_t queued = 0;
  std::size_t busy = 0;
  std::size_t connections = 0;
  std::uint64_t done = 0;
  std::uint64_t statements = 0;  // round trips of all jobs
  std::uint64_t refused = 0;     // Overloaded
  std::uint64_t abandoned = 0;   // by the watchdog
  std::uint64_t reconnected = 0;
};

class Database {
 public:
  Database(Options options, std::shared_ptr<Vault const> vault);
  ~Database();
  Database(Database const&) = delete;
  Database& operator=(Database const&) = delete;

  template <class Job>
  boost::asio::awaitable<std::invoke_result_t<Job&, Connection&>> run(Job job) {
    using Value = std::invoke_result_t<Job&, Connection&>;
    if constexpr (std::is_void_v<Value>) {
      co_await suspend(Work{std::move(job)});
    } else {
      // Owned by both sides: the job may outlive an abandoned coroutine.
      auto slot = std::make_shared<std::optional<Value>>();
      co_await suspend(Work{[slot, job = std::move(job)](Connection& connection) mutable {
        slot->emplace(job(connection));
      }});
      co_return std::move(**slot);
    }
  }

  /// For threads that may block: start-up, command line, tests.
  template <class Job>
  std::invoke_result_t<Job&, Connection&> run_blocking(Job job) {
    using Value = std::invoke_result_t<Job&, Connection&>;
    auto promise = std::make_shared<std::promise<void>>();
    auto future = promise->get_future();
    auto finish = [promise](std::exception_ptr const& error) {
      if (error)
        promise->set_exception(error);
      else
        promise->set_value();
    };
    if constexpr (std::is_void_v<Value>) {
      submit(Work{std::move(job)}, finish);
      future.get();
    } else {
      auto slot = std::make_shared<std::optional<Value>>();
      submit(Work{[slot, job = std::move(job)](Connection& connection) mutable {
               slot->emplace(job(connection));
             }},
             finish);
      future.get();
      return std::move(**slot);
    }
  }

  Gauges gauges() const;
  /// Finishes what runs, refuses what waits and what comes, joins the threads. Must come before the
  /// executors of those who wait are gone: the threads hand their answers there. Once is enough.
  void close();

  using Work = std::move_only_function<void(Connection&)>;
  using Finish = std::move_only_function<void(std::exception_ptr)>;
  /// For those who wait in their own way. `finish` is called exactly once, on any thread, also
  /// before submit() returns; `work` may still run then, when it was abandoned.
  void submit(Work work, Finish finish);

 private:
  boost::asio::awaitable<void> suspend(Work work) {
    auto initiation = [this](auto handler, Work job) {
      auto executor = boost::asio::get_associated_executor(handler);
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      submit(std::move(job), [shared, executor, guard = boost::asio::make_work_guard(executor)](
                                 std::exception_ptr const& error) {
        boost::asio::post(executor, [shared, error] { std::move (*shared)(error); });
      });
    };
    return boost::asio::async_initiate<boost::asio::use_awaitable_t<> const,
                                       void(std::exception_ptr)>(
        initiation, boost::asio::use_awaitable, std::move(work));
  }

  struct Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace qyzmet::db
