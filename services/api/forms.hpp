#pragma once
// Forms of packages as programs read them, and what they send for one. Pure.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "services/api/call.hpp"

namespace qyzmet::api {

/// Of one form, under the rules of one case or applicant.
struct FormOf {
  engine::Package const& package;
  engine::Form const& form;
  /// Options of fields with a source: "executors" -> [{value, label}]. Grounds come by themselves.
  std::map<std::string, boost::json::array, std::less<>> sources = {};
};
/// [{name, type, label, required, size_max, asked_when, choices, rows ...}] in the form's order,
/// without those that a decision table answers.
boost::json::array fields_json(Call const& call, FormOf const& form);
boost::json::object field_json(Call const& call, FormOf const& form, engine::Field const& field);

/// {code, text, required, group, asked_when, paragraph} of a document.
boost::json::object document_json(Call const& call, engine::Package const& package,
                                  engine::RequiredDocument const& document);

/// A JSON object as the texts of a form: numbers and booleans as they are written, rows of a list
/// as "requests.2.number". A box that was not sent counts as false. Errors: error.unknown_field,
/// error.field_type.
Result<casework::Fields> form_fields(engine::Form const& form, boost::json::object const& sent);

}  // namespace qyzmet::api
