#include "services/law/law.hpp"

#include <algorithm>
#include <iterator>

#include "engine/base/check.hpp"
#include "engine/base/embedded.hpp"

namespace qyzmet::law::embedded {
std::span<EmbeddedFile const> files();
}

namespace qyzmet::law {

namespace {

std::string_view text_of(std::string_view suffix) {
  for (auto const& file : embedded::files())
    if (file.name.ends_with(suffix)) return file.bytes;
  check(false, "the index of the law is not part of the program");
  return {};
}

/// Calls `use` with the three cells of each line; lines of another shape are comments.
template <class Use>
void for_each_line(std::string_view text, std::string_view separator, Use use) {
  while (!text.empty()) {
    auto const line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    auto const first = line.find(separator);
    if (line.starts_with('#') || first == line.npos) continue;
    auto const second = line.find(separator, first + separator.size());
    if (second == line.npos) continue;
    auto const middle = first + separator.size();
    use(line.substr(0, first), line.substr(middle, second - middle),
        line.substr(second + separator.size()));
  }
}

std::vector<Rule> read_rules() {
  std::vector<Rule> out;
  for_each_line(text_of("rules.txt"), " | ", [&](auto id, auto source, auto wording) {
    out.push_back({.id = id, .source = source, .wording = wording, .left_out = {}});
  });
  for_each_line(text_of("left_out.txt"), " | ", [&](auto id, auto, auto why) {
    auto const rule = std::ranges::find(out, id, &Rule::id);
    check(rule != out.end(), "only rules of the index are left out");
    rule->left_out = why;
  });
  return out;
}

std::vector<Place> read_places() {
  std::vector<Place> out;
  for_each_line(text_of("places.txt"), "\t",
                [&](auto rule, auto where, auto test) { out.push_back({rule, where, test}); });
  return out;
}

}  // namespace

std::span<Rule const> rules() {
  static auto const all = read_rules();
  return all;
}

Rule const* find(std::string_view id) {
  auto const all = rules();
  auto const found = std::ranges::find(all, id, &Rule::id);
  return found == all.end() ? nullptr : &*found;
}

std::vector<Place> places_of(std::string_view id) {
  static auto const all = read_places();
  std::vector<Place> out;
  for (bool const of_tests : {false, true})
    std::ranges::copy_if(all, std::back_inserter(out),
                         [&](auto& each) { return each.rule == id && each.is_test() == of_tests; });
  return out;
}

}  // namespace qyzmet::law
