// `qyzmet token`: programs of other organisations (contact centre, integrators) that may use the
// API. A token is printed once, when it is issued; the database keeps its hash.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cstdio>

#include "db/clients.hpp"
#include "services/casework/programs.hpp"
#include "services/cli/asked.hpp"
#include "services/cli/commands.hpp"

namespace qyzmet::cli {

namespace {

namespace json = boost::json;

constexpr int k_rows_max = 1000;
constexpr char const* k_usage =
    "usage: qyzmet token issue --name NAME --scope status|residence [--days N] --by IIN [--config "
    "FILE]\n"
    "       qyzmet token list [--json] [--config FILE]\n"
    "       qyzmet token revoke ID --by IIN [--config FILE]";

int number_of(std::string const& text) {
  int value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

json::object client_json(db::Client const& client) {
  json::object out{{"id", client.id.value},
                   {"name", client.name},
                   {"scopes", json::array(client.scopes.begin(), client.scopes.end())},
                   {"issued", to_iso(client.issued)},
                   {"expires", to_iso(client.expires)}};
  if (client.revoked) out["revoked"] = to_iso(*client.revoked);
  return out;
}

void print_row(db::Client const& client) {
  std::printf("%6lld  %-12.10s %-12.10s %-8s %s\n", static_cast<long long>(client.id.value),
              to_iso(client.issued).c_str(), to_iso(client.expires).c_str(),
              client.revoked ? "revoked" : "", client.name.c_str());
}

char const* why_not(Error const& error) {
  if (error.field == "scopes")
    return "--scope is: status (where a case stands, by its number and the IIN) or residence "
           "(bringing events of residence)";
  if (error.field == "days") return "--days is a number from 1 to 366";
  return "--name wants a short name";
}

}  // namespace

int run_token_issue(Arguments arguments) {
  auto const asked =
      ask(arguments, {"--name", "--scope", "--days", "--by", "--config"}, {}, 0, k_usage);
  if (!asked) return asked.error();
  auto const& options = asked->options;
  casework::NewToken const wanted{.name = options.get("--name"),
                                  .scopes = options.all("--scope"),
                                  .days = options.get("--days").empty()
                                              ? casework::k_token_days_default
                                              : number_of(options.get("--days"))};
  auto connection = connect(asked->config);
  auto const by = administrator(connection, options.get("--by"));
  if (!by) return 1;
  auto const issued = casework::issue_token(connection, wanted, *by);
  if (!issued) return wrong_use(why_not(issued.error().front()));
  std::fprintf(stderr, "Token %lld, good for %d days. It is shown this once:\n",
               static_cast<long long>(issued->id.value), wanted.days);
  std::puts(issued->token.c_str());
  return 0;
}

int run_token_list(Arguments arguments) {
  auto const asked = ask(arguments, {"--config"}, {"--json"}, 0, k_usage);
  if (!asked) return asked.error();
  auto connection = connect(asked->config);
  auto const clients = db::clients(connection, k_rows_max);
  if (!asked->options.has("--json")) {
    for (auto const& client : clients) print_row(client);
    return 0;
  }
  json::array rows;
  for (auto const& client : clients) rows.push_back(client_json(client));
  std::puts(json::serialize(rows).c_str());
  return 0;
}

int run_token_revoke(Arguments arguments) {
  auto const asked = ask(arguments, {"--by", "--config"}, {}, 1, k_usage);
  if (!asked) return asked.error();
  auto connection = connect(asked->config);
  auto const by = administrator(connection, asked->options.get("--by"));
  if (!by) return 1;
  db::ClientId const id{number_of(asked->options.words().front())};
  bool const revoked = casework::revoke_token(connection, id, *by);
  if (revoked) return 0;
  std::fputs("qyzmet: there is no such token, or it was revoked before\n", stderr);
  return 1;
}

}  // namespace qyzmet::cli
