#include "services/casework/questions.hpp"

#include <algorithm>

namespace qyzmet::casework {

engine::Context environment_of(Asking const& asking) {
  return {{"subtype", asking.subtype}, {"person", asking.person}, {"mode", asking.mode}};
}

bool asks_anything(Asking const& asking) {
  auto const* const form = asking.package.application();
  if (form == nullptr) return false;
  auto const environment = environment_of(asking);
  return std::ranges::any_of(form->fields, [&](engine::Field const& field) {
    return !field.shown || field.shown->is_true(environment, asking.calendar);
  });
}

std::expected<engine::Context, std::vector<Error>> typed_answers(Asking const& asking,
                                                                 AnswerTexts const& answers) {
  engine::Context out;
  auto const* const form = asking.package.application();
  if (form == nullptr) return out;
  auto const typed = engine::parse_form(*form, answers, environment_of(asking), asking.calendar);
  if (!typed) return std::unexpected(typed.error());
  for (auto const& [path, value] : *typed) engine::set_path(out, path, value);
  return out;
}

AnswerTexts given_answers(Asking const& asking, AnswerTexts const& answers) {
  auto const* const form = asking.package.application();
  if (form == nullptr) return {};
  auto const typed = engine::parse_form(*form, answers, environment_of(asking), asking.calendar);
  AnswerTexts out;
  for (auto const& [name, value] : typed ? *typed : engine::Context{})
    if (value != engine::Value{false}) out.emplace(name, answers.find(name)->second);
  return out;
}

std::vector<engine::RequiredDocument> asked_documents(Asking const& asking,
                                                      AnswerTexts const& answers) {
  std::vector<engine::RequiredDocument> out;
  auto const* const subtype = asking.package.subtype(asking.subtype);
  if (subtype == nullptr) return out;
  auto environment = environment_of(asking);
  auto const typed = typed_answers(asking, answers);
  for (auto const& [name, value] : typed ? *typed : engine::Context{})
    environment.insert_or_assign(name, value);
  for (auto const& document : subtype->documents)
    if (!document.when || document.when->is_true(environment, asking.calendar))
      out.push_back(document);
  return out;
}

}  // namespace qyzmet::casework
