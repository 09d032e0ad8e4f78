#pragma once
// The forms of an open user task. A form that must be signed in some cases only (wf: "sign" with a
// condition on a choice) becomes one form per choice, so that each asks for exactly what it needs.
// Pure.
#include <optional>
#include <string>
#include <vector>

#include "engine/step.hpp"
#include "services/casework/act.hpp"
#include "services/portal/form_view.hpp"

namespace qyzmet::portal {

struct TaskForm {
  engine::Form form;                       // the fields that this variant asks for
  std::string preset_field, preset_value;  // hidden; "" when there is no choice
  std::string title;                       // key of the choice, or of the form
  bool signs = false;
};

std::vector<TaskForm> task_forms(engine::Form const& form, engine::Context const& variables,
                                 engine::Calendar const& calendar);

}  // namespace qyzmet::portal
