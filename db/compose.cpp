#include "db/compose.hpp"

#include <iterator>

namespace qyzmet::db {

namespace {

std::string numbered(std::span<Part const> parts, std::string_view tail) {
  std::string text;
  int number = 0;
  for (auto const& part : parts) {
    if (!part.used) continue;
    if (&part == &parts.front()) number = int(part.arguments.size());
    for (char const c : part.text) {
      if (c == '?')
        text += "$" + std::to_string(++number);
      else
        text += c;
    }
  }
  return text.append(tail);
}

}  // namespace

Family::Statement Family::compose(std::span<Part> parts) {
  unsigned key = 0;
  std::vector<Cell> arguments;
  for (auto& part : parts) {
    key = key << 1 | unsigned{part.used};
    if (part.used)
      arguments.insert(arguments.end(), std::move_iterator{part.arguments.begin()},
                       std::move_iterator{part.arguments.end()});
  }
  std::scoped_lock const lock{mutex_};
  auto& made = made_[key];
  if (!made) made = std::make_unique<Text>(name_, numbered(parts, tail_));
  return {.sql = made->sql, .arguments = std::move(arguments)};
}

}  // namespace qyzmet::db
