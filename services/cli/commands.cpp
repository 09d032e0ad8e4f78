#include "services/cli/commands.hpp"

namespace qyzmet::cli {

namespace {

constexpr Command k_commands[] = {
    {"serve", "run the server", run_serve},
    {"migrate", "bring the database schema and the seed packages up to date", run_migrate},
    {"config check", "check the configuration file and the environment", run_config_check},
    {"deadline", "dates of a statutory term, each with its reason", run_deadline},
    {"feel", "evaluate a FEEL-mini expression", run_feel},
    {"process check", "validate a BPMN file against the executable profile", run_process_check},
    {"process explore", "prove a definition package over all its states", run_process_explore},
    {"process replay", "run the script of a finding", run_process_replay},
    {"verify", "verify an electronic signature", run_verify},
    {"sign", "sign a file", run_sign},
    {"log check", "check the whole history: sequence, hashes, timers", run_log_check},
    {"user add-admin", "make the first administrator", run_add_admin},
    {"demo pki", "make a demo certificate authority with people", run_demo_pki},
    {"demo people", "make offices, branches and people of a demo installation", run_demo_people},
};

}  // namespace

std::span<Command const> commands() {
  return k_commands;
}

}  // namespace qyzmet::cli
