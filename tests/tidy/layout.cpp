#include "tests/tidy/layout.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <regex>
#include <set>

namespace qyzmet::tests::tidy {
namespace {

using Folders = std::set<std::string, std::less<>>;

/// Folder -> what of ours it may include. services/main.cpp, the composition root, and tests may
/// use everything.
std::map<std::string, Folders, std::less<>> const k_may_use{
    {"engine/base", {}},
    {"engine", {"engine/base"}},
    {"engine/simulation", {"engine/base", "engine"}},
    {"signing/gost", {"engine/base"}},
    {"signing/ledger", {"engine/base"}},
    {"signing", {"engine/base", "signing/gost"}},
    {"templates", {"engine/base"}},
    {"templates/diagram", {"engine/base"}},
    {"db", {"engine/base", "engine"}},
    {"services/platform", {"engine/base"}},
    {"services/http", {"engine/base", "services/platform"}},
    {"services/peers", {"engine/base", "services/platform", "services/http", "signing"}},
    {"services/seeds", {"engine/base", "services/platform", "db", "engine"}},
    {"services/law", {"engine/base"}},
    {"services/casework",
     {"engine/base", "services/platform", "services/http", "services/peers", "db", "engine",
      "signing", "signing/ledger", "templates", "templates/diagram"}},
    {"services/lives", {"engine/base", "services/casework", "db", "engine", "engine/simulation"}},
    {"services/work",
     {"engine/base", "services/platform", "services/peers", "services/casework", "db", "engine"}},
    {"services/portal",
     {"engine/base", "services/platform", "services/http", "services/casework", "db", "engine",
      "signing", "signing/ledger", "templates", "templates/diagram"}},
    {"services/api",
     {"engine/base", "services/platform", "services/http", "services/casework", "db", "engine",
      "signing", "signing/ledger", "templates", "templates/diagram"}},
    {"services/cli",  // composes the server, too
     {"engine/base", "services/platform", "services/http", "services/peers", "services/seeds",
      "services/casework", "services/work", "services/lives", "services/portal", "services/api",
      "services/law", "db", "engine", "engine/simulation", "signing", "signing/ledger", "templates",
      "templates/diagram"}},
    {"services/simulators", {"engine/base", "services/platform", "services/http", "signing"}},
};

/// The known folder in which the file lies; the longest that fits.
std::optional<std::string> folder_of(std::string_view path) {
  std::optional<std::string> best;
  for (auto const& [folder, uses] : k_may_use) {
    bool const inside = path.starts_with(folder) && path.substr(folder.size()).starts_with('/');
    if (inside && (!best || folder.size() > best->size())) best = folder;
  }
  return best;
}

/// Target of CMake -> folder.
std::optional<std::string> folder_of_target(std::string_view target) {
  if (target == "base") return "engine/base";
  if (k_may_use.contains(target)) return std::string{target};
  for (std::string const above : {"engine/", "services/", "signing/", "templates/"}) {
    auto folder = above + std::string{target};
    if (k_may_use.contains(folder)) return folder;
  }
  return std::nullopt;
}

bool may_use(std::string const& user, std::string const& used) {
  return user == used || k_may_use.at(user).contains(used);
}

constexpr std::array<std::string_view, 12> k_top_level{".ci/run",        ".clang-format",
                                                       ".clang-tidy",    ".gitignore",
                                                       ".setup.sh",      "run",
                                                       "test",           "README.md",
                                                       "LICENSE",        "ARCHITECTURE.md",
                                                       "CMakeLists.txt", "CMakePresets.json"};
constexpr std::array<std::string_view, 6> k_top_folders{"engine/", "signing/",  "templates/",
                                                        "db/",     "services/", "tests/"};

std::vector<std::string> words_of(std::string const& text) {
  std::regex const word{R"([A-Za-z_:]+)"};
  return {std::sregex_token_iterator{text.begin(), text.end(), word}, {}};
}

/// The folder whose library `call` defines or links, then what it links.
std::vector<std::string> linked_by(std::string const& command, std::string const& arguments) {
  if (command == "target_link_libraries" || command == "qyzmet_service") return words_of(arguments);
  return {};
}

}  // namespace

Complaints check_includes(File const& file) {
  Complaints found;
  auto const user = folder_of(file.path);
  if (!is_cpp(file) || !user) return found;
  static std::regex const k_include{"^#include \"([^\"]+)\""};
  std::size_t number = 0;
  for (auto const line : lines_of(file.text)) {
    ++number;
    std::cmatch match;
    if (!std::regex_search(line.data(), line.data() + line.size(), match, k_include)) continue;
    auto const used = folder_of(match[1].str());
    if (!used) {
      found.push_back({file.path, number, "not a path from the root: " + match[1].str()});
    } else if (!may_use(*user, *used)) {
      found.push_back({file.path, number, *user + " must not know " + *used});
    }
  }
  return found;
}

Complaints check_links(File const& file) {
  Complaints found;
  if (!file.path.ends_with("CMakeLists.txt") || file.path.starts_with("tests/")) return found;
  std::regex const call{R"((\w+)\s*\(([^()]*)\))"};
  auto const text = std::regex_replace(file.text, std::regex{"#[^\n]*"}, "");
  for (std::sregex_iterator at{text.begin(), text.end(), call}, end; at != end; ++at) {
    auto const words = linked_by((*at)[1], (*at)[2]);
    auto const user = words.empty() ? std::nullopt : folder_of_target(words.front());
    if (!user) continue;
    for (auto const& word : words) {
      auto const used = folder_of_target(word);
      if (!used || may_use(*user, *used)) continue;
      found.push_back({file.path, line_of(text, static_cast<std::size_t>(at->position())),
                       *user + " must not link " + *used});
    }
  }
  return found;
}

Complaints check_header_begins(File const& file) {
  if (!file.path.ends_with(".hpp") || file.text.starts_with("#pragma once\n//")) return {};
  return {{file.path, 1, "a header begins with #pragma once and a comment"}};
}

Complaints check_namespace(File const& file) {
  auto const folder = folder_of(file.path);
  if (!is_cpp(file) || !folder || file.path.ends_with("/main.cpp")) return {};
  auto const name = folder->substr(folder->rfind('/') + 1);
  auto const expected =
      *folder == "engine/base" ? std::string{"namespace qyzmet {"} : "namespace qyzmet::" + name;
  auto const code = code_only(file.text);
  if (std::string_view{code}.contains(expected)) return {};
  return {{file.path, 0, "nothing here stands in " + expected}};
}

Complaints check_top_level(File const& file) {
  bool const known =
      std::ranges::find(k_top_level, file.path) != k_top_level.end() ||
      std::ranges::any_of(k_top_folders, [&](auto top) { return file.path.starts_with(top); });
  if (known) return {};
  return {{file.path, 0, "does not belong to the top level"}};
}

Complaints check_headers_used(std::vector<File> const& files) {
  Folders included;
  std::regex const include{"#include \"([^\"]+)\""};
  for (auto const& file : files) {
    if (!is_cpp(file)) continue;
    std::sregex_iterator at{file.text.begin(), file.text.end(), include};
    for (std::sregex_iterator const end; at != end; ++at) {
      if ((*at)[1] != file.path) included.insert((*at)[1]);
    }
  }
  Complaints found;
  for (auto const& file : files) {
    if (file.path.ends_with(".hpp") && !included.contains(file.path))
      found.push_back({file.path, 0, "nobody includes this header"});
  }
  return found;
}

}  // namespace qyzmet::tests::tidy
