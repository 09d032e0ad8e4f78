// `qyzmet log check`: reads the whole history as a stranger would and names every case that is not
// what the rules of storage promise.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "db/vault.hpp"
#include "db/verify.hpp"
#include "services/cli/configuration.hpp"
#include "services/cli/progress.hpp"

namespace qyzmet::cli {

int run_log_check(Arguments arguments) {
  auto const options = Options::parse(arguments, {"--config"}, {});
  if (!options) return wrong_use(options.error());
  auto const config = configuration(*options);
  if (!config) return 1;
  // One statement reads everything: the time limit of ordinary queries does not fit.
  db::Connection connection{
      config->database_url, db::Vault::load(config->vault_key_file), {.statement_ms_max = 0}};
  auto const verdict = [&] {
    Progress progress{"checking cases"};
    return db::verify_history(connection, [&](std::int64_t, std::int64_t all) {
      return progress.add(1, static_cast<std::uint64_t>(all));
    });
  }();
  if (!verdict.complete) {
    std::fprintf(stderr, "qyzmet: stopped after %lld cases, %zu faults so far\n",
                 static_cast<long long>(verdict.cases), verdict.faults.size());
    return k_interrupted;
  }
  boost::json::array faults;
  for (auto const& fault : verdict.faults)
    faults.push_back(boost::json::object{
        {"case", fault.case_id.value}, {"check", fault.check}, {"detail", fault.detail}});
  auto const out = boost::json::serialize(boost::json::object{{"cases", verdict.cases},
                                                              {"events", verdict.events},
                                                              {"timers", verdict.timers},
                                                              {"faults", faults}});
  std::puts(out.c_str());
  return verdict.faults.empty() ? 0 : 1;
}

}  // namespace qyzmet::cli
