#include "tests/tidy/law.hpp"

#include <regex>

namespace qyzmet::tests::tidy {

RuleIds rules_in(std::string_view law_text) {
  static std::regex const k_rule{R"(\b(?:(?:R-[A-Z]+|R\d\d|INV|E|V\d\d|V)-\d+[a-z]?|V-[A-Z]+)\b)"};
  std::string const text{law_text};
  return {std::sregex_token_iterator{text.begin(), text.end(), k_rule}, {}};
}

Complaints check_law_ids(File const& file, RuleIds const& known) {
  Complaints found;
  if (!is_cpp(file)) return found;
  static std::regex const k_law{R"re(\bLAW\("([^"]*)"\))re"};
  for (std::sregex_iterator at{file.text.begin(), file.text.end(), k_law}, end; at != end; ++at) {
    auto const id = (*at)[1].str();
    if (known.contains(id)) continue;
    found.push_back({file.path, line_of(file.text, static_cast<std::size_t>(at->position())),
                     "the law has no rule " + id});
  }
  return found;
}

Complaints check_covered_list(File const& file) {
  Complaints found;
  std::string_view last;
  std::size_t number = 0;
  for (auto const line : lines_of(file.text)) {
    ++number;
    if (!last.empty() && line <= last)
      found.push_back({file.path, number, "out of order or twice: " + std::string{line}});
    last = line;
  }
  return found;
}

}  // namespace qyzmet::tests::tidy
