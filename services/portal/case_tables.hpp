#pragma once
// The lists that a case keeps (requests to archives, ...) as its pages show them. Which ones, and
// what of them, the texts of the package say:
//   field.<list>            the heading for officials
//   cabinet.<list>          the heading for the citizen; without it the list is not shown there
//   row.<list>              the heading of a row, see row_title()
//   field.<list>.<column>   a line of each row; columns may be deeper than what the form asked
//                           (answer.kind, which a message brought)
// A value that the texts know as choice.<value> is told in these words. Pure.
#include <boost/json/array.hpp>
#include <string>

#include "services/casework/act.hpp"
#include "services/casework/case_registers.hpp"
#include "services/portal/term_view.hpp"

namespace qyzmet::portal {

/// [{title, rows [{title, pairs [{label, text}]}]}]; lists that are empty are left out.
boost::json::array case_tables(casework::OpenCase const& open, Reader const& reader);

/// [{label, text}]: what the applicant answered to the questions of the package and wrote later.
boost::json::array application_answers(casework::OpenCase const& open, Reader const& reader);

/// [{title, cite, pairs [{label, text}]}]: what the messages beside the process that came have said
/// last. People are named who stand among the names of the registers.
boost::json::array said_beside(casework::OpenCase const& open,
                               casework::CaseRegisters const& registers, Reader const& reader);

}  // namespace qyzmet::portal
