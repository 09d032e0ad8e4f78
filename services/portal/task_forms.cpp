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

}  // namespace qyzmet::portal
