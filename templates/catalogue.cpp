#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <mutex>
#include <set>
#include <stdexcept>

#include "templates/renderer.hpp"

namespace qyzmet::templates {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> k_categories{"one", "few", "many", "other"};

/// CLDR cardinal rules for whole numbers.
std::string_view category(std::string_view language, std::int64_t n) {
  if (language != "ru") return n == 1 ? "one" : "other";
  auto const last = n % 10, last_two = n % 100;
  if (last == 1 && last_two != 11) return "one";
  if (last >= 2 && last <= 4 && (last_two < 12 || last_two > 14)) return "few";
  return "many";
}

std::optional<std::int64_t> count_of(json::value const& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64()) return static_cast<std::int64_t>(value.get_uint64());
  if (!value.is_string()) return std::nullopt;
  auto const& text = value.get_string();
  std::int64_t number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string plain(json::value const& value) {
  if (value.is_string()) return std::string{value.get_string()};
  return value.is_null() || value.is_structured() ? std::string{} : json::serialize(value);
}

/// Calls found(name) for each {name}.
template <class Literal, class Found>
void scan(std::string_view text, Literal literal, Found found) {
  for (;;) {
    auto const open = text.find('{');
    auto const close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) break;
    literal(text.substr(0, open));
    found(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
  literal(text);
}

std::string fill(std::string_view text, json::object const& arguments) {
  std::string out;
  scan(
      text, [&](std::string_view literal) { out += literal; },
      [&](std::string_view name) {
        if (auto const* value = arguments.if_contains(name)) out += plain(*value);
      });
  return out;
}

std::string const* find(Texts const* texts, std::string const& key) {
  if (!texts) return nullptr;
  auto const at = texts->find(key);
  return at == texts->end() ? nullptr : &at->second;
}

/// "days.few" -> "days" when "days" is a plural family of these texts, else the key itself.
std::string family(Texts const& texts, std::string const& key) {
  auto const dot = key.rfind('.');
  if (dot == key.npos) return key;
  std::string const base = key.substr(0, dot);
  std::string_view const suffix = std::string_view{key}.substr(dot + 1);
  bool const is_category = std::ranges::find(k_categories, suffix) != k_categories.end();
  bool const is_family = texts.contains(base + ".one") && texts.contains(base + ".other");
  return is_category && is_family ? base : key;
}

/// family -> its placeholders.
std::map<std::string, std::set<std::string>> placeholders(Texts const& texts) {
  std::map<std::string, std::set<std::string>> all;
  for (auto const& [key, text] : texts) {
    auto& names = all[family(texts, key)];
    scan(text, [](std::string_view) {}, [&](std::string_view name) { names.emplace(name); });
  }
  return all;
}

}  // namespace

struct Catalogue::Missing {
  std::mutex mutex;
  std::set<std::string> keys;
};

Catalogue::Catalogue() : missing_{std::make_shared<Missing>()} {}

Catalogue Catalogue::from_json(std::map<std::string, std::string> const& json_by_language) {
  Catalogue catalogue;
  for (auto const& [language, source] : json_by_language) catalogue.merge(language, source);
  return catalogue;
}

void Catalogue::merge(std::string_view language, std::string_view json) {
  boost::system::error_code error;
  auto const parsed = json::parse(json, error);
  if (error || !parsed.is_object())
    throw std::runtime_error("texts of " + std::string{language} + ": not a JSON object");
  Texts& texts = texts_[std::string{language}];
  for (auto const& [key, value] : parsed.get_object()) {
    if (!value.is_string())
      throw std::runtime_error("texts of " + std::string{language} +
                               ": not text: " + std::string{key});
    auto const [at, added] = texts.emplace(key, value.get_string());
    if (!added)
      throw std::runtime_error("texts of " + std::string{language} + ": twice: " + at->first);
  }
}

std::string Catalogue::text(std::string_view language, std::string_view key,
                            json::object const& arguments, Texts const* first) const {
  auto const own = texts_.find(language);
  Texts const* const second = own == texts_.end() ? nullptr : &own->second;
  std::vector<std::string> candidates;
  if (auto const* n = arguments.if_contains("n")) {
    if (auto const count = count_of(*n))
      candidates.push_back(std::string{key} + "." + std::string{category(language, *count)});
    candidates.push_back(std::string{key} + ".other");
  }
  candidates.emplace_back(key);
  for (Texts const* texts : {first, second})
    for (std::string const& candidate : candidates)
      if (auto const* text = find(texts, candidate)) return fill(*text, arguments);
  std::scoped_lock const lock{missing_->mutex};
  if (missing_->keys.size() < k_missing_keys_max)
    missing_->keys.insert(std::string{language} + " " + std::string{key});
  return "[" + std::string{key} + "]";
}

bool Catalogue::has(std::string_view language, std::string_view key) const {
  auto const own = texts_.find(language);
  if (own == texts_.end()) return false;
  std::string const name{key};
  return own->second.contains(name) ||
         (own->second.contains(name + ".one") && own->second.contains(name + ".other"));
}

std::vector<std::string> Catalogue::keys(std::string_view language) const {
  std::vector<std::string> all;
  auto const own = texts_.find(language);
  if (own != texts_.end())
    for (auto const& [key, text] : own->second) all.push_back(key);
  return all;
}

std::vector<std::string> Catalogue::languages() const {
  std::vector<std::string> all;
  for (auto const& [language, texts] : texts_) all.push_back(language);
  return all;
}

std::vector<std::string> Catalogue::problems() const {
  std::vector<std::string> found;
  auto const report = [&](std::string_view language, std::string_view what, std::string_view key) {
    found.push_back(std::string{language}.append(": ").append(what).append(key));
  };
  std::map<std::string, std::map<std::string, std::set<std::string>>> all;
  for (auto const& [language, texts] : texts_) {
    all[language] = placeholders(texts);
    for (auto const& [key, text] : texts) {
      if (text.empty()) report(language, "empty text: ", key);
      std::string const base = family(texts, key);
      if (language != "ru" || base == key || !key.ends_with(".one")) continue;
      for (auto const category : k_categories) {
        std::string const form = std::string{base}.append(".").append(category);
        if (!texts.contains(form)) report(language, "plural form absent: ", form);
      }
    }
  }
  for (auto const& [language, families] : all)
    for (auto const& [other, others] : all)
      for (auto const& [key, names] : families) {
        auto const at = others.find(key);
        if (at == others.end())
          report(other, "absent: ", key);
        else if (at->second != names && language < other)
          report(language, "placeholders differ from " + other + ": ", key);
      }
  return found;
}

std::vector<std::string> Catalogue::missing() const {
  std::scoped_lock const lock{missing_->mutex};
  return {missing_->keys.begin(), missing_->keys.end()};
}

}  // namespace qyzmet::templates
