#include "services/api/forms.hpp"

#include <algorithm>

namespace qyzmet::api {

namespace json = boost::json;

namespace {

using engine::Field;
using engine::FieldType;

/// How long a text may be is told beside it.
std::string_view type_name(FieldType type) {
  return to_text(type == FieldType::long_text ? FieldType::text : type);
}

json::array choices_json(Call const& call, FormOf const& form, Field const& field) {
  json::array out;
  for (auto const& choice : field.choices)
    out.push_back({{"value", choice.value}, {"label", call.text(choice.text, {}, &form.package)}});
  if (field.source == "grounds")
    for (auto const& ground : form.package.grounds)
      out.push_back({{"value", ground.code}, {"label", call.text(ground.text, {}, &form.package)}});
  if (auto const source = form.sources.find(field.source); source != form.sources.end())
    for (auto const& option : source->second) out.push_back(option);
  return out;
}

Error unknown(std::string name) {
  return {.code = ErrorCode::invalid,
          .text = "error.unknown_field",
          .arguments = {{"field", name}},
          .field = name};
}

Result<std::string> text_of(json::value const& value, std::string const& name) {
  if (value.is_string()) return std::string{value.as_string()};
  if (value.is_bool()) return std::string{value.as_bool() ? "true" : "false"};
  if (value.is_int64()) return std::to_string(value.as_int64());
  if (value.is_null()) return std::string{};
  return fail(ErrorCode::invalid, "error.field_type", name);
}

std::optional<Error> add_field(casework::Fields& out, std::string const& name,
                               json::value const& value) {
  auto text = text_of(value, name);
  if (!text) return text.error();
  out.emplace(name, std::move(*text));
  return std::nullopt;
}

std::optional<Error> add_rows(casework::Fields& out, Field const& list, json::array const& rows) {
  std::size_t number = 0;
  for (auto const& row : rows) {
    auto const prefix = list.name + "." + std::to_string(++number) + ".";
    if (!row.is_object())
      return Error{.code = ErrorCode::invalid, .text = "error.field_type", .field = list.name};
    for (auto const& [column, value] : row.as_object()) {
      if (std::ranges::find(list.row, std::string_view{column}, &Field::name) == list.row.end())
        return unknown(prefix + std::string{column});
      if (auto wrong = add_field(out, prefix + std::string{column}, value)) return wrong;
    }
  }
  return std::nullopt;
}

}  // namespace

json::object field_json(Call const& call, FormOf const& form, Field const& field) {
  auto const* package = &form.package;
  json::object out{{"name", field.name},
                   {"type", type_name(field.type)},
                   {"label", call.text("field." + field.name, {}, package)},
                   {"required", field.required}};
  if (auto const hint = "hint." + field.name; call.has(hint, package))
    out["hint"] = call.text(hint, {}, package);
  if (field.type == FieldType::text || field.type == FieldType::long_text)
    out["size_max"] = field.size_max;
  if (field.shown) out["asked_when"] = field.shown->text();
  if (auto choices = choices_json(call, form, field); !choices.empty())
    out["choices"] = std::move(choices);
  if (!field.row.empty()) {
    json::array columns;
    for (auto const& column : field.row) {
      auto named = column;
      named.name = field.name + "." + column.name;
      auto item = field_json(call, form, named);
      item["name"] = column.name;
      columns.push_back(std::move(item));
    }
    out["columns"] = std::move(columns);
    out["rows_max"] = field.rows_max;
  }
  if (auto paragraph = paragraph_json(call, *package, field.cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  return out;
}

json::array fields_json(Call const& call, FormOf const& form) {
  json::array out;
  for (auto const& field : form.form.fields)
    if (field.is_typed()) out.push_back(field_json(call, form, field));
  return out;
}

json::object document_json(Call const& call, engine::Package const& package,
                           engine::RequiredDocument const& document) {
  json::object out{{"code", document.code},
                   {"text", call.text(document.text, {}, &package)},
                   {"required", document.required}};
  if (!document.group.empty()) out["group"] = document.group;
  if (document.when) out["asked_when"] = document.when->text();
  if (auto paragraph = paragraph_json(call, package, document.cite); !paragraph.is_null())
    out["paragraph"] = std::move(paragraph);
  return out;
}

Result<casework::Fields> form_fields(engine::Form const& form, json::object const& sent) {
  casework::Fields out;
  for (auto const& [key, value] : sent) {
    std::string const name{key};
    auto const* field = form.field(name);
    // A paper comes as a file, on the pages: its name alone would lend one that somebody else sent.
    if (field == nullptr || field->type == FieldType::document)
      return std::unexpected(unknown(name));
    auto wrong = !field->row.empty() && value.is_array() ? add_rows(out, *field, value.as_array())
                                                         : add_field(out, name, value);
    if (wrong) return std::unexpected(std::move(*wrong));
  }
  for (auto const& field : form.fields)
    if (field.type == FieldType::boolean) out.emplace(field.name, "false");
  return out;
}

}  // namespace qyzmet::api
