#pragma once
// The groups of routes, one file each; portal.cpp adds them all. `portal` must outlive the router.
#include "services/http/router.hpp"
#include "services/portal/portal.hpp"

namespace qyzmet::portal {

void add_static_routes(http::Router& router);
void add_public_routes(http::Router& router, Portal& portal);
void add_log_routes(http::Router& router, Portal& portal);
void add_verifier_routes(http::Router& router, Portal& portal);
void add_signature_routes(http::Router& router, Portal& portal);
void add_login_routes(http::Router& router, Portal& portal);
void add_apply_routes(http::Router& router, Portal& portal);
void add_cabinet_routes(http::Router& router, Portal& portal);
void add_statement_routes(http::Router& router, Portal& portal);
void add_registration_routes(http::Router& router, Portal& portal);
void add_receipt_routes(http::Router& router, Portal& portal);
void add_profile_routes(http::Router& router, Portal& portal);
void add_blank_routes(http::Router& router, Portal& portal);
void add_worklist_routes(http::Router& router, Portal& portal);
void add_passed_on_routes(http::Router& router, Portal& portal);
void add_registers_routes(http::Router& router, Portal& portal);
void add_staff_case_routes(http::Router& router, Portal& portal);
void add_staff_message_routes(http::Router& router, Portal& portal);
void add_process_routes(http::Router& router, Portal& portal);
void add_signing_routes(http::Router& router, Portal& portal);
void add_mobile_routes(http::Router& router, Portal& portal);
void add_admin_routes(http::Router& router, Portal& portal);  // with the seven below
void add_admin_office_routes(http::Router& router, Portal& portal);
void add_admin_stand_in_routes(http::Router& router, Portal& portal);
void add_admin_token_routes(http::Router& router, Portal& portal);
void add_admin_incident_routes(http::Router& router, Portal& portal);
void add_admin_resolve_routes(http::Router& router, Portal& portal);
void add_admin_calendar_routes(http::Router& router, Portal& portal);
void add_admin_mode_routes(http::Router& router, Portal& portal);
void add_admin_package_routes(http::Router& router, Portal& portal);
void add_demo_routes(http::Router& router, Portal& portal);

}  // namespace qyzmet::portal
