#include "services/cli/options.hpp"

#include <algorithm>
#include <cstdio>

namespace qyzmet::cli {

std::expected<Options, std::string> Options::parse(Arguments arguments,
                                                   std::initializer_list<std::string_view> valued,
                                                   std::initializer_list<std::string_view> flags) {
  Options out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    auto const word = arguments[i];
    if (!word.starts_with("--")) {
      out.words_.emplace_back(word);
    } else if (std::ranges::find(flags, word) != flags.end()) {
      out.flags_.emplace(word);
    } else if (std::ranges::find(valued, word) == valued.end()) {
      return std::unexpected("unknown option " + std::string{word});
    } else if (++i == arguments.size()) {
      return std::unexpected("option " + std::string{word} + " wants a value");
    } else {
      out.values_[std::string{word}].emplace_back(arguments[i]);
    }
  }
  return out;
}

std::string Options::get(std::string_view name, std::string_view otherwise) const {
  auto const found = values_.find(name);
  return found == values_.end() ? std::string{otherwise} : found->second.back();
}

std::vector<std::string> Options::all(std::string_view name) const {
  auto const found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

int wrong_use(std::string_view sentence) {
  std::fprintf(stderr, "qyzmet: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  return 2;
}

}  // namespace qyzmet::cli
