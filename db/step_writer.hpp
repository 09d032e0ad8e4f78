#pragma once
// Group commit: steps that arrive while others are being written wait and leave together, in one
// statement (step_batch.hpp). A step that comes alone is written at once, by itself. A second
// statement leaves while the first is on its way only when it is full: fewer and fuller ones cost
// less. Thread-safe; resumes callers on their own executor.
//
// Ownership: refers to the Database, which outlives it and every write() that waits.
// Errors: those of Database::run, for each waiting step; Overloaded beyond `waiting_max`.
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "db/cases.hpp"
#include "db/database.hpp"

namespace qyzmet::db {

class StepWriter {
 public:
  struct Options {
    std::size_t statements_max = 4;  // on their way at a time
    std::size_t waiting_max = 512;
  };
  explicit StepWriter(Database& database) : StepWriter{database, Options{}} {}
  StepWriter(Database& database, Options options);
  ~StepWriter();
  StepWriter(StepWriter const&) = delete;
  StepWriter& operator=(StepWriter const&) = delete;

  boost::asio::awaitable<WriteOutcome> write(std::shared_ptr<StepRow const> row);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace qyzmet::db
