#include "tests/tidy/source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <sstream>

namespace qyzmet::tests::tidy {
namespace {

constexpr std::array<std::string_view, 5> k_not_ours{".git", "build", ".cache", "node_modules",
                                                     "artefacts"};

/// Blanks [from, to) of `code`, keeping line breaks.
void blank(std::string& code, std::size_t from, std::size_t to) {
  for (auto i = from; i < to && i < code.size(); ++i) {
    if (code[i] != '\n') code[i] = ' ';
  }
}

std::size_t end_of_line(std::string_view text, std::size_t at) {
  auto const end = text.find('\n', at);
  return end == std::string_view::npos ? text.size() : end;
}

/// End of a preprocessor directive: its last line, where a backslash joins lines.
std::size_t end_of_directive(std::string_view text, std::size_t at) {
  auto end = end_of_line(text, at);
  while (end < text.size() && end > at && text[end - 1] == '\\') end = end_of_line(text, end + 1);
  return end;
}

std::size_t end_of_literal(std::string_view text, std::size_t quote) {
  auto at = quote + 1;
  while (at < text.size() && text[at] != text[quote]) at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

std::size_t end_of_raw_literal(std::string_view text, std::size_t quote) {
  auto const open = text.find('(', quote);
  if (open == std::string_view::npos) return text.size();
  auto const close = ")" + std::string{text.substr(quote + 1, open - quote - 1)} + "\"";
  auto const end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

bool starts_line(std::string_view text, std::size_t at) {
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) --at;
  return at == 0 || text[at - 1] == '\n';
}

/// End of what is not code and begins at `at`; `at` itself when code stands there.
std::size_t end_of_non_code(std::string_view text, std::size_t at) {
  auto const rest = text.substr(at);
  if (rest.starts_with("//")) return end_of_line(text, at);
  if (rest.starts_with("/*")) {
    auto const end = text.find("*/", at + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  if (rest[0] == '#' && starts_line(text, at)) return end_of_directive(text, at);
  bool const after_word = at > 0 && is_word(text[at - 1]);
  if (rest[0] == '"') {
    return after_word && text[at - 1] == 'R' ? end_of_raw_literal(text, at)
                                             : end_of_literal(text, at);
  }
  // A quote inside a number parts its digits.
  if (rest[0] == '\'' && !after_word) return end_of_literal(text, at);
  return at;
}

}  // namespace

std::vector<File> read_tree(std::filesystem::path const& root) {
  std::vector<File> files;
  auto walk = std::filesystem::recursive_directory_iterator{root};
  for (auto entry = begin(walk); entry != end(walk); ++entry) {
    if (std::ranges::find(k_not_ours, entry->path().filename().string()) != k_not_ours.end()) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      std::ifstream stream{entry->path(), std::ios::binary};
      std::ostringstream text;
      text << stream.rdbuf();
      files.push_back({entry->path().lexically_relative(root).generic_string(), text.str()});
    }
  }
  std::ranges::sort(files, {}, &File::path);
  return files;
}

bool is_cpp(File const& file) {
  return file.path.ends_with(".cpp") || file.path.ends_with(".hpp");
}

std::string code_only(std::string_view source) {
  std::string code{source};
  for (std::size_t at = 0; at < source.size();) {
    auto const end = end_of_non_code(source, at);
    // A literal leaves its quotes: something stands there.
    bool const literal = source[at] == '"' && end > at + 1;
    blank(code, literal ? at + 1 : at, literal ? end - 1 : end);
    at = std::max(end, at + 1);
  }
  return code;
}

std::size_t line_of(std::string_view text, std::size_t position) {
  auto const before = text.substr(0, position);
  return 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    auto const end = end_of_line(text, 0);
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::size_t matching(std::string_view code, std::size_t open) {
  std::size_t depth = 0;
  for (auto at = open; at < code.size(); ++at) {
    if (std::string_view{"({["}.contains(code[at])) ++depth;
    if (std::string_view{")}]"}.contains(code[at]) && --depth == 0) return at;
  }
  return code.size();
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  for (auto at = text.find(word, from); at != text.npos; at = text.find(word, at + 1)) {
    bool const begins = at == 0 || !is_word(text[at - 1]);
    auto const end = at + word.size();
    bool const ends = end == text.size() || !is_word(text[end]);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

}  // namespace qyzmet::tests::tidy
