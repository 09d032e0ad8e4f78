#pragma once
// Words put into a sentence: filled("{} days, {}", 5, "a30.3"). Pure; for tests.
#include <concepts>
#include <string>
#include <string_view>

namespace qyzmet::engine {

inline std::string in_words(std::string_view text) {
  return std::string{text};
}
template <std::integral Number>
std::string in_words(Number number) {
  return std::to_string(number);
}

/// Each {} in its turn.
template <class... Parts>
std::string filled(std::string_view sentence, Parts const&... parts) {
  std::string out;
  [[maybe_unused]] auto const next = [&](std::string const& part) {
    auto const hole = sentence.find("{}");
    out += sentence.substr(0, hole);
    out += part;
    sentence.remove_prefix(hole + 2);
  };
  (next(in_words(parts)), ...);
  return out += sentence;
}

}  // namespace qyzmet::engine
