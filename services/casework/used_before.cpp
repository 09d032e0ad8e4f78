#include "services/casework/used_before.hpp"

#include <algorithm>
#include <set>

#include "engine/step.hpp"

namespace qyzmet::casework {

namespace {

/// Names of lists with the columns that tell their rows apart.
using Columns = std::vector<std::pair<std::string, std::string>>;

Columns columns_of(engine::Form const& form) {
  Columns out;
  for (auto const& list : form.fields)
    for (auto const& column : list.row)
      if (column.unique) out.emplace_back(list.name, column.name);
  return out;
}

void collect(engine::Context const& form, Columns const& columns,
             std::vector<std::set<std::string>>& used) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto const& [list, column] = columns[i];
    auto const found = form.find(list);
    auto const* const rows = found == form.end() ? nullptr : found->second.as<engine::List>();
    if (rows == nullptr) continue;
    for (auto const& row : *rows)
      if (auto const* const cells = row.as<engine::Context>())
        used[i].insert(engine::text_at(*cells, column));
  }
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view k_blanks = " \t\r\n";
  auto const first = text.find_first_not_of(k_blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(k_blanks) - first + 1);
}

}  // namespace

bool tells_rows_apart(engine::Form const& form) {
  return !columns_of(form).empty();
}

std::vector<Error> used_before(db::Connection& connection, CaseId id, engine::Form const& form,
                               Fields const& fields) {
  auto const columns = columns_of(form);
  std::vector<std::set<std::string>> used(columns.size());
  for (auto const& entry : db::history(connection, id)) {
    auto const event = engine::event_from_json(entry.event);
    if (!event) continue;  // the nightly self-check tells of it
    if (auto const* const done = std::get_if<engine::CompleteTask>(&event->body))
      collect(done->form, columns, used);
  }
  std::vector<Error> out;
  for (auto const& [name, text] : fields)
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto const& [list, column] = columns[i];
      auto const value = without_blanks(text);
      if (value.empty() || !name.starts_with(list + ".") || !name.ends_with("." + column)) continue;
      if (!used[i].contains(std::string{value})) continue;
      auto error = fail(ErrorCode::invalid, "error.used_before", name).error();
      error.arguments["value"] = std::string{value};
      error.rule = form.rule;
      out.push_back(std::move(error));
    }
  return out;
}

}  // namespace qyzmet::casework
