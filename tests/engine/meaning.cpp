#include "tests/engine/meaning.hpp"

#include <algorithm>
#include <random>
#include <regex>
#include <set>

namespace qyzmet::engine {

namespace {

constexpr std::size_t k_all_max = 6000;  // combinations that are tried one by one
constexpr std::size_t k_weight = 3;      // how much likelier what is named is than what is not
constexpr int k_random = 20'000;         // tries where there are more

/// What the expressions name: their texts, and their numbers with those beside them.
struct Named {
  std::set<std::string> texts;
  std::set<int> numbers;
};

Named named_in(std::string const& text) {
  static std::regex const literal{R"re((date|duration)?"([^"]*)"|\b([0-9]{1,5})\b)re"};
  Named out;
  for (std::sregex_iterator at{text.begin(), text.end(), literal}, end; at != end; ++at) {
    if ((*at)[3].matched)
      for (int const beside : {-1, 0, 1}) out.numbers.insert(std::stoi((*at)[3]) + beside);
    else if (!(*at)[1].matched)
      out.texts.insert((*at)[2]);
  }
  return out;
}

/// Around a weekend, a holiday, and the ends of the months and years that the text counts.
std::vector<Date> days_for(std::string const& text) {
  using namespace std::chrono;
  year_month_day const base{2026y / November / 25};  // a Wednesday
  std::vector<Date> out;
  for (int const offset : {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 21, 22, -1, -2, -3, -4, -5})
    out.push_back(local_days{base} + std::chrono::days{offset});
  static std::regex const months_of{R"re("P([0-9]+)M")re"}, years_of{R"re("P([0-9]+)Y")re"};
  for (auto const* const counted : {&months_of, &years_of})
    for (std::sregex_iterator at{text.begin(), text.end(), *counted}, end; at != end; ++at) {
      int const each = (counted == &years_of ? 12 : 1) * std::stoi((*at)[1]);
      for (int const way : {-each, each})
        for (int const offset : {-1, 0, 1, 2, 5})
          out.push_back(local_days{base + months{way}} + std::chrono::days{offset});
    }
  return out;
}

class Pools {
 public:
  Pools(std::string text, Known const& known)
      : text_{std::move(text)},
        named_{named_in(text_)},
        days_{days_for(text_)},
        types_{known.types} {
    if (text_.contains("subtypes.")) named_.texts.insert(known.texts.begin(), known.texts.end());
  }

  std::vector<Value> of(std::string_view path) const {
    if (path == "event.weekday") return {1, 2, 3, 4, 5, 6, 7};
    if (path == "event.working_day") return {true, false};
    if (path == "event.date") return dates(false);
    if (path == "event.at") return instants(false);
    if (path == "event.minutes_of_day") return numbers();
    if (path == "event.day_kind") return texts();
    if (path == "T.days") return numbers();
    if (path.starts_with("T.")) return dates(true);
    if (path == "document_codes") return lists();
    auto const known = types_.find(path);
    bool const says = known != types_.end() && known->second != FieldType::text;
    if (says) return of(known->second);
    if (is_compared_with_text(path)) return texts();
    if (path.ends_with("_on")) return dates(true);
    if (path.ends_with("_at")) return instants(true);
    return anything();
  }

 private:
  bool is_compared_with_text(std::string_view path) const {
    for (auto at = text_.find(path); at != text_.npos; at = text_.find(path, at + 1)) {
      auto const next = text_.find_first_not_of(" !=", at + path.size());
      if (next != text_.npos && next > at + path.size() && text_[next] == '"') return true;
    }
    return false;
  }

  std::vector<Value> of(FieldType type) const {
    switch (type) {
      case FieldType::boolean:
        return {Value{}, true, false};
      case FieldType::number:
        return numbers();
      case FieldType::date:
        return dates(true);
      case FieldType::datetime:
        return instants(true);
      case FieldType::list:
        return lists();
      default:
        return texts();
    }
  }

  std::vector<Value> dates(bool null) const {
    std::vector<Value> out;
    if (null) out.emplace_back();
    for (auto const day : days_) out.emplace_back(day);
    return out;
  }

  std::vector<Value> instants(bool null) const {
    std::vector<Value> out;
    if (null) out.emplace_back();
    for (auto const day : days_)
      for (int const hour : {0, 9, 18}) out.emplace_back(start_of(day) + std::chrono::hours{hour});
    return out;
  }

  std::vector<Value> numbers() const {
    std::vector<Value> out{Value{}, 0, 1, 2};
    for (int const number : named_.numbers) out.emplace_back(number);
    return out;
  }

  /// Two people as well, and lists of people as the packages keep them.
  std::vector<Value> texts() const {
    std::vector<Value> out{Value{}, "", "p", "q"};
    if (text_.contains("\",\""))
      for (auto const* const people : {",p,", ",q,", ",q,,p,"}) out.emplace_back(people);
    for (auto const& text : named_.texts) out.insert(out.end(), k_weight, text);
    return out;
  }

  std::vector<Value> lists() const {
    List all;
    for (auto const& text : named_.texts) all.emplace_back(text);
    std::vector<Value> out{Value{}, List{}, List{"p"}, List{"p", "q"}, all};
    for (auto const& text : all) out.emplace_back(List{text});
    return out;
  }

  std::vector<Value> anything() const {
    auto out = texts();
    for (auto const& more : {std::vector<Value>{true, false}, numbers(), dates(false)})
      out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  std::string text_;
  Named named_;
  std::vector<Date> days_;
  std::map<std::string, FieldType, std::less<>> const& types_;
};

}  // namespace

std::string without_breaks(std::string_view text) {
  std::string out;
  for (char const letter : text) {
    bool const blank = letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r';
    if (!blank)
      out += letter;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  return out;
}

namespace {

bool found_same(Expression const& one, Expression const& other, bool condition,
                Known const& known) {
  Pools const pools{one.text() + " " + other.text(), known};
  std::set<std::string, std::less<>> paths{one.paths()};
  paths.insert(other.paths().begin(), other.paths().end());
  std::vector<std::pair<std::string, std::vector<Value>>> variables;
  std::size_t all = 1;
  for (auto const& path : paths) {
    variables.emplace_back(path, pools.of(path));
    all = std::min(all * variables.back().second.size(), k_all_max + 1);
  }
  auto const agree = [&](Context const& values) {
    return std::ranges::all_of(known.calendars, [&](Calendar const& calendar) {
      return condition ? one.is_true(values, calendar) == other.is_true(values, calendar)
                       : one.evaluate(values, calendar) == other.evaluate(values, calendar);
    });
  };
  std::mt19937 chance{7};
  auto const tries = all <= k_all_max ? all : std::size_t(k_random);
  for (std::size_t i = 0; i < tries; ++i) {
    Context values;
    auto rest = i;
    for (auto const& [path, pool] : variables) {
      auto pick = all <= k_all_max ? rest % pool.size() : chance() % pool.size();
      if (all > k_all_max && pool.front().is_null() && chance() % 4 == 0) pick = 0;
      rest /= pool.size();
      if (!pool[pick].is_null()) set_path(values, path, pool[pick]);
    }
    if (!agree(values)) return false;
  }
  return true;
}

}  // namespace

bool same_meaning(Expression const& one, Expression const& other, bool condition,
                  Known const& known) {
  auto const first = without_breaks(one.text()), second = without_breaks(other.text());
  if (first == second) return true;
  // What a setting decides depends on more than the words.
  auto const both = (condition ? "? " : "= ") + first + " | " + second;
  if (both.contains("setting.") || both.contains("subtypes."))
    return found_same(one, other, condition, known);
  auto const at = known.answers.find(both);
  if (at != known.answers.end()) return at->second;
  return known.answers[both] = found_same(one, other, condition, known);
}

}  // namespace qyzmet::engine
