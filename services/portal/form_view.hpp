#pragma once
// Forms of packages (tasks of officials, messages of citizens) as parts/field prints them. Pure.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/step.hpp"
#include "services/http/message.hpp"
#include "services/portal/page.hpp"
#include "services/portal/term_view.hpp"

namespace qyzmet::portal {

using FormFields = std::map<std::string, std::string, std::less<>>;

struct FormInput {
  engine::Package const& package;
  engine::Calendar const& calendar;
  engine::Form const& form;
  engine::Context variables;  // engine::environment: what conditions of fields see
  /// What was typed before; empty: the variables are shown.
  FormFields typed = {};
  std::vector<Error> errors = {};
  /// Options of fields with a source: "executors" -> [{value, label, "preset": true where it is
  /// chosen beforehand}]. Grounds come by themselves.
  std::map<std::string, boost::json::array, std::less<>> sources = {};
};

/// [{kind, name, label, hint, value, options, optional, cite, error, ...}] in the order of the
/// form. Fields whose condition hangs on another field of the same form are shown with that
/// condition as hint; other fields whose condition is not true are left out. A list with columns is
/// {kind "rows", rows [{title, open, fields}]} (parts/rows), one for each row that it may have;
/// rows that have become more than what the form asks (a request with its answer) are not offered
/// again.
boost::json::array form_fields(FormInput const& input, Reader const& reader);

/// Heading of the n-th row of a list: text row.<list> of the package, {n}, or "Row 2".
std::string row_title(engine::Package const& package, engine::Field const& list, std::size_t n,
                      Reader const& reader);
/// What an input of the form types: a field, or the column of a list ("requests.2.number"); null
/// when the form has no such input.
engine::Field const* input_field(engine::Form const& form, std::string_view name);
/// The name of an input in texts: without the number of a row, "requests.number".
std::string text_name(engine::Form const& form, std::string_view name);

/// The fields of a request that belong to `form`, beside those in `own` (names of the page's own
/// inputs and "csrf"). A box that is not ticked is not sent: it counts as false. Unknown: an error;
/// so is text for a document, which comes as a file.
Result<FormFields> package_fields(http::Request const& request, engine::Form const& form,
                                  std::vector<std::string_view> const& own = {});

}  // namespace qyzmet::portal
