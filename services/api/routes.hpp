#pragma once
// The groups of operations, one file each; gate.cpp adds them all. `api` must outlive the router.
#include "services/api/api.hpp"

namespace qyzmet::api {

void add_session_operations(http::Router& router, Api& api);
void add_service_operations(http::Router& router, Api& api);
void add_term_operations(http::Router& router, Api& api);
void add_draft_operations(http::Router& router, Api& api);
void add_case_operations(http::Router& router, Api& api);
void add_own_operations(http::Router& router, Api& api);
void add_paper_operations(http::Router& router, Api& api);
void add_history_operations(http::Router& router, Api& api);
void add_register_operations(http::Router& router, Api& api);
void add_residence_operations(http::Router& router, Api& api);
void add_desk_operations(http::Router& router, Api& api);
void add_task_operations(http::Router& router, Api& api);
void add_message_operations(http::Router& router, Api& api);
void add_statement_operations(http::Router& router, Api& api);
void add_status_operations(http::Router& router, Api& api);
void add_process_operations(http::Router& router, Api& api);
void add_admin_incident_operations(http::Router& router, Api& api);
void add_admin_people_operations(http::Router& router, Api& api);
void add_admin_stand_in_operations(http::Router& router, Api& api);
void add_admin_office_operations(http::Router& router, Api& api);
void add_admin_calendar_operations(http::Router& router, Api& api);
void add_admin_package_operations(http::Router& router, Api& api);
void add_admin_token_operations(http::Router& router, Api& api);
void add_admin_mode_operations(http::Router& router, Api& api);

}  // namespace qyzmet::api
