#include "services/portal/case_tables.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <set>

#include "services/portal/form_view.hpp"
#include "templates/dates.hpp"

namespace qyzmet::portal {

namespace json = boost::json;

namespace {

std::string words(engine::Package const& package, engine::Value const& value,
                  Reader const& reader) {
  if (auto const* const day = value.as<Date>())
    return templates::format_moment(templates::DateForm::date, reader.language, to_iso(*day));
  if (auto const* const yes = value.as<bool>()) return *yes ? reader.text("ui.yes") : std::string{};
  if (auto const* const number = value.as<engine::Decimal>()) return number->text();
  auto const* const text = value.as<std::string>();
  if (text == nullptr) return {};
  auto const key = "choice." + *text;
  return reader.has(key, &package) ? reader.text(key, {}, &package) : *text;
}

/// The lines of one row, in the order of the form's columns; what came later follows.
class RowLines {
 public:
  RowLines(engine::Package const& package, engine::Field const& list, Reader const& reader)
      : package_{package}, list_{list}, reader_{reader} {}

  json::array of(engine::Context const& row) const {
    json::array out;
    std::set<std::string, std::less<>> told;
    for (auto const& column : list_.row) {
      add(out, column.name, engine::at_path(row, column.name));
      told.insert(column.name);
    }
    add_deeper(out, row, {}, told);
    return out;
  }

 private:
  void add(json::array& out, std::string const& path, engine::Value const& value) const {
    auto const key = "field." + list_.name + "." + path;
    auto text = words(package_, value, reader_);
    if (text.empty() || !reader_.has(key, &package_)) return;
    out.push_back({{"label", reader_.text(key, {}, &package_)}, {"text", text}});
  }

  void add_deeper(json::array& out, engine::Context const& context, std::string const& prefix,
                  std::set<std::string, std::less<>> const& told) const {
    for (auto const& [name, value] : context) {
      auto const path = prefix + name;
      if (auto const* const inner = value.as<engine::Context>())
        add_deeper(out, *inner, path + ".", told);
      else if (!told.contains(path))
        add(out, path, value);
    }
  }

  engine::Package const& package_;
  engine::Field const& list_;
  Reader const& reader_;
};

json::array rows_of(casework::OpenCase const& open, engine::Field const& list,
                    Reader const& reader) {
  json::array out;
  auto const* const rows = engine::at_path(open.instance.variables, list.name).as<engine::List>();
  if (rows == nullptr) return out;
  RowLines const lines{*open.package, list, reader};
  for (auto const& row : *rows)
    if (auto const* const cells = row.as<engine::Context>())
      out.push_back({{"title", row_title(*open.package, list, out.size() + 1, reader)},
                     {"pairs", lines.of(*cells)}});
  return out;
}

/// Names of the messages that came.
std::set<std::string, std::less<>> came(std::vector<db::HistoryEntry> const& history) {
  std::set<std::string, std::less<>> out;
  for (auto const& entry : history)
    for (auto const& fact : casework::facts_of(entry))
      if (engine::text_at(fact, "kind") == "message")
        out.insert(engine::text_at(fact, "data.message"));
  return out;
}

}  // namespace

json::array application_answers(casework::OpenCase const& open, Reader const& reader) {
  json::array out;
  auto const& package = *open.package;
  auto const add = [&](engine::Field const& field) {
    auto text = words(package, engine::at_path(open.instance.variables, field.name), reader);
    if (text.empty()) return;
    out.push_back({{"label", reader.text("field." + field.name, {}, &package)}, {"text", text}});
  };
  auto const* const application = package.application();
  if (application != nullptr) std::ranges::for_each(application->fields, add);
  // What the applicant wrote later; what came beside the process has a place of its own.
  for (auto const& [id, form] : package.forms)
    if (form.role == "citizen" && &form != application && !form.beside)
      for (auto const& field : form.fields)
        if (field.type == engine::FieldType::long_text) add(field);
  return out;
}

json::array said_beside(casework::OpenCase const& open, casework::CaseRegisters const& registers,
                        Reader const& reader) {
  json::array out;
  auto const& package = *open.package;
  auto const& names = registers.names;
  auto const messages = came(registers.history);
  std::set<std::string, std::less<>> told;  // several messages set the same
  for (auto const& [id, form] : package.forms) {
    if (!form.beside || !messages.contains(id)) continue;
    json::array pairs;
    for (auto const& field : form.fields) {
      if (field.names_place() || !field.of_place().empty()) continue;  // the page names it
      auto const& value = engine::at_path(open.instance.variables, field.name);
      auto text = words(package, value, reader);
      if (field.type == engine::FieldType::document) continue;  // among the documents
      if (field.type == engine::FieldType::user) {
        auto const known = names.find(text);
        text = known == names.end() ? std::string{} : known->second;
      }
      if (text.empty() || !told.insert(field.name).second) continue;
      pairs.push_back(
          {{"label", reader.text("field." + field.name, {}, &package)}, {"text", text}});
    }
    if (pairs.empty()) continue;
    out.push_back({{"title", reader.text("form." + id, {}, &package)},
                   {"cite", cite_json(package, form.cite, reader)},
                   {"pairs", std::move(pairs)}});
  }
  return out;
}

json::array case_tables(casework::OpenCase const& open, Reader const& reader) {
  json::array out;
  std::set<std::string, std::less<>> told;
  for (auto const& [id, form] : open.package->forms)
    for (auto const& field : form.fields) {
      auto const key = (reader.staff ? "field." : "cabinet.") + field.name;
      if (field.row.empty() || !reader.has(key, open.package.get())) continue;
      if (!told.insert(field.name).second) continue;
      auto rows = rows_of(open, field, reader);
      if (rows.empty()) continue;
      out.push_back(
          {{"title", reader.text(key, {}, open.package.get())}, {"rows", std::move(rows)}});
    }
  return out;
}

}  // namespace qyzmet::portal
