#pragma once
// Accepting the form of a task or a message; internal to engine/. Nothing of the case changes
// before everything was checked.
#include <optional>
#include <span>
#include <vector>

#include "engine/environment.hpp"

namespace qyzmet::engine {

/// What a submitted form is checked with.
struct Submission {
  Package const& package;
  Calendar const& calendar;
  Form const& form;
  Context const& values;  // flat
  std::optional<SignatureEvidence> const& signature;
  Actor const& actor;
};

struct Accepted {
  Environment environment;  // with the variables as the form leaves them
  std::vector<Form::Produces> produced;
};

/// Guards of the role, then of the form.
std::optional<Error> first_broken(std::span<Guard const> guards, Names const& environment,
                                  Calendar const& calendar);
std::optional<Error> check_role(Package const& package, std::string_view role, Actor const& actor,
                                Names const& environment, Calendar const& calendar);
/// Every given value belongs to a field and has its type; no signature where none is wanted.
std::optional<Error> check_values(Submission const& submission);
/// Fields, guards, required fields, assignments; no documents or signatures yet.
Result<Accepted> accept(Submission const& submission, Environment environment);
/// Documents and signature; sets the paths of the documents.
std::optional<Error> accept_documents(Submission const& submission, Accepted& accepted);
/// Does the value have the kind that a field of this type holds?
bool has_type(Value const& value, FieldType type);

}  // namespace qyzmet::engine
