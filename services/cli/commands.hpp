#pragma once
// The subcommands of `qyzmet`. Each takes the words after its name and answers the exit code:
// 0 success, 1 negative result, 2 wrong use. Infrastructure faults are exceptions for main().
#include <span>
#include <string_view>

namespace qyzmet::cli {

using Arguments = std::span<std::string_view const>;

struct Command {
  std::string_view name;  // one word, or two ("process check")
  std::string_view purpose;
  int (*run)(Arguments);
};

std::span<Command const> commands();

int run_serve(Arguments arguments);
int run_migrate(Arguments arguments);
int run_config_check(Arguments arguments);
int run_deadline(Arguments arguments);
int run_law(Arguments arguments);
int run_feel(Arguments arguments);
int run_process_check(Arguments arguments);
int run_process_draw(Arguments arguments);
int run_process_moddle(Arguments arguments);
int run_process_trace(Arguments arguments);
int run_process_explore(Arguments arguments);
int run_process_replay(Arguments arguments);
int run_package_deploy(Arguments arguments);
int run_package_list(Arguments arguments);
int run_package_show(Arguments arguments);
int run_package_diff(Arguments arguments);
int run_package_migrate(Arguments arguments);
int run_case_check(Arguments arguments);
int run_simulate(Arguments arguments);
int run_verify(Arguments arguments);
int run_sign(Arguments arguments);
int run_log_check(Arguments arguments);
int run_log_key(Arguments arguments);
int run_log_witness(Arguments arguments);
int run_receipt_verify(Arguments arguments);
int run_add_admin(Arguments arguments);
int run_token_issue(Arguments arguments);
int run_token_list(Arguments arguments);
int run_token_revoke(Arguments arguments);
int run_office_list(Arguments arguments);
int run_office_save(Arguments arguments);
int run_office_load(Arguments arguments);
int run_branch_list(Arguments arguments);
int run_branch_save(Arguments arguments);
int run_stand_in_list(Arguments arguments);
int run_stand_in_appoint(Arguments arguments);
int run_stand_in_withdraw(Arguments arguments);
int run_calendar_check(Arguments arguments);
int run_calendar_import(Arguments arguments);
int run_calendar_preview(Arguments arguments);
int run_calendar_publish(Arguments arguments);
int run_calendar_export(Arguments arguments);
int run_calendar_list(Arguments arguments);
int run_register_residence(Arguments arguments);
int run_demo_pki(Arguments arguments);
int run_demo_people(Arguments arguments);
int run_demo_population(Arguments arguments);

}  // namespace qyzmet::cli
