#include "tests/tidy/functions.hpp"

#include <algorithm>
#include <array>

namespace qyzmet::tests::tidy {
namespace {

enum class Brace { scope, function, initializer, member_initializer };

/// End of the `template <...>` or attribute with which the head begins; 0 when it begins otherwise.
std::size_t end_of_prefix(std::string_view head) {
  if (head.starts_with("[[")) return std::min(matching(head, 0) + 1, head.size());
  if (find_word(head, "template") != 0 || !head.contains('<')) return 0;
  std::size_t depth = 0;
  for (auto at = head.find('<'); at < head.size(); ++at) {
    if (head[at] == '<') ++depth;
    if (head[at] == '>' && --depth == 0) return at + 1;
  }
  return head.size();
}

/// Drops what stands before the declaration itself and whose words would mislead.
std::string_view without_prefixes(std::string_view head) {
  head = trimmed(head);
  while (auto const end = end_of_prefix(head)) head = trimmed(head.substr(end));
  return head;
}

/// Where the parameter list closes: the `)` of the last bracket pair before any `:` of a
/// constructor; npos when there is none.
struct Signature {
  std::size_t first_open = std::string_view::npos;
  std::size_t close = std::string_view::npos;
  bool initializes_members = false;
};

Signature signature_of(std::string_view head) {
  Signature found;
  for (std::size_t at = 0; at < head.size(); ++at) {
    if (head[at] == '(') {
      if (found.first_open == head.npos) found.first_open = at;
      found.close = at = matching(head, at);
    } else if (head[at] == ':' && found.close != head.npos) {
      bool const scope = head.substr(at).starts_with("::") || head[at - 1] == ':';
      if (!scope) {
        found.initializes_members = true;
        return found;
      }
    }
  }
  return found;
}

bool may_follow_parameters(std::string_view rest) {
  constexpr std::array<std::string_view, 10> k_words{
      "const", "noexcept", "override", "final", "->", "requires", "try", "&", "mutable", "[["};
  rest = trimmed(rest);
  return rest.empty() ||
         std::ranges::any_of(k_words, [&](auto word) { return rest.starts_with(word); });
}

bool names_scope(std::string_view head) {
  constexpr std::array<std::string_view, 6> k_words{"namespace", "class", "struct",
                                                    "union",     "enum",  "extern"};
  auto const signature = signature_of(head);
  auto const before = head.substr(0, std::min(signature.first_open, head.size()));
  return std::ranges::any_of(
      k_words, [&](auto word) { return find_word(before, word) != std::string_view::npos; });
}

Brace kind_of(std::string_view head) {
  head = without_prefixes(head);
  auto const signature = signature_of(head);
  if (signature.close == head.npos) return names_scope(head) ? Brace::scope : Brace::initializer;
  if (signature.initializes_members) {
    char const last = head.back();
    return last == ')' || last == '}' ? Brace::function : Brace::member_initializer;
  }
  if (may_follow_parameters(head.substr(std::min(signature.close + 1, head.size()))))
    return Brace::function;
  return names_scope(head) ? Brace::scope : Brace::initializer;
}

std::string name_of(std::string_view head) {
  head = without_prefixes(head);
  head = trimmed(head.substr(0, std::min(signature_of(head).first_open, head.size())));
  auto const begin = head.find_last_of(" \n*&");
  return std::string{begin == head.npos ? head : head.substr(begin + 1)};
}

}  // namespace

std::vector<Function> functions_of(std::string_view source) {
  auto const code = code_only(source);
  std::string_view const view{code};
  std::vector<Function> functions;
  std::size_t begin = 0;  // of the head that is being read
  for (std::size_t at = 0; at < code.size(); ++at) {
    char const c = code[at];
    if (c == ';' || c == '}') begin = at + 1;
    if (c == '(' || c == '[') at = matching(code, at);
    if (c != '{') continue;
    auto const head = view.substr(begin, at - begin);
    auto const kind = kind_of(head);
    if (kind == Brace::scope) {
      begin = at + 1;
      continue;
    }
    auto const close = matching(code, at);
    if (kind == Brace::function) {
      auto const first = line_of(code, view.find_first_not_of(" \t\r\n", begin));
      functions.push_back({name_of(head), first, line_of(code, close) - first + 1});
      begin = close + 1;
    }
    at = close;
  }
  return functions;
}

Complaints check_function_length(File const& file) {
  Complaints found;
  if (!is_cpp(file)) return found;
  for (auto const& function : functions_of(file.text)) {
    if (function.lines <= k_function_lines_max) continue;
    found.push_back({file.path, function.line,
                     function.name + " has " + std::to_string(function.lines) + " lines; at most " +
                         std::to_string(k_function_lines_max)});
  }
  return found;
}

}  // namespace qyzmet::tests::tidy
