#pragma once
// One data-modifying statement put together from the parts that have something to write: a step
// that touches no outbox does not pay for the outbox. Each combination is prepared once per
// session. Thread-safe. Internal to db/.
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"

namespace qyzmet::db {

/// The first part numbers its arguments itself ("$1"); the others write "?" for their own and may
/// name those of the first.
struct Part {
  bool used = true;
  std::string_view text;
  std::vector<Cell> arguments = {};
};

/// All statements of one purpose; lives at namespace scope.
class Family {
 public:
  Family(std::string_view name, std::string_view tail) : name_{name}, tail_{tail} {}

  struct Statement {
    Sql const& sql;
    std::vector<Cell> arguments;
  };
  /// Takes the arguments out of the parts.
  Statement compose(std::span<Part> parts);

 private:
  struct Text {
    Text(std::string_view name, std::string made) : text{std::move(made)}, sql{name, text} {}
    std::string text;
    Sql sql;
  };
  std::string_view name_, tail_;
  std::mutex mutex_;  // guards made_
  std::map<unsigned, std::unique_ptr<Text>> made_;
};

}  // namespace qyzmet::db
