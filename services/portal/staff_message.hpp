#pragma once
// What officials can bring into a case now, as links of its page.
#include <boost/json/array.hpp>

#include "services/portal/access.hpp"
#include "services/portal/page.hpp"

namespace qyzmet::portal {

/// What may be said beside the process: [{text, cite, url, due, closed}].
boost::json::array beside_messages_json(Context const& context, StaffCase const& found);
/// [{text, url, cite}]: one for each wait of the case for a message of a role that the visitor has
/// there, as long as the law lets it come.
boost::json::array official_messages_json(Context const& context, StaffCase const& found);

}  // namespace qyzmet::portal
