#include "engine/submission.hpp"

#include <algorithm>
#include <set>

#include "engine/base/utf8.hpp"
#include "engine/machine.hpp"

namespace qyzmet::engine {

namespace {

Error error(ErrorCode code, std::string text, Form const& form, std::string field = {}) {
  return {.code = code,
          .text = std::move(text),
          .arguments = {},
          .field = std::move(field),
          .rule = form.rule,
          .cite = form.cite};
}

bool is_sha256(Value const& value) {
  auto const* const text = value.as<std::string>();
  return text != nullptr && text->size() == 64 &&
         text->find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_empty(Value const& value) {
  auto const* const text = value.as<std::string>();
  auto const* const list = value.as<List>();
  return value.is_null() || (text != nullptr && text->empty()) ||
         (list != nullptr && list->empty());
}

bool is_true(std::optional<Expression> const& expression, Accepted const& state,
             Calendar const& calendar) {
  return !expression || expression->is_true(state.environment, calendar);
}

Context const& variables(Accepted const& state) {
  return state.environment.variables();
}

bool is_choice(Submission const& submission, Field const& field, Value const& value,
               Accepted const& state) {
  auto const* const text = value.as<std::string>();
  if (text == nullptr) return false;
  if (field.source == "grounds") return submission.package.ground(*text) != nullptr;
  if (field.choices.empty()) return true;
  auto const found = std::ranges::find(field.choices, *text, &Choice::value);
  return found != field.choices.end() && is_true(found->available, state, submission.calendar);
}

/// What is mended keeps its substance: between the same beginning and the same end little differs.
std::optional<Error> check_changes(Form const& form, Field const& field, Value const& before,
                                   Value const& after) {
  auto const* const old = before.as<std::string>();
  auto const* const text = after.as<std::string>();
  if (field.changes_max == 0 || old == nullptr || text == nullptr) return std::nullopt;
  auto const shorter = std::min(old->size(), text->size());
  auto const head = std::size_t(std::ranges::mismatch(*old, *text).in1 - old->begin());
  std::size_t tail = 0;
  while (tail < shorter - head &&
         (*old)[old->size() - 1 - tail] == (*text)[text->size() - 1 - tail])
    ++tail;
  if (std::max(old->size(), text->size()) - head - tail <= field.changes_max) return std::nullopt;
  return error(ErrorCode::invalid, "error.changes_substance", form, field.name);
}

bool is_produced(Form const& form, std::string_view path) {
  return std::ranges::find(form.produces, path, &Form::Produces::path) != form.produces.end();
}

/// `name` is the field's, or that of a cell: "requests.2.number".
std::optional<Error> check_value(Form const& form, Field const& field, std::string const& name,
                                 Value const& value) {
  if (value.is_null()) return std::nullopt;
  if (!has_type(value, field.type))
    return error(ErrorCode::invalid, "error.field_type", form, name);
  auto const* const text = value.as<std::string>();
  if (text == nullptr) return std::nullopt;
  if (utf8_length(*text) > field.size_max) {
    auto long_text = error(ErrorCode::invalid, "error.too_long", form, name);
    long_text.arguments["max"] = std::to_string(field.size_max);
    return long_text;
  }
  if (!valid_utf8(*text)) return error(ErrorCode::invalid, "error.field_type", form, name);
  return std::nullopt;
}

std::optional<Error> check_row(Form const& form, Field const& list, std::string const& prefix,
                               Value const& row) {
  auto const* const cells = row.as<Context>();
  if (cells == nullptr) return error(ErrorCode::invalid, "error.field_type", form, list.name);
  for (auto const& [name, value] : *cells)
    if (std::ranges::find(list.row, name, &Field::name) == list.row.end())
      return error(ErrorCode::invalid, "error.unknown_field", form, prefix + name);
  for (auto const& column : list.row) {
    auto const& value = at_path(*cells, column.name);
    auto const name = prefix + column.name;
    if (auto bad = check_value(form, column, name, value)) return bad;
    if (column.required && is_empty(value)) {
      auto missing = error(ErrorCode::invalid, "error.required", form, name);
      if (!column.cite.empty()) missing.cite = column.cite;
      return missing;
    }
    auto const* const text = value.as<std::string>();
    if (text != nullptr && !column.choices.empty() &&
        std::ranges::find(column.choices, *text, &Choice::value) == column.choices.end())
      return error(ErrorCode::invalid, "error.not_a_choice", form, name);
  }
  return std::nullopt;
}

/// By such a column rows are told apart.
std::optional<Error> check_unique(Form const& form, Field const& list, List const& rows) {
  for (auto const& column : list.row) {
    if (!column.unique) continue;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto value = text_at(*rows[i].as<Context>(), column.name);
      if (!value.empty() && !seen.insert(std::move(value)).second)
        return error(ErrorCode::invalid, "error.not_unique", form,
                     list.name + "." + std::to_string(i + 1) + "." + column.name);
    }
  }
  return std::nullopt;
}

std::optional<Error> check_rows(Form const& form, Field const& list, Value const& value) {
  auto const* const rows = value.as<List>();
  if (list.row.empty() || rows == nullptr) return std::nullopt;
  if (rows->size() > list.rows_max) {
    auto many = error(ErrorCode::invalid, "error.too_many_rows", form, list.name);
    many.arguments["max"] = std::to_string(list.rows_max);
    return many;
  }
  for (std::size_t i = 0; i < rows->size(); ++i)
    if (auto bad = check_row(form, list, list.name + "." + std::to_string(i + 1) + ".", (*rows)[i]))
      return bad;
  return check_unique(form, list, *rows);
}

std::optional<Error> check_shown(Submission const& submission, Accepted const& state) {
  for (auto const& field : submission.form.fields) {
    auto const& value = at_path(variables(state), field.name);
    if (value.is_null()) continue;
    if (!is_true(field.shown, state, submission.calendar))
      return error(ErrorCode::invalid, "error.unknown_field", submission.form, field.name);
    bool const choice = field.type == FieldType::choice;
    if (choice && !is_choice(submission, field, value, state))
      return error(ErrorCode::invalid, "error.not_a_choice", submission.form, field.name);
  }
  return std::nullopt;
}

std::optional<Error> check_required(Submission const& submission, Accepted const& state) {
  for (auto const& field : submission.form.fields) {
    if (!field.required || !is_empty(at_path(variables(state), field.name))) continue;
    if (!is_true(field.shown, state, submission.calendar)) continue;
    auto out = error(ErrorCode::invalid, "error.required", submission.form, field.name);
    if (!field.cite.empty()) out.cite = field.cite;
    return out;
  }
  return std::nullopt;
}

/// The paper that is signed may come drawn anew, with its signature.
bool is_drawn_anew(Submission const& submission, std::string_view name, Value const& value) {
  return name == submission.form.signs && submission.signature && is_sha256(value);
}

/// Who signs must know what for: a signature that nothing asks for would stand in the history as
/// if it covered the answer.
std::optional<Error> check_unwanted(Submission const& submission) {
  if (!submission.signature) return std::nullopt;
  return error(ErrorCode::invalid, "error.signature_unwanted", submission.form);
}

/// What was certified was compared with the form before the step.
std::optional<Error> check_certified(Submission const& submission) {
  auto out =
      error(ErrorCode::forbidden, "error.certification_required", submission.form, "certification");
  if (!submission.signature) return out;
  if (submission.signature->signer == submission.actor.user) return std::nullopt;
  out.text = "error.signature_not_own";
  return out;
}

std::optional<Error> check_signature(Submission const& submission, Accepted const& state) {
  auto const& form = submission.form;
  if (form.certified) return check_certified(submission);
  if (form.signs.empty() || !is_true(form.signs_when, state, submission.calendar))
    return check_unwanted(submission);
  auto out = error(ErrorCode::forbidden, "error.signature_required", form);
  out.rule = form.signs_rule;
  out.cite = form.signs_cite;
  if (!submission.signature) return out;
  if (submission.signature->signer != submission.actor.user) {
    out.text = "error.signature_not_own";
    return out;
  }
  auto const present = text_at(variables(state), form.signs);
  if (present.empty() || submission.signature->document != present) {
    out.text = "error.signature_other_document";
    return out;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> check_values(Submission const& submission) {
  auto const& form = submission.form;
  for (auto const& [name, value] : submission.values) {
    auto const* const field = form.field(name);
    if (field == nullptr) {
      if (is_produced(form, name) || is_drawn_anew(submission, name, value)) continue;
      return error(ErrorCode::invalid, "error.unknown_field", form, name);
    }
    if (auto bad = check_value(form, *field, name, value)) return bad;
    if (auto bad = check_rows(form, *field, value)) return bad;
  }
  return form.signs.empty() && !form.certified ? check_unwanted(submission) : std::nullopt;
}

bool has_type(Value const& value, FieldType type) {
  switch (type) {
    case FieldType::number:
      return value.as<Decimal>() != nullptr;
    case FieldType::boolean:
      return value.as<bool>() != nullptr;
    case FieldType::date:
      return value.as<Date>() != nullptr;
    case FieldType::datetime:
      return value.as<Instant>() != nullptr;
    case FieldType::list:
      return value.as<List>() != nullptr;
    case FieldType::document:
      return is_sha256(value);
    default:
      return value.as<std::string>() != nullptr;
  }
}

std::optional<Error> first_broken(std::span<Guard const> guards, Names const& environment,
                                  Calendar const& calendar) {
  for (auto const& guard : guards) {
    if (guard.when && !guard.when->is_true(environment, calendar)) continue;
    if (guard.require.is_true(environment, calendar)) continue;
    return Error{.code = ErrorCode::forbidden,
                 .text = guard.text,
                 .arguments = {},
                 .field = guard.field,
                 .rule = guard.rule,
                 .cite = guard.cite};
  }
  return std::nullopt;
}

std::optional<Error> check_role(Package const& package, std::string_view role, Actor const& actor,
                                Names const& environment, Calendar const& calendar) {
  if (actor.role != role)
    return Error{.code = ErrorCode::forbidden,
                 .text = "error.role",
                 .arguments = {{"role", std::string{role}}},
                 .field = {},
                 .rule = "R-GEN-28",
                 .cite = {}};
  auto const found = package.roles.find(role);
  if (found == package.roles.end()) return std::nullopt;
  return first_broken(found->second, environment, calendar);
}

/// Only what was drawn before can come anew.
std::optional<Error> take_drawn_anew(Submission const& submission, Accepted& state) {
  auto const& form = submission.form;
  auto const paper = submission.values.find(form.signs);
  if (paper == submission.values.end() || is_produced(form, form.signs) ||
      !is_drawn_anew(submission, form.signs, paper->second))
    return std::nullopt;
  if (text_at(variables(state), form.signs).empty())
    return error(ErrorCode::forbidden, "error.signature_other_document", form, form.signs);
  state.environment.set(form.signs, paper->second);
  return std::nullopt;
}

Result<Accepted> accept(Submission const& submission, Environment environment) {
  if (auto bad = check_values(submission)) return std::unexpected(*std::move(bad));
  Accepted state{.environment = std::move(environment), .produced = {}};
  // A form sets all of its fields: an answer of an earlier round does not outlive the new one.
  for (auto const& field : submission.form.fields) {
    auto const given = submission.values.find(field.name);
    if (given != submission.values.end())
      if (auto bad = check_changes(submission.form, field, at_path(variables(state), field.name),
                                   given->second))
        return std::unexpected(*std::move(bad));
    state.environment.set(field.name, given == submission.values.end() ? Value{} : given->second);
  }
  if (auto bad = take_drawn_anew(submission, state)) return std::unexpected(*std::move(bad));
  if (auto bad = check_shown(submission, state)) return std::unexpected(*std::move(bad));
  // A guard about a question that is not answered yet waits until "required" had its say.
  auto const check_guards = [&](bool answered) -> std::optional<Error> {
    for (auto const& guard : submission.form.guards) {
      bool const now = guard.field.empty() || !at_path(variables(state), guard.field).is_null();
      if (now != answered) continue;
      if (auto bad = first_broken({&guard, 1}, state.environment, submission.calendar)) return bad;
    }
    return std::nullopt;
  };
  if (auto bad = check_guards(true)) return std::unexpected(*std::move(bad));
  if (auto bad = check_required(submission, state)) return std::unexpected(*std::move(bad));
  if (auto bad = check_guards(false)) return std::unexpected(*std::move(bad));
  assign(submission.form.assignments, state.environment, submission.calendar);
  for (auto const& document : submission.form.produces)
    if (is_true(document.when, state, submission.calendar)) state.produced.push_back(document);
  return state;
}

std::optional<Error> accept_documents(Submission const& submission, Accepted& accepted) {
  for (auto const& document : submission.form.produces) {
    auto const given = submission.values.find(document.path);
    bool const wanted = std::ranges::find(accepted.produced, document.path,
                                          &Form::Produces::path) != accepted.produced.end();
    if (!wanted && given == submission.values.end()) continue;
    if (wanted && given != submission.values.end() && is_sha256(given->second))
      accepted.environment.set(document.path, given->second);
    else
      return error(ErrorCode::invalid, "error.document_missing", submission.form, document.path);
  }
  return check_signature(submission, accepted);
}

}  // namespace qyzmet::engine
