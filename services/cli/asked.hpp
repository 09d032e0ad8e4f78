#pragma once
// What subcommands of the administrator have in common: words, configuration, database, and who
// answers for the act.
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "db/connection.hpp"
#include "services/cli/options.hpp"
#include "services/platform/config.hpp"

namespace qyzmet::cli {

struct Asked {
  Options options;
  platform::Config config;
};
/// The exit code instead, when the words or the configuration are wrong.
std::expected<Asked, int> ask(Arguments arguments, std::initializer_list<std::string_view> valued,
                              std::initializer_list<std::string_view> flags, std::size_t words,
                              char const* usage);
/// Statements may take as long as they need.
db::Connection connect(platform::Config const& config);
/// The administrator with this IIN; nothing, with a word on standard error, when there is none.
std::optional<UserId> administrator(db::Connection& connection, std::string const& iin);

}  // namespace qyzmet::cli
