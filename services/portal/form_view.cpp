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
  return reader.text("field." + field.name, {}, &input.package);
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

std::string value_of(FormInput const& input, Field const& field) {
  if (!input.typed.empty()) {
    auto const typed = input.typed.find(field.name);
    return typed == input.typed.end() ? std::string{} : typed->second;
  }
  return shown_value(engine::at_path(input.variables, field.name));
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
    case FieldType::text:
    case FieldType::list:
    case FieldType::document:
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
  auto const own = "hint." + field.name;
  if (!reader.has(own, &input.package)) return hint;
  return hint.empty() ? reader.text(own, {}, &input.package)
                      : hint + " " + reader.text(own, {}, &input.package);
}

}  // namespace

namespace {

/// Not asked in this case at all: the condition does not hold, or hangs on a field that is not
/// asked.
bool hidden(FormInput const& input, Field const& field) {
  if (!field.table().empty()) return true;
  if (!field.shown) return false;
  if (auto const* condition = condition_field(input.form, field))
    return condition != &field && hidden(input, *condition);
  return !field.shown->is_true(input.variables, input.calendar);
}

}  // namespace

json::array form_fields(FormInput const& input, Reader const& reader) {
  json::array out;
  for (auto const& field : input.form.fields) {
    if (hidden(input, field)) continue;
    auto const* condition = condition_field(input.form, field);
    auto const value = value_of(input, field);
    json::object item{{"name", field.name},
                      {"label", label_of(input, field, reader)},
                      {"optional", !field.required && field.type != FieldType::boolean}};
    set_kind(item, input, field, value, reader);
    if (auto hint = hint_of(input, field, condition, reader); !hint.empty()) item["hint"] = hint;
    if (auto cite = cite_json(input.package, field.cite, reader); !cite.is_null())
      item["cite"] = std::move(cite);
    auto const error = std::ranges::find(input.errors, field.name, &Error::field);
    if (error != input.errors.end()) {
      json::object arguments;
      for (auto const& [name, text] : error->arguments) arguments[name] = text;
      item["error"] = reader.text(error->text, arguments, &input.package);
    }
    out.push_back(std::move(item));
  }
  return out;
}

Result<FormFields> package_fields(http::Request const& request, engine::Form const& form,
                                  std::vector<std::string_view> const& own) {
  FormFields out;
  for (auto const& [name, value] : request.form) {
    if (name == "csrf" || std::ranges::find(own, name) != own.end()) continue;
    if (form.field(name) == nullptr)
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
