#include "services/portal/task_forms.hpp"

#include <algorithm>

namespace qyzmet::portal {

namespace {

/// The choice on which the signature hangs; null when the form is always signed or never.
engine::Field const* deciding_choice(engine::Form const& form) {
  if (form.signs.empty() || !form.signs_when) return nullptr;
  for (auto const& path : form.signs_when->paths())
    if (auto const* field = form.field(path);
        field != nullptr && field->type == engine::FieldType::choice)
      return field;
  return nullptr;
}

TaskForm variant(engine::Form const& form, engine::Field const& deciding,
                 engine::Choice const& choice, engine::Context variables,
                 engine::Calendar const& calendar) {
  engine::set_path(variables, deciding.name, choice.value);
  TaskForm out{.form = form,
               .preset_field = deciding.name,
               .preset_value = choice.value,
               .title = choice.text,
               .signs = form.signs_when->is_true(variables, calendar)};
  std::erase_if(out.form.fields, [&](engine::Field const& field) {
    return field.name == deciding.name ||
           (field.shown && !field.shown->is_true(variables, calendar));
  });
  for (auto& field : out.form.fields) field.shown.reset();
  return out;
}

}  // namespace

std::vector<TaskForm> task_forms(engine::Form const& form, engine::Context const& variables,
                                 engine::Calendar const& calendar) {
  auto const* deciding = deciding_choice(form);
  if (deciding == nullptr)
    return {{.form = form,
             .preset_field = {},
             .preset_value = {},
             .title = "form." + form.id,
             .signs = !form.signs.empty()}};
  std::vector<TaskForm> out;
  for (auto const& choice : deciding->choices)
    if (!choice.available || choice.available->is_true(variables, calendar))
      out.push_back(variant(form, *deciding, choice, variables, calendar));
  return out;
}

bool must_sign(engine::Form const& form, FormFields const& fields, engine::Context const& variables,
               engine::Calendar const& calendar) {
  if (form.signs.empty()) return false;
  if (!form.signs_when) return true;
  auto seen = variables;
  for (auto const& [name, value] : fields) engine::set_path(seen, name, value);
  return form.signs_when->is_true(seen, calendar);
}

std::optional<Error> refusal_of_signed(casework::OpenCase const& open, engine::Form const& form,
                                       std::string const& task, FormFields const& fields,
                                       engine::Actor const& actor) {
  engine::Event const looking{
      .at = open.now, .actor = actor, .salt = std::string(32, '0'), .body = engine::Tick{}};
  auto const variables = engine::environment(*open.calendar, open.instance, looking);
  auto const typed = engine::parse_form(form, fields, variables, *open.calendar);
  if (!typed) return typed.error().front();
  return open.refusal(
      actor,
      engine::CompleteTask{.task = task,
                           .form = *typed,
                           .signature = engine::SignatureEvidence{
                               .document = engine::text_at(open.instance.variables, form.signs),
                               .signature = std::string(64, '0'),
                               .signer = actor.user}});
}

}  // namespace qyzmet::portal
