#include "tests/tidy/text.hpp"

#include <algorithm>
#include <array>

namespace qyzmet::tests::tidy {
namespace {

/// Written by people, to be read by people.
bool is_ours_to_read(File const& file) {
  constexpr std::array<std::string_view, 7> k_endings{".cpp", ".hpp", ".sql",  ".mjs",
                                                      ".js",  ".sh",  ".cmake"};
  return file.path == "run" || file.path == "test" ||
         std::ranges::any_of(k_endings, [&](auto end) { return file.path.ends_with(end); });
}

bool is_text(File const& file) {
  return !file.text.substr(0, std::min<std::size_t>(file.text.size(), 4096)).contains('\0');
}

/// Complains once per line in which one of the words stands.
template <class Words, class Stands>
Complaints complain_of(File const& file, Words const& words, std::string_view what, Stands stands) {
  Complaints found;
  if (!is_text(file)) return found;
  std::size_t number = 0;
  for (auto const line : lines_of(file.text)) {
    ++number;
    for (auto const& word : words) {
      if (!stands(line, std::string_view{word})) continue;
      found.push_back({file.path, number, std::string{what} + ": " + std::string{word}});
      break;
    }
  }
  return found;
}

// The words below are written in two parts, or this file would complain of itself.
std::array<std::string, 4> const k_markers{
    "TO"
    "DO",
    "FIX"
    "ME",
    "XX"
    "X",
    "HA"
    "CK"};
std::array<std::string, 7> const k_paths{
    "/ho"
    "me/",
    "/ro"
    "ot/",
    "/tmp/bu"
    "ild",
    "/work/"
    "main",
    "/work/"
    "shared",
    "/work/"
    ".library",
    "C:\\"
    "Users"};
std::array<std::string, 9> const k_hosts{
    "registry.npm"
    "js",
    "deb.deb"
    "ian.org",
    "security.deb"
    "ian.org",
    "pypi"
    ".org",
    "pythonhos"
    "ted.org",
    "crates"
    ".io",
    "proxy.gol"
    "ang.org",
    "repo1.ma"
    "ven",
    "registry.ya"
    "rnpkg"};

}  // namespace

std::size_t columns_of(std::string_view line) {
  return static_cast<std::size_t>(
      std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }));
}

Complaints check_file_length(File const& file) {
  auto const lines = lines_of(file.text).size();
  if (!is_ours_to_read(file) || lines <= k_file_lines_max) return {};
  return {{file.path, 0,
           std::to_string(lines) + " lines; at most " + std::to_string(k_file_lines_max)}};
}

Complaints check_line_length(File const& file) {
  Complaints found;
  if (!is_ours_to_read(file)) return found;
  std::size_t number = 0;
  for (auto const line : lines_of(file.text)) {
    ++number;
    if (columns_of(line) <= k_columns_max) continue;
    found.push_back(
        {file.path, number,
         std::to_string(columns_of(line)) + " columns; at most " + std::to_string(k_columns_max)});
  }
  return found;
}

Complaints check_leftovers(File const& file) {
  auto found = complain_of(file, k_markers, "leftover", [](auto line, auto word) {
    return find_word(line, word) != std::string_view::npos;
  });
  if (!is_ours_to_read(file)) return found;
  std::size_t number = 0;
  for (auto const line : lines_of(file.text)) {
    ++number;
    if (line.ends_with(' ') || line.ends_with('\r') || line.contains('\t'))
      found.push_back({file.path, number, "tab, blank at the end, or carriage return"});
  }
  return found;
}

Complaints check_machine_paths(File const& file) {
  return complain_of(file, k_paths, "path of a machine",
                     [](auto line, auto path) { return line.contains(path); });
}

Complaints check_registry_hosts(File const& file) {
  return complain_of(file, k_hosts, "host of a registry",
                     [](auto line, auto host) { return line.contains(host); });
}

}  // namespace qyzmet::tests::tidy
