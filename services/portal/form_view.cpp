#include "services/portal/form_view.hpp"

#include <algorithm>

namespace qyzmet::portal {

namespace json = boost::json;

namespace {

using engine::Field;
using engine::FieldType;

/// The field of the same form on which the condition of `field` hangs; null when on none.
Field const* condition_field(engine::Form const& form, Field const& field) {
  if (!field.shown) return nullptr;
  for (auto const& path : field.shown->paths())
    if (auto const* other = form.field(path)) return other;
  return nullptr;
}

std::string label_of(FormInput const& input, Field const& field, Reader const& reader) {
  return reader.text("field." + text_name(input.form, field.name), {}, &input.package);
}

/// `review.outcome = "refuse"` -> "Only if: decision – refuse".
std::string condition_hint(FormInput const& input, Field const& field, Field const& other,
                           Reader const& reader) {
  auto const& text = field.shown->text();
  for (auto const& choice : other.choices)
    if (text.find('"' + choice.value + '"') != std::string::npos)
      return reader.text("form.only_if", {{"field", label_of(input, other, reader)},
                                          {"value", reader.text(choice.text, {}, &input.package)}});
  return reader.text("form.only_if_yes", {{"field", label_of(input, other, reader)}});
}

std::string shown_value(engine::Value const& value) {
  if (auto const* text = value.as<std::string>()) return *text;
  if (auto const* date = value.as<Date>()) return to_iso(*date);
  if (auto const* yes = value.as<bool>()) return *yes ? "true" : "";
  if (auto const* number = value.as<engine::Decimal>()) return number->text();
  // datetime-local has no zone: the legal one is meant.
  if (auto const* at = value.as<Instant>()) return to_iso(*at + k_legal_offset).substr(0, 16);
  return {};
}

/// The option of its source that is chosen until somebody chooses another one.
std::string preset_of(FormInput const& input, Field const& field) {
  auto const source = input.sources.find(field.source);
  if (source == input.sources.end()) return {};
  for (auto const& option : source->second)
    if (option.as_object().contains("preset")) return std::string{option.at("value").as_string()};
  return {};
}

std::string value_of(FormInput const& input, Field const& field, engine::Value const& known) {
  if (input.typed.empty()) {
    // The place that the case has now is none of the others that may be named.
    auto const shown = field.names_place() ? std::string{} : shown_value(known);
    return shown.empty() ? preset_of(input, field) : shown;
  }
  auto const typed = input.typed.find(field.name);
  return typed == input.typed.end() ? std::string{} : typed->second;
}

json::array options_of(FormInput const& input, Field const& field, std::string const& value,
                       Reader const& reader) {
  json::array out;
  auto const add = [&](std::string_view code, std::string_view label, json::value hint) {
    json::object option{{"value", code}, {"label", label}, {"selected", code == value}};
    if (!hint.is_null()) option["hint"] = std::move(hint);
    out.push_back(std::move(option));
  };
  for (auto const& choice : field.choices)
    if (!choice.available || choice.available->is_true(input.variables, input.calendar))
      add(choice.value, reader.text(choice.text, {}, &input.package), nullptr);
  if (field.source == "grounds")
    for (auto const& ground : input.package.grounds) {
      auto const cite = cite_json(input.package, ground.cite, reader);
      add(ground.code, reader.text(ground.text, {}, &input.package),
          cite.is_null() ? json::value{} : cite.at("text"));
    }
  if (auto const source = input.sources.find(field.source); source != input.sources.end())
    for (auto const& option : source->second)
      add(option.at("value").as_string(), option.at("label").as_string(), nullptr);
  return out;
}

void set_kind(json::object& out, FormInput const& input, Field const& field,
              std::string const& value, Reader const& reader) {
  switch (field.type) {
    case FieldType::document:
      out["kind"] = "file";
      out["accept"] = "application/pdf,image/jpeg,image/png";
      return;
    case FieldType::text:
    case FieldType::list:
      out["kind"] = "text";
      out["width"] = field.size_max <= 20 ? "short" : field.size_max <= 60 ? "medium" : "";
      out["maxlength"] = field.size_max;
      break;
    case FieldType::long_text:
      out["kind"] = "textarea";
      out["maxlength"] = field.size_max;
      break;
    case FieldType::number:
      out["kind"] = "text";
      out["inputmode"] = "numeric";
      out["width"] = "short";
      break;
    case FieldType::boolean:
      out["kind"] = "checkbox";
      out["value"] = "true";
      out["checked"] = value == "true";
      return;
    case FieldType::date:
      out["kind"] = "date";
      break;
    case FieldType::datetime:
      out["kind"] = "datetime";
      break;
    case FieldType::choice:
    case FieldType::user:
      out["options"] = options_of(input, field, value, reader);
      out["kind"] = out["options"].as_array().size() > 6 ? "select" : "radio";
      break;
    case FieldType::iin:
      out["kind"] = "text";
      out["inputmode"] = "numeric";
      out["maxlength"] = 12;
      out["width"] = "short";
      break;
    case FieldType::phone:
      out["kind"] = "text";
      out["type"] = "tel";
      out["autocomplete"] = "tel";
      out["width"] = "medium";
      break;
  }
  out["value"] = value;
}

std::string hint_of(FormInput const& input, Field const& field, Field const* condition,
                    Reader const& reader) {
  std::string hint;
  if (condition != nullptr) hint = condition_hint(input, field, *condition, reader);
  auto const own = "hint." + text_name(input.form, field.name);
  if (!reader.has(own, &input.package)) return hint;
  return hint.empty() ? reader.text(own, {}, &input.package)
                      : hint + " " + reader.text(own, {}, &input.package);
}

/// Not asked in this case at all: the condition does not hold, or hangs on a field that is not
/// asked.
bool hidden(FormInput const& input, Field const& field) {
  if (!field.is_typed()) return true;
  if (!field.shown) return false;
  if (auto const* condition = condition_field(input.form, field))
    return condition != &field && hidden(input, *condition);
  return !field.shown->is_true(input.variables, input.calendar);
}

void add_error(json::object& item, FormInput const& input, std::string_view name,
               Reader const& reader) {
  auto const error = std::ranges::find(input.errors, name, &Error::field);
  if (error == input.errors.end()) return;
  json::object arguments;
  for (auto const& [key, text] : error->arguments) arguments[key] = text;
  item["error"] = reader.text(error->text, arguments, &input.package);
}

/// What stands before the input, whatever its kind.
json::object head_json(FormInput const& input, Field const& field, Reader const& reader) {
  json::object item{{"name", field.name},
                    {"label", label_of(input, field, reader)},
                    {"optional", !field.required && field.type != FieldType::boolean}};
  auto const* condition = condition_field(input.form, field);
  if (auto hint = hint_of(input, field, condition, reader); !hint.empty()) item["hint"] = hint;
  if (auto cite = cite_json(input.package, field.cite, reader); !cite.is_null())
    item["cite"] = std::move(cite);
  add_error(item, input, field.name, reader);
  return item;
}

json::object field_json(FormInput const& input, Field const& field, engine::Value const& known,
                        Reader const& reader) {
  auto item = head_json(input, field, reader);
  set_kind(item, input, field, value_of(input, field, known), reader);
  return item;
}

/// The rows of a list as they are known, unless they have become more than what is asked here.
engine::List known_rows(FormInput const& input, Field const& list) {
  auto const* const rows = engine::at_path(input.variables, list.name).as<engine::List>();
  if (rows == nullptr) return {};
  for (auto const& row : *rows) {
    auto const* const cells = row.as<engine::Context>();
    if (cells == nullptr) return {};
    for (auto const& [name, value] : *cells)
      if (std::ranges::find(list.row, name, &Field::name) == list.row.end()) return {};
  }
  return *rows;
}

json::object row_json(FormInput const& input, Field const& list, std::size_t number,
                      engine::Context const& known, Reader const& reader) {
  json::array fields;
  bool open = number == 1 || !known.empty();
  for (auto column : list.row) {
    auto const& value = engine::at_path(known, column.name);
    column.name = list.name + "." + std::to_string(number) + "." + column.name;
    auto item = field_json(input, column, value, reader);
    // The citation of the list stands above; that of a column only where it differs.
    if (column.cite == list.cite) item.erase("cite");
    auto const typed = input.typed.find(column.name);
    bool const written = typed != input.typed.end() && !typed->second.empty();
    open = open || item.contains("error") || written;
    fields.push_back(std::move(item));
  }
  return {{"title", row_title(input.package, list, number, reader)},
          {"open", open},
          {"fields", std::move(fields)}};
}

json::object rows_json(FormInput const& input, Field const& list, Reader const& reader) {
  auto item = head_json(input, list, reader);
  item["kind"] = "rows";
  auto const known = known_rows(input, list);
  json::array rows;
  for (std::size_t i = 0; i < list.rows_max; ++i) {
    auto const* const cells = i < known.size() ? known[i].as<engine::Context>() : nullptr;
    rows.push_back(
        row_json(input, list, i + 1, cells == nullptr ? engine::Context{} : *cells, reader));
  }
  item["rows"] = std::move(rows);
  return item;
}

/// The list in whose cells this input stands; null for a field of the form itself.
Field const* list_of(engine::Form const& form, std::string_view name) {
  auto const found = std::ranges::find_if(form.fields, [&](Field const& field) {
    return !field.row.empty() && name.starts_with(field.name + ".");
  });
  return found == form.fields.end() ? nullptr : &*found;
}

}  // namespace

json::array form_fields(FormInput const& input, Reader const& reader) {
  json::array out;
  for (auto const& field : input.form.fields) {
    if (hidden(input, field)) continue;
    auto const& known = engine::at_path(input.variables, field.name);
    out.push_back(field.row.empty() ? field_json(input, field, known, reader)
                                    : rows_json(input, field, reader));
  }
  return out;
}

std::string row_title(engine::Package const& package, Field const& list, std::size_t n,
                      Reader const& reader) {
  auto const own = "row." + list.name;
  return reader.text(reader.has(own, &package) ? own : "form.row", {{"n", static_cast<int>(n)}},
                     &package);
}

Field const* input_field(engine::Form const& form, std::string_view name) {
  if (auto const* field = form.field(name)) return field;
  auto const* const list = list_of(form, name);
  if (list == nullptr) return nullptr;
  auto const column = std::ranges::find(list->row, name.substr(name.rfind('.') + 1), &Field::name);
  auto const number = name.substr(list->name.size() + 1);
  bool const is_cell = number.substr(number.find('.') + 1) == name.substr(name.rfind('.') + 1) &&
                       number.find_first_not_of("0123456789") == number.find('.');
  return is_cell && column != list->row.end() ? &*column : nullptr;
}

std::string text_name(engine::Form const& form, std::string_view name) {
  auto const* const list = form.field(name) == nullptr ? list_of(form, name) : nullptr;
  if (list == nullptr) return std::string{name};
  return list->name + std::string{name.substr(name.rfind('.'))};
}

Result<FormFields> package_fields(http::Request const& request, engine::Form const& form,
                                  std::vector<std::string_view> const& own) {
  FormFields out;
  for (auto const& [name, value] : request.form) {
    if (name == "csrf" || std::ranges::find(own, name) != own.end()) continue;
    auto const* const field = input_field(form, name);
    if (field == nullptr || field->type == FieldType::document)
      return std::unexpected(Error{.code = ErrorCode::invalid,
                                   .text = "error.unknown_field",
                                   .arguments = {{"field", name}}});
    out.emplace(name, value);
  }
  for (auto const& field : form.fields)
    if (field.type == FieldType::boolean) out.emplace(field.name, "false");
  return out;
}

}  // namespace qyzmet::portal
