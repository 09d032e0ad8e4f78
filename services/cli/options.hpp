#pragma once
// "--name value" and "--flag" words of a subcommand. Pure.
#include <expected>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/cli/commands.hpp"

namespace qyzmet::cli {

class Options {
 public:
  /// `valued` take a value (may repeat), `flags` do not. The error is a sentence for the user.
  static std::expected<Options, std::string> parse(Arguments arguments,
                                                   std::initializer_list<std::string_view> valued,
                                                   std::initializer_list<std::string_view> flags);
  bool has(std::string_view flag) const { return flags_.contains(flag); }
  /// The last value, or `otherwise`.
  std::string get(std::string_view name, std::string_view otherwise = {}) const;
  std::vector<std::string> all(std::string_view name) const;
  std::vector<std::string> const& words() const { return words_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::set<std::string, std::less<>> flags_;
  std::vector<std::string> words_;
};

/// Prints "qyzmet: <sentence>" to standard error and answers 2.
int wrong_use(std::string_view sentence);

}  // namespace qyzmet::cli
