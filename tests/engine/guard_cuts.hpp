#pragma once
// Guards as they stand in a service.xml, and the package without one of them: what a guard forbids
// must be possible as soon as it is cut out, or the test of it proves nothing. Plain values.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/engine/story.hpp"

namespace qyzmet::engine {

/// "issue R77-12 guard.branch_hours (2)": the second such guard of that form.
struct Cut {
  std::string name;
  std::string rule, text;
  std::size_t begin = 0, end = 0;  // of the element in service.xml
};

inline std::string attribute(std::string_view element, std::string_view name) {
  auto const key = " " + std::string{name} + "=";
  auto const at = element.find(key);
  if (at == std::string_view::npos) return {};
  auto const open = at + key.size();
  return std::string{element.substr(open + 1, element.find(element[open], open + 1) - open - 1)};
}

/// One blank between the attributes, so that attribute() finds them.
inline std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

inline std::vector<Cut> guards_of(std::string const& xml) {
  std::vector<Cut> out;
  std::map<std::string, int> seen;
  std::string owner;
  for (auto at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    auto const rest = std::string_view{xml}.substr(at);
    auto const element = on_one_line(std::string{rest.substr(0, rest.find('>') + 1)});
    if (rest.starts_with("<role ") || rest.starts_with("<form "))
      owner = attribute(element, "id");
    else if (rest.starts_with("<message "))
      owner = attribute(element, "name");
    if (!rest.starts_with("<guard ")) continue;
    auto const end = xml.find("/>", at) + 2;
    auto const whole = on_one_line(xml.substr(at, end - at));
    Cut cut{.name = {},
            .rule = attribute(whole, "rule"),
            .text = attribute(whole, "text"),
            .begin = at,
            .end = end};
    cut.name = owner + " " + cut.rule + " " + cut.text;
    if (int const number = ++seen[cut.name]; number > 1)
      cut.name += " (" + std::to_string(number) + ")";
    out.push_back(std::move(cut));
  }
  return out;
}

inline std::shared_ptr<Package const> without(Files files, Cut const& guard) {
  files.at("service.xml").erase(guard.begin, guard.end - guard.begin);
  auto loaded = load_package(std::move(files), std::string(64, '0'));
  if (!loaded) throw std::runtime_error{guard.name + "\n" + report(loaded.error())};
  return *loaded;
}

}  // namespace qyzmet::engine
