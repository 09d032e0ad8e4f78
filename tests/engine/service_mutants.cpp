#include "tests/engine/service_mutants.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <regex>
#include <set>

#include "tests/engine/markup.hpp"

namespace qyzmet::engine {

namespace {

using Swap = std::pair<std::string_view, std::string_view>;
/// What stands for it in a mutant of an expression.
constexpr std::array<Swap, 12> k_swaps{{{"=", "!="},
                                        {"!=", "="},
                                        {"<=", "<"},
                                        {"<", "<="},
                                        {">=", ">"},
                                        {">", ">="},
                                        {"and", "or"},
                                        {"or", "and"},
                                        {"not", ""},
                                        {"true", "false"},
                                        {"false", "true"},
                                        {"+", "-"}}};
constexpr std::array<std::string_view, 13> k_words{
    "if",     "then",   "else",     "in",   "between", "null",    "count",
    "wd_add", "wd_end", "contains", "date", "is_open", "duration"};

bool is_expression(Markup const& element, std::string_view attribute) {
  if (element.tag == "setting" || element.tag == "choice") return attribute == "available";
  for (auto const* const each : {"when", "require", "value", "shown", "due", "available"})
    if (attribute == each) return true;
  return false;
}

std::string resolved_text(std::string const& written) {
  static std::map<std::string, std::string, std::less<>> const meant{
      {"&lt;", "<"}, {"&gt;", ">"}, {"&lt;=", "<="}, {"&gt;=", ">="}};
  auto const at = meant.find(written);
  return at == meant.end() ? written : at->second;
}

bool is_number(std::string_view text) {
  auto const digits = text.starts_with('-') ? text.substr(1) : text;
  return !digits.empty() && digits.find_first_not_of("0123456789") == text.npos;
}

/// The values that may stand in the place of another: those of the same attribute elsewhere.
using Values = std::map<std::string, std::set<std::string>, std::less<>>;

std::string next_of(std::set<std::string> const& values, std::string const& value) {
  if (values.size() < 2) return value + "_other";
  auto const at = values.upper_bound(value);
  return at == values.end() ? *values.begin() : *at;
}

class Making {
 public:
  explicit Making(std::string_view xml) : xml_{xml}, elements_{elements_of(xml)} {
    for (auto const& element : elements_) {
      for (auto const& attribute : element.attributes)
        values_[key(element, attribute.name)].insert(attribute.value);
      if (element.tag == "assign" || element.tag == "variable")
        paths_.insert(std::string{element.at("path")});
      if (element.tag == "field" && element.at("name").contains('.'))
        paths_.insert(std::string{element.at("name")});
    }
  }

  std::vector<ServiceMutant> of_service() {
    for (auto const& element : elements_) {
      if (element.parent < 0) {
        for (auto const& each : element.attributes)
          if (each.name != "xmlns") attribute(element, each);
        continue;
      }
      add(element, "gone", element.begin, element.end, "");
      for (auto const& each : element.attributes) attribute(element, each);
      if (element.tag == "text") content(element);
    }
    return std::move(out_);
  }

  std::vector<ServiceMutant> of_drawing() {
    for (auto const& element : elements_)
      for (auto const& each : element.attributes)
        if (each.name.starts_with("wf:") && each.name != "wf:calls" && !each.value.empty() &&
            is_of_duty(each.name))
          plain(element, each);
    return std::move(out_);
  }

  std::vector<ServiceMutant> of_tables() {
    std::map<std::string, std::set<std::string>, std::less<>> entries;
    auto const kind = [&](Markup const& element) {
      return element.parent < 0 ? "" : elements_[std::size_t(element.parent)].tag;
    };
    for (auto const& element : elements_)
      if (element.tag == "text") entries[kind(element)].emplace(content_of(element, xml_));
    for (auto const& element : elements_) {
      if (element.tag == "rule") add(element, "gone", element.begin, element.end, "");
      auto const entry = element.tag == "text" ? kind(element) : "";
      if (entry == "inputEntry") test(element);
      if (entry == "outputEntry" || entry == "annotationEntry")
        entirely(element, next_of(entries.at(entry), std::string{content_of(element, xml_)}));
    }
    return std::move(out_);
  }

  std::vector<ServiceMutant> of_paper() {
    for (auto const& element : elements_) {
      if (element.tag == "part") add(element, "gone", element.begin, element.end, "");
      if (element.tag == "note") content(element);
    }
    return std::move(out_);
  }

 private:
  static bool is_of_duty(std::string_view name) {
    for (auto const* const each :
         {"wf:role", "wf:form", "wf:handler", "wf:kind", "wf:template", "wf:cite", "wf:signature"})
      if (name == each) return true;
    return false;
  }

  /// The same attribute of the same kind of element has values of one kind.
  static std::string key(Markup const& element, std::string_view attribute) {
    bool const shared = attribute == "cite" || attribute == "rule" || attribute == "wf:cite";
    return (shared ? "" : element.tag + " ") + std::string{attribute};
  }

  std::string name(Markup const& element) const {
    std::string out = element.tag;
    for (auto const* const each :
         {"id", "code", "name", "path", "kind", "text", "value", "document", "lang"})
      if (auto const found = element.at(each); !found.empty()) {
        out += " " + std::string{found};
        break;
      }
    if (element.parent < 0) return out;
    auto const& around = elements_[std::size_t(element.parent)];
    return around.attributes.empty() || around.parent < 0 ? out : name(around) + " > " + out;
  }

  void add(Markup const& element, std::string const& what, std::size_t begin, std::size_t end,
           std::string with) {
    auto id = name(element) + ": " + what;
    if (int const number = ++seen_[id]; number > 1) id += " (" + std::to_string(number) + ")";
    out_.push_back({.id = std::move(id), .begin = begin, .end = end, .with = std::move(with)});
  }

  void change(Markup const& element, Markup::Attribute const& attribute, std::string const& what,
              std::string_view value) {
    add(element, attribute.name + ": " + what, attribute.value_begin, attribute.value_end,
        escaped(value));
  }

  void plain(Markup const& element, Markup::Attribute const& attribute) {
    add(element, attribute.name + " gone", attribute.begin, attribute.value_end + 1, "");
    auto const other = next_of(values_.at(key(element, attribute.name)), attribute.value);
    change(element, attribute, attribute.value + " -> " + other, other);
  }

  void attribute(Markup const& element, Markup::Attribute const& attribute) {
    auto const& value = attribute.value;
    if (is_expression(element, attribute.name)) {
      add(element, attribute.name + " gone", attribute.begin, attribute.value_end + 1, "");
      expression(element, attribute);
    } else if (is_number(value)) {
      add(element, attribute.name + " gone", attribute.begin, attribute.value_end + 1, "");
      for (int const by : {-1, 1}) {
        auto const moved = std::to_string(std::stoi(value) + by);
        change(element, attribute, value + " -> " + moved, moved);
      }
    } else if (value == "true" || value == "false") {
      add(element, attribute.name + " gone", attribute.begin, attribute.value_end + 1, "");
      change(element, attribute, "flipped", value == "true" ? "false" : "true");
    } else if (attribute.name == "workday-end" || attribute.name == "effective-from") {
      auto later = value;
      later.back() = later.back() == '0' ? '1' : '8';
      change(element, attribute, value + " -> " + later, later);
    } else {
      plain(element, attribute);
      if (auto const blank = value.find(' '); attribute.name == "nodes" && blank != value.npos)
        change(element, attribute, "its first is gone", value.substr(blank + 1));
    }
  }

  /// What it says of numbers.
  void content(Markup const& element) {
    auto const text = content_of(element, xml_);
    auto const found = text.find_first_of("0123456789");
    if (found == text.npos) return;
    auto const digit = std::size_t(text.data() - xml_.data()) + found;
    std::string const other(1, xml_[digit] == '9' ? '1' : char(xml_[digit] + 1));
    add(element, "another number", digit, digit + 1, other);
  }

  void entirely(Markup const& element, std::string const& other) {
    auto const text = content_of(element, xml_);
    auto const begin = std::size_t(text.data() - xml_.data());
    add(element, std::string{text} + " -> " + other, begin, begin + text.size(), other);
  }

  /// The test of one input: none, or another one.
  void test(Markup const& element) {
    static std::regex const token{R"re("[^"]*"|[a-z]+|[0-9]+|&lt;=|&gt;=|&lt;|&gt;)re"};
    auto const text = std::string{content_of(element, xml_)};
    if (text == "-") return entirely(element, "true");
    entirely(element, "-");
    for (std::sregex_iterator at{text.begin(), text.end(), token}, end; at != end; ++at) {
      auto const word = at->str();
      for (auto const& other : instead_of(resolved_text(word), text)) {
        auto changed = text;
        changed.replace(std::size_t(at->position()), word.size(),
                        other.starts_with('"') ? other : escaped(other));
        entirely(element, changed);
      }
    }
  }

  void expression(Markup const& element, Markup::Attribute const& attribute) {
    static std::regex const token{
        R"re((date|duration)?"[^"]*"|[A-Za-z_][A-Za-z0-9_.]*|[0-9]+|<=|>=|!=|=|<|>|\+)re"};
    auto const& text = attribute.value;
    for (std::sregex_iterator at{text.begin(), text.end(), token}, end; at != end; ++at) {
      auto const word = at->str();
      for (auto const& other : instead_of(word, text)) {
        auto changed = text;
        changed.replace(std::size_t(at->position()), word.size(), other);
        change(element, attribute, word + " -> " + other, changed);
      }
    }
  }

  std::vector<std::string> instead_of(std::string const& word, std::string const& text) const {
    if (is_number(word))
      return {std::to_string(std::stoi(word) - 1), std::to_string(std::stoi(word) + 1)};
    for (auto const& [swapped, other] : k_swaps)
      if (word == swapped) return {std::string{other}};
    if (word.starts_with("duration")) return {one_more(word)};
    if (word.starts_with('"')) return {another_text(word, text)};
    if (std::ranges::find(k_words, word) != k_words.end()) return {};
    if (auto const at = paths_.find(word); at != paths_.end()) return {next_of(paths_, word)};
    return {};
  }

  static std::string one_more(std::string word) {
    auto const digit = word.find_last_of("0123456789");
    word[digit] = word[digit] == '9' ? '8' : char(word[digit] + 1);
    return word;
  }

  /// One of those that stand beside it, or one that nobody means.
  static std::string another_text(std::string const& word, std::string const& text) {
    static std::regex const literal{R"re("[^"]*")re"};
    for (std::sregex_iterator at{text.begin(), text.end(), literal}, end; at != end; ++at)
      if (at->str() != word) return at->str();
    return "\"other\"";
  }

  std::string_view xml_;
  std::vector<Markup> elements_;
  Values values_;
  std::set<std::string> paths_;
  std::map<std::string, int> seen_;
  std::vector<ServiceMutant> out_;
};

}  // namespace

std::string ServiceMutant::apply(std::string_view xml) const {
  return std::string{xml.substr(0, begin)} + with + std::string{xml.substr(end)};
}

std::vector<ServiceMutant> service_mutants(std::string_view xml) {
  return Making{xml}.of_service();
}

std::vector<ServiceMutant> drawing_mutants(std::string_view xml) {
  return Making{xml}.of_drawing();
}

std::vector<ServiceMutant> table_mutants(std::string_view xml) {
  return Making{xml}.of_tables();
}

std::vector<ServiceMutant> paper_mutants(std::string_view xml) {
  return Making{xml}.of_paper();
}

}  // namespace qyzmet::engine
