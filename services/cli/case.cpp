// `qyzmet case check`: do the stored events of a case lead to its stored state? What the server
// asks every night (services/casework/self_check.hpp), now; and a state that is wrong is written
// anew from the events.
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "db/audit.hpp"
#include "db/self_check.hpp"
#include "services/casework/self_check.hpp"
#include "services/cli/asked.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/progress.hpp"

namespace qyzmet::cli {

namespace json = boost::json;

namespace {

constexpr char const* k_usage =
    "usage: qyzmet case check [--case NUMBER]... [--config FILE]\n"
    "       qyzmet case check --case NUMBER --restore --by IIN --reason TEXT [--config FILE]\n"
    "Without a number all cases are checked. --restore writes the state anew from the events, "
    "when\n"
    "they are whole; ask `qyzmet log check` first whether they are the ones that were logged.";
constexpr int k_page = 100;

void print(std::string const& name, casework::Difference const& found) {
  std::printf("%s: differs in the %s of step %lld\n", name.c_str(), found.what.c_str(),
              static_cast<long long>(found.seq));
}

int check_all(db::Connection& connection, casework::Library& library) {
  Progress progress{"checking"};
  std::int64_t cases = 0, differences = 0;
  CaseId last;
  for (bool more = true; more && !progress.stopped();) {
    auto const page = db::cases_after(connection, last, k_page);
    for (auto const id : page) {
      if (!progress.add()) break;
      last = id;
      ++cases;
      auto const found = casework::check_and_keep(connection, library, id);
      if (!found) continue;
      ++differences;
      print("case " + std::to_string(id.value), *found);
    }
    more = page.size() == std::size_t(k_page);
  }
  std::printf("%lld cases, %lld lead elsewhere%s\n", static_cast<long long>(cases),
              static_cast<long long>(differences),
              progress.stopped() ? "; stopped before the end" : "");
  return progress.stopped() ? k_interrupted : differences == 0 ? 0 : 1;
}

/// By the events; who did it, why, and what was wrong stand in the audit.
int restore(db::Connection& connection, casework::Library& library, db::LoadedCase const& row,
            casework::Difference const& found, UserId by, std::string const& reason) {
  auto const state = casework::state_of_events(connection, library, row);
  if (found.what != "state" || !state) {
    std::printf("%s: cannot be restored: its events are not whole, see `qyzmet log check`\n",
                row.number.c_str());
    return 1;
  }
  bool const done = connection.transaction([&] {
    db::log_act(connection, by, "case_restored",
                json::serialize(json::object{
                    {"case", row.id.value}, {"version", row.version}, {"reason", reason}}));
    return db::replace_state(connection, row.id, row.version, *state);
  });
  bool const good = done && !casework::check_and_keep(connection, library, row.id);
  std::printf("%s: %s\n", row.number.c_str(), good ? "restored" : "has gone on; check again");
  return good ? 0 : 1;
}

int check_some(db::Connection& connection, casework::Library& library, Options const& options,
               std::optional<UserId> by) {
  int code = 0;
  for (auto const& number : options.all("--case")) {
    auto const row = db::load_case(connection, number);
    if (!row) return wrong_use("there is no case " + number);
    auto const found = casework::check_and_keep(connection, library, row->id);
    if (!found) {
      std::printf("%s: its events lead to its state\n", number.c_str());
      continue;
    }
    print(number, *found);
    code = std::max(
        code, by ? restore(connection, library, *row, *found, *by, options.get("--reason")) : 1);
  }
  return code;
}

}  // namespace

int run_case_check(Arguments arguments) {
  auto const asked =
      ask(arguments, {"--case", "--by", "--reason", "--config"}, {"--restore"}, 0, k_usage);
  if (!asked) return asked.error();
  auto const& options = asked->options;
  bool const restores = options.has("--restore");
  bool const said = !options.get("--by").empty() && !options.get("--reason").empty();
  if (restores && (!said || options.all("--case").empty())) return wrong_use(k_usage);
  auto connection = connect(asked->config);
  std::optional<UserId> by;
  if (restores) {
    by = administrator(connection, options.get("--by"));
    if (!by) return 1;
  }
  casework::Library library;
  library.refresh(connection);
  return options.all("--case").empty() ? check_all(connection, library)
                                       : check_some(connection, library, options, by);
}

}  // namespace qyzmet::cli
