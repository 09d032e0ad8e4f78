#include "tests/tidy/coroutines.hpp"

namespace qyzmet::tests::tidy {
namespace {

/// Where the statement around `at` begins, brackets balanced; npos when `at` is inside a bracket
/// that is not a block: a condition or an argument.
std::size_t begin_of_statement(std::string_view code, std::size_t at) {
  std::size_t depth = 0;
  while (at > 0) {
    char const c = code[at - 1];
    if (c == ')' || c == ']') ++depth;
    if (c == '(' || c == '[') {
      if (depth == 0) return std::string_view::npos;
      --depth;
    }
    if (depth == 0 && (c == ';' || c == '{' || c == '}')) return at;
    --at;
  }
  return 0;
}

/// Drops `if (...)`, `else`, `for (...)`, `while (...)`, `case x:` before the statement they lead.
std::string_view without_leaders(std::string_view text) {
  for (;;) {
    text = trimmed(text);
    bool const branch = text.starts_with("if ") || text.starts_with("for ") ||
                        text.starts_with("while ") || text.starts_with("if constexpr ");
    if (branch && text.contains('(')) {
      auto const close = matching(text, text.find('('));
      text = text.substr(std::min(close + 1, text.size()));
    } else if (text.starts_with("else") && (text.size() == 4 || !is_word(text[4]))) {
      text = text.substr(4);
    } else if ((text.starts_with("case ") || text.starts_with("default")) && text.ends_with(':')) {
      return {};
    } else {
      return text;
    }
  }
}

/// Nothing, or a declaration or target that ends in a plain '='.
bool may_stand_before(std::string_view text) {
  if (text.empty()) return true;
  if (!text.ends_with('=') || text.size() < 2) return false;
  return !std::string_view{"=!<>+-*/|&^%"}.contains(text[text.size() - 2]);
}

/// The awaited operand goes up to the ';' with no operator beside it.
bool ends_plainly(std::string_view code, std::size_t at) {
  for (; at < code.size(); ++at) {
    char const c = code[at];
    if (c == ';') return true;
    if (c == ')' || c == '}' || c == ']' || c == '?') return false;
    if (c == '(' || c == '{' || c == '[') at = matching(code, at);
    if (at + 1 < code.size() && c == code[at + 1] && std::string_view{"&|=+"}.contains(c))
      return false;
    bool const spaced = at + 2 < code.size() && c == ' ' && code[at + 2] == ' ';
    if (spaced && std::string_view{"+-*/%|&^<>"}.contains(code[at + 1])) return false;
  }
  return false;
}

}  // namespace

Complaints check_co_await(File const& file) {
  Complaints found;
  if (!is_cpp(file)) return found;
  constexpr std::string_view k_word = "co_await";
  auto const code = code_only(file.text);
  std::string_view const view{code};
  for (auto at = find_word(view, k_word); at != view.npos; at = find_word(view, k_word, at + 1)) {
    auto const begin = begin_of_statement(view, at);
    bool const alone = begin != view.npos &&
                       may_stand_before(without_leaders(view.substr(begin, at - begin))) &&
                       ends_plainly(view, at + k_word.size());
    if (!alone) found.push_back({file.path, line_of(view, at), "co_await does not stand alone"});
  }
  return found;
}

}  // namespace qyzmet::tests::tidy
