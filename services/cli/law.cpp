// `qyzmet law`: what a rule demands, its source, where the product keeps it and what holds it.
#include <cstdio>
#include <string>

#include "engine/value.hpp"
#include "services/cli/commands.hpp"
#include "services/cli/options.hpp"
#include "services/law/law.hpp"

namespace qyzmet::cli {

namespace {

constexpr char const* k_usage =
    "usage: qyzmet law [ID] [--json]\n"
    "ID is a rule, an invariant or an edge case: R77-36, INV-09, E-10. Without it: all of them.";

std::string quoted(std::string_view text) {
  return engine::to_json(std::string{text});
}

void print_places(std::vector<law::Place> const& places, bool tests) {
  for (auto const& place : places) {
    if (place.is_test() != tests) continue;
    std::string line = "  " + std::string{place.where};
    if (!place.test.empty()) line += "  " + std::string{place.test};
    std::puts(line.c_str());
  }
}

void print(law::Rule const& rule) {
  auto const places = law::places_of(rule.id);
  std::printf("%s  %s\n%s\n", std::string{rule.id}.c_str(), std::string{rule.source}.c_str(),
              std::string{rule.wording}.c_str());
  bool const lives = !places.empty() && !places.front().is_test();
  bool const held = !places.empty() && places.back().is_test();
  std::puts(lives ? "lives in" : "lives in no place that names it");
  print_places(places, false);
  std::puts(held ? "held by" : "held by no test");
  print_places(places, true);
  if (!rule.left_out.empty()) std::printf("left out\n  %s\n", std::string{rule.left_out}.c_str());
}

std::string json_of(law::Rule const& rule) {
  std::string lives, held;
  for (auto const& place : law::places_of(rule.id)) {
    auto& list = place.is_test() ? held : lives;
    list += list.empty() ? "" : ",";
    list += "{\"where\":" + quoted(place.where);
    if (!place.test.empty()) list += ",\"test\":" + quoted(place.test);
    list += "}";
  }
  return "{\"id\":" + quoted(rule.id) + ",\"source\":" + quoted(rule.source) +
         ",\"wording\":" + quoted(rule.wording) + ",\"lives\":[" + lives + "],\"held\":[" + held +
         "]" + (rule.left_out.empty() ? "" : ",\"left_out\":" + quoted(rule.left_out)) + "}";
}

int print_all(bool json) {
  std::string list;
  for (auto const& rule : law::rules()) {
    if (json) {
      list += (list.empty() ? "" : ",\n") + json_of(rule);
      continue;
    }
    auto const places = law::places_of(rule.id);
    bool const held = !places.empty() && places.back().is_test();
    auto const mark = held ? ' ' : rule.left_out.empty() ? '-' : 'x';
    list += std::string{rule.id} + std::string(rule.id.size() < 9 ? 9 - rule.id.size() : 1, ' ') +
            mark + " " + std::string{rule.wording} + "\n";
  }
  if (json) list = "[" + list + "]\n";
  std::fputs(list.c_str(), stdout);
  if (!json)
    std::puts("- before a rule: no test holds it yet; x: left out, qyzmet law ID says why");
  return 0;
}

}  // namespace

int run_law(Arguments arguments) {
  auto const options = Options::parse(arguments, {}, {"--json"});
  if (!options) return wrong_use(options.error() + "\n" + k_usage);
  if (options->words().size() > 1) return wrong_use(k_usage);
  bool const json = options->has("--json");
  if (options->words().empty()) return print_all(json);
  auto const& id = options->words().front();
  auto const* rule = law::find(id);
  if (rule == nullptr) {
    std::fprintf(stderr, "qyzmet: there is no rule %s; qyzmet law lists all of them\n", id.c_str());
    return 1;
  }
  if (json)
    std::puts(json_of(*rule).c_str());
  else
    print(*rule);
  return 0;
}

}  // namespace qyzmet::cli
