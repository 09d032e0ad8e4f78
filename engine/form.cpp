#include <algorithm>
#include <charconv>

#include "engine/base/utf8.hpp"
#include "engine/step.hpp"

namespace qyzmet::engine {

namespace {

using Raw = std::map<std::string, std::string, std::less<>>;

std::string trimmed(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string{text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1)};
}

/// "2026-11-21T10:00" of the legal zone, as browsers send it; seconds may follow.
std::optional<Instant> parse_local_time(std::string_view text) {
  if (text.size() != 16 && text.size() != 19) return std::nullopt;
  if (text[10] != 'T' || text[13] != ':' || (text.size() == 19 && text[16] != ':'))
    return std::nullopt;
  auto const day = parse_date(text.substr(0, 10));
  auto const number = [&](std::size_t at) {
    int value = -1;
    auto const* const begin = text.data() + at;
    auto const [end, error] = std::from_chars(begin, begin + 2, value);
    return error == std::errc{} && end == begin + 2 ? value : -1;
  };
  int const hour = number(11);
  int const minute = number(14);
  int const second = text.size() == 19 ? number(17) : 0;
  bool const good =
      day && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
  if (!good) return std::nullopt;
  return start_of(*day) + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

Result<Value> typed(Field const& field, std::string const& text) {
  auto const bad = [&](char const* why) { return fail(ErrorCode::invalid, why, field.name); };
  if (!valid_utf8(text)) return bad("error.field_type");
  if (utf8_length(text) > field.size_max) {
    auto error = bad("error.too_long");
    error.error().arguments["max"] = std::to_string(field.size_max);
    return error;
  }
  switch (field.type) {
    case FieldType::boolean:
      if (text == "true" || text == "on" || text == "1") return Value{true};
      if (text == "false" || text == "0") return Value{false};
      return bad("error.field_type");
    case FieldType::number: {
      auto const value = Decimal::parse(text);
      return value ? Result<Value>{Value{*value}} : bad("error.field_number");
    }
    case FieldType::date: {
      auto const value = parse_date(text);
      return value ? Result<Value>{Value{*value}} : bad("error.field_date");
    }
    case FieldType::datetime: {
      auto const value = parse_local_time(text);
      return value ? Result<Value>{Value{*value}} : bad("error.field_datetime");
    }
    case FieldType::iin:
      return valid_iin(text) ? Result<Value>{Value{text}} : bad("error.field_iin");
    case FieldType::list:
      return bad("error.field_type");
    default:
      return Value{text};
  }
}

bool is_choice(Field const& field, Value const& value, Context const& environment,
               Calendar const& calendar) {
  auto const* const text = value.as<std::string>();
  if (field.choices.empty() || text == nullptr) return true;
  auto const found = std::ranges::find(field.choices, *text, &Choice::value);
  return found != field.choices.end() &&
         (!found->available || found->available->is_true(environment, calendar));
}

}  // namespace

std::expected<Context, std::vector<Error>> parse_form(Form const& form, Raw const& raw,
                                                      Context const& variables,
                                                      Calendar const& calendar) {
  std::vector<Error> errors;
  Context values;
  auto environment = variables;
  for (auto const& [name, text] : raw)
    if (form.field(name) == nullptr)
      errors.push_back(fail(ErrorCode::invalid, "error.unknown_field", name).error());
  for (auto const& field : form.fields) {
    auto const given = raw.find(field.name);
    auto const text = given == raw.end() ? std::string{} : trimmed(given->second);
    set_path(environment, field.name, Value{});
    if (text.empty()) continue;
    auto value = typed(field, text);
    if (!value) {
      errors.push_back(value.error());
      continue;
    }
    set_path(environment, field.name, *value);
    values[field.name] = *std::move(value);
  }
  for (auto const& field : form.fields) {
    bool const shown = !field.shown || field.shown->is_true(environment, calendar);
    auto const found = values.find(field.name);
    if (!shown) {  // pages send what they hide; it was not asked
      if (found != values.end()) values.erase(found);
      std::erase_if(errors, [&](Error const& e) { return e.field == field.name; });
      continue;
    }
    bool const wrong =
        std::ranges::any_of(errors, [&](Error const& e) { return e.field == field.name; });
    if (found == values.end()) {
      if (field.required && !wrong) {
        auto missing = fail(ErrorCode::invalid, "error.required", field.name).error();
        missing.cite = field.cite;
        errors.push_back(std::move(missing));
      }
    } else if (!is_choice(field, found->second, environment, calendar)) {
      errors.push_back(fail(ErrorCode::invalid, "error.not_a_choice", field.name).error());
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return values;
}

}  // namespace qyzmet::engine
