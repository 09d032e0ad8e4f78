#include <algorithm>
#include <charconv>
#include <set>

#include "engine/base/utf8.hpp"
#include "engine/environment.hpp"

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

bool is_choice(Field const& field, Value const& value, Names const& environment,
               Calendar const& calendar) {
  auto const* const text = value.as<std::string>();
  if (field.choices.empty() || text == nullptr) return true;
  auto const found = std::ranges::find(field.choices, *text, &Choice::value);
  return found != field.choices.end() &&
         (!found->available || found->available->is_true(environment, calendar));
}

/// The list whose cell has this name ("requests.2.number").
Field const* list_of(Form const& form, std::string_view name) {
  auto const found = std::ranges::find_if(form.fields, [&](Field const& field) {
    return !field.row.empty() && name.size() > field.name.size() && name.starts_with(field.name) &&
           name[field.name.size()] == '.';
  });
  return found == form.fields.end() ? nullptr : &*found;
}

/// Reads the rows of one list; a row in which nothing was typed does not count.
class RowParser {
 public:
  RowParser(Field const& list, std::vector<Error>& errors) : list_{list}, errors_{errors} {}

  void cell(std::string const& name, std::string const& text) {
    auto const rest = std::string_view{name}.substr(list_.name.size() + 1);
    auto const dot = rest.find('.');
    std::size_t row = 0;
    auto const [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), row);
    bool const numbered = error == std::errc{} && end == rest.data() + std::min(dot, rest.size());
    auto const column = dot == std::string_view::npos
                            ? list_.row.end()
                            : std::ranges::find(list_.row, rest.substr(dot + 1), &Field::name);
    if (!numbered || row < 1 || row > list_.rows_max || column == list_.row.end())
      return refuse("error.unknown_field", name);
    auto const words = trimmed(text);
    if (words.empty()) return;
    auto value = typed(*column, words);
    auto& cells = rows_[row];
    if (!value) {
      errors_.push_back(value.error());
      errors_.back().field = name;
      cells.emplace(column->name, Value{});  // typed, so the row counts and needs no other error
    } else if (!column->choices.empty() &&
               std::ranges::find(column->choices, words, &Choice::value) == column->choices.end()) {
      refuse("error.not_a_choice", name);
      cells.emplace(column->name, Value{});
    } else {
      cells[column->name] = *std::move(value);
    }
  }

  List rows() {
    List out;
    std::set<std::pair<std::string_view, std::string>> seen;
    for (auto& [number, cells] : rows_) {
      for (auto const& column : list_.row) {
        auto const name = list_.name + "." + std::to_string(number) + "." + column.name;
        if (column.required && !cells.contains(column.name)) {
          refuse("error.required", name);
          errors_.back().cite = column.cite;
        }
        auto value = column.unique ? text_at(cells, column.name) : std::string{};
        if (!value.empty() && !seen.emplace(column.name, std::move(value)).second)
          refuse("error.not_unique", name);
      }
      out.emplace_back(std::move(cells));
    }
    return out;
  }

 private:
  void refuse(char const* why, std::string const& name) {
    errors_.push_back(fail(ErrorCode::invalid, why, name).error());
  }

  Field const& list_;
  std::vector<Error>& errors_;
  std::map<std::size_t, Context> rows_;
};

/// Values of all lists with columns.
Context parse_lists(Form const& form, Raw const& raw, std::vector<Error>& errors) {
  Context out;
  for (auto const& field : form.fields) {
    if (field.row.empty()) continue;
    RowParser parser{field, errors};
    for (auto const& [name, text] : raw)
      if (list_of(form, name) == &field) parser.cell(name, text);
    if (auto rows = parser.rows(); !rows.empty()) out[field.name] = std::move(rows);
  }
  return out;
}

}  // namespace

std::expected<Context, std::vector<Error>> parse_form(Form const& form, Raw const& raw,
                                                      Context const& variables,
                                                      Calendar const& calendar) {
  return parse_form(form, raw, Environment{variables}, calendar);
}

std::expected<Context, std::vector<Error>> parse_form(Form const& form, Raw const& raw,
                                                      Environment environment,
                                                      Calendar const& calendar) {
  std::vector<Error> errors;
  auto values = parse_lists(form, raw, errors);
  for (auto const& [name, text] : raw)
    if (form.field(name) == nullptr && list_of(form, name) == nullptr)
      errors.push_back(fail(ErrorCode::invalid, "error.unknown_field", name).error());
  for (auto const& field : form.fields) {
    auto const given = raw.find(field.name);
    auto const text = given == raw.end() ? std::string{} : trimmed(given->second);
    auto const rows = values.find(field.name);
    set_path(environment, field.name, rows == values.end() ? Value{} : rows->second);
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
    if (!shown) {  // pages send what they hide; it was not asked
      values.erase(field.name);
      std::erase_if(errors, [&](Error const& e) {
        return e.field == field.name ||
               (!field.row.empty() && e.field.starts_with(field.name + "."));
      });
      continue;
    }
    bool const wrong =
        std::ranges::any_of(errors, [&](Error const& e) { return e.field == field.name; });
    auto const found = values.find(field.name);
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
