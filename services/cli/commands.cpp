#include "services/cli/commands.hpp"

namespace qyzmet::cli {

namespace {

constexpr Command k_commands[] = {
    {"serve", "run the server", run_serve},
    {"migrate", "bring the database schema and the seed packages up to date", run_migrate},
    {"config check", "check the configuration file and the environment", run_config_check},
    {"deadline", "dates of a statutory term, each with its reason", run_deadline},
    {"law", "a rule of the law: its source, where it lives, which tests hold it", run_law},
    {"feel", "evaluate a FEEL-mini expression", run_feel},
    {"process check", "validate a BPMN file against the executable profile", run_process_check},
    {"process draw", "draw the picture of a BPMN file as SVG", run_process_draw},
    {"process moddle", "print the descriptor of the wf: vocabulary for BPMN tools",
     run_process_moddle},
    {"process trace", "run a BPMN file under a virtual clock", run_process_trace},
    {"process explore", "prove a definition package over all its states", run_process_explore},
    {"process replay", "run the script of a finding", run_process_replay},
    {"package deploy", "prove a definition package and put it in force from its day on",
     run_package_deploy},
    {"package list", "deployed packages, their days, and how many cases run on them",
     run_package_list},
    {"package show", "what one package holds", run_package_show},
    {"package diff", "what an amendment changes, and which waits need a mapping", run_package_diff},
    {"package migrate", "move running cases to another package, or take it back",
     run_package_migrate},
    {"case check", "do the events of cases lead to their state? now, not at night", run_case_check},
    {"simulate", "random lives of cases against the rules of the law", run_simulate},
    {"verify", "verify an electronic signature", run_verify},
    {"sign", "sign a file", run_sign},
    {"log check", "check the whole history and its transparency log", run_log_check},
    {"log key", "print the public key of the transparency log", run_log_key},
    {"log witness", "watch the log of somebody else and cosign its checkpoint", run_log_witness},
    {"receipt verify", "verify the QR code of a document, or a proof of the log",
     run_receipt_verify},
    {"user add-admin", "make the first administrator", run_add_admin},
    {"token issue", "let a program of another organisation use the API", run_token_issue},
    {"token list", "who has such a token", run_token_list},
    {"token revoke", "end a token at once", run_token_revoke},
    {"office list", "offices of the register", run_office_list},
    {"office save", "add or change an office", run_office_save},
    {"office load", "add the offices and branches of all regions, cities and districts",
     run_office_load},
    {"branch list", "branches of the register", run_branch_list},
    {"branch save", "add or change a branch", run_branch_save},
    {"stand-in list", "who signs for absent heads", run_stand_in_list},
    {"stand-in appoint", "let an official sign for an absent head", run_stand_in_appoint},
    {"stand-in withdraw", "end such an appointment", run_stand_in_withdraw},
    {"calendar check", "check a calendar file: form, substitutes, moved days", run_calendar_check},
    {"calendar import", "propose a changed calendar (CSV or iCalendar)", run_calendar_import},
    {"calendar preview", "open cases that the proposed calendar would move", run_calendar_preview},
    {"calendar publish", "publish the proposed calendar, by another administrator",
     run_calendar_publish},
    {"calendar export", "write a calendar as CSV or iCalendar", run_calendar_export},
    {"calendar list", "versions of the calendar", run_calendar_list},
    {"register residence", "move registrations by events of the State database of individuals",
     run_register_residence},
    {"demo pki", "make a demo certificate authority with people", run_demo_pki},
    {"demo people", "make offices, branches and people of a demo installation", run_demo_people},
    {"demo population", "add generated people with their military records", run_demo_population},
};

}  // namespace

std::span<Command const> commands() {
  return k_commands;
}

}  // namespace qyzmet::cli
