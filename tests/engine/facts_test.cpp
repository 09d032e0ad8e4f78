// What the three packages fix, held against what tests/engine/facts/*.txt states of the law, fact
// by fact; and how strong that is: every small fault in the words of a package is refused when it
// is read, or turns the comparison red, or stands in facts_survived.txt with its reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>

#include "tests/engine/facts.hpp"
#include "tests/engine/markup.hpp"
#include "tests/engine/service_mutants.hpp"
#include "tests/engine/survivors.hpp"
#include "tests/support/law.hpp"
#include "tests/support/seed_package.hpp"

namespace qyzmet::engine {
namespace {

/// Every so many faults one is tried; all of them in soaks (QYZMET_MUTANTS=all).
constexpr std::size_t k_stride = 17;

/// Those of the country, and the same days without hours.
std::vector<Calendar> calendars() {
  std::ifstream in{QYZMET_SOURCE_DIR "/engine/calendars/kz.csv", std::ios::binary};
  std::string with_hours, days;
  for (std::string line; std::getline(in, line);) {
    with_hours += line + "\n";
    if (!line.starts_with("hours")) days += line + "\n";
  }
  return {Calendar::from_csv(1, with_hours).value(), Calendar::from_csv(2, days).value()};
}

/// What its other files fix: drawings, decision tables, papers.
PackageFacts files_facts_of(Package const& package) {
  auto out = drawn_facts_of(package);
  for (auto const& more : {table_facts_of(package), paper_facts_of(package)})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

/// A package as it stands in the tree, and what is stated of it.
struct Held {
  explicit Held(std::string const& service)
      : package{tests::seed_package(service)},
        xml{package->files.at("service.xml")},
        stated{stated_facts(service)},
        drawn{stated_facts(service + "_files")},
        known{.types = package->variables, .texts = {}, .calendars = calendars()} {
    for (auto const& subtype : package->subtypes) known.texts.insert(subtype.code);
    // What the decision tables ask.
    for (auto const* const number : {"age", "region", "area"})
      known.types.emplace(number, FieldType::number);
    for (auto const* const yes_or_no :
         {"citizen", "speciality", "in_prison", "abroad", "serving", "past_limit", "registered",
          "birthday", "released", "term_served"})
      known.types.emplace(yes_or_no, FieldType::boolean);
  }

  /// Where another service.xml differs; nothing when it cannot be read.
  std::optional<std::vector<std::string>> of(std::string const& text) const {
    auto const read = read_service(text);
    if (!read) return std::nullopt;
    return differences(stated, facts_of(**read, text), **read, known);
  }

  std::shared_ptr<Package const> package;
  std::string xml;
  PackageFacts stated, drawn;
  Known known;
};

Held const& held(std::string const& service) {
  static std::map<std::string, Held> all;
  auto const at = all.find(service);
  return at == all.end() ? all.emplace(service, Held{service}).first->second : at->second;
}

PackageFacts without_settings(PackageFacts facts) {
  std::erase_if(facts, [](PackageFact const& fact) { return fact.owner == "settings"; });
  return facts;
}

/// The text with each value of each setting that is not chosen in it.
std::vector<std::string> other_readings(std::string const& xml) {
  std::vector<std::string> out;
  auto const elements = elements_of(xml);
  for (auto const& element : elements) {
    if (element.tag != "setting") continue;
    auto const among = Expression::compile(element.at("among")).value();
    auto const all = among.evaluate(Context{}, Calendar{0, {}, 2000, 2000, {}});
    auto const value = std::ranges::find(element.attributes, "value", &Markup::Attribute::name);
    for (auto const& each : *all.as<List>()) {
      auto const written =
          each.as<std::string>() != nullptr ? "\"" + *each.as<std::string>() + "\"" : to_json(each);
      if (written == value->value) continue;
      auto text = xml;
      text.replace(value->value_begin, value->value_end - value->value_begin, escaped(written));
      out.push_back(std::move(text));
    }
  }
  return out;
}

class LawFacts : public testing::TestWithParam<char const*> {};

TEST_P(LawFacts, are_those_of_the_package) {
  auto const& service = held(GetParam());
  if (std::getenv("QYZMET_FACTS") != nullptr)
    std::puts((to_text(facts_of(*service.package, service.xml)) + "\n" +
               to_text(files_facts_of(*service.package)))
                  .c_str());
  EXPECT_GT(service.stated.size(), 300U);
  auto const lines = service.of(service.xml);
  ASSERT_TRUE(lines);
  for (auto const& line : *lines) ADD_FAILURE() << line;
  auto const drawn =
      differences(service.drawn, files_facts_of(*service.package), *service.package, service.known);
  for (auto const& line : drawn) ADD_FAILURE() << line;
  if (HasFailure()) return;
  // What the rows alone decide.
  static std::map<std::string_view, std::vector<char const*>> const k_rules{
      {"military_id",
       {"R77-04", "R77-05", "R77-15", "R77-20", "R77-21", "R77-22", "R77-23", "R77-24", "R77-25",
        "R77-26", "R77-30", "R77-31", "R77-32", "R77-33", "R77-35", "R77-60", "R77-61", "R77-62"}},
      {"registration",
       {"R78-03", "R78-08", "R78-20", "R78-21", "R78-22", "R78-23", "R78-24", "R78-40", "INV-08"}},
      {"correction", {"R79-05", "R79-09", "R79-10", "R79-12", "R79-23"}}};
  for (auto const* const rule : k_rules.at(GetParam())) LAW(rule);
}

TEST_P(LawFacts, are_the_same_under_every_reading_that_is_left_open) {
  auto const& service = held(GetParam());
  auto const stated = without_settings(service.stated);
  for (auto const& text : other_readings(service.xml)) {
    auto const read = read_service(text).value();
    auto const lines =
        differences(stated, without_settings(facts_of(*read, text)), *read, service.known);
    for (auto const& line : lines) ADD_FAILURE() << line;
  }
}

bool can_be_loaded(Package const& package, std::string const& file, std::string text) {
  auto files = package.files;
  files.at(file) = std::move(text);
  return load_package(std::move(files), std::string(64, '0')).has_value();
}

/// What finds a fault of service.xml, or "".
std::string found_by(Held const& service, std::string const& text) {
  auto const lines = service.of(text);
  if (!lines) return "reader";
  if (!lines->empty()) return "facts";
  auto const stated = without_settings(service.stated);
  for (auto const& other : other_readings(text)) {
    auto const read = read_service(other);
    if (!read) return "reader";
    if (!differences(stated, without_settings(facts_of(**read, other)), **read, service.known)
             .empty())
      return "facts";
  }
  return can_be_loaded(*service.package, "service.xml", text) ? "" : "checker";
}

/// What finds a fault of another file, or "".
std::string found_in_file(Held const& service, std::string const& file, std::string text) {
  auto files = service.package->files;
  files.at(file) = std::move(text);
  auto const loaded = load_package(std::move(files), std::string(64, '0'));
  if (!loaded) return "checker";
  auto const lines = differences(service.drawn, files_facts_of(**loaded), **loaded, service.known);
  return lines.empty() ? "" : "facts";
}

TEST_P(LawFacts, show_every_fault_of_the_package) {
  auto const& service = held(GetParam());
  Survivors survivors{"facts_survived.txt", GetParam()};
  std::size_t const stride = all_mutants_wanted() ? 1 : k_stride;
  std::size_t number = 0;
  for (auto const& mutant : service_mutants(service.xml)) {
    survivors.exists(mutant.id);
    if (number++ % stride == 0)
      survivors.tried(mutant.id, found_by(service, mutant.apply(service.xml)));
  }
  for (auto const& [file, text] : service.package->files) {
    auto const others = file.ends_with(".bpmn")          ? drawing_mutants(text)
                        : file.starts_with("documents/") ? paper_mutants(text)
                        : file.ends_with(".dmn")         ? table_mutants(text)
                                                         : std::vector<ServiceMutant>{};
    for (auto const& mutant : others) {
      auto const id = file + " > " + mutant.id;
      survivors.exists(id);
      if (number++ % stride == 0)
        survivors.tried(id, found_in_file(service, file, mutant.apply(text)));
    }
  }
  survivors.conclude(1000);
}

INSTANTIATE_TEST_SUITE_P(Packages, LawFacts,
                         testing::Values("military_id", "registration", "correction"));

}  // namespace
}  // namespace qyzmet::engine
