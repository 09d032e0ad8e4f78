// The program `qyzmet`: picks the subcommand. The server is composed in services/cli/serve.cpp.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/cli/commands.hpp"

namespace {

using qyzmet::cli::Command;

int usage() {
  std::fputs("usage: qyzmet COMMAND [ARGUMENTS]\n\n", stderr);
  for (auto const& command : qyzmet::cli::commands())
    std::fprintf(stderr, "  %-17.*s %.*s\n", static_cast<int>(command.name.size()),
                 command.name.data(), static_cast<int>(command.purpose.size()),
                 command.purpose.data());
  return 2;
}

int run(std::span<std::string_view const> words) {
  for (auto const& command : qyzmet::cli::commands()) {
    auto const parts = std::ranges::count(command.name, ' ') + 1;
    if (static_cast<std::ptrdiff_t>(words.size()) < parts) continue;
    std::string name{words[0]};
    if (parts == 2) name.append(" ").append(words[1]);
    if (name == command.name) return command.run(words.subspan(static_cast<std::size_t>(parts)));
  }
  return usage();
}

}  // namespace

int main(int count, char** arguments) try {
  std::vector<std::string_view> const words(arguments + 1, arguments + count);
  return run(words);
} catch (std::exception const& error) {
  std::fprintf(stderr, "qyzmet: %s\n", error.what());
  return 1;
}
