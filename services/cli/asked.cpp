#include "services/cli/asked.hpp"

#include <algorithm>
#include <cstdio>

#include "db/people.hpp"
#include "db/vault.hpp"
#include "services/cli/configuration.hpp"

namespace qyzmet::cli {

std::expected<Asked, int> ask(Arguments arguments, std::initializer_list<std::string_view> valued,
                              std::initializer_list<std::string_view> flags, std::size_t words,
                              char const* usage) {
  auto options = Options::parse(arguments, valued, flags);
  if (!options) return std::unexpected(wrong_use(options.error() + "\n" + usage));
  if (options->words().size() != words) return std::unexpected(wrong_use(usage));
  auto config = configuration(*options);
  if (!config) return std::unexpected(1);
  return Asked{*std::move(options), *std::move(config)};
}

db::Connection connect(platform::Config const& config) {
  return db::Connection{
      config.database_url, db::Vault::load(config.vault_key_file), {.statement_ms_max = 0}};
}

std::optional<UserId> administrator(db::Connection& connection, std::string const& iin) {
  auto const person = db::find_person_by_iin(connection, iin);
  auto const user = person ? db::find_user_by_person(connection, person->id) : std::nullopt;
  bool const admin =
      user && user->active && std::ranges::any_of(user->grants, [](db::Grant const& grant) {
        return grant.role == "admin";
      });
  if (admin) return user->id;
  std::fprintf(stderr, "qyzmet: --by names no administrator\n");
  return std::nullopt;
}

}  // namespace qyzmet::cli
