#pragma once
// The expressions of a package, in their places; internal to engine/. Visit: called with the
// expression and the path that it is assigned to ("" = none).
#include <string_view>
#include <vector>

#include "engine/observers.hpp"

namespace qyzmet::engine {

/// The whole of a variable goes into the called process, or comes back, under the same name.
inline bool passes_on(Mapping const& mapping) {
  auto const text = mapping.value.text();
  return text == mapping.path || text == "result." + mapping.path;
}

/// What only waits for a message beside the process is no matter of the process.
template <class Visit>
void each_expression(std::vector<Guard> const& guards, Visit& visit) {
  for (auto const& guard : guards) {
    if (!guard.awaits.empty()) continue;
    visit(guard.require, "");
    if (guard.when) visit(*guard.when, "");
  }
}

template <class Visit>
void each_expression(std::vector<Assignment> const& assignments, Visit& visit) {
  for (auto const& assignment : assignments) {
    visit(assignment.value, assignment.path);
    if (assignment.when) visit(*assignment.when, assignment.path);
  }
}

template <class Visit>
void each_expression(Form const& form, Visit& visit) {
  for (auto const& field : form.fields) {
    if (field.shown) visit(*field.shown, "");
    for (auto const& choice : field.choices)
      if (choice.available) visit(*choice.available, "");
  }
  each_expression(form.guards, visit);
  each_expression(form.assignments, visit);
  for (auto const& document : form.produces)
    if (document.when) visit(*document.when, document.path);
  if (form.signs_when) visit(*form.signs_when, "");
}

template <class Visit>
void each_expression(std::vector<Mapping> const& mappings, Visit& visit) {
  for (auto const& mapping : mappings)
    if (!passes_on(mapping)) visit(mapping.value, mapping.path);
}

template <class Visit>
void each_expression(Observer const& observer, Visit& visit) {
  for (auto const& part : observer.formula)
    if (part.feel) visit(*part.feel, "");
}

/// All that the process can meet: what comes beside it, it does not read.
template <class Visit>
void each_expression(Package const& package, std::vector<Observer> const& observers, Visit visit) {
  for (auto const& [role, list] : package.roles) each_expression(list, visit);
  for (auto const& [id, form] : package.forms)
    if (!form.beside) each_expression(form, visit);
  for (auto const& [kind, handler] : package.handlers) each_expression(handler.assignments, visit);
  for (auto const& node : package.process.nodes) {
    if (node.timer) visit(*node.timer, "");
    if (node.key) visit(*node.key, "");
    if (node.multi && node.multi->collection) visit(*node.multi->collection, "");
    if (node.multi && node.multi->cardinality) visit(*node.multi->cardinality, "");
    if (node.multi && node.multi->completion) visit(*node.multi->completion, "");
    for (auto const* mappings : {&node.in, &node.out}) each_expression(*mappings, visit);
  }
  for (auto const& flow : package.process.flows)
    if (flow.condition) visit(*flow.condition, "");
  for (auto const& observer : observers) each_expression(observer, visit);
}

}  // namespace qyzmet::engine
