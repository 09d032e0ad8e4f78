#pragma once
// What a person had typed into a form that could not be taken, for the page that says so: nothing
// that was written is lost. Reads the request and the packages in force; owns nothing, thread-safe.
#include <boost/json/array.hpp>
#include <string>

#include "services/portal/page.hpp"

namespace qyzmet::portal {

/// [{name, label, value}]: the fields of this POST that people write or choose, in their words. A
/// request of another site has no fields: it is refused before its body is read.
boost::json::array typed_json(Context const& context);

/// The page of this portal from which the request came ("/kk/..."), "" when that is not known.
std::string page_before(Context const& context);

/// A target of our own that may follow a login or stand behind a link; otherwise "".
std::string safe_target(std::string_view target);

}  // namespace qyzmet::portal
