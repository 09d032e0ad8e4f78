#pragma once
// A form of a package as it came: its fields, and its files, scanned and kept before anything else
// is looked at. What is kept is named by its SHA-256 in the field that asked for the file.
#include <boost/asio/awaitable.hpp>
#include <string_view>
#include <vector>

#include "db/cases.hpp"
#include "db/people.hpp"
#include "services/portal/form_view.hpp"

namespace qyzmet::portal {

struct PackageForm {
  FormFields fields;
  std::vector<db::CaseDocument> files;  // belong to the case once the form is accepted
  std::vector<Error> errors;            // of files that cannot be taken
};

/// `own`: names of the page's own inputs. Fails for an input that the form does not have. A
/// document of the field a.b has the code "a.b" and the title document.a.b of the package. Without
/// `keep` files are named, not kept.
boost::asio::awaitable<Result<PackageForm>> take_form(Context& context, engine::Form const& form,
                                                      std::vector<std::string_view> own,
                                                      bool keep = true);

/// [{value, label}] of people with their positions.
boost::json::array official_options(std::vector<db::User> const& people, std::string_view language);

}  // namespace qyzmet::portal
