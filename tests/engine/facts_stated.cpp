// Reads what is stated of the packages by hand: files of facts.
#include <array>
#include <cctype>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/engine/facts.hpp"
#include "tests/engine/filled.hpp"

namespace qyzmet::engine {

namespace {

std::string_view trimmed(std::string_view text) {
  auto const begin = text.find_first_not_of(' ');
  return begin == text.npos ? std::string_view{} : text.substr(begin);
}

class Reading {
 public:
  PackageFacts run(std::string const& file) {
    read(file);
    finish();
    return std::move(out_);
  }

 private:
  void read(std::string const& file) {
    std::ifstream in{QYZMET_SOURCE_DIR "/tests/engine/facts/" + file + ".txt"};
    if (!in) throw std::runtime_error{file + ".txt cannot be read"};
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      where_ = filled("{}.txt:{}", file, ++number);
      auto const text = trimmed(line);
      if (text.empty() || text.starts_with('#')) continue;
      take(line.size() - text.size(), with_meanings(text));
    }
  }

  [[noreturn]] void refuse(std::string const& why) const {
    throw std::runtime_error{where_ + ": " + why};
  }

  void take(std::size_t depth, std::string text) {
    if (depth >= 6) {
      if (pending_.empty()) refuse("goes on with nothing");
      pending_ += " " + text;
      return;
    }
    finish();
    if (depth == 0) {
      top(text);
    } else if (depth == 2) {
      if (owner_.empty()) refuse("belongs to nothing");
      pending_ = std::move(text);
      is_condition_ = false;
    } else if (depth == 4 && !out_.empty()) {
      pending_ = std::move(text);
      is_condition_ = true;
    } else {
      refuse("stands too far to the right, or too little");
    }
  }

  void top(std::string const& text) {
    std::istringstream words{text};
    std::string first, name, equals, value;
    words >> first >> name >> equals >> value;
    if (first == "let" && equals == "=" && !value.empty())
      meanings_[name] = value;
    else if (first == "use" && !name.empty())
      read(name);
    else
      owner_ = text;
  }

  std::string with_meanings(std::string_view text) const {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '$') {
        out += text[at];
        continue;
      }
      auto end = at + 1;
      while (end < text.size() && (std::isalnum(text[end]) != 0 || text[end] == '_')) ++end;
      auto const meaning = meanings_.find(text.substr(at + 1, end - at - 1));
      if (meaning == meanings_.end()) refuse(std::string{text.substr(at)} + " means nothing");
      out += meaning->second;
      at = end - 1;
    }
    return out;
  }

  void finish() {
    if (pending_.empty()) return;
    auto const text = std::exchange(pending_, {});
    if (is_condition_)
      condition(text);
    else if (owner_ == "citations")
      for (auto const& id : words_of(text)) add(citation_text(id));
    else if (text.starts_with("choices "))
      choices(text);
    else
      fact(text);
  }

  void add(std::string head) {
    out_.push_back({.owner = owner_, .head = std::move(head), .conditions = {}});
  }

  static std::vector<std::string> words_of(std::string const& text) {
    std::istringstream in{text};
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
  }

  /// "choices review.outcome: approve refuse"
  void choices(std::string const& text) {
    auto const colon = text.find(": ");
    if (colon == text.npos) refuse("choices of what?");
    auto const path = text.substr(8, colon - 8);
    for (auto const& value : words_of(text.substr(colon + 2)))
      add(filled("choice {}: {}", path, value));
  }

  /// "set x = 1", "due by ..." and "possible when ..." have their expression in the same line.
  void fact(std::string const& text) {
    if (text.starts_with("set ")) {
      auto const equals = text.find(" = ");
      if (equals == text.npos) refuse("says not to what");
      add(text.substr(0, equals));
      return condition("to " + text.substr(equals + 3));
    }
    for (std::string const short_one : {"possible when", "shown when", "due by"}) {
      if (!text.starts_with(short_one + " ")) continue;
      auto const blank = short_one.find(' ');
      add(short_one.substr(0, blank));
      return condition(text.substr(blank + 1));
    }
    add(text);
  }

  void condition(std::string const& text) {
    auto const blank = text.find(' ');
    auto const label = text.substr(0, blank);
    if (blank == text.npos) refuse(label + " says nothing");
    auto compiled = Expression::compile(text.substr(blank + 1));
    if (!compiled) refuse("no expression: " + text);
    if (!out_.back().conditions.emplace(label, *std::move(compiled)).second)
      refuse(label + " stands twice");
  }

  PackageFacts out_;
  std::map<std::string, std::string, std::less<>> meanings_;
  std::string owner_, pending_, where_;
  bool is_condition_ = false;
};

/// The same word in Kazakh, where it follows its number, in Russian and in English.
struct Word {
  char const *kk, *ru, *en;
};
constexpr Word k_paragraph{"тармақ", "пункт", "paragraph"}, k_part{"бөлік", "часть", "part"},
    k_section{"бөлім", "раздел", "section"}, k_article{"бап", "статья", "article"};

struct Act {
  char const *prefix, *source;
  Word name;
  std::array<std::optional<Word>, 2> parts;
};
constexpr std::array<Act, 4> k_acts{{
    {"p", "order-28", {"Қағидалар", "Правила", "Rules"}, {k_paragraph, k_part}},
    {"appc.", "appc", {"ӘРПК", "АППК", "APPC"}, {k_article, k_part}},
    {"lps.",
     "lps",
     {"Мемлекеттік көрсетілетін қызметтер туралы заң", "Закон о государственных услугах",
      "Law on State Services"},
     {k_article, {}}},
    {"lms.",
     "lms",
     {"Әскери қызмет туралы заң", "Закон о воинской службе", "Law on Military Service"},
     {k_article, {}}},
}};

std::vector<std::string> numbers_of(std::string_view text) {
  std::vector<std::string> out{""};
  for (char const letter : text) {
    if (letter == '.')
      out.emplace_back();
    else
      out.back() += letter == '_' ? '-' : letter;
  }
  return out;
}

std::string annex_text(std::string_view id) {
  auto const numbers = numbers_of(id.substr(1));
  auto kk = numbers[0] + "-қосымша", ru = "Приложение " + numbers[0], en = "Annex " + numbers[0];
  if (numbers.size() > 1) {
    kk += filled(", {}-{}", numbers[1], k_section.kk);
    ru += filled(", {} {}", k_section.ru, numbers[1]);
    en += filled(", {} {}", k_section.en, numbers[1]);
  }
  if (numbers.size() > 2) {
    kk += filled(", {}) тармақша", numbers[2]);
    ru += filled(", подпункт {})", numbers[2]);
    en += filled(", item {})", numbers[2]);
  }
  return filled("{} of order-28: {} | {} | {}", id, kk, ru, en);
}

}  // namespace

std::string citation_text(std::string_view id) {
  if (id.starts_with('a') && !id.starts_with("appc")) return annex_text(id);
  for (auto const& act : k_acts) {
    if (!id.starts_with(act.prefix)) continue;
    // Paragraph 10-1 is a paragraph, no part of paragraph 10.
    auto const written = id == "p10.1" ? "p10_1" : id;
    auto const numbers =
        numbers_of(std::string_view{written}.substr(std::string_view{act.prefix}.size()));
    std::string kk = act.name.kk, ru = act.name.ru, en = act.name.en;
    for (std::size_t i = 0; i < numbers.size() && i < act.parts.size() && act.parts[i]; ++i) {
      kk += filled(", {}-{}", numbers[i], act.parts[i]->kk);
      ru += filled(", {} {}", act.parts[i]->ru, numbers[i]);
      en += filled(", {} {}", act.parts[i]->en, numbers[i]);
    }
    return filled("{} of {}: {} | {} | {}", id, act.source, kk, ru, en);
  }
  throw std::runtime_error{std::string{id} + " cites no act"};
}

PackageFacts stated_facts(std::string const& service) {
  return Reading{}.run(service);
}

}  // namespace qyzmet::engine
